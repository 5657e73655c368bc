//! What the layer itself promises; what is decided is tested in core, the whole over sockets.

mod unsent;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use steadfast_core::{Policy, Record, Stop};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::*;
use crate::scope::Scope;

#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn up(&self) -> usize {
        self.0.fetch_add(1, Ordering::Relaxed)
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn answer(status: u16) -> Result<http::Response<Full<Bytes>>, std::io::Error> {
    let body = Full::new(Bytes::from_static(b"body"));
    Ok(http::Response::builder().status(status).body(body).unwrap())
}

fn always(
    status: u16,
    sent: &Count,
) -> impl Service<
    http::Request<String>,
    Response = http::Response<Full<Bytes>>,
    Error = std::io::Error,
    Future: Send,
> + Clone {
    let sent = sent.clone();
    service_fn(move |_| {
        sent.up();
        async move { answer(status) }
    })
}

async fn call(policy: &Policy, status: u16) -> (usize, usize, Record) {
    let (sent, copies) = (Count::default(), Count::default());
    let counted = copies.clone();
    let layer = RetryLayer::new(policy)
        .unwrap()
        .replay_with(move |body: &String| {
            counted.up();
            Some(body.clone())
        });
    let request = http::Request::get("http://x.com/")
        .body("hello".to_owned())
        .unwrap();
    let response = layer
        .layer(always(status, &sent))
        .oneshot(request)
        .await
        .unwrap();
    let record = response
        .extensions()
        .get::<Record>()
        .cloned()
        .unwrap_or_default();
    (sent.get(), copies.get(), record)
}

