//! Spans and events: what somebody who watches sees of a call, and that nothing is built when nobody does.
//!
//! Names and attributes are those of the OpenTelemetry semantic conventions for HTTP clients.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "spans/capture.rs"]
mod capture;
#[path = "spans/deaf.rs"]
mod deaf;
#[path = "spans/events.rs"]
mod events;
#[path = "spans/injector.rs"]
mod injector;

use std::time::Duration;

use reqwest::{Client, Method};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::policy::Spans;
use steadfast::prelude::*;
use steadfast::{Policies, Policy, Quota, Rate};
use steadfast_testkit::{Server, StatusExt, refused_port, script, virtual_time};
use tokio::time::timeout;
use tracing::{Instrument, Level, info, info_span};
use tracing_subscriber::filter::LevelFilter;

use crate::capture::{Heard, hear};
use crate::deaf::Deaf;
use crate::injector::Injector;

const SECOND: Duration = Duration::from_secs(1);

fn client(policy: Policy) -> ClientWithMiddleware {
    let builder = Policies::builder().default_policy(policy).seed(7);
    builder.build().unwrap().wrap(Client::new())
}

fn standard() -> ClientWithMiddleware {
    client(Policy::standard())
}

async fn failing(spans: Spans) {
    let server = Server::start(503).await;
    let client = client(Policy::standard().spans(spans));
    let response = client.get(server.url("/")).send().await.unwrap();
    assert_eq!(response.record().attempt_count(), 3);
}

// ===== spans =====

#[test]
fn every_number_of_a_span_or_an_event_is_signed_so_that_opentelemetry_keeps_it_one() {
    let (heard, ()) = hear(LevelFilter::TRACE, async {
        let server = Server::start(script![503, 200]).await;
        let policy = Policy::standard()
            .rate_limit(Rate::per_second(1).burst(1))
            .quota("5/day".parse::<Quota>().unwrap().rolling());
        let client = client(policy);
        for _ in 0..3 {
            client.get(server.url("/")).send().await.unwrap();
        }
    });
    let spans = heard.spans.iter().map(|span| &span.fields);
    let fields: Vec<_> = spans
        .chain(heard.events.iter().map(|said| &said.fields))
        .collect();
    for name in [
        "http.request.resend_count",
        "steadfast.queued_ms",
        "steadfast.quota.used",
    ] {
        assert!(fields.iter().any(|fields| fields.has(name)), "{name}");
    }
    let unsigned: Vec<_> = fields.iter().flat_map(|fields| fields.unsigned()).collect();
    assert_eq!(unsigned, Vec::<&str>::new());
}

#[test]
fn attempts_are_siblings_below_the_span_of_their_call() {
    let (heard, ()) = hear(LevelFilter::INFO, async {
        let server = Server::start(script![503, reset, 200]).await;
        let client = standard();
        let call = async {
            info!("before");
            let response = client.get(server.url("/")).send().await.unwrap();
            info!("after");
            assert_eq!(response.status(), 200);
            assert_eq!(response.record().attempt_count(), 3, "also on a success");
        };
        call.instrument(info_span!("mine")).await;
    });
    let names: Vec<_> = heard.spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["mine", "call", "attempt", "attempt", "attempt"]);
    let parents: Vec<_> = heard.spans.iter().map(|span| span.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(1), Some(1)]);
    for (place, span) in heard.spans.iter().enumerate() {
        assert!(span.closed, "{span:?}");
        if span.name == "attempt" {
            assert_eq!(
                span.closed_before,
                place + 1,
                "closed before the next one opened"
            );
        }
    }
    let kinds = ["internal", "client", "client", "client"];
    for (span, kind) in heard.spans[1..].iter().zip(kinds) {
        assert_eq!(span.fields.get("otel.kind"), Some(kind));
    }
    let mine = heard
        .events
        .iter()
        .filter(|said| said.target != "steadfast");
    assert!(
        mine.map(|said| said.parent).eq([Some(0), Some(0)]),
        "{:?}",
        heard.events
    );
}

