//! The throttle in paused time, before a server that logs what arrives.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use steadfast_core::{Overlay, Policy, Refusal};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::rates::Rates;
use super::*;
use crate::call::Call;
use crate::clock;
use crate::context::Context;
use crate::entry::Transport;
use crate::failure::Cause;
use crate::judge::Judge;
use crate::queue::WaitQueue;
use crate::quota::QuotaBook;
use crate::scope::Scope;

mod cell_rate;
mod dropped;
mod gate;
mod hostile;
mod merged;
mod open;
mod order;
mod priority;
mod quiet;
mod quota;
mod refused;
mod runtimes;
mod stalled;
mod store;
mod windows;

type Request = http::Request<u64>;
type Answer = http::Response<Full<Bytes>>;
type Script = dyn Fn(&Arrival, usize) -> Answer + Send + Sync;

/// One that reached the server.
#[derive(Clone, Debug)]
struct Arrival {
    id: u64,
    /// Since the start.
    at: Duration,
    path: String,
}

impl Arrival {
    fn ms(&self) -> u64 {
        u64::try_from(self.at.as_millis()).unwrap()
    }
}

/// Logs what arrives, and answers as the script says, after a while.
#[derive(Clone)]
struct Server {
    start: Instant,
    log: Arc<Mutex<Vec<Arrival>>>,
    script: Arc<Script>,
    takes: Duration,
}

impl Server {
    fn new(script: impl Fn(&Arrival, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            start: clock::now(),
            log: Arc::default(),
            script: Arc::new(script),
            takes: Duration::ZERO,
        }
    }

    fn patient() -> Self {
        Self::new(|_, _| answer(200, &[]))
    }

    fn takes(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    fn log(&self) -> Vec<Arrival> {
        self.log.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// Who arrived when, in ms.
    fn times(&self) -> Vec<(u64, u64)> {
        self.log().iter().map(|one| (one.id, one.ms())).collect()
    }

    fn accept(&self, request: &Request) -> Answer {
        let mut log = self.log.lock().unwrap();
        let arrival = Arrival {
            id: *request.body(),
            at: clock::now() - self.start,
            path: request.uri().path().to_owned(),
        };
        let answer = (self.script)(&arrival, log.len());
        log.push(arrival);
        answer
    }
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
    let response = http::Response::builder().status(status);
    let response = headers.iter().fold(response, |response, (name, value)| {
        response.header(*name, *value)
    });
    response.body(Full::default()).unwrap()
}

/// Calls a server under a policy.
#[derive(Clone)]
struct Client {
    scope: Arc<Scope>,
    server: Server,
}

impl Client {
    fn new(policy: &Policy, server: &Server) -> Self {
        Self::at(Place::alone(), policy, server)
    }

    fn at(place: Place, policy: &Policy, server: &Server) -> Self {
        Self {
            scope: Arc::new(Scope::new(policy).unwrap().at(place)),
            server: server.clone(),
        }
    }

    fn call(
        &self,
        call: Call<Request>,
    ) -> impl Future<Output = Result<u16, Refusal>> + Send + use<> {
        let server = self.server.clone();
        let transport = tower::service_fn(move |request: Request| {
            let answer = server.accept(&request);
            let takes = server.takes;
            async move {
                if !takes.is_zero() {
                    tokio::time::sleep(takes).await;
                }
                Ok::<_, std::io::Error>(answer)
            }
        });
        let service = Throttle::new(Judge::new(Transport::new(transport)));
        async move {
            match service.oneshot(call).await {
                Ok(reply) => Ok(reply.response.status().as_u16()),
                Err(failure) => match failure.cause {
                    Cause::Refused(refusal) => Err(refusal),
                    other => panic!("{other:?}"),
                },
            }
        }
    }

    fn of(&self, request: Request, overlay: Option<&Overlay>) -> Call<Request> {
        let context = Context::new(Arc::clone(&self.scope), overlay);
        Call::new(request, context)
    }

    async fn get(&self, id: u64) -> Result<u16, Refusal> {
        self.call(self.of(http::Request::new(id), None)).await
    }

    fn spawn(&self, id: u64) -> JoinHandle<Result<u16, Refusal>> {
        tokio::spawn(self.call(self.of(http::Request::new(id), None)))
    }

    /// With a credential.
    async fn get_as(&self, key: &str, id: u64) -> Result<u16, Refusal> {
        let request = http::Request::get("/").header("x-api-key", key);
        self.call(self.of(request.body(id).unwrap(), None)).await
    }

    fn get_by(
        &self,
        deadline: Duration,
        id: u64,
    ) -> impl Future<Output = Result<u16, Refusal>> + Send + use<> {
        let mut call = self.of(http::Request::new(id), None);
        call.context.deadline = Some(clock::now() + deadline);
        self.call(call)
    }

    fn spawn_costly(&self, cost: u32, id: u64) -> JoinHandle<Result<u16, Refusal>> {
        let overlay = Overlay::new().cost(cost);
        tokio::spawn(self.call(self.of(http::Request::new(id), Some(&overlay))))
    }

    /// Its only line of rates.
    fn line(&self) -> Arc<WaitQueue<Rates>> {
        let mut lines = self.scope.limits().lines();
        let line = Arc::clone(lines.next().unwrap());
        assert!(lines.next().is_none());
        line
    }

    fn pacers(&self) -> &Arc<OriginLimits> {
        self.scope.limits().pacers()
    }
}

/// Endpoints of one origin.
struct Origin {
    pacers: Arc<OriginLimits>,
    book: Arc<QuotaBook>,
}

impl Origin {
    fn new() -> Self {
        Self {
            pacers: OriginLimits::new(),
            book: Arc::new(QuotaBook::in_memory()),
        }
    }

    fn over(book: QuotaBook) -> Self {
        Self {
            book: Arc::new(book),
            ..Self::new()
        }
    }

    fn endpoint(&self, endpoint: &str, policy: &Policy, server: &Server) -> Client {
        let (pacers, book) = (Arc::clone(&self.pacers), Arc::clone(&self.book));
        let place = Place::new(pacers, book, "https://api.example.com", endpoint, None);
        Client::at(place, policy, server)
    }
}

/// Lets all who can do something do it.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

async fn poll_once<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    std::future::poll_fn(|cx: &mut TaskContext<'_>| Poll::Ready(future.as_mut().poll(cx))).await
}

fn in_paused_time<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(work)
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
