//! Several runtimes under one scope, and executors that run code of ours inside of their wakers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use steadfast_core::Rate;
use tokio::runtime::{Builder, Runtime};

use super::super::rates::Cells;
use super::*;

type Boxed = Pin<Box<dyn Future<Output = Result<u16, Refusal>> + Send>>;

fn runtime() -> Runtime {
    let mut runtime = Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap()
}

fn boxed(client: &Client, id: u64) -> Boxed {
    Box::pin(client.call(client.of(http::Request::new(id), None)))
}

/// As after a `block_on` that was not waited for to the end.
#[test]
fn a_waiter_of_a_runtime_that_is_gone_harms_no_other() {
    for closes in [false, true] {
        let (gone, lives) = (runtime(), runtime());
        let (client, left) = gone.block_on(async {
            let server = Server::new(move |_, count| match count {
                0 if closes => answer(429, &[("retry-after", "2")]),
                _ => answer(200, &[]),
            });
            let policy = Policy::standard().rate_limit(Rate::per_second(1));
            let client = Client::new(&policy, &server);
            client.get(0).await.unwrap();
            let mut left = [boxed(&client, 1), boxed(&client, 2)];
            for call in &mut left {
                assert!(poll_once(call.as_mut()).await.is_pending());
            }
            (client, left)
        });
        drop(gone);
        lives.block_on(async {
            assert_eq!(client.get(3).await, Ok(200));
            let dropped = client.spawn(4);
            settle().await;
            dropped.abort();
            // They have their places again, in the runtime that polls them now.
            for call in left {
                assert_eq!(call.await, Ok(200));
            }
        });
    }
}

#[test]
fn dropping_a_waiter_while_a_panic_unwinds_aborts_nothing() {
    let (gone, lives) = (runtime(), runtime());
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_hour(1));
    let client = Client::new(&policy, &server);
    let mut left = boxed(&client, 1);
    let mut calls = gone.block_on(async {
        client.get(0).await.unwrap();
        let mut first = boxed(&client, 9);
        assert!(poll_once(first.as_mut()).await.is_pending());
        assert!(poll_once(left.as_mut()).await.is_pending());
        vec![first]
    });
    drop(gone);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _dropped = calls.pop();
        lives.block_on(async { panic!("of the user's own") })
    }));
    let text = panicked.unwrap_err().downcast::<&str>().unwrap();
    assert_eq!(*text, "of the user's own");
}

/// A task that is polled inside of its own waker, unless that happens inside of itself.
struct Inline {
    future: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
    woken: AtomicBool,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        while let Ok(mut future) = self.future.try_lock() {
            if !self.woken.swap(false, Ordering::SeqCst) {
                return;
            }
            let waker = Waker::from(Arc::clone(&self));
            let mut cx = TaskContext::from_waker(&waker);
            if future
                .as_mut()
                .is_some_and(|one| one.as_mut().poll(&mut cx).is_ready())
            {
                *future = None;
            }
        }
    }
}

fn run(future: impl Future<Output = ()> + Send + 'static) -> Arc<Inline> {
    let task = Arc::new(Inline {
        future: Mutex::new(Some(Box::pin(future))),
        woken: AtomicBool::new(false),
    });
    Arc::clone(&task).wake();
    task
}

fn run_all(client: &Client, ids: std::ops::RangeInclusive<u64>) -> Vec<Arc<Inline>> {
    let calls = ids.map(|id| boxed(client, id));
    let tasks = calls.map(|call| {
        run(async move {
            call.await.unwrap();
        })
    });
    tasks.collect()
}

#[tokio::test(start_paused = true)]
async fn an_executor_that_polls_inside_of_wake_gets_everybody_through_a_rate() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_minute(1));
    let client = Client::new(&policy, &server);
    let line = client.line();
    let held = Cells::new(Arc::clone(&line), line.limiter.hold(1).unwrap());
    let tasks = run_all(&client, 1..=5);
    *tasks[3].future.lock().unwrap() = None;
    drop(held);
    assert_eq!(
        server.times(),
        [(1, 0)],
        "it went while the cell was given back"
    );
    tokio::time::sleep(secs(200)).await;
    let order: Vec<_> = server.log().iter().map(|one| one.id).collect();
    assert_eq!(order, [1, 2, 3, 5]);
}

#[tokio::test(start_paused = true)]
async fn an_executor_that_polls_inside_of_wake_gets_everybody_through_a_gate() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "1")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let _tasks = run_all(&client, 1..=20);
    tokio::time::sleep(secs(20)).await;
    assert_eq!(server.count(), 21);
}

/// Holds a waiter that is dropped with the last waker.
struct Last(#[expect(dead_code, reason = "held to be dropped")] Mutex<Boxed>);

impl Wake for Last {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test(start_paused = true)]
async fn a_waker_may_drop_another_waiter() {
    let server = Server::patient();
    let client = Client::new(&Policy::standard().rate_limit(Rate::per_second(1)), &server);
    client.get(0).await.unwrap();
    let mut held = boxed(&client, 1);
    assert!(poll_once(held.as_mut()).await.is_pending());
    let waker = Waker::from(Arc::new(Last(Mutex::new(held))));
    let mut call = boxed(&client, 2);
    let mut cx = TaskContext::from_waker(&waker);
    assert!(call.as_mut().poll(&mut cx).is_pending());
    drop(waker);
    // Its waker is replaced, and was the last one that held the other waiter.
    assert!(poll_once(call.as_mut()).await.is_pending());
    assert_eq!(client.line().len(), 1);
    assert_eq!(call.await, Ok(200));
}
