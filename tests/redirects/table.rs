//! Statuses, methods, bodies and places, beside the bare client.

use futures_util::StreamExt;
use http::Method;
use reqwest::{Body, Client};
use reqwest_middleware::ClientWithMiddleware;
use steadfast::policy::Redirects;
use steadfast_testkit::{Server, Step, virtual_time};

use super::common::stream;
use super::{Two, bare, following, once, wrapped};

#[derive(Clone, Copy, Debug)]
enum Payload {
    None,
    Empty,
    Bytes,
    Stream,
    EmptyStream,
}

/// What a client gets: status, URL and body, or the error's answers.
type Seen = Result<(u16, String, String), String>;

async fn send(
    client: &ClientWithMiddleware,
    method: &Method,
    url: String,
    payload: Payload,
) -> Seen {
    let request = client
        .request(method.clone(), url)
        .header("authorization", "Bearer t")
        .header("cookie", "a=b")
        .header("proxy-authorization", "Basic p")
        .header("www-authenticate", "odd")
        .header("content-type", "text/plain")
        .header("content-encoding", "identity")
        .header("content-language", "en")
        .header("x-mine", "1")
        .header("x-mine", "2");
    let request = match payload {
        Payload::None => request,
        Payload::Empty => request.body(""),
        Payload::Bytes => request.body("payload"),
        Payload::Stream => request.body(Body::wrap_stream(
            futures_util::stream::iter(["pay", "load"]).map(Ok::<_, std::io::Error>),
        )),
        Payload::EmptyStream => request.body(stream("")),
    };
    match request.send().await {
        Ok(response) => {
            let (status, url) = (response.status().as_u16(), response.url().to_string());
            Ok((status, url, response.text().await.unwrap()))
        }
        Err(error) => Err(format!("{} {error}", error.is_redirect())),
    }
}

#[test]
fn what_arrives_is_what_the_bare_client_sends() {
    virtual_time().block_on(async {
        let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let payloads = [
            Payload::None,
            Payload::Empty,
            Payload::Bytes,
            Payload::Stream,
            Payload::EmptyStream,
        ];
        let clients = [bare(Client::builder()), wrapped(Client::builder())];
        let mut followed = 0;
        for status in [300, 301, 302, 303, 304, 305, 307, 308] {
            for method in methods {
                // Anew, since the log grows.
                let two = Two::start().await;
                for payload in payloads {
                    for place in ["here/end?q=1", "there/end", "here/302/there/end"] {
                        let method = method.parse::<Method>().unwrap();
                        let url = two.here.url(&format!("/{status}/{place}"));
                        let mut seen = Vec::new();
                        for client in &clients {
                            let before = two.seen();
                            let answer = send(client, &method, url.clone(), payload).await;
                            seen.push((answer, two.arrived(before)));
                        }
                        let case = format!("{status} {method} {payload:?} {place}");
                        assert_eq!(seen[1], seen[0], "{case}");
                        followed += usize::from(seen[1].1.len() > 1);
                    }
                }
            }
        }
        assert!(followed > 300, "{followed} redirects say little");
    });
}