#[test]
fn an_attempt_tells_what_the_conventions_ask_for() {
    let (heard, (host, port)) = hear(LevelFilter::INFO, async {
        let server = Server::start(script![503, reset, 200]).await;
        let response = standard().get(server.url("/a/b?page=2")).send().await;
        assert_eq!(response.unwrap().status(), 200);
        let address = server.address();
        (address.ip().to_string(), address.port().to_string())
    });
    let attempts = heard.named("attempt");
    for (n, attempt) in attempts.iter().enumerate() {
        let get = |name: &str| attempt.fields.get(name);
        assert_eq!(get("otel.name"), Some("GET"), "never the path");
        assert_eq!(get("http.request.method"), Some("GET"));
        assert!(!attempt.fields.has("http.request.method_original"));
        assert_eq!(get("server.address"), Some(&*host));
        assert_eq!(get("server.port"), Some(&*port));
        assert_eq!(
            get("url.full"),
            Some(&*format!("http://{host}:{port}/a/b?page=2"))
        );
        let resend = (n > 0).then(|| n.to_string());
        assert_eq!(get("http.request.resend_count"), resend.as_deref());
        let (status, error) = [
            (Some("503"), Some("503")),
            (None, Some("reset")),
            (Some("200"), None),
        ][n];
        assert_eq!(get("http.response.status_code"), status);
        assert_eq!(get("error.type"), error);
        assert_eq!(get("otel.status_code"), error.map(|_| "ERROR"));
        assert_eq!(get("network.protocol.version"), status.map(|_| "1.1"));
        assert_eq!(
            get("steadfast.verdict"),
            Some(["retry", "retry", "accept"][n])
        );
    }
}

#[test]
fn the_call_tells_how_it_ended_and_what_it_took() {
    for (status, error, attempts) in [(200, None, 2), (404, Some("404"), 2), (503, Some("503"), 3)]
    {
        let (heard, ()) = hear(LevelFilter::INFO, async {
            let server = Server::start(script![503.retry_after(2), status]).await;
            let response = standard().get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status(), status);
        });
        let call = heard.call();
        let get = |name: &str| call.fields.get(name);
        assert_eq!(get("otel.name"), Some("GET"));
        assert_eq!(get("http.response.status_code"), Some(&*status.to_string()));
        assert_eq!(get("error.type"), error);
        assert_eq!(get("otel.status_code"), error.map(|_| "ERROR"));
        assert_eq!(get("steadfast.attempts"), Some(&*attempts.to_string()));
        let waited: u64 = get("steadfast.waited_ms").unwrap().parse().unwrap();
        assert!((2_000..6_000).contains(&waited), "{waited}");
        assert_eq!(call.fields.has("steadfast.stop"), status != 200);
    }
}

#[test]
fn spans_are_named_after_the_method_and_the_template_of_the_endpoint() {
    let (heard, ()) = hear(LevelFilter::INFO, async {
        let server = Server::start(200).await;
        let policies = Policies::builder()
            .endpoint(server.url("/v1/users/{id}"), Policy::standard())
            .build()
            .unwrap();
        let client = policies.wrap(Client::new());
        let purge = Method::from_bytes(b"PURGE").unwrap();
        for (method, path) in [(Method::PUT, "/v1/users/7"), (purge, "/v1/orders/8")] {
            client
                .request(method, server.url(path))
                .send()
                .await
                .unwrap();
        }
    });
    let spans = &heard.spans;
    let named: Vec<_> = spans
        .iter()
        .map(|s| s.fields.get("otel.name").unwrap())
        .collect();
    assert_eq!(
        named,
        ["PUT /v1/users/{id}", "PUT /v1/users/{id}", "HTTP", "HTTP"]
    );
    assert_eq!(spans[1].fields.get("url.template"), Some("/v1/users/{id}"));
    let unknown = &spans[3].fields;
    assert_eq!(unknown.get("http.request.method"), Some("_OTHER"));
    assert_eq!(unknown.get("http.request.method_original"), Some("PURGE"));
}

#[test]
fn a_call_that_this_client_refuses_has_no_attempt() {
    let (heard, ()) = hear(LevelFilter::INFO, async {
        let policy = Policy::standard().rate_limit(Rate::per_second(1));
        let client = client(policy.max_wait(SECOND / 2));
        let server = Server::start(200).await;
        client.get(server.url("/")).send().await.unwrap();
        client.get(server.url("/")).send().await.unwrap_err();
    });
    assert_eq!(heard.named("attempt").len(), 1);
    let refused = &heard.named("call")[1].fields;
    assert_eq!(refused.get("error.type"), Some("rate_limited"));
    assert_eq!(refused.get("otel.status_code"), Some("ERROR"));
    assert!(!refused.has("http.response.status_code"));
}

