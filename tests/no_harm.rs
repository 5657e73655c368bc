//! First, do no harm: what the bare client completes, the wrapped one completes too, with the same answer and no
//! later.
//!
//! A property over whatever a server may do, and the cases by name where a wrapper could cut, delay or change
//! something. Both clients meet the same script, each on a server of its own, in virtual time, so that "no later" is
//! exact.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRunner};
use reqwest::{Client, Method, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::prelude::*;
use steadfast::{Policies, Rule};
use steadfast_testkit::{Script, Server, StatusExt, Step, script, virtual_time};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// Whom nobody waits for any longer.
const PATIENCE: Duration = Duration::from_secs(3600);

#[expect(clippy::disallowed_methods, reason = "tests read the virtual clock")]
fn now() -> Instant {
    Instant::now()
}

fn bare(client: &Client) -> ClientWithMiddleware {
    ClientBuilder::new(client.clone()).build()
}

fn wrapped(client: &Client) -> ClientWithMiddleware {
    let policies = Policies::builder().seed(7).build().unwrap();
    policies.wrap(client.clone())
}

// ===== whatever a server may do =====

/// One call, and what the server does about its requests: one act each, the last one again and again.
#[derive(Clone, Debug)]
struct Exchange {
    method: Method,
    body: Upload,
    timeout: Option<Duration>,
    acts: Vec<Act>,
}

#[derive(Clone, Debug)]
enum Upload {
    None,
    Whole(usize),
    Stream(usize),
}

#[derive(Clone, Debug)]
enum Act {
    Answer(Answer),
    Redirect { status: u16, close: bool },
    Reset,
    Closed,
    Silence,
    Unread,
}

#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: usize,
    framing: Framing,
    drip: Option<(usize, Duration)>,
    delay: Duration,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum Framing {
    Length,
    Chunked,
    UntilClose,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Keep,
    Close,
    Unannounced,
    Cut(usize),
    Reset(usize),
    Stall(usize),
}

/// What the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: StatusCode,
    version: http::Version,
    path: String,
    headers: http::HeaderMap,
    body: Bytes,
}

// ===== impl Exchange =====

impl Exchange {
    fn script(&self, path: &str) -> Script {
        Script::new(self.acts.iter().map(|act| act.step(path, &self.method)))
    }

