//! The queue, in paused time.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use proptest::prelude::*;
use steadfast_core::Rate;
use tower::{Layer, ServiceExt, service_fn};

use super::*;
use crate::clock;
use crate::fault::{Cause, Failure, Limit};

type Answer = http::Response<Full<Bytes>>;

/// When requests arrived, in ms since the start.
#[derive(Clone, Default)]
struct Arrivals(Arc<Mutex<Vec<(u64, u64)>>>);

impl Arrivals {
    fn list(&self) -> Vec<(u64, u64)> {
        self.0.lock().unwrap().clone()
    }
}

fn paced(
    layer: &ThrottleLayer,
    arrivals: &Arrivals,
) -> impl tower::Service<
    http::Request<u64>,
    Response = http::Response<crate::buffer::Whole<Full<Bytes>>>,
    Error = Failure<std::io::Error>,
    Future: Send,
> + Clone
+ Send
+ 'static {
    let start = clock::now();
    let arrivals = arrivals.clone();
    layer.layer(service_fn(move |request: http::Request<u64>| {
        let at = clock::now().duration_since(start).as_millis() as u64;
        arrivals.0.lock().unwrap().push((*request.body(), at));
        async { Ok::<_, std::io::Error>(Answer::default()) }
    }))
}

fn queue(layer: &ThrottleLayer) -> Arc<Queue> {
    Arc::clone(layer.scope().queue().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_burst_goes_at_once_and_the_rest_is_spaced_in_the_order_it_came() {
    let layer = ThrottleLayer::new(Rate::per_second(5).burst(10)).unwrap();
    let arrivals = Arrivals::default();
    let service = paced(&layer, &arrivals);
    let calls: Vec<_> = (0..30)
        .map(|n| tokio::spawn(service.clone().oneshot(http::Request::new(n))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let expected: Vec<_> = (0..30)
        .map(|n: u64| (n, n.saturating_sub(9) * 200))
        .collect();
    for ((n, at), (expected_n, expected_at)) in arrivals.list().into_iter().zip(expected) {
        assert_eq!(n, expected_n);
        // Tokio's timers have a granularity of 1 ms, and are never early.
        assert!(
            (expected_at..expected_at + 40).contains(&at),
            "{n} at {at}, not {expected_at}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn n_waiters_cost_about_n_checks() {
    let layer = ThrottleLayer::new(Rate::per_second(100).burst(1)).unwrap();
    let service = paced(&layer, &Arrivals::default());
    let calls: Vec<_> = (0..200)
        .map(|n| tokio::spawn(service.clone().oneshot(http::Request::new(n))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let checks = queue(&layer)
        .checks
        .load(std::sync::atomic::Ordering::Relaxed);
    assert!(checks <= 2 * 200 + 2, "{checks} checks");
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_too_long_is_refused_at_once() {
    let most = Duration::from_secs(1);
    let layer = ThrottleLayer::with_max_wait(Rate::per_second(2).burst(1), most).unwrap();
    let service = paced(&layer, &Arrivals::default());
    let start = clock::now();
    let mut calls = Vec::new();
    for n in 0..5 {
        calls.push(tokio::spawn(service.clone().oneshot(http::Request::new(n))));
        tokio::task::yield_now().await;
    }
    let mut refused = Vec::new();
    for call in calls {
        if let Err(failure) = call.await.unwrap() {
            let Cause::Limit(Limit::RateLimit { wait, .. }) = failure.cause else {
                panic!("{failure}");
            };
            refused.push(wait.as_millis());
        }
    }
    // One goes at once, two wait 0.5 and 1 s; whoever comes then would have to wait 1.5 s.
    assert_eq!(refused, [1500, 1500]);
    assert!(clock::now() - start < Duration::from_millis(1010));
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_dropped_gives_its_place_back() {
    let layer = ThrottleLayer::new(Rate::per_second(1).burst(1)).unwrap();
    let arrivals = Arrivals::default();
    let service = paced(&layer, &arrivals);
    service
        .clone()
        .oneshot(http::Request::new(0))
        .await
        .unwrap();
    let waiting: Vec<_> = (1..=3)
        .map(|n| tokio::spawn(service.clone().oneshot(http::Request::new(n))))
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(queue(&layer).waiting(), 3);
    waiting[0].abort();
    waiting[1].abort();
    for call in waiting {
        let _ = call.await;
    }
    assert_eq!(queue(&layer).waiting(), 0);
    let (n, at) = arrivals.list()[1];
    assert_eq!(n, 3);
    assert!((1000..1010).contains(&at), "{at}");
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_nobody_polls_keeps_no_other_waiting() {
    let layer = ThrottleLayer::new(Rate::per_second(1).burst(1)).unwrap();
    let service = paced(&layer, &Arrivals::default());
    service
        .clone()
        .oneshot(http::Request::new(0))
        .await
        .unwrap();
    let mut stalled = Box::pin(service.clone().oneshot(http::Request::new(1)));
    let once = std::future::poll_fn(|cx| std::task::Poll::Ready(stalled.as_mut().poll(cx)));
    assert!(
        once.await.is_pending(),
        "it is first in the queue, and polled no more"
    );
    let other = service.oneshot(http::Request::new(2));
    let other = tokio::time::timeout(Duration::from_secs(10), other).await;
    other.expect("it waits for its own time alone").unwrap();
    drop(stalled);
}

#[tokio::test(start_paused = true)]
async fn a_cell_of_a_request_that_was_never_sent_is_given_back() {
    let layer = ThrottleLayer::new(Rate::per_second(1).burst(1)).unwrap();
    let never_ready = tower::limit::ConcurrencyLimit::new(
        service_fn(|_: http::Request<u64>| {
            std::future::pending::<Result<Answer, std::io::Error>>()
        }),
        1,
    );
    let service = layer.layer(never_ready);
    let holder = tokio::spawn(service.clone().oneshot(http::Request::new(0)));
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(5)).await;
    let stuck = tokio::spawn(service.clone().oneshot(http::Request::new(1)));
    tokio::task::yield_now().await;
    let now = clock::now();
    assert!(
        queue(&layer).outlook(now) > Duration::ZERO,
        "the stuck call holds the cell"
    );
    stuck.abort();
    let _ = stuck.await;
    assert_eq!(queue(&layer).outlook(now), Duration::ZERO);
    holder.abort();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Refused with "in w": whoever comes back w later, with nobody else about, is admitted at once.
    #[test]
    fn a_refusal_is_admitted_exactly_when_it_said(
        interval_ms in 1_u64..5_000,
        burst in 1_u32..20,
        before in 1_u32..60,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let rate = Rate::per(1, Duration::from_millis(interval_ms)).burst(burst);
            let layer = ThrottleLayer::with_max_wait(rate, Duration::ZERO).unwrap();
            let queue = queue(&layer);
            let (mut admitted, mut refused) = (0, None);
            for _ in 0..before {
                match queue.enter(None) {
                    queue::Entry::Admitted(cell) => { cell.spend(); admitted += 1; }
                    queue::Entry::Refused(Limit::RateLimit { wait, .. }) => refused = Some(wait),
                    _ => panic!("nobody may wait"),
                }
            }
            assert_eq!(admitted, before.min(burst));
            if let Some(wait) = refused {
                tokio::time::advance(wait - Duration::from_nanos(1)).await;
                assert!(matches!(queue.enter(None), queue::Entry::Refused(_)));
                tokio::time::advance(Duration::from_nanos(1)).await;
                assert!(matches!(queue.enter(None), queue::Entry::Admitted(_)));
            }
        });
    }
}
