//! Scripts without a socket, under reqwest-middleware and as tower services.
#![expect(clippy::disallowed_methods, reason = "tests read clocks")]

use std::error::Error;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast_testkit::{
    StatusExt, Step, Transport, TransportError, TransportErrorKind, script, virtual_time,
};
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

fn client(transport: &Transport) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new())
        .with(transport.clone())
        .build()
}

fn kind(error: &reqwest_middleware::Error) -> Option<TransportErrorKind> {
    let reqwest_middleware::Error::Middleware(error) = error else {
        return None;
    };
    error
        .downcast_ref::<TransportError>()
        .map(TransportError::kind)
}

#[test]
fn the_middleware_answers_without_calling_what_comes_after_it() {
    virtual_time().block_on(async {
        let step = 429
            .retry_after(2)
            .header("x-odd", b"\xff")
            .body("slow down");
        let transport = Transport::new(step);
        let request = client(&transport)
            .post("http://nowhere.test/a?b=c")
            .body("tea");
        let answer = request.header("x-one", "1").send().await.unwrap();
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.url().as_str(), "http://nowhere.test/a?b=c");
        assert_eq!(answer.headers()["retry-after"], "2");
        assert_eq!(answer.headers()["x-odd"].as_bytes(), b"\xff");
        assert_eq!(answer.content_length(), Some(9));
        assert_eq!(answer.text().await.unwrap(), "slow down");
        let received = transport.log().last().unwrap();
        assert_eq!(
            (received.path.as_str(), &received.body[..]),
            ("/a?b=c", &b"tea"[..])
        );
        assert_eq!(received.header("x-one"), Some("1"));
        assert!(received.answered_at.is_some());
    });
}

#[test]
fn each_failure_before_the_head_has_its_kind() {
    virtual_time().block_on(async {
        let script = script![refuse, reset, fin, 99, 200.header("a b", "c")];
        let client = client(&Transport::new(script));
        let mut kinds = Vec::new();
        for _ in 0..5 {
            kinds.push(kind(&client.get("http://a.test/").send().await.unwrap_err()).unwrap());
        }
        use TransportErrorKind::{Closed, Malformed, Refused, Reset};
        assert_eq!(kinds, [Refused, Reset, Closed, Malformed, Malformed]);
    });
}

#[test]
fn a_failure_inside_the_body_is_an_error_of_reqwest() {
    virtual_time().block_on(async {
        let half = 200.body_len(1000).half_body();
        let client = client(&Transport::new(script![half.clone().rst(), half]));
        for expected in [TransportErrorKind::Reset, TransportErrorKind::Closed] {
            let answer = client.get("http://a.test/").send().await.unwrap();
            let error = answer.bytes().await.unwrap_err();
            let mut next: Option<&(dyn Error + 'static)> = Some(&error);
            let mut found = None;
            while let Some(error) = next {
                found = found.or(error.downcast_ref::<TransportError>());
                next = error.source();
            }
            assert_eq!(found.map(TransportError::kind), Some(expected), "{error:?}");
        }
    });
}

#[test]
fn silence_lasts_until_the_timeout_of_the_request() {
    virtual_time().block_on(async {
        let script = script![silence, hang, 200.hang_after_head()];
        let client = client(&Transport::new(script));
        for n in 0..3 {
            let start = Instant::now();
            let request = client.get("http://a.test/").timeout(Duration::from_secs(7));
            match request.send().await {
                Err(error) => assert_eq!(kind(&error), Some(TransportErrorKind::TimedOut)),
                Ok(answer) => assert!(n == 2 && answer.bytes().await.is_err()),
            }
            assert_eq!(start.elapsed(), Duration::from_secs(7));
        }
    });
}

#[test]
fn delays_and_drops_take_virtual_time() {
    virtual_time().block_on(async {
        let second = Duration::from_secs(1);
        let transport = Transport::new(200.body_len(10).drip(4, second).delay(5 * second));
        let start = Instant::now();
        let answer = client(&transport)
            .get("http://a.test/")
            .send()
            .await
            .unwrap();
        assert_eq!(start.elapsed(), 5 * second);
        assert_eq!(answer.bytes().await.unwrap().len(), 10);
        assert_eq!(start.elapsed(), 7 * second);
    });
}

#[test]
fn it_is_a_tower_service_over_http_types() {
    virtual_time().block_on(async {
        let transport = Transport::builder()
            .on("PUT /a", script![201.body("made"), reset])
            .build();
        let put = || {
            let request = http::Request::put("http://a.test/a?b");
            request.body(Full::<bytes::Bytes>::from("tea")).unwrap()
        };
        let answer = transport.clone().oneshot(put()).await.unwrap();
        assert_eq!(answer.status(), 201);
        assert_eq!(
            answer.into_body().collect().await.unwrap().to_bytes(),
            "made"
        );
        let error = transport.clone().oneshot(put()).await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Reset);
        let get = http::Request::new(http_body_util::Empty::<bytes::Bytes>::new());
        assert_eq!(transport.clone().oneshot(get).await.unwrap().status(), 404);
        assert_eq!(transport.log().to("PUT /a")[0].body, "tea");
    });
}

#[test]
fn it_is_a_tower_service_over_reqwest_types() {
    virtual_time().block_on(async {
        let transport = Transport::new(script![dynamic(|r| if r.n == 0 { 503 } else { 200 })]);
        let client = reqwest::Client::new();
        for expected in [503, 200] {
            let request = client.get("http://a.test/").build().unwrap();
            let answer: reqwest::Response = transport.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), expected);
        }
    });
}

#[test]
fn an_answer_to_head_has_no_body() {
    virtual_time().block_on(async {
        let transport = Transport::new(Step::from(200).body_len(5).half_body().rst());
        let answer = client(&transport)
            .head("http://a.test/")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()["content-length"], "5");
        assert_eq!(answer.bytes().await.unwrap(), "");
    });
}

#[test]
fn an_abandoned_exchange_leaves_its_entry_unanswered() {
    virtual_time().block_on(async {
        let transport = Transport::new(script![silence]);
        let call = client(&transport).get("http://a.test/").send();
        assert!(timeout(Duration::from_secs(1), call).await.is_err());
        assert_eq!(transport.requests(), 1);
        assert!(transport.log().entries()[0].answered_at.is_none());
    });
}
