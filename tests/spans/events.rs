//! The sentences that are logged.

use steadfast::policy::Spans;
use steadfast_testkit::{Server, StatusExt, refused_port, script};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::hear;
use crate::{failing, standard};

#[test]
fn each_retry_is_one_sentence_at_info() {
    let (heard, address) = hear(LevelFilter::TRACE, async {
        let server = Server::start(script![503.retry_after(2), 502, 200]).await;
        standard().get(server.url("/")).send().await.unwrap();
        server.address()
    });
    let said = heard.said(Level::INFO);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(
        heard.events.len(),
        2,
        "and nothing else: {:?}",
        heard.events
    );
    let (start, end) = (
        format!("503 from {address}, attempt 2 of 3 in 2"),
        " s (Retry-After)",
    );
    assert!(
        said[0].starts_with(&start) && said[0].ends_with(end),
        "{}",
        said[0]
    );
    let (start, end) = (
        format!("502 from {address}, attempt 3 of 3 in "),
        " ms (backoff)",
    );
    assert!(
        said[1].starts_with(&start) && said[1].ends_with(end),
        "{}",
        said[1]
    );
    let first = &heard.events[0];
    assert_eq!(first.target, "steadfast");
    assert_eq!(first.fields.get("http.response.status_code"), Some("503"));
    assert_eq!(
        first.fields.get("steadfast.attempt"),
        Some("1"),
        "counted from 1"
    );
    assert!(first.fields.has("steadfast.wait_ms"));
    assert_eq!(heard.spans[first.parent.unwrap()].name, "call");
}

#[test]
fn giving_up_is_a_warning_and_nothing_is_an_error() {
    let heard = hear(LevelFilter::TRACE, async {
        let server = Server::builder()
            .on("/down", 503)
            .on("/later", 429.retry_after(3600))
            .on("/gone", 404)
            .on("/once", 502)
            .start()
            .await;
        let client = standard();
        for path in ["/down", "/later", "/gone"] {
            client.get(server.url(path)).send().await.unwrap();
        }
        client.post(server.url("/once")).send().await.unwrap();
        let refused = format!("http://{}/", refused_port());
        client.get(refused).send().await.unwrap_err();
    })
    .0;
    assert!(heard.said(Level::ERROR).is_empty());
    let said = heard.said(Level::WARN);
    let ends = [
        "503; gave up: 3 attempts are allowed",
        "429; gave up: a wait of 60 min does not fit the time",
        "502; not retried: ",
        "no connection; gave up: 3 attempts are allowed",
    ];
    assert_eq!(said.len(), ends.len(), "a 404 is an answer: {said:?}");
    for (said, end) in said.iter().zip(ends) {
        assert!(said.contains(end), "{said}");
        assert!(
            said.starts_with("GET 127.0.0.1:") || said.starts_with("POST 127.0.0.1:"),
            "{said}"
        );
    }
}

#[test]
fn spans_off_leaves_the_events() {
    let heard = hear(LevelFilter::TRACE, failing(Spans::Off)).0;
    assert!(heard.spans.is_empty(), "{:?}", heard.spans);
    assert_eq!(heard.said(Level::INFO).len(), 2);
    assert_eq!(heard.said(Level::WARN).len(), 1);
}
