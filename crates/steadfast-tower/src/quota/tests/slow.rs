//! A store that answers late, never, or with an error; and one that several books use.

use std::time::Duration;

use super::*;
use crate::store::StoreError;

const HOUR: Duration = Duration::from_secs(3600);

async fn waits(book: &QuotaBook, key: &str) -> u64 {
    let begin = clock::now();
    take(book, key, &yearly()).await;
    u64::try_from((clock::now() - begin).as_millis()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_first_waits_for_a_store_and_nobody_after_it() {
    let shelf = Shelf::new();
    shelf.takes(Duration::from_millis(200));
    let book = stored(shelf.clone());
    // Who it is, and what it has.
    assert_eq!(waits(&book, "a").await, 400);
    assert_eq!(waits(&book, "a").await, 0);
    assert_eq!(waits(&book, "b").await, 200);
    assert_eq!(shelf.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn of_many_first_ones_one_asks() {
    let shelf = Shelf::new();
    shelf.takes(Duration::from_millis(200));
    let book = Arc::new(stored(shelf.clone()));
    let many = (0..50).map(|_| {
        let book = Arc::clone(&book);
        tokio::spawn(async move { waits(&book, "a").await })
    });
    let many: Vec<_> = many.collect();
    for one in many {
        assert_eq!(one.await.unwrap(), 400);
    }
    assert_eq!(shelf.asked(), 2);
    assert_eq!(used(&book, "a", &yearly()).await, 50);
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_leaves_the_question_to_the_next() {
    let shelf = Shelf::new();
    shelf.takes(Duration::from_millis(200));
    let book = Arc::new(stored(shelf));
    let counter = book.counter("a", &plan(&yearly()));
    let mut first = Box::pin(counter.ready(None));
    let second = {
        let counter = Arc::clone(&counter);
        tokio::spawn(async move { counter.ready(None).await })
    };
    tokio::select! {
        biased;
        () = &mut first => panic!("the store takes longer"),
        () = shelf::sleep(0.1) => {}
    }
    assert!(!second.is_finished());
    drop(first);
    second.await.unwrap();
    assert!(counter.is_ready());
}

#[tokio::test(start_paused = true)]
async fn who_has_less_time_waits_no_longer_than_that() {
    let shelf = Shelf::new();
    shelf.takes(HOUR);
    let book = stored(shelf);
    let counter = book.counter("a", &plan(&yearly()));
    let begin = clock::now();
    counter.ready(Some(begin + Duration::from_millis(30))).await;
    assert_eq!(clock::now() - begin, Duration::from_millis(30));
    assert!(!counter.is_ready(), "others may have more time");
    counter.ready(None).await;
    assert_eq!(clock::now() - begin, Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_store_that_does_not_answer_beyond_the_deadline() {
    for deadline in [1000, 50] {
        let shelf = Shelf::new();
        shelf.takes(HOUR);
        let book = QuotaBook::stored(Arc::new(shelf), Duration::from_millis(deadline));
        assert_eq!(waits(&book, "a").await, deadline);
        assert_eq!(waits(&book, "a").await, 0);
        assert_eq!(waits(&book, "b").await, 0, "of another quota neither");
        assert_eq!(used(&book, "a", &yearly()).await, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_learned_late_is_added_and_nothing_is_lost() {
    let shelf = Shelf::new();
    let before = stored(shelf.clone());
    for _ in 0..5 {
        take(&before, "a", &yearly()).await;
    }
    before.save().await.unwrap();
    for numbered in [false, true] {
        let shelf = match numbered {
            false => shelf.clone(),
            true => shelf.clone().numbered(),
        };
        let had = shelf.sum("a");
        shelf.takes(Duration::from_secs(3));
        let book = stored(shelf.clone());
        assert_eq!(waits(&book, "a").await, 1000);
        assert_eq!(used(&book, "a", &yearly()).await, 1);
        shelf::sleep(30.0).await;
        assert_eq!(used(&book, "a", &yearly()).await, had + 1);
        assert_eq!((shelf.sum("a"), book.is_dirty()), (had + 1, false));
        assert_eq!(waits(&book, "b").await, 0, "it answers, but not in time");
        shelf.takes(Duration::ZERO);
        shelf::sleep(70.0).await;
        shelf.takes(Duration::from_millis(100));
        assert_eq!(waits(&book, "c").await, 100, "it is waited for again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_asked_more_and_more_rarely() {
    let shelf = Shelf::new();
    shelf.breaks(true);
    let book = stored(shelf.clone());
    assert_eq!(waits(&book, "a").await, 0);
    let mut asked = Vec::new();
    for _ in 0..400 {
        let before = shelf.asked();
        shelf::sleep(1.0).await;
        asked.push(shelf.asked() - before);
    }
    assert!(asked[..4].iter().sum::<usize>() >= 1);
    let later: usize = asked[200..].iter().sum();
    assert!((2..=4).contains(&later), "{later}");
    shelf.breaks(false);
    shelf::sleep(70.0).await;
    assert_eq!((shelf.sum("a"), book.is_dirty()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn two_books_over_one_store_use_a_quota_together() {
    for store in [
        Arc::new(Shelf::new()) as Arc<dyn Store>,
        Arc::new(MemoryStore::new()),
    ] {
        let [one, two] = [0; 2].map(|_| QuotaBook::stored(Arc::clone(&store), DEADLINE));
        for n in 0..10 {
            take(&one, "a", &yearly()).await;
            take(&two, "a", &yearly()).await;
            shelf::sleep(1.1).await;
            let together = 2 * (n + 1);
            // Who saves first learns of the other a second later.
            assert!(used(&one, "a", &yearly()).await >= together - 1);
            assert_eq!(used(&two, "a", &yearly()).await, together);
        }
        one.save().await.unwrap();
        take(&one, "a", &yearly()).await;
        one.save().await.unwrap();
        assert_eq!(used(&one, "a", &yearly()).await, 21);
        drop((one, two));
        shelf::settle().await;
        let next = QuotaBook::stored(Arc::clone(&store), DEADLINE);
        assert_eq!(used(&next, "a", &yearly()).await, 21);
    }
}

#[tokio::test(start_paused = true)]
async fn a_book_that_is_dropped_before_its_store_answered_overwrites_nothing() {
    let shelf = Shelf::new().numbered();
    let first = stored(shelf.clone());
    for _ in 0..5 {
        take(&first, "a", &yearly()).await;
    }
    first.save().await.unwrap();
    let second = stored(shelf.clone());
    take(&second, "b", &yearly()).await;
    shelf.takes(HOUR);
    assert_eq!(waits(&second, "a").await, 1000);
    shelf.takes(Duration::ZERO);
    drop(second);
    shelf::settle().await;
    assert_eq!(shelf.sum("a"), 6);
}

#[test]
fn a_store_is_as_good_over_several_runtimes() {
    let shelf = Shelf::new();
    let book = stored(shelf.clone());
    for n in 1..4 {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            take(&book, "a", &yearly()).await;
            shelf::sleep(1.1).await;
        });
        assert_eq!(shelf.sum("a"), n);
        // Taken in a runtime that ends before the second is over.
        runtime.block_on(take(&book, "b", &yearly()));
    }
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async { book.save().await.unwrap() });
    assert_eq!(shelf.sum("b"), 3);
}

/// Its `block_on` returned while it saved, and nobody polls it since.
#[test]
fn a_runtime_that_stands_still_while_it_saves_holds_up_no_other() {
    let runtime = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap()
    };
    let (still, lives) = (runtime(), runtime());
    let shelf = Shelf::new();
    let book = stored(shelf.clone());
    still.block_on(async {
        take(&book, "a", &yearly()).await;
        shelf.takes(Duration::from_secs(5));
        shelf::sleep(2.0).await;
    });
    shelf.takes(Duration::ZERO);
    lives.block_on(async {
        take(&book, "b", &yearly()).await;
        for sum in [2, 3] {
            let saved = tokio::time::timeout(HOUR, book.save()).await;
            saved.expect("it has an end").unwrap();
            assert_eq!(shelf.sum("a") + shelf.sum("b"), sum);
            take(&book, "b", &yearly()).await;
        }
    });
    // What it was about to keep is old by now, and does not stay.
    still.block_on(async {
        take(&book, "a", &yearly()).await;
        shelf::sleep(10.0).await;
    });
    assert_eq!((shelf.sum("a"), book.is_dirty()), (2, false));
}

#[test]
fn an_error_of_a_store_has_its_cause() {
    let error = StoreError::new("no route to host");
    assert_eq!(error.to_string(), "the store of quotas failed");
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "no route to host");
}
