//! One call, and what the server does about it.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use reqwest::{Client, Method, StatusCode};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::Rule;
use steadfast_testkit::{Script, Server, Step};
use tokio::time::sleep;

use crate::now;

/// Whom nobody waits for any longer.
const PATIENCE: Duration = Duration::from_secs(3600);

/// One call, and what the server does about its requests: one act each, the last one again and again.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    pub(crate) body: Upload,
    pub(crate) timeout: Option<Duration>,
    pub(crate) acts: Vec<Act>,
}

#[derive(Clone, Debug)]
pub(crate) enum Upload {
    None,
    Whole(usize),
    Stream(usize),
}

#[derive(Clone, Debug)]
pub(crate) enum Act {
    Answer(Answer),
    Redirect { status: u16, close: bool },
    Reset,
    Closed,
    Silence,
    Unread,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: usize,
    pub(crate) framing: Framing,
    pub(crate) drip: Option<(usize, Duration)>,
    pub(crate) delay: Duration,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Framing {
    Length,
    Chunked,
    UntilClose,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Keep,
    Close,
    Unannounced,
    Cut(usize),
    Reset(usize),
    Stall(usize),
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) version: http::Version,
    pub(crate) path: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

// ===== impl Exchange =====

impl Exchange {
    pub(crate) fn script(&self, path: &str) -> Script {
        Script::new(self.acts.iter().map(|act| act.step(path, &self.method)))
    }

    /// `None` when the client does not complete it: no answer, one that is an error, or one that breaks off.
    pub(crate) async fn run(&self, client: &ClientWithMiddleware, url: String) -> Option<Seen> {
        let mut request = client.request(self.method.clone(), url);
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        request = match self.body {
            Upload::None => request,
            Upload::Whole(len) => request.body(vec![b'u'; len]),
            Upload::Stream(len) => request.body(streamed(len)),
        };
        let response = request.send().await.ok()?;
        if !matches!(Rule::standard(response.status()), Rule::Accept) {
            return None;
        }
        Some(Seen {
            status: response.status(),
            version: response.version(),
            path: response.url().path().to_owned(),
            headers: response.headers().clone(),
            body: response.bytes().await.ok()?,
        })
    }
}

fn streamed(len: usize) -> reqwest::Body {
    let pieces = [len / 2, len - len / 2].map(|len| Ok::<_, Infallible>(vec![b's'; len]));
    reqwest::Body::wrap_stream(stream::iter(pieces))
}

impl Act {
    fn step(&self, path: &str, method: &Method) -> Step {
        match self {
            Self::Answer(answer) => answer.step(method),
            Self::Redirect { status, close } => {
                let step = Step::status(*status).header("location", format!("{path}/on"));
                if *close { step.close() } else { step }
            }
            Self::Reset => Step::reset(),
            Self::Closed => Step::closed(),
            Self::Silence => Step::silence(),
            Self::Unread => Step::unread(),
        }
    }
}

impl Answer {
    fn step(&self, method: &Method) -> Step {
        let mut step = Step::status(self.status)
            .delay(self.delay)
            .body_len(self.body);
        for (name, value) in &self.headers {
            step = step.header(name, value);
        }
        if let Some((pieces, every)) = self.drip {
            step = step.drip(self.body / pieces + 1, every);
        }
        step = match self.framing {
            Framing::Length => step,
            Framing::Chunked => step.chunked(),
            // Neither a length nor chunks: the body ends with the connection (RFC 9112, 6.3).
            Framing::UntilClose => step.header("transfer-encoding", "identity").fin(),
        };
        match self.end {
            End::Keep => step,
            End::Close => step.close(),
            End::Unannounced => step.fin(),
            End::Cut(at) => step.cut(at),
            End::Reset(at) => step.cut(at).rst(),
            End::Stall(at) if at < self.sent(method) => step.cut(at).hang(),
            // Whole, and then a connection that is dead without a sign: whoever got that far pays for it next time.
            End::Stall(_) => step,
        }
    }

    /// How long the body is on the wire.
    fn sent(&self, method: &Method) -> usize {
        match self.status {
            100..=199 | 204 | 304 => 0,
            _ if method == Method::HEAD => 0,
            _ => self.body,
        }
    }
}

/// Runs the calls one after the other, and tells what each brought, how long it took, and how many requests it was.
pub(crate) async fn play(
    exchanges: &[Exchange],
    wrap: fn(&Client) -> ClientWithMiddleware,
) -> Vec<(Option<Seen>, Duration, usize)> {
    let mut server = Server::builder();
    for (n, exchange) in exchanges.iter().enumerate() {
        let path = path(n);
        server = server.on(&format!("{path}/**"), exchange.script(&path));
    }
    let server = server.start().await;
    let client = wrap(&Client::new());
    let mut results = Vec::new();
    for (n, exchange) in exchanges.iter().enumerate() {
        let start = now();
        let call = exchange.run(&client, server.url(&format!("{}/first", path(n))));
        let seen = tokio::time::timeout(PATIENCE, call).await.ok().flatten();
        let requests = server.requests_to(&format!("{}/**", path(n)));
        results.push((seen, now() - start, requests));
        // A connection that the server has just closed is a race that nobody wins every time.
        sleep(Duration::from_millis(20)).await;
    }
    results
}

/// A path of its own for each call: paths that differ in a number alone are taken for one family.
fn path(n: usize) -> String {
    ["/first", "/second", "/third", "/fourth"][n].to_owned()
}
