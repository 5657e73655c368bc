//! The tower contract: every layer asks the very instance that it calls, right before the call, and holds nothing below
//! while it waits. `ConcurrencyLimit` panics when it is called without having been asked, and gives out its permits
//! when it is asked.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use steadfast_core::redirect::Redirects;
use steadfast_core::{Backoff, Policy, Rate};
use steadfast_tower::buffer::BufferLayer;
use steadfast_tower::concurrency::ConcurrencyLayer;
use steadfast_tower::redirect::RedirectLayer;
use steadfast_tower::retry::RetryLayer;
use steadfast_tower::throttle::ThrottleLayer;
use steadfast_tower::timeout::{DeadlineLayer, TimeoutLayer};
use steadfast_tower::trace::TraceLayer;
use steadfast_tower::{CloneReplay, Entry, NoLayer, Own, Scope, stack};
use tower::limit::ConcurrencyLimit;
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

type Request = http::Request<()>;
type Response = http::Response<Full<Bytes>>;

/// 503 twice, then 200; under a limit of one at a time.
fn limited()
-> impl Service<Request, Response = Response, Error = BoxError, Future: Send> + Clone + Send {
    let count = Arc::new(AtomicUsize::new(0));
    let service = service_fn(move |_: Request| {
        let status = match count.fetch_add(1, Ordering::Relaxed) % 3 {
            2 => 200,
            _ => 503,
        };
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let response = http::Response::builder().status(status);
            Ok::<_, BoxError>(response.body(Full::default()).unwrap())
        }
    });
    ConcurrencyLimit::new(service, 1)
}

// Ten calls one after the other and ten at once; a service that was never asked panics, one that holds a permit while
// it waits never ends.
macro_rules! probe {
    ($($name:ident: $layer:expr),* $(,)?) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let service = $layer.layer(limited());
            for _ in 0..10 {
                service.clone().oneshot(Request::new(())).await.unwrap();
            }
            let mut calls = tokio::task::JoinSet::new();
            for _ in 0..10 {
                calls.spawn(service.clone().oneshot(Request::new(())));
            }
            while let Some(result) = calls.join_next().await {
                result.unwrap().unwrap();
            }
            // A service that was asked and not called must not lock the others out for ever.
            let mut asked = service.clone();
            asked.ready().await.unwrap();
            drop(asked);
            service.oneshot(Request::new(())).await.unwrap();
        }
    )*};
}

probe! {
    retry: RetryLayer::new(&Policy::standard().without_budget()).unwrap(),
    throttle: ThrottleLayer::new(Rate::per_second(100).burst(1)).unwrap(),
    concurrency: ConcurrencyLayer::new(1).unwrap(),
    concurrency_of_three: ConcurrencyLayer::new(3).unwrap(),
    attempt_timeout: TimeoutLayer::attempt(Duration::from_secs(5)).unwrap(),
    deadline: DeadlineLayer::new(Duration::from_secs(5)).unwrap(),
    buffer: BufferLayer::new(1000).unwrap(),
    trace: TraceLayer::new(&Policy::standard()).unwrap(),
    the_whole_stack: Whole(Policy::guarded().rate_limit(Rate::per_second(100).burst(1))),
    the_standard_stack: Whole(Policy::standard()),
    the_stack_with_concurrency: Whole(Policy::standard().concurrency(1).without_budget()),
}

/// Redirects, each hop under a limit of one at a time.
#[tokio::test(start_paused = true)]
async fn redirects() {
    use reqwest::ResponseBuilderExt;

    let count = Arc::new(AtomicUsize::new(0));
    let hop = service_fn(move |request: reqwest::Request| {
        let led = count.fetch_add(1, Ordering::Relaxed) % 3 == 2;
        let response = http::Response::builder().url(request.url().clone());
        let response = match led {
            true => response.status(200),
            false => response.status(302).header("location", "/"),
        };
        async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok::<_, BoxError>(reqwest::Response::from(response.body("").unwrap()))
        }
    });
    let get = || reqwest::Request::new(http::Method::GET, "http://x.com/".parse().unwrap());
    let service =
        RedirectLayer::new(Redirects::limited(1_000)).layer(ConcurrencyLimit::new(hop, 1));
    for _ in 0..10 {
        service.clone().oneshot(get()).await.unwrap();
    }
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        calls.spawn(service.clone().oneshot(get()));
    }
    while let Some(result) = calls.join_next().await {
        assert_eq!(result.unwrap().unwrap().status(), 200);
    }
    let mut asked = service.clone();
    asked.ready().await.unwrap();
    drop(asked);
    service.oneshot(get()).await.unwrap();
}

/// The standard stack as a layer.
struct Whole(Policy);

impl<S> Layer<S> for Whole {
    type Service = Entry<steadfast_tower::Stack<CloneReplay, NoLayer, NoLayer, S>>;

    fn layer(&self, inner: S) -> Self::Service {
        let scope = Arc::new(Scope::new(&self.0).unwrap());
        Entry::new(scope, stack(CloneReplay, &Own::<NoLayer>::default(), inner))
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_below_is_held_while_a_retry_waits() {
    let second = Duration::from_secs(1);
    let policy = Policy::standard().backoff(Backoff::fixed(second));
    let service = RetryLayer::new(&policy).unwrap().layer(limited());
    let first = tokio::spawn(service.clone().oneshot(Request::new(())));
    // The first attempt takes 5 ms; then the call waits for a second.
    tokio::time::sleep(Duration::from_millis(7)).await;
    let start = steadfast_tower::clock::now();
    let other = tokio::time::timeout(Duration::from_millis(10), service.oneshot(Request::new(())));
    // It is in its own wait by then, but its first attempt was not kept out.
    let _ = other.await;
    assert!(steadfast_tower::clock::now() - start <= Duration::from_millis(11));
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

/// Whatever the layer below is busy with, a call ends by its deadline.
#[tokio::test(start_paused = true)]
async fn a_deadline_bounds_the_wait_for_the_layer_below() {
    let forever = service_fn(|_: Request| std::future::pending::<Result<Response, BoxError>>());
    let second = Duration::from_secs(1);
    for policy in [
        Policy::standard(),
        Policy::standard().rate_limit(Rate::per_second(100)),
    ] {
        let service = Whole(policy.deadline(second)).layer(ConcurrencyLimit::new(forever, 1));
        let start = steadfast_tower::clock::now();
        let (one, other) = tokio::join!(
            service.clone().oneshot(Request::new(())),
            service.clone().oneshot(Request::new(())),
        );
        for result in [one, other] {
            assert!(result.unwrap_err().to_string().contains("deadline"));
        }
        assert!(steadfast_tower::clock::now() - start <= second + Duration::from_millis(2));
    }
}

fn assert_send_sync<T: Send + Sync>() {}
fn assert_send<T: Send>(_: &T) {}

#[tokio::test(start_paused = true)]
async fn layers_services_and_futures_cross_threads() {
    assert_send_sync::<RetryLayer>();
    assert_send_sync::<ThrottleLayer>();
    assert_send_sync::<ConcurrencyLayer>();
    assert_send_sync::<TimeoutLayer>();
    assert_send_sync::<DeadlineLayer>();
    assert_send_sync::<BufferLayer>();
    assert_send_sync::<TraceLayer>();
    assert_send_sync::<RedirectLayer>();
    assert_send_sync::<Scope>();
    let mut service = Whole(Policy::guarded()).layer(limited());
    assert_send(&service);
    assert_send(&service.call(Request::new(())));
}
