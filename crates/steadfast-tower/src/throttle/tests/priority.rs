//! A batch gives way to a person, and does not starve.

use steadfast_core::Priority::{self, High, Low, Normal};
use steadfast_core::Rate;
use steadfast_core::queue::AGEING;

use super::*;

impl Client {
    fn as_a(
        &self,
        priority: Priority,
        id: u64,
    ) -> impl Future<Output = Result<u16, Refusal>> + Send + use<> {
        let overlay = Overlay::new().priority(priority);
        self.call(self.of(http::Request::new(id), Some(&overlay)))
    }

    /// Joins the queue, unless it goes at once.
    async fn joins(&self, priority: Priority, id: u64) -> JoinHandle<Result<u16, Refusal>> {
        let call = tokio::spawn(self.as_a(priority, id));
        settle().await;
        call
    }

    async fn order_of(&self, calls: Vec<JoinHandle<Result<u16, Refusal>>>) -> Vec<u64> {
        for call in calls {
            call.await.unwrap().unwrap();
        }
        self.server.log().iter().map(|one| one.id).collect()
    }
}

fn limited(rate: Rate) -> Client {
    Client::new(&Policy::standard().rate_limit(rate), &Server::patient())
}

#[tokio::test(start_paused = true)]
async fn a_person_goes_before_a_batch_that_came_first() {
    let client = limited(Rate::per_second(10).burst(1));
    let mut calls = Vec::new();
    for id in 0..5 {
        calls.push(client.joins(Low, id).await);
    }
    for (priority, id) in [(Normal, 10), (High, 20), (Normal, 11), (High, 21)] {
        calls.push(client.joins(priority, id).await);
    }
    let order = client.order_of(calls).await;
    // The first one went at once, and nobody comes later than the rate allows.
    assert_eq!(order, [0, 20, 21, 10, 11, 1, 2, 3, 4]);
    let times = client.server.times();
    for (turn, (id, at)) in (0..).zip(times) {
        assert!((turn * 100..turn * 100 + 10).contains(&at), "{id} at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_says_the_priority_of_its_calls_and_a_call_its_own() {
    let policy = Policy::standard()
        .rate_limit(Rate::per_second(1))
        .priority(Low);
    let client = Client::new(&policy, &Server::patient());
    let mut calls = vec![client.spawn(0), client.spawn(1)];
    settle().await;
    calls.push(client.joins(Normal, 2).await);
    assert_eq!(client.order_of(calls).await, [0, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_goes_first_in_its_class_alone() {
    let client = limited(Rate::per_second(10).burst(1));
    let mut calls = vec![client.spawn(0)];
    for (priority, attempt, id) in [(Normal, 1, 1), (Low, 3, 2), (Normal, 2, 3), (High, 1, 4)] {
        let overlay = Overlay::new().priority(priority);
        let mut call = client.of(http::Request::new(id), Some(&overlay));
        call.context.attempt = attempt;
        calls.push(tokio::spawn(client.call(call)));
        settle().await;
    }
    assert_eq!(client.order_of(calls).await, [0, 4, 3, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_thousands_that_has_aged_leaves_a_person_three_turns_of_four() {
    let client = limited(Rate::per_second(100).burst(1));
    let batch: Vec<_> = (0..5_000)
        .map(|id| tokio::spawn(client.as_a(Low, id)))
        .collect();
    tokio::time::sleep(AGEING * 3).await;
    for id in 10_000..10_020 {
        let started = clock::now();
        client.as_a(High, id).await.unwrap();
        let waited = clock::now() - started;
        assert!(waited <= ms(31), "{waited:?}");
    }
    let first = client.server.count();
    let people: Vec<_> = (20_000..20_030)
        .map(|id| tokio::spawn(client.as_a(High, id)))
        .collect();
    for person in people {
        person.await.unwrap().unwrap();
    }
    let turns = client.server.count() - first;
    assert!(turns <= 41, "{turns} turns for 30 people");
    batch.iter().for_each(JoinHandle::abort);
}

/// How long the low ones wait, at 1 % of those that wait longest, where 64 high and 8 low ones call as fast as they can.
fn low_p99(high: Priority, low: Priority) -> Duration {
    in_paused_time(async {
        let client = limited(Rate::per_second(100));
        let end = clock::now() + secs(60);
        let loops = (0..72_u64).map(|id| {
            let client = client.clone();
            let priority = if id < 64 { high } else { low };
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while clock::now() < end {
                    let started = clock::now();
                    client.as_a(priority, id).await.unwrap();
                    waits.push(clock::now() - started);
                }
                waits
            })
        });
        let loops: Vec<_> = loops.collect();
        let mut waits = Vec::new();
        for (id, one) in loops.into_iter().enumerate() {
            let own = one.await.unwrap();
            waits.extend(own.into_iter().filter(|_| id >= 64));
        }
        waits.sort_unstable();
        waits[waits.len() * 99 / 100]
    })
}

#[test]
fn a_batch_among_people_waits_at_most_ten_times_as_long_as_first_come_first_served() {
    let (equal, low) = (low_p99(Normal, Normal), low_p99(High, Low));
    assert!(
        low <= equal * 10,
        "{low:?}, with equal priorities {equal:?}"
    );
    assert!(low >= AGEING, "{low:?}: a batch gives way");
}

#[tokio::test(start_paused = true)]
async fn the_first_new_call_of_the_highest_priority_probes_a_gate() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "10")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server.takes(ms(20)));
    client.get(0).await.unwrap();
    // Some for so long that they have aged.
    let mut calls = vec![client.joins(Low, 1).await, client.joins(Normal, 2).await];
    tokio::time::sleep(AGEING * 3).await;
    let mut retry = client.of(http::Request::new(3), Some(&Overlay::new().priority(High)));
    retry.context.attempt = 2;
    calls.push(tokio::spawn(client.call(retry)));
    calls.push(client.joins(High, 4).await);
    calls.push(client.joins(High, 5).await);
    let order = client.order_of(calls).await;
    assert_eq!(order[..2], [0, 4]);
    assert_eq!(order[2..5], [3, 5, 2], "then as ever");
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_of_all_priorities_cost_no_more_checks_and_few_more_polls() {
    const COUNT: usize = 10_000;
    let client = limited(Rate::per_second(100).burst(1));
    let (watch, calls) = order::watched(&client, COUNT, |id| Priority::ALL[id * 7 % 3]);
    order::all_of(calls).await;
    let checks = client
        .line()
        .limiter
        .checks
        .load(std::sync::atomic::Ordering::Relaxed);
    assert!(checks <= 2 * COUNT + 2, "{checks} checks");
    let polls = watch.polls();
    assert!(polls <= 5 * COUNT, "{polls} polls");
    let last = client.server.log().last().unwrap().ms();
    assert!((99_990..101_000).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_is_no_hindrance_wherever_it_stood() {
    let client = limited(Rate::per_second(10).burst(1));
    let mut calls = vec![client.joins(Normal, 0).await];
    for (priority, id) in [
        (Low, 1),
        (Low, 2),
        (Normal, 3),
        (Normal, 4),
        (High, 5),
        (High, 6),
    ] {
        calls.push(client.joins(priority, id).await);
    }
    for index in [5, 4, 1] {
        let call = calls.remove(index);
        call.abort();
        let _ = call.await;
    }
    assert_eq!(client.order_of(calls).await, [0, 6, 3, 2]);
    assert_eq!(client.server.times().last().unwrap().1 / 100, 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_not_refused_for_a_queue_that_gives_way_to_it() {
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let policy = policy.max_wait(secs(5)).max_queue(3);
    let client = Client::new(&policy, &Server::patient());
    let mut calls = Vec::new();
    for id in 0..4 {
        calls.push(client.joins(Low, id).await);
    }
    assert!(client.as_a(Low, 9).await.is_err(), "three wait");
    for id in 4..7 {
        calls.push(client.joins(High, id).await);
    }
    assert!(client.as_a(High, 9).await.is_err(), "three of its own wait");
    let order = client.order_of(calls).await;
    assert_eq!(order[..4], [0, 4, 5, 6]);
}

/// With a deadline: what it would wait for is known when it comes.
#[tokio::test(start_paused = true)]
async fn a_person_with_a_deadline_is_not_refused_because_of_a_batch() {
    let client = limited(Rate::per_second(1));
    let batch: Vec<_> = (0..100)
        .map(|id| tokio::spawn(client.as_a(Low, id)))
        .collect();
    settle().await;
    let overlay = Overlay::new().priority(High);
    let mut call = client.of(http::Request::new(200), Some(&overlay));
    call.context.deadline = Some(clock::now() + secs(2));
    assert_eq!(client.call(call).await, Ok(200));
    batch.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn a_person_that_nobody_polls_keeps_no_batch_waiting() {
    let client = limited(Rate::per_second(1));
    client.get(0).await.unwrap();
    let mut stalled = Box::pin(client.as_a(High, 1));
    assert!(poll_once(stalled.as_mut()).await.is_pending());
    client.as_a(Low, 2).await.unwrap();
    let (id, at) = client.server.times()[1];
    assert_eq!(id, 2);
    assert!((1_000..1_100).contains(&at), "{at}");
    assert_eq!(stalled.await, Ok(200));
}
