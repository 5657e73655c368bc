use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use reqwest::{Body, Request, Response, ResponseBuilderExt, Url};
use steadfast_core::redirect::{Hops, Redirects};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::RedirectLayer;
use super::chain::referer;

/// What arrived: method, URL, body.
type Log = Arc<Mutex<Vec<String>>>;

/// A transport at which `/n` redirects to `/n-1` with this status, and `/0` is the end.
fn countdown(
    status: u16,
    log: &Log,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + use<>
{
    let log = Arc::clone(log);
    service_fn(move |request: Request| {
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default();
        let line = format!(
            "{} {} {:?}",
            request.method(),
            request.url(),
            String::from_utf8_lossy(body)
        );
        log.lock().unwrap().push(line);
        let url = request.url().clone();
        let n: u32 = url.path()[1..].parse().unwrap();
        let response = http::Response::builder().url(url);
        let response = match n {
            0 => response.status(200),
            n => response
                .status(status)
                .header("location", format!("{}#f", n - 1)),
        };
        std::future::ready(Ok(response.body("").unwrap().into()))
    })
}

fn post(url: &str) -> Request {
    let mut request = Request::new(http::Method::POST, Url::parse(url).unwrap());
    *request.body_mut() = Some("x".into());
    request
}

async fn send(redirects: Redirects, status: u16, request: Request) -> (Response, Vec<String>) {
    let log = Log::default();
    let service = RedirectLayer::new(redirects).layer(countdown(status, &log));
    let response = service.oneshot(request).await.unwrap();
    let lines = log.lock().unwrap().clone();
    (response, lines)
}

fn hops(response: &Response) -> Option<(u32, u32)> {
    let hops = response.extensions().get::<Hops>();
    hops.map(|hops| (hops.followed, hops.resent))
}

#[tokio::test]
async fn an_answer_tells_how_many_redirects_led_to_it() {
    let (response, lines) = send(Redirects::default(), 308, post("http://a.com/2?q")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.url().path(), "/0");
    assert_eq!(hops(&response), Some((2, 0)));
    assert_eq!(
        lines,
        [
            "POST http://a.com/2?q \"x\"",
            "POST http://a.com/1#f \"x\"",
            "POST http://a.com/0#f \"x\"",
        ]
    );
    let (response, _) = send(Redirects::default(), 302, post("http://a.com/0")).await;
    assert_eq!(hops(&response), None, "nothing is attached to most answers");
}

#[tokio::test]
async fn a_stream_follows_where_its_body_is_dropped() {
    for (status, expected) in [(303, 200), (302, 200), (307, 307)] {
        let mut request = post("http://a.com/1");
        let body = http_body_util::Full::new(bytes::Bytes::from("once"));
        *request.body_mut() = Some(Body::wrap(body));
        let (response, lines) = send(Redirects::default(), status, request).await;
        assert_eq!(response.status(), expected, "{status}: {lines:?}");
    }
}

#[tokio::test]
async fn without_a_client_to_fail_it_a_redirect_too_many_is_the_answer() {
    let (response, lines) = send(Redirects::limited(1), 302, post("http://a.com/3")).await;
    assert_eq!((response.status().as_u16(), lines.len()), (302, 2));
    assert_eq!(hops(&response), Some((1, 0)));
}

#[tokio::test]
async fn an_answer_that_was_made_elsewhere_is_not_followed() {
    let made = service_fn(|_: Request| {
        let response = http::Response::builder().status(302);
        let response = response.header("location", "/0").body("").unwrap();
        std::future::ready(Ok::<Response, Infallible>(response.into()))
    });
    let service = RedirectLayer::new(Redirects::default()).layer(made);
    let response = service.oneshot(post("http://a.com/1")).await.unwrap();
    assert_eq!(response.status(), 302);
}

#[test]
fn a_referer_tells_no_user_no_fragment_and_nothing_to_plain_http() {
    for (from, to, expected) in [
        (
            "https://ada:pass@a.com/x?q#f",
            "https://b.com/",
            Some("https://a.com/x?q"),
        ),
        ("http://a.com/", "https://b.com/", Some("http://a.com/")),
        ("http://a.com/", "http://b.com/", Some("http://a.com/")),
        ("https://a.com/", "http://a.com/", None),
    ] {
        let url = |text: &str| Url::parse(text).unwrap();
        let found = referer(&url(from), &url(to));
        let found = found.as_ref().map(|value| value.to_str().unwrap());
        assert_eq!(found, expected, "{from} to {to}");
    }
}
