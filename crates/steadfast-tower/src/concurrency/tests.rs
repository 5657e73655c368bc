//! The limit in paused time, before a server that counts how much it does at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use proptest::prelude::*;
use steadfast_core::{Concurrency, Overlay, Priority, Record, Refusal};
use tokio::task::JoinHandle;
use tower::{Layer, ServiceExt};

use super::*;
use crate::buffer::PeekedBody;
use crate::clock;
use crate::failure::{Cause, Failure};

mod priority;
mod retries;

type Request = http::Request<u64>;
type Response = http::Response<PeekedBody<Chunks>>;
type Outcome = Result<Response, Failure<std::io::Error>>;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What the server does at once: from a request until its body was read or dropped.
#[derive(Clone, Default)]
struct Busy {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct One(Busy);

impl Busy {
    fn begin(&self) -> One {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        One(self.clone())
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body of so many chunks, and trailers after them.
struct Chunks {
    left: u64,
    trailers: bool,
    one: Option<One>,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"chunk")))));
        }
        self.one = None;
        match std::mem::take(&mut self.trailers) {
            true => {
                let mut trailers = http::HeaderMap::new();
                trailers.insert("x-sum", http::HeaderValue::from_static("7"));
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            false => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && !self.trailers
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(5 * self.left)
    }
}

/// Answers after a while, with the statuses in turn and bodies of so many chunks.
#[derive(Clone)]
struct Server {
    busy: Busy,
    log: Arc<Mutex<Vec<u64>>>,
    statuses: &'static [u16],
    takes: Duration,
    chunks: u64,
}

impl Server {
    fn new(statuses: &'static [u16], chunks: u64) -> Self {
        Self {
            busy: Busy::default(),
            log: Arc::default(),
            statuses,
            takes: ms(50),
            chunks,
        }
    }

    fn log(&self) -> Vec<u64> {
        self.log.lock().unwrap().clone()
    }

    fn most(&self) -> usize {
        self.busy.most.load(Ordering::Relaxed)
    }
}

impl tower::Service<Request> for Server {
    type Response = http::Response<Chunks>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, std::io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), std::io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (one, takes, left) = (self.busy.begin(), self.takes, self.chunks);
        let mut log = self.log.lock().unwrap();
        let status = self.statuses[log.len() % self.statuses.len()];
        log.push(*request.body());
        Box::pin(async move {
            tokio::time::sleep(takes).await;
            let trailers = left > 0;
            let one = trailers.then_some(one);
            let body = Chunks {
                left,
                trailers,
                one,
            };
            let response = http::Response::builder().status(status);
            Ok(response.extension(left).body(body).unwrap())
        })
    }
}

/// The layer alone.
struct Client {
    layer: ConcurrencyLayer,
    service: <ConcurrencyLayer as Layer<Server>>::Service,
}

impl Client {
    fn new(concurrency: impl Into<Concurrency>, server: &Server) -> Self {
        let layer = ConcurrencyLayer::new(concurrency).unwrap();
        let service = layer.layer(server.clone());
        Self { layer, service }
    }

    fn get(&self, id: u64) -> impl Future<Output = Outcome> + Send + use<> {
        self.service.clone().oneshot(http::Request::new(id))
    }

    fn spawn(&self, id: u64) -> JoinHandle<Outcome> {
        tokio::spawn(self.get(id))
    }

    fn view(&self) -> ConcurrencyView {
        self.layer.view().unwrap()
    }