    /// `None` when the client does not complete it: no answer, one that is an error, or one that breaks off.
    async fn run(&self, client: &ClientWithMiddleware, url: String) -> Option<Seen> {
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

// ===== strategies =====

fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
    vec(exchange(), 1..4)
}

fn exchange() -> impl Strategy<Value = Exchange> {
    let methods = vec![
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE",
    ];
    let method = prop::sample::select(methods).prop_map(|name| name.parse().unwrap());
    let body = prop_oneof![
        3 => Just(Upload::None),
        2 => size().prop_map(Upload::Whole),
        1 => size().prop_map(Upload::Stream),
    ];
    let timeout = prop::option::weighted(0.2, time());
    (method, body, timeout, vec(act(), 1..4)).prop_map(|(method, body, timeout, acts)| Exchange {
        method,
        body,
        timeout,
        acts,
    })
}

fn act() -> impl Strategy<Value = Act> {
    let redirect = prop::sample::select(vec![301_u16, 302, 303, 307, 308]);
    prop_oneof![
        12 => answer().prop_map(Act::Answer),
        2 => (redirect, any::<bool>()).prop_map(|(status, close)| Act::Redirect { status, close }),
        1 => Just(Act::Reset),
        1 => Just(Act::Closed),
        1 => Just(Act::Silence),
        1 => Just(Act::Unread),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![
        6 => Just(200),
        3 => prop::sample::select(vec![101_u16, 201, 202, 204, 206, 300, 304, 305, 600, 999]),
        2 => prop::sample::select(vec![400_u16, 404, 429, 500, 502, 503]),
        1 => 200_u16..=999,
    ];
    let framing = prop_oneof![
        2 => Just(Framing::Length),
        2 => Just(Framing::Chunked),
        1 => Just(Framing::UntilClose),
    ];
    let end = prop_oneof![
        6 => Just(End::Keep),
        2 => Just(End::Close),
        1 => Just(End::Unannounced),
        1 => size().prop_map(End::Cut),
        1 => size().prop_map(End::Reset),
        1 => size().prop_map(End::Stall),
    ];
    let drip = prop::option::weighted(0.3, (1_usize..6, time()));
    let delay = prop_oneof![2 => Just(Duration::ZERO), 1 => time()];
    (
        status,
        vec(header(), 0..5),
        size(),
        framing,
        drip,
        delay,
        end,
    )
        .prop_map(
            |(status, headers, body, framing, drip, delay, end)| Answer {
                status,
                headers,
                body,
                framing,
                drip,
                delay,
                end,
            },
        )
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0_usize..2, 12 => 2_usize..5_000, 1 => 5_000_usize..200_000]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![1_u64..100, 100_u64..10_000, 10_000_u64..300_000].prop_map(Duration::from_millis)
}

/// What we read on refusals and must not heed here, what proxies add, and plain oddities.
fn header() -> impl Strategy<Value = (String, Vec<u8>)> {
    let known = vec![
        ("retry-after", "3600"),
        ("retry-after-ms", "60000"),
        ("x-should-retry", "true"),
        ("x-should-retry", "false"),
        ("grpc-retry-pushback-ms", "-1"),
        ("ratelimit", "\"default\";r=0;t=48"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "99999999999"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("age", "5"),
        ("content-type", "text/event-stream"),
        ("content-encoding", "br"),
        ("set-cookie", "a=b"),
        ("location", "/elsewhere"),
        ("keep-alive", "timeout=5"),
        ("x-empty", ""),
    ];
    let known = prop::sample::select(known)
        .prop_map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let byte = prop_oneof![0x21_u8..0x7f, 0x80_u8..=0xff];
    let odd = ("x-[a-z]{1,8}", vec(byte, 0..40));
    let long = (
        Just("x-long".to_owned()),
        (0_usize..8_000).prop_map(|len| vec![b'l'; len]),
    );
    prop_oneof![6 => known, 3 => odd, 1 => long]
}

// ===== the property =====

/// Runs the calls one after the other, and tells what each brought, how long it took, and how many requests it was.
async fn play(
    exchanges: &[Exchange],
    wrap: fn(&Client) -> ClientWithMiddleware,
) -> Vec<(Option<Seen>, Duration, usize)> {
    let mut server = Server::builder();
    for (n, exchange) in exchanges.iter().enumerate() {
        server = server.on(&format!("/{n}/**"), exchange.script(&format!("/{n}")));
    }
    let server = server.start().await;
    let client = wrap(&Client::new());
    let mut results = Vec::new();
    for (n, exchange) in exchanges.iter().enumerate() {
        let start = now();
        let call = exchange.run(&client, server.url(&format!("/{n}/first")));
        let seen = tokio::time::timeout(PATIENCE, call).await.ok().flatten();
        let requests = server.requests_to(&format!("/{n}/**"));
        results.push((seen, now() - start, requests));
        // A connection that the server has just closed is a race that nobody wins every time.
        sleep(Duration::from_millis(20)).await;
    }
    results
}

#[test]
fn what_the_bare_client_completes_the_wrapped_one_completes_alike_and_no_later() {
    let runtime = virtual_time();
    let config = Config {
        cases: 500,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    };
    let (completed, calls) = (Cell::new(0), Cell::new(0));
    let outcome = TestRunner::new(config).run(&exchanges(), |exchanges| {
        let expected = runtime.block_on(play(&exchanges, bare));
        let found = runtime.block_on(play(&exchanges, wrapped));
        for ((expected, within, requests), (found, took, sent)) in expected.into_iter().zip(found) {
            calls.set(calls.get() + 1);
            if expected.is_some() {
                completed.set(completed.get() + 1);
                prop_assert_eq!(found, expected);
                prop_assert!(
                    took <= within + Duration::from_millis(1),
                    "{:?}, {:?}",
                    took,
                    within
                );
                prop_assert_eq!(sent, requests, "nothing is sent twice that came at once");
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let (completed, calls) = (completed.get(), calls.get());
    assert!(
        completed * 4 > calls,
        "only {completed} of {calls} calls say anything"
    );
}

// ===== by name =====

#[test]
fn an_answer_to_a_post_that_takes_45_s_comes_and_is_asked_for_once() {
    virtual_time().block_on(async {
        let server = Server::start(200.delay(45 * SECOND).body("done")).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "done");
        assert_eq!((now() - start).as_secs(), 45);
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn a_completion_that_streams_for_a_minute_and_more_is_never_cut() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(90).chunked().drip(1, SECOND)).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let response = client.post(server.url("/")).body("x").send().await.unwrap();
        assert!(now() - start < SECOND, "the head comes at once");
        assert_eq!(response.bytes().await.unwrap().len(), 90);
        assert_eq!((now() - start).as_secs(), 89);
        assert_eq!(server.requests(), 1);
    });
}

#[test]
fn the_first_event_of_an_endless_stream_comes_at_once() {
    virtual_time().block_on(async {
        let events = 200
            .header("content-type", "text/event-stream")
            .body("data: tick\n\n".repeat(1_000))
            .chunked()
            .drip(12, SECOND);
        let server = Server::start(events).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        let mut response = client.get(server.url("/")).send().await.unwrap();
        for event in 0..120 {
            let chunk = response.chunk().await.unwrap().unwrap();
            assert_eq!(chunk, "data: tick\n\n");
            assert_eq!((now() - start).as_secs(), event);
        }
    });
}

#[test]
fn an_upload_that_takes_two_minutes_is_sent_once_and_whole() {
    virtual_time().block_on(async {
        let server = Server::start(201).await;
        let client = steadfast::wrap(Client::new());
        let pieces = stream::unfold(0, |n| async move {
            sleep(SECOND).await;
            (n < 120).then(|| (Ok::<_, Infallible>("x"), n + 1))
        });
        let body = reqwest::Body::wrap_stream(pieces);
        let response = client
            .post(server.url("/"))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        assert_eq!(server.requests(), 1);
        assert_eq!(server.log().entries()[0].body.len(), 120);
    });
}

#[test]
fn large_bodies_and_headers_pass_both_ways() {
    virtual_time().block_on(async {
        let answer = 200.body_len(8 << 20).header("x-long", vec![b'l'; 60_000]);
        let server = Server::start(answer).await;
        let client = steadfast::wrap(Client::new());
        let response = client
            .put(server.url("/"))
            .header("x-long", "r".repeat(16_000))
            .body(vec![b'u'; 16 << 20])
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["x-long"].len(), 60_000);
        assert_eq!(response.bytes().await.unwrap().len(), 8 << 20);
        let arrived = &server.log().entries()[0];
        assert_eq!(arrived.body.len(), 16 << 20);
        assert_eq!(arrived.headers["x-long"].len(), 16_000);
    });
}

#[test]
fn what_a_success_says_about_time_delays_nobody() {
    virtual_time().block_on(async {
        let answer = 200
            .retry_after(3600)
            .header("ratelimit", "\"default\";r=0;t=3600")
            .header("x-ratelimit-remaining", "0");
        let server = Server::start(answer).await;
        let client = steadfast::wrap(Client::new());
        let start = now();
        for _ in 0..20 {
            assert_eq!(
                client.get(server.url("/")).send().await.unwrap().status(),
                200
            );
        }
        assert!(now() - start <= Duration::from_millis(1));
        assert_eq!(server.requests(), 20);
    });
}

#[test]
fn connections_are_reused_as_by_the_bare_client() {
    virtual_time().block_on(async {
        let mut connections = Vec::new();
        for wrap in [bare, wrapped] {
            let server = Server::start(script![200.body_len(5_000), 404.body_len(500), 204]).await;
            let client = wrap(&Client::new());
            for _ in 0..30 {
                let response = client.get(server.url("/")).send().await.unwrap();
                response.bytes().await.unwrap();
            }
            connections.push(server.connections());
        }
        assert_eq!(connections, [1, 1]);
    });
}

#[test]
fn redirects_are_followed_as_the_client_says() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("/303", 303.header("location", "/got"))
            .on("/307", 307.header("location", "/posted"))
            .on("GET /got", 200)
            .on("POST /posted", 200)
            .start()
            .await;
        let client = steadfast::wrap(Client::new());
        for (from, to) in [("/303", "/got"), ("/307", "/posted")] {
            let response = client
                .post(server.url(from))
                .body("x")
                .send()
                .await
                .unwrap();
            assert_eq!(
                (response.status().as_u16(), response.url().path()),
                (200, to)
            );
        }
        assert_eq!(server.log().to("/posted")[0].body, "x");
        let none = Client::builder().redirect(reqwest::redirect::Policy::none());
        let client = steadfast::wrap(none.build().unwrap());
        let response = client.post(server.url("/303")).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.url().path()),
            (303, "/303")
        );
        assert_eq!(response.headers()["location"], "/got");
    });
}