#[test]
fn locations_are_read_as_the_bare_client_reads_them() {
    virtual_time().block_on(async {
        let there = Server::start(200).await;
        let port = there.url("").trim_end_matches('/').to_owned();
        let full = [
            format!("{port}/a%20b?c=d#e"),
            port.replace("http:", "HTTP:"),
            port.replace("http:", ""),
            port.replace("http://", "http://ada:pass@"),
            format!("{port}/\u{e9}"),
        ];
        let short = [
            "/x y",
            "x/../y",
            "?q",
            "#f",
            "",
            ".",
            "//",
            "http://",
            "ftp://a.com/",
            "mailto:a@b.c",
            "javascript:1",
            "http://[",
            "/\u{1f600}",
            "\\\\127.0.0.1:1/x",
            "data:,x",
            "https:///",
        ];
        let all = full.iter().map(String::as_str).chain(short);
        for location in all {
            let location = location.to_owned();
            let mut seen = Vec::new();
            for make in [bare, once] {
                let header = location.clone();
                let here = Server::start(Step::dynamic(move |request| {
                    match request.path.starts_with("/start") {
                        true => Step::status(302).header("location", &header),
                        false => Step::status(200),
                    }
                }))
                .await;
                let before = there.requests();
                let client = make(Client::builder());
                let answer = client.get(here.url("/start/a/b?c")).send().await;
                let origin = here.url("");
                let origin = origin.trim_end_matches('/');
                let answer = match answer {
                    Ok(response) => {
                        let url = response.url().as_str().replace(origin, "http://here");
                        format!("{} {url}", response.status())
                    }
                    Err(error) => format!(
                        "{} {} {}",
                        error.is_builder(),
                        error.is_redirect(),
                        error.is_connect()
                    ),
                };
                let mut paths: Vec<_> = here.log().entries();
                paths.extend(there.log().entries().split_off(before));
                let paths: Vec<_> = paths
                    .into_iter()
                    .map(|request| (request.headers.get("authorization").cloned(), request.path))
                    .collect();
                seen.push((answer, paths));
            }
            assert_eq!(seen[1], seen[0], "{location:?}");
        }
    });
}

#[test]
fn referers_are_told_as_the_bare_client_tells_them() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        for referer in [true, false] {
            for place in ["/302/here/303/there/end?q", "/307/there/end"] {
                let url = two.here.url(place);
                let url = url.replace("http://", "http://ada:pass@") + "#part";
                let mut seen = Vec::new();
                for make in [bare, wrapped] {
                    let before = two.seen();
                    let client = make(Client::builder().referer(referer));
                    let request = client.get(&url).header("referer", "http://mine/");
                    request.send().await.unwrap();
                    seen.push(two.arrived(before));
                }
                assert_eq!(seen[1], seen[0], "{referer} {place}");
            }
        }
    });
}

#[test]
fn only_as_many_redirects_are_followed_as_allowed() {
    virtual_time().block_on(async {
        let server = Server::start(Step::from(302).header("location", "/")).await;
        for most in [0, 1, 3, 10] {
            let policy = reqwest::redirect::Policy::limited(most);
            let mut seen = Vec::new();
            for client in [
                bare(Client::builder().redirect(policy)),
                following(Redirects::limited(most as u32), Client::builder()),
            ] {
                let before = server.requests();
                let error = client.get(server.url("/")).send().await.unwrap_err();
                assert!(error.is_redirect());
                seen.push((error.to_string(), server.requests() - before));
            }
            assert_eq!(seen[1], seen[0]);
            assert_eq!(seen[1].1, most + 1);
        }
    });
}

#[test]
fn none_and_same_origin_return_the_redirect() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        let none = following(Redirects::none(), Client::builder());
        let same = following(Redirects::same_origin(), Client::builder());
        for (client, path, status, ends_at) in [
            (&none, "/302/here/end", 302, "/302/here/end"),
            (&none, "/307/there/end", 307, "/307/there/end"),
            (&same, "/302/here/end", 200, "/end"),
            (&same, "/307/there/end", 307, "/307/there/end"),
            (&same, "/302/here/302/there/end", 302, "/302/there/end"),
        ] {
            let response = client.get(two.here.url(path)).send().await.unwrap();
            let found = (response.status().as_u16(), response.url().path());
            assert_eq!(found, (status, ends_at), "{path}");
            assert!(response.url().as_str().starts_with(&two.here.url("/")));
        }
        assert_eq!(two.there.requests(), 0);
    });
}

#[test]
fn what_the_builder_said_of_redirects_and_retries_is_replaced() {
    virtual_time().block_on(async {
        let two = Two::start().await;
        let never = reqwest::redirect::Policy::none();
        let retries = reqwest::retry::for_host("127.0.0.1")
            .no_budget()
            .classify_fn(|answer| answer.retryable());
        let client = wrapped(Client::builder().redirect(never).retry(retries));
        let response = client.get(two.here.url("/302/here/end")).send().await;
        assert_eq!(response.unwrap().url().path(), "/end");
        assert_eq!(two.seen(), (2, 0));
    });
}
