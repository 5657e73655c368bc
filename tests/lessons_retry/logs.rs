//! What the log says of a retry, and what it never says.

use std::io::Write;
use std::sync::{Arc, Mutex};

use steadfast::prelude::*;
use steadfast::{Policy, Rate};
use steadfast_testkit::{Server, script, virtual_time};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::SECOND;
use super::common::client;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// All that was logged, spans included, while a future ran in virtual time.
fn logged(filter: &str, run: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_span_events(FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || virtual_time().block_on(run));
    let bytes = std::mem::take(&mut *log.0.lock().unwrap());
    String::from_utf8(bytes).unwrap()
}

/// The lines of a level.
fn level<'a>(log: &'a str, level: &str) -> Vec<&'a str> {
    log.lines()
        .filter(|line| line.split_whitespace().nth(1) == Some(level))
        .collect()
}

#[test]
fn each_retry_is_one_sentence_that_counts_from_one() {
    let log = logged("steadfast=info", async {
        let server = Server::start(script![503.retry_after(1), 502, 200]).await;
        client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
    });
    let events: Vec<_> = log
        .lines()
        .filter(|line| line.contains(", attempt "))
        .collect();
    assert_eq!(events.len(), 2, "{log}");
    assert!(
        events[0].contains("503 from 127.0.0.1:") && events[0].contains(", attempt 2 of 3 in 1"),
        "{log}"
    );
    assert!(
        events[0].contains("(Retry-After)") && events[0].contains("INFO"),
        "{log}"
    );
    assert!(
        events[1].contains("502 from 127.0.0.1:") && events[1].contains(", attempt 3 of 3 in "),
        "{log}"
    );
    assert!(
        level(&log, "WARN").is_empty() && level(&log, "ERROR").is_empty(),
        "{log}"
    );
}

#[test]
fn giving_up_is_a_warning_with_a_reason_and_never_an_error() {
    let log = logged("steadfast=info", async {
        let server = Server::start(503).await;
        client(Policy::standard())
            .get(server.url("/"))
            .send()
            .await
            .unwrap();
        client(Policy::standard())
            .get(server.url("/"))
            .call(|c| c.attempts(1))
            .send()
            .await
            .unwrap();
    });
    let warnings = level(&log, "WARN");
    assert_eq!(warnings.len(), 2, "{log}");
    assert!(warnings[0].contains("3 attempts in "), "{log}");
    assert!(
        warnings[0].contains("gave up: 3 attempts are allowed"),
        "{log}"
    );
    assert!(warnings[1].contains("1 attempt in "), "{log}");
    assert!(level(&log, "ERROR").is_empty(), "{log}");
}

#[test]
fn no_span_and_no_event_shows_a_secret() {
    let secrets = [
        "hunter2",
        "tok_5ecret",
        "AKIDEXAMPLE",
        "bearer_5ecret",
        "key_5ecret",
        "body_5ecret",
        "cookie_5ecret",
    ];
    let log = logged("steadfast=trace", async {
        let server = Server::builder()
            .on(
                "/retried",
                script![
                    503.header("set-cookie", "s=cookie_5ecret")
                        .body("body_5ecret"),
                    reset,
                    200
                ],
            )
            .on("/given-up", script![503.body("body_5ecret")])
            .on("/silent", script![silence])
            .fallback(404)
            .start()
            .await;
        let policy = Policy::standard()
            .rate_limit(Rate::per_second(1).burst(3))
            .max_wait(SECOND);
        let client = client(policy);
        for path in ["/retried", "/given-up", "/silent", "/missing", "/limited"] {
            let url = server.url(path).replace("http://", "http://admin:hunter2@");
            let request = client
                .put(format!(
                    "{url}?token=tok_5ecret&X-Amz-Signature=AKIDEXAMPLE"
                ))
                .header("authorization", "Bearer bearer_5ecret")
                .header("x-api-key", "key_5ecret")
                .timeout(SECOND)
                .body("body_5ecret");
            let _ = request.send().await;
        }
    });
    assert!(
        log.contains("/retried") && log.contains("attempt") && log.contains("WARN"),
        "{log}"
    );
    assert!(log.contains("REDACTED"), "{log}");
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
