//! A server that plays a model, in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{Extensions, StatusCode};
use reqwest::{Body, Request, Response, ResponseBuilderExt};
use reqwest_middleware::{Middleware, Next, Result};
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::Answer;
use super::catalog::{Becomes, Model};
use super::chance::{chance, hit};
use super::limit::Used;
use super::ruling::Ruling;
use crate::throttle::scenario::now;

/// A transport that answers as the model does. Clones are the same server.
#[derive(Clone, Debug)]
pub struct Server {
    model: Model,
    answer: Answer,
    latency: Duration,
    seed: u64,
    start: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    used: Used,
    /// Still to come, and when.
    becomes: Option<Becomes>,
    /// When the limit began that is used.
    began: Duration,
    arrivals: Vec<(Duration, u16)>,
}

impl Server {
    /// Starts now. One half of the latency passes before a request arrives, the other one after it was answered.
    #[must_use]
    pub fn new(model: &Model, answer: Answer, latency: Duration, seed: u64) -> Self {
        let state = State {
            used: model.limit.unused(),
            becomes: model.becomes,
            began: Duration::ZERO,
            arrivals: Vec::new(),
        };
        Self {
            model: *model,
            answer,
            latency,
            seed,
            start: now(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// When each request arrived, and what it was answered.
    #[must_use]
    pub fn arrivals(&self) -> Vec<(Duration, u16)> {
        self.state().arrivals.clone()
    }

    /// Decides about a request that arrives now.
    fn rule(&self) -> Ruling {
        let since_start = now().saturating_duration_since(self.start);
        let mut state = self.state();
        let number = state.arrivals.len() as u64;
        let ruling = match hit(self.model.random, self.seed, number) {
            true => Ruling::at_once(false, 0, Duration::from_secs(1)),
            false => state.rule(since_start),
        };
        state.arrivals.push((since_start, self.status(ruling)));
        ruling
    }

    /// Has the model's stranger come and go.
    pub(super) async fn stranger(self) {
        let Some(stranger) = self.model.stranger else {
            return;
        };
        let mut turn = stranger.comes;
        while turn < stranger.leaves {
            // Somewhere within its turn: in step with another client it would win or lose every time.
            let part = chance(self.seed, turn.as_millis() as u64) % 1_000;
            let into = stranger.gap.mul_f64(part as f64 / 1_000.0);
            sleep_until(self.start + turn + into).await;
            let since_start = now().saturating_duration_since(self.start);
            // Whether it is served is nobody's concern but its own.
            let _ = self.state().rule(since_start);
            turn += stranger.gap;
        }
    }

    const fn status(&self, ruling: Ruling) -> u16 {
        match ruling.accepted {
            true => 200,
            false => self.answer.status,
        }
    }

    fn response(&self, request: &Request, ruling: Ruling) -> Response {
        let status = StatusCode::from_u16(self.status(ruling)).unwrap_or_default();
        let mut response = http::Response::builder()
            .status(status)
            .url(request.url().clone())
            .body(Body::default())
            .expect("a status and a URL that were valid before");
        let limit = self.told();
        self.answer.tell(limit, ruling, response.headers_mut());
        response.into()
    }

    /// What the answer says about the limit that ruled.
    fn told(&self) -> (u32, u64) {
        let changed = self
            .model
            .becomes
            .filter(|_| self.state().becomes.is_none());
        changed
            .map_or(self.model.limit, |becomes| becomes.limit)
            .told()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn rule(&mut self, now: Duration) -> Ruling {
        if let Some(Becomes { at, limit }) = self.becomes.take_if(|becomes| becomes.at <= now) {
            (self.used, self.began) = (limit.unused(), at);
        }
        self.used.rule(now - self.began)
    }
}

#[async_trait::async_trait]
impl Middleware for Server {
    async fn handle(&self, request: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        let there = self.latency / 2;
        pass(there).await;
        let ruling = self.rule();
        let served = match ruling.accepted {
            true => ruling.serves,
            false => Duration::ZERO,
        };
        pass(served + (self.latency - there)).await;
        Ok(self.response(&request, ruling))
    }
}

/// A timer of no time would still wait for the next millisecond.
async fn pass(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}