#[test]
fn the_clients_own_timeouts_keep_their_meaning() {
    virtual_time().block_on(async {
        let server = Server::start(200.body_len(10).drip(5, 8 * SECOND)).await;
        for (timeout, complete) in [(9, true), (7, false)] {
            let client = Client::builder().timeout(timeout * SECOND).build().unwrap();
            let client = steadfast::wrap(client);
            let response = client.post(server.url("/")).send().await.unwrap();
            let body = response.bytes().await;
            assert_eq!(body.is_ok(), complete, "{timeout} s, body included");
        }
    });
}

#[test]
fn expectations_are_sent_on_and_answered() {
    virtual_time().block_on(async {
        let server = Server::start(200).await;
        let client = steadfast::wrap(Client::new());
        let request = client
            .post(server.url("/"))
            .header("expect", "100-continue");
        assert_eq!(request.body("x").send().await.unwrap().status(), 200);
        let arrived = &server.log().entries()[0];
        assert_eq!(arrived.header("expect"), Some("100-continue"));
        assert_eq!(arrived.body, "x");
    });
}

/// Answers the first request on each connection with these bytes, then echoes what comes.
async fn raw(answers: Vec<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    url
}

#[test]
fn early_hints_are_passed_over_and_the_answer_comes() {
    virtual_time().block_on(async {
        let answer = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n\
            HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        let url = raw(vec![answer]).await;
        let response = steadfast::wrap(Client::new())
            .get(url)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "ok");
    });
}