#[test]
fn a_call_that_is_dropped_is_no_error() {
    for millis in [500, 1_500, 2_500] {
        let (heard, ()) = hear(LevelFilter::INFO, async {
            let slow = 503.delay(SECOND).retry_after(1);
            let server = Server::start(script![slow, silence]).await;
            let client = standard();
            let call = client.get(server.url("/")).send();
            let moment = Duration::from_millis(millis);
            assert!(timeout(moment, call).await.is_err());
        });
        let last = heard.named("attempt").len() - 1;
        for (place, span) in heard.spans.iter().enumerate() {
            assert!(span.closed, "{span:?}");
            // The first attempt had its answer by then; that one is no matter of dropping.
            let dropped = span.name == "call" || (place > last && millis != 1_500);
            let told = span.fields.has("otel.status_code") || span.fields.has("error.type");
            assert_eq!(told, !dropped, "after {millis} ms: {span:?}");
        }
        assert!(heard.said(Level::WARN).is_empty(), "{:?}", heard.events);
    }
}

#[test]
fn what_stands_further_in_is_inside_the_span_of_its_attempt() {
    let injector = Injector::default();
    let (heard, ()) = hear(LevelFilter::INFO, async {
        let server = Server::start(script![502, 502, 200]).await;
        let client = ClientBuilder::new(Client::new())
            .with(Policies::standard().middleware())
            .with(injector.clone())
            .build();
        client.get(server.url("/")).send().await.unwrap();
    });
    let attempts = heard.named("attempt");
    let injected = injector.spans();
    assert!(
        attempts.iter().map(|span| Some(span.id)).eq(injected),
        "one trace context each"
    );
    let said = heard
        .events
        .iter()
        .filter(|said| said.target != "steadfast");
    let inside: Vec<_> = said
        .map(|said| heard.spans[said.parent.unwrap()].name)
        .collect();
    assert_eq!(inside, ["attempt"; 3]);
}

// ===== secrets =====

#[test]
fn no_secret_is_shown_anywhere() {
    let (heard, shown) = hear(LevelFilter::TRACE, async {
        let server = Server::start(script![503, reset, 401]).await;
        let client = standard();
        let mut shown = Vec::new();
        for address in [server.address(), refused_port()] {
            let url = format!(
                "http://ada:pa55w0rd@{address}/v1?api_key=s3cret&page=2&X-Amz-Signature=s3cret#s3cret"
            );
            let request = client.get(url).header("x-api-key", "s3cret");
            let (record, result) = request.send_recorded().await;
            shown.push(record.to_string());
            let error = match result {
                Ok(response) => response.ensure_success().await.unwrap_err(),
                Err(error) => error.into(),
            };
            shown.extend([
                error.to_string(),
                format!("{error:?}"),
                format!("{record:?}"),
            ]);
        }
        shown
    });
    let everything = format!("{:?} {:?} {shown:?}", heard.spans, heard.events);
    assert!(everything.contains("api_key=REDACTED&page=2&X-Amz-Signature=REDACTED"));
    for secret in ["s3cret", "pa55w0rd", "ada:", "YWRh"] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

// ===== nobody listens =====

#[test]
fn who_listens_to_warnings_only_gets_those_and_no_span() {
    let Heard { spans, events, .. } = hear(LevelFilter::WARN, failing(Spans::On)).0;
    assert!(spans.is_empty(), "{spans:?}");
    assert!(events.iter().map(|said| said.level).eq([Level::WARN]));
}

#[test]
fn nothing_is_built_when_nobody_listens() {
    let deaf = Deaf::default();
    tracing::subscriber::with_default(deaf.clone(), || {
        virtual_time().block_on(failing(Spans::On));
    });
    assert_eq!(deaf.heard(), 0);
}

// ===== layers above the retry =====

#[test]
fn a_key_and_a_fallback_are_told_by_the_spans() {
    use http::StatusCode;
    use steadfast::policy::{FallbackResponse, IdempotencyKey};

    let (heard, ()) = hear(LevelFilter::INFO, async {
        let server = Server::start(503).await;
        let policy = Policy::standard()
            .idempotency_key(IdempotencyKey::standard())
            .fallback(FallbackResponse::new(StatusCode::OK));
        let response = client(policy).post(server.url("/")).send().await.unwrap();
        assert_eq!(response.status(), 200);
    });
    let call = &heard.spans[0];
    assert_eq!(call.fields.get("steadfast.keyed"), Some("true"));
    assert_eq!(call.fields.get("steadfast.fallback"), Some("true"));
    assert_eq!(call.fields.get("steadfast.attempts"), Some("3"));
    let attempts = heard.spans.iter().filter(|span| span.name == "attempt");
    for attempt in attempts {
        assert_eq!(attempt.fields.get("steadfast.keyed"), Some("true"));
    }
}
