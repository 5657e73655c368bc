//! A server that limits how many responses are on their way: a gateway of language models, whose
//! bodies take a second on average.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Extensions;
use http_body::{Body, Frame};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientWithMiddleware, Middleware, Next};
use steadfast::Policy;
use tokio::task::JoinSet;
use tokio::time::Sleep;

use super::common::Watch;
use super::{MS, SECOND, get, one};

const URL: &str = "https://llm.test/chat";

/// So many bodies may be open at once; others are answered with a 429.
#[derive(Clone)]
struct Gateway {
    open: Arc<AtomicU32>,
    most: Arc<AtomicU32>,
    passed: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

/// Ends some time after its head.
struct Stream {
    ends: Pin<Box<Sleep>>,
    open: Arc<AtomicU32>,
    is_over: bool,
}

impl Gateway {
    fn new(most: u32) -> Self {
        Self {
            open: Arc::default(),
            most: Arc::new(most.into()),
            passed: Arc::default(),
            refused: Arc::default(),
        }
    }

    fn counts(&self) -> (u64, u64) {
        let (passed, refused) = (&self.passed, &self.refused);
        (
            passed.load(Ordering::Relaxed),
            refused.load(Ordering::Relaxed),
        )
    }
}

#[async_trait::async_trait]
impl Middleware for Gateway {
    async fn handle(
        &self,
        _: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        tokio::time::sleep(20 * MS).await;
        if self.open.load(Ordering::Relaxed) >= self.most.load(Ordering::Relaxed) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let response = http::Response::builder().status(429);
            return Ok(response.body("").unwrap().into());
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        // A quarter of a second up to 1.75 s, the next one far from the last.
        let nth = self.passed.fetch_add(1, Ordering::Relaxed);
        let time = 250 * MS + MS * u32::try_from(nth * 619 % 1_500).unwrap();
        let stream = Stream {
            ends: Box::pin(tokio::time::sleep(time)),
            open: Arc::clone(&self.open),
            is_over: false,
        };
        Ok(http::Response::new(reqwest::Body::wrap(stream)).into())
    }
}

impl Stream {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.is_over, true) {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        ready!(self.ends.as_mut().poll(cx));
        self.end();
        Poll::Ready(None)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.end();
    }
}

fn client(gateway: &Gateway) -> ClientWithMiddleware {
    one(Policy::standard(), gateway.clone())
}

/// So many callers read one response after the other, for so long.
async fn crowd(client: &ClientWithMiddleware, callers: u32, time: Duration) {
    let watch = Watch::start();
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let client = client.clone();
        tasks.spawn(async move {
            while watch.elapsed() < time {
                if let Ok(response) = get(&client, URL).await {
                    let _ = response.bytes().await;
                }
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_on_open_responses_is_learned_although_their_heads_come_at_once() {
    let gateway = Gateway::new(8);
    let client = client(&gateway);
    crowd(&client, 24, 60 * SECOND).await;
    let (passed, refused) = gateway.counts();
    crowd(&client, 24, 60 * SECOND).await;
    let (passed_then, refused_then) = gateway.counts();
    let (passed, refused) = (passed_then - passed, refused_then - refused);
    // At best 8 per second: a rate alone would come to 380.
    assert!(passed >= 440, "{passed}, {refused}");
    assert!(refused <= passed / 20, "{passed}, {refused}");
}

#[tokio::test(start_paused = true)]
async fn who_keeps_twenty_responses_unread_makes_a_twenty_first_call() {
    let gateway = Gateway::new(8);
    let client = client(&gateway);
    crowd(&client, 24, 60 * SECOND).await;
    // The limit is gone, which the client does not know.
    gateway.most.store(1_000, Ordering::Relaxed);
    let mut unread = Vec::new();
    for nth in 1..=21 {
        let watch = Watch::start();
        unread.push(get(&client, URL).await.unwrap());
        assert!(
            watch.elapsed() <= 3 * SECOND,
            "{nth}: {:?}",
            watch.elapsed()
        );
    }
}