#[tokio::test(start_paused = true)]
async fn no_copy_is_made_when_no_retry_can_follow() {
    let (sent, copies, _) = call(&Policy::standard(), 502).await;
    assert_eq!(
        (sent, copies),
        (3, 2),
        "the original goes with the last attempt"
    );
    let (sent, copies, _) = call(&Policy::standard().attempts(1), 502).await;
    assert_eq!((sent, copies), (1, 0));
    let (sent, copies, _) = call(&Policy::standard(), 200).await;
    assert_eq!((sent, copies), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn no_copy_is_made_when_the_budget_is_empty() {
    let budget = steadfast_core::BudgetConfig::new(0, 0, 1).unwrap();
    let (sent, copies) = (Count::default(), Count::default());
    let counted = copies.clone();
    let layer = RetryLayer::new(&Policy::standard().budget(budget)).unwrap();
    let layer = layer.replay_with(move |body: &String| {
        counted.up();
        Some(body.clone())
    });
    let service = layer.layer(always(502, &sent));
    let mut records = Vec::new();
    for _ in 0..2 {
        let request = http::Request::get("http://x.com/")
            .body(String::new())
            .unwrap();
        let response = service.clone().oneshot(request).await.unwrap();
        records.push(response.extensions().get::<Record>().cloned().unwrap());
    }
    assert_eq!(
        (sent.get(), copies.get()),
        (3, 2),
        "one token paid for one retry"
    );
    assert!(
        records.iter().all(|record| record.stop() == Stop::Budget),
        "{records:?}"
    );
    assert_eq!(records[1].method(), Some(&http::Method::GET));
    assert_eq!(records[1].authority(), Some("x.com"));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_accepted_at_once_has_nothing_attached() {
    let (_, _, record) = call(&Policy::standard(), 200).await;
    assert_eq!(record.elapsed(), None);
}

#[tokio::test(start_paused = true)]
async fn retries_of_retries_do_not_multiply() {
    let sent = Count::default();
    let layer = RetryLayer::new(&Policy::standard()).unwrap();
    let service = layer.layer(layer.layer(always(503, &sent)));
    let request = http::Request::get("http://x.com/")
        .body(String::new())
        .unwrap();
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(sent.get(), 3);
    let record = response.extensions().get::<Record>().unwrap();
    assert_eq!(record.attempt_count(), 3, "{record}");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_gives_its_token_back() {
    let scope = Arc::new(Scope::new(&Policy::standard()).unwrap());
    let left = || scope.budget_left(crate::clock::now()).unwrap();
    let sent = Count::default();
    let inner = crate::judge::Judge::new(crate::entry::Transport::new(always(503, &sent)));
    let retry = Retry::new(crate::CloneReplay, inner);
    let mut service = crate::entry::Entry::new(Arc::clone(&scope), retry);
    let request = http::Request::get("http://x.com/")
        .body(String::new())
        .unwrap();
    let call = service.call(request);
    let before = left();
    let _ = tokio::time::timeout(Duration::from_nanos(1), call).await;
    assert_eq!(sent.get(), 1);
    assert!(left() >= before, "{} of {before} left", left());
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_never_overdrawn_by_many_at_once() {
    let budget = steadfast_core::BudgetConfig::new(0, 0, 5).unwrap();
    let sent = Count::default();
    let layer = RetryLayer::new(&Policy::standard().budget(budget)).unwrap();
    let service = layer.layer(always(503, &sent));
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let request = http::Request::get("http://x.com/")
                .body(String::new())
                .unwrap();
            service.clone().oneshot(request)
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(sent.get(), 50 + 5);
}

/// Answers with what a closure says.
fn answering(
    answer: impl Fn() -> Result<http::Response<Full<Bytes>>, std::io::Error> + Clone + Send + 'static,
) -> impl Service<
    http::Request<String>,
    Response = http::Response<Full<Bytes>>,
    Error = std::io::Error,
    Future: Send,
> + Clone {
    service_fn(move |_| {
        let answer = answer.clone();
        async move { answer() }
    })
}

fn get() -> http::Request<String> {
    let request = http::Request::get("http://x.com/");
    request.body(String::new()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn fifty_patient_calls_survive_a_server_that_refuses_connections_for_five_seconds() {
    for kind in [
        std::io::ErrorKind::ConnectionRefused,
        std::io::ErrorKind::ConnectionReset,
    ] {
        let (sent, start) = (Count::default(), crate::clock::now());
        let counted = sent.clone();
        let server = answering(move || {
            counted.up();
            match crate::clock::now() - start < Duration::from_secs(5) {
                true => Err(kind.into()),
                false => answer(200),
            }
        });
        let scope = Scope::with(Scope::prepare(&Policy::patient()).unwrap(), None, 7);
        let inner = crate::judge::Judge::new(crate::entry::Transport::new(server));
        let retry = Retry::new(crate::CloneReplay, inner);
        let service = crate::entry::Entry::new(Arc::new(scope), retry);
        let calls: Vec<_> = (0..50)
            .map(|_| tokio::spawn(service.clone().oneshot(get())))
            .collect();
        for call in calls {
            let response = call.await.unwrap().unwrap();
            assert_eq!(response.status(), 200);
        }
        // Many more of the tries that cost a server nothing.
        let most = match kind {
            std::io::ErrorKind::ConnectionRefused => 300,
            _ => 120,
        };
        assert!(sent.get() <= most, "{kind}: {}", sent.get());
        let took = crate::clock::now() - start;
        assert!(took < Duration::from_secs(60), "{kind}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_patient_call_gives_up_with_its_last_answer_when_its_time_is_over() {
    let budget = steadfast_core::BudgetConfig::new(0, 0, 1).unwrap();
    let policy = Policy::patient().budget(budget);
    let policy = policy.retry_for(Duration::from_secs(60));
    let (sent, start) = (Count::default(), crate::clock::now());
    let service = RetryLayer::new(&policy).unwrap().layer(always(502, &sent));
    let response = service.oneshot(get()).await.unwrap();
    assert_eq!((response.status().as_u16(), sent.get()), (502, 2));
    let record = response.extensions().get::<Record>().unwrap();
    assert_eq!(record.stop(), Stop::Budget);
    let took = crate::clock::now() - start;
    assert!((58..=60).contains(&took.as_secs()), "{took:?}");
    let body = http_body_util::BodyExt::collect(response.into_body());
    assert_eq!(body.await.unwrap().to_bytes(), "body");
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_retry_that_succeeds_comes_back() {
    for (second, left) in [(200, 5.0), (404, 5.0), (502, 3.0), (429, 3.0)] {
        let budget = steadfast_core::BudgetConfig::new(0, 0, 5).unwrap();
        let policy = Policy::standard().budget(budget).attempts(3);
        let scope = Arc::new(Scope::new(&policy).unwrap());
        let sent = Count::default();
        let counted = sent.clone();
        let server = answering(move || answer(if counted.up() == 0 { 502 } else { second }));
        let inner = crate::judge::Judge::new(crate::entry::Transport::new(server));
        let retry = Retry::new(crate::CloneReplay, inner);
        let mut service = crate::entry::Entry::new(Arc::clone(&scope), retry);
        service.call(get()).await.unwrap();
        let now = scope.budget_left(crate::clock::now()).unwrap();
        assert!((now - left).abs() < 0.01, "{second}: {now}");
    }
}