    /// Attempts with a permit, unread ones among them, and those that wait.
    fn counts(&self) -> (u32, u32, usize) {
        let view = self.view();
        (view.in_flight, view.unread, view.waiting)
    }
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

fn refusal(outcome: Outcome) -> Refusal {
    match outcome.map(|_| ()).unwrap_err().cause {
        Cause::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_limit_are_under_way_and_first_come_is_first_served() {
    let server = Server::new(&[200], 3);
    let client = Client::new(4, &server);
    let start = clock::now();
    let mut calls = tokio::task::JoinSet::new();
    for id in 0..40 {
        let call = client.get(id);
        calls.spawn(async { call.await.unwrap().into_body().collect().await.unwrap() });
        settle().await;
    }
    assert_eq!(client.counts(), (4, 0, 36));
    while let Some(body) = calls.join_next().await {
        let body = body.unwrap();
        assert_eq!(body.trailers().unwrap()["x-sum"], "7");
        assert_eq!(body.to_bytes().len(), 15);
    }
    assert_eq!(server.log(), (0..40).collect::<Vec<_>>());
    assert_eq!(server.most(), 4);
    let took = clock::now() - start;
    assert!((ms(500)..ms(515)).contains(&took), "{took:?}");
    assert_eq!(client.counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_permit_is_held_until_the_body_was_read_or_dropped() {
    let server = Server::new(&[200], 2);
    let client = Client::new(1, &server);
    let mut response = client.get(0).await.unwrap();
    assert_eq!(client.counts(), (1, 1, 0));
    assert_eq!(response.extensions().get::<u64>(), Some(&2));
    assert_eq!(response.body().size_hint().exact(), Some(10));
    assert!(!response.body().is_end_stream());
    let body = response.body_mut();
    for _ in 0..2 {
        body.frame().await.unwrap().unwrap();
        assert_eq!(client.counts(), (1, 1, 0));
    }
    // The trailers are the last of it: a reader need not ask for the end.
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert_eq!(client.counts(), (0, 0, 0));
    assert!(response.body().is_end_stream());

    let other = client.get(1).await.unwrap();
    assert_eq!(client.counts(), (1, 1, 0));
    drop(other);
    assert_eq!(client.counts(), (0, 0, 0));
    drop(response);
    assert_eq!(client.counts(), (0, 0, 0), "given back once");
}

#[tokio::test(start_paused = true)]
async fn an_empty_body_holds_nothing() {
    let server = Server::new(&[200], 0);
    let client = Client::new(1, &server);
    let response = client.get(0).await.unwrap();
    assert_eq!(client.counts(), (0, 0, 0));
    assert_eq!(client.get(1).await.unwrap().status(), 200);
    drop(response);
}

#[tokio::test(start_paused = true)]
async fn whoever_waited_long_enough_is_refused_and_told_what_to_do() {
    let server = Server::new(&[200], 1);
    let client = Client::new(Concurrency::fixed(20).max_wait(ms(3000)), &server);
    let mut unread = Vec::new();
    for id in 0..20 {
        unread.push(client.get(id).await.unwrap());
    }
    let start = clock::now();
    let refused = refusal(client.get(20).await);
    assert_eq!(clock::now() - start, ms(3000));
    assert_eq!(
        refused.to_string(),
        "20 calls at once are allowed, and this one got no turn within 3 s; 20 are responses that were not read: \
         read or drop them"
    );
    assert_eq!(client.counts(), (20, 20, 0));
    unread.pop();
    assert_eq!(client.get(21).await.unwrap().status(), 200);
    assert_eq!(server.log().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn the_wait_is_at_most_the_time_for_retrying_unless_it_is_said() {
    let server = Server::new(&[200], 1);
    let client = Client::new(1, &server);
    let unread = client.get(0).await.unwrap();
    let start = clock::now();
    let waited = match refusal(client.get(1).await) {
        Refusal::ConcurrencyLimited { waited, .. } => waited,
        other => panic!("{other}"),
    };
    assert_eq!(waited, Duration::from_secs(30));
    assert_eq!(clock::now() - start, waited);
    drop(unread);
}

#[tokio::test(start_paused = true)]
async fn who_finds_too_many_in_line_is_refused_at_once() {
    let server = Server::new(&[200], 0);
    let client = Client::new(Concurrency::fixed(2).max_queue(3), &server);
    let calls: Vec<_> = (0..5).map(|id| client.spawn(id)).collect();
    settle().await;
    let start = clock::now();
    let refused = refusal(client.get(5).await);
    assert_eq!(refused, Refusal::QueueFull { limit: 2, queue: 3 });
    assert_eq!(clock::now(), start);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(client.get(6).await.unwrap().status(), 200, "there is room");
    assert_eq!(server.log(), [0, 1, 2, 3, 4, 6]);
}

#[tokio::test(start_paused = true)]
async fn the_time_in_line_is_in_the_record() {
    let server = Server::new(&[200], 0);
    let client = Client::new(1, &server);
    let (first, second) = tokio::join!(client.get(0), client.get(1));
    assert!(first.unwrap().extensions().get::<Record>().is_none());
    let second = second.unwrap();
    let record = second.extensions().get::<Record>().unwrap();
    assert_eq!(record.queued(), ms(50));
}

#[tokio::test(start_paused = true)]
async fn an_adaptive_limit_shrinks_below_what_is_under_way() {
    let server = Server::new(&[503], 0);
    let client = Client::new(Concurrency::adaptive().between(1, 8), &server);
    assert_eq!(client.view().limit, 4);
    let calls: Vec<_> = (0..200).map(|id| client.spawn(id)).collect();
    tokio::time::sleep(ms(51)).await;
    let view = client.view();
    assert!(view.is_adaptive && view.limit < 4, "{view:?}");
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(client.counts(), (0, 0, 0));
    assert!(server.most() <= 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Calls are dropped at any moment (waiting, chosen, sent, with a body that was begun), and afterwards all is as
    /// before.
    #[test]
    fn whatever_is_dropped_gives_back_what_it_had(
        limit in 1_u32..4,
        adaptive in any::<bool>(),
        calls in prop::collection::vec((0_u64..30, 0_u64..200, 0_usize..4, 0_usize..3), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let server = Server::new(&[200, 200, 503], 2);
            let concurrency = match adaptive {
                true => Concurrency::adaptive().between(1, limit),
                false => Concurrency::fixed(limit),
            };
            let client = Client::new(concurrency, &server);
            let mut tasks = tokio::task::JoinSet::new();
            for (at, lives, frames, priority) in calls {
                let mut request = http::Request::new(0);
                let overlay = Overlay::new().priority(Priority::ALL[priority]);
                request.extensions_mut().insert(Arc::new(overlay));
                let call = client.service.clone().oneshot(request);
                tasks.spawn(async move {
                    tokio::time::sleep(ms(at)).await;
                    let _ = tokio::time::timeout(ms(lives), async move {
                        let mut response = call.await.unwrap();
                        for _ in 0..frames {
                            let _ = response.body_mut().frame().await;
                            tokio::time::sleep(ms(7)).await;
                        }
                    })
                    .await;
                });
            }
            while tasks.join_next().await.is_some() {
                let view = client.view();
                assert!(adaptive || view.in_flight <= limit);
            }
            assert_eq!(client.counts(), (0, 0, 0));
            let most = server.most();
            assert!(most <= limit as usize, "{most} of {limit}");
            let start = clock::now();
            client.get(1).await.unwrap();
            assert_eq!(clock::now() - start, ms(50));
        });
    }
}