#[test]
fn an_upgraded_connection_works_in_both_directions_also_after_a_retry() {
    const SWITCHED: &str =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    const FULL: &str = "HTTP/1.1 503 Full\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    virtual_time().block_on(async {
        for answers in [vec![SWITCHED], vec![FULL, SWITCHED]] {
            let attempts = answers.len();
            let url = raw(answers).await;
            let request = steadfast::wrap(Client::new()).get(url);
            let request = request
                .header("connection", "upgrade")
                .header("upgrade", "echo");
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 101);
            assert_eq!(response.record().attempt_count(), attempts);
            let mut stream = response.upgrade().await.unwrap();
            stream.write_all(b"ping").await.unwrap();
            let mut echo = [0; 4];
            stream.read_exact(&mut echo).await.unwrap();
            assert_eq!(&echo, b"ping");
        }
    });
}

#[test]
fn an_http_1_0_answer_that_ends_with_its_connection_comes_whole() {
    virtual_time().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\nhello")
                .await
                .unwrap();
            stream.shutdown().await.unwrap();
        });
        let response = steadfast::wrap(Client::new())
            .get(url)
            .send()
            .await
            .unwrap();
        assert_eq!(response.version(), http::Version::HTTP_10);
        assert_eq!(response.text().await.unwrap(), "hello");
    });
}
