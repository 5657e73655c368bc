//! First come, first served; and nobody is woken who is not next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use steadfast_core::{Priority, Rate};

use super::super::rates::Cells;
use super::*;

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_the_rest_is_spaced_in_the_order_it_came() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(5).burst(10));
    let client = Client::new(&policy, &server);
    let calls: Vec<_> = (0..30).map(|n| client.spawn(n)).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    for (n, (id, at)) in (0..).zip(server.times()) {
        assert_eq!(id, n);
        // Tokio's timers have a granularity of 1 ms, and are never early.
        let turn = n.saturating_sub(9) * 200;
        assert!((turn..turn + 40).contains(&at), "{n} at {at}, not {turn}");
    }
}

#[tokio::test(start_paused = true)]
async fn those_sent_before_come_first_and_keep_their_order() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy, &server);
    let mut calls = vec![client.spawn(0)];
    for (id, attempt) in [(1, 1), (2, 1), (3, 2), (4, 3), (5, 2)] {
        let mut call = client.of(http::Request::new(id), None);
        call.context.attempt = attempt;
        calls.push(tokio::spawn(client.call(call)));
        settle().await;
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let order: Vec<_> = server.log().iter().map(|one| one.id).collect();
    assert_eq!(order, [0, 4, 3, 5, 1, 2]);
}

/// Counts how often a waiter is polled, and logs who arrived before it is woken.
struct Watched<F> {
    id: usize,
    future: Pin<Box<F>>,
    watch: Arc<Watch>,
}

pub(super) struct Watch {
    server: Server,
    polls: AtomicUsize,
    /// Who was woken, and how many had arrived by then.
    wakes: Mutex<Vec<(usize, usize)>>,
}

struct Bell {
    id: usize,
    watch: Arc<Watch>,
    waker: Waker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let woken = (self.id, self.watch.server.count());
        self.watch.wakes.lock().unwrap().push(woken);
        self.waker.wake_by_ref();
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        self.watch.polls.fetch_add(1, Ordering::Relaxed);
        let waker = cx.waker().clone();
        let (id, watch) = (self.id, Arc::clone(&self.watch));
        let bell = Waker::from(Arc::new(Bell { id, watch, waker }));
        self.future
            .as_mut()
            .poll(&mut TaskContext::from_waker(&bell))
    }
}

pub(super) type Calls = Vec<JoinHandle<Result<u16, Refusal>>>;

impl Watch {
    pub(super) fn polls(&self) -> usize {
        self.polls.load(Ordering::Relaxed)
    }
}

pub(super) fn watched(
    client: &Client,
    count: usize,
    priority: impl Fn(usize) -> Priority,
) -> (Arc<Watch>, Calls) {
    let watch = Arc::new(Watch {
        server: client.server.clone(),
        polls: AtomicUsize::new(0),
        wakes: Mutex::default(),
    });
    let calls = (0..count).map(|id| {
        let overlay = Overlay::new().priority(priority(id));
        let call = client.of(http::Request::new(id as u64), Some(&overlay));
        tokio::spawn(Watched {
            id,
            future: Box::pin(client.call(call)),
            watch: Arc::clone(&watch),
        })
    });
    let calls = calls.collect();
    (watch, calls)
}

pub(super) async fn all_of(calls: Calls) {
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn n_waiters_cost_about_n_checks_and_no_waiter_is_woken_that_is_not_next() {
    const COUNT: usize = 10_000;
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(100).burst(1));
    let client = Client::new(&policy, &server);
    let (watch, calls) = watched(&client, COUNT, |_| Priority::Normal);
    all_of(calls).await;
    let checks = client.line().limiter.checks.load(Ordering::Relaxed);
    assert!(checks <= 2 * COUNT + 2, "{checks} checks");
    let polls = watch.polls();
    assert!(polls <= 2 * COUNT + 2, "{polls} polls");
    for (id, arrived) in watch.wakes.lock().unwrap().iter() {
        assert!(*id <= arrived + 1, "{id} was woken after {arrived}");
    }
    let log = server.log();
    let inversions = log.windows(2).filter(|pair| pair[0].id > pair[1].id);
    assert!(inversions.count() <= COUNT / 100);
    // The rate is met, too.
    let last = log.last().unwrap().ms();
    assert!((99_990..101_000).contains(&last), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_cell_given_back_wakes_the_next_alone() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_minute(1));
    let client = Client::new(&policy, &server);
    let line = client.line();
    let held = Cells::new(Arc::clone(&line), line.limiter.hold(1).unwrap());
    let (watch, calls) = watched(&client, 10, |_| Priority::Normal);
    settle().await;
    assert_eq!(watch.polls(), 10);
    drop(held);
    settle().await;
    assert_eq!(server.times(), [(0, 0)]);
    assert_eq!(watch.polls(), 11);
    calls.iter().for_each(JoinHandle::abort);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_before_a_closed_gate_is_woken_one_after_the_other() {
    const COUNT: usize = 1_000;
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "10")]),
        _ => answer(200, &[]),
    });
    let policy = Policy::standard().pacing(steadfast_core::Pacing::Off);
    let client = Client::new(&policy, &server);
    assert_eq!(client.get(0).await, Ok(429));
    let (watch, calls) = watched(&client, COUNT, |_| Priority::Normal);
    all_of(calls).await;
    let polls = watch.polls();
    assert!(polls <= 2 * COUNT + 2, "{polls} polls");
    let last = server.log().last().unwrap().ms();
    assert!((10_000..10_100).contains(&last), "{last}");
}

/// Counted by what a waiter holds; an allocator that counts would need `unsafe`.
#[test]
fn a_waiter_takes_less_than_a_kilobyte() {
    use super::super::{acquire, admission, future};
    use std::mem::size_of;

    type Transported = Transport<tower::util::BoxCloneService<Request, Answer, std::io::Error>>;
    type Future = future::ThrottleFuture<Judge<Transported>, Request>;
    type Held = future::Held<Judge<Transported>, Request>;
    let request = size_of::<Request>();
    let key = size_of::<u64>();
    let node = key + size_of::<crate::queue::Waiter>();
    // Nodes of a B-tree are at least half full.
    let held = size_of::<Future>()
        + size_of::<Held>()
        + size_of::<admission::Admission>()
        + size_of::<acquire::Acquire>()
        + 2 * node;
    // A pacer, a pass and a rate in their lists, the timer, the waker of a task is the task's own.
    let lists = 3 * size_of::<usize>() + size_of::<super::super::gate::Pass>();
    let all = held + lists + size_of::<tokio::time::Sleep>();
    assert!(all - request < 1024, "{all} bytes");
}
