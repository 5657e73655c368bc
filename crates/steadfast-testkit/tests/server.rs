//! How a server answers, and what its log says.

use std::io;

use http::{Method, StatusCode};
use steadfast_testkit::{Script, Server, Step, script, virtual_time};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Starts a server in virtual time and hands it with a bare client to a test.
fn with<F: Future<Output = ()>>(
    script: impl Into<Script>,
    test: impl FnOnce(Server, reqwest::Client) -> F,
) {
    virtual_time().block_on(async {
        let server = Server::start(script).await;
        test(server, reqwest::Client::new()).await;
    });
}

/// Sends bytes on a connection of its own and reads until the server closes.
async fn raw(server: &Server, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn statuses_headers_and_bodies_arrive_as_scripted() {
    let script = script![
        503,
        429.retry_after(2).retry_after_ms(1500),
        200.json(r#"{"ok":true}"#),
        201.json(serde_json::json!({"id": 7})),
        200.body_len(70_000).chunked(),
        204,
    ];
    with(script, async |server, client| {
        let mut answers = Vec::new();
        for _ in 0..6 {
            let answer = client.get(server.url("/")).send().await.unwrap();
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            answers.push((status, headers, answer.bytes().await.unwrap()));
        }
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.0).collect();
        assert_eq!(statuses, [503, 429, 200, 201, 200, 204]);
        assert_eq!(answers[0].1["content-length"], "0");
        assert_eq!(answers[1].1["retry-after"], "2");
        assert_eq!(answers[1].1["retry-after-ms"], "1500");
        assert_eq!(answers[2].1["content-type"], "application/json");
        assert_eq!(answers[2].2, r#"{"ok":true}"#);
        assert_eq!(answers[3].2, r#"{"id":7}"#);
        assert_eq!(answers[4].1["transfer-encoding"], "chunked");
        assert_eq!(answers[4].2.len(), 70_000);
        assert!(!answers[5].1.contains_key("content-length"));
        assert_eq!(server.connections(), 1, "kept alive");
    });
}

#[test]
fn close_is_announced_and_done() {
    with(script![200.body("x").close()], async |server, _| {
        let answer = raw(&server, "GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let expected = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\nx";
        assert_eq!(answer, expected);
    });
}

#[test]
fn header_values_reach_the_socket_byte_for_byte() {
    let step = Step::from(200)
        .header("X-Odd", b"\x01\xff;")
        .header("Content-Length", "-1")
        .fin();
    with(step, async |server, _| {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(
            answer,
            b"HTTP/1.1 200 OK\r\nX-Odd: \x01\xff;\r\nContent-Length: -1\r\n\r\n"
        );
    });
}

#[test]
fn an_answer_to_head_has_no_body() {
    with(
        script![200.body_len(5), 200.body_len(5).chunked()],
        async |server, client| {
            let answer = client.head(server.url("/")).send().await.unwrap();
            assert_eq!(answer.headers()["content-length"], "5");
            client.head(server.url("/")).send().await.unwrap();
            assert_eq!(
                client
                    .get(server.url("/"))
                    .send()
                    .await
                    .unwrap()
                    .bytes()
                    .await
                    .unwrap()
                    .len(),
                5
            );
            assert_eq!(
                server.connections(),
                1,
                "nothing was left over between the answers"
            );
        },
    );
}

#[test]
fn chunked_uploads_and_expectations_are_understood() {
    with(script![200.close()], async |server, client| {
        let stream = reqwest::Body::wrap_stream(pieces(["ab", "cde", "f"]));
        client
            .post(server.url("/up"))
            .body(stream)
            .send()
            .await
            .unwrap();
        let head = "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi";
        let answer = raw(&server, head).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"),
            "{answer}"
        );
        let bodies: Vec<_> = server.log().entries().into_iter().map(|r| r.body).collect();
        assert_eq!(bodies, ["abcdef", "hi"]);
    });
}

fn pieces(
    pieces: [&'static str; 3],
) -> impl futures_core::Stream<Item = Result<&'static str, io::Error>> {
    let mut pieces = pieces.into_iter();
    Pieces(move || pieces.next().map(Ok))
}

struct Pieces<F>(F);

impl<T, F: FnMut() -> Option<T> + Unpin> futures_core::Stream for Pieces<F> {
    type Item = T;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<T>> {
        std::task::Poll::Ready((self.0)())
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    with(
        script![200.body("a"), 201.body("b"), 202.close()],
        async |server, _| {
            let get = "GET / HTTP/1.1\r\n\r\n";
            let answer = raw(&server, &format!("{get}{get}{get}")).await.unwrap();
            let places: Vec<_> = ["200 OK", "201 Created", "202 Accepted"]
                .map(|s| answer.find(s))
                .into();
            assert!(
                places.iter().all(Option::is_some) && places.is_sorted(),
                "{answer}"
            );
        },
    );
}

#[test]
fn nonsense_is_answered_with_400_and_not_logged() {
    with(200, async |server, _| {
        let answer = raw(&server, "nonsense\r\n\r\n").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(server.requests(), 0);
    });
}

#[test]
fn each_path_plays_its_own_script() {
    virtual_time().block_on(async {
        let server = Server::builder()
            .on("POST /a", 201)
            .on("/a", script![503, 200])
            .on("/b/**", 404)
            .fallback(script![418])
            .start()
            .await;
        let client = reqwest::Client::new();
        let mut statuses = Vec::new();
        for (method, path) in [
            (Method::GET, "/a?x=1"),
            (Method::POST, "/a"),
            (Method::GET, "/a"),
            (Method::GET, "/b/c"),
            (Method::GET, "/d"),
        ] {
            let answer = client
                .request(method, server.url(path))
                .send()
                .await
                .unwrap();
            statuses.push(answer.status().as_u16());
        }
        assert_eq!(statuses, [503, 201, 200, 404, 418]);
        assert_eq!(
            (server.requests_to("/a"), server.requests_to("GET /a")),
            (3, 2)
        );
        assert_eq!(server.log().entries()[0].path, "/a?x=1");
    });
}

#[test]
fn without_a_fallback_the_rest_is_404() {
    virtual_time().block_on(async {
        let server = Server::builder().on("/a", 200).start().await;
        assert_eq!(
            reqwest::get(server.url("/b")).await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
    });
}

#[test]
fn a_dynamic_step_sees_the_request_with_its_body() {
    let script = script![dynamic(|request| match &request.body[..] {
        b"good" => 200.body(format!("{} {}", request.method, request.path)),
        _ => Step::from(422),
    })];
    with(script, async |server, client| {
        let good = client
            .put(server.url("/p?q"))
            .body("good")
            .send()
            .await
            .unwrap();
        assert_eq!(good.text().await.unwrap(), "PUT /p?q");
        let bad = client
            .put(server.url("/p"))
            .body("bad")
            .send()
            .await
            .unwrap();
        assert_eq!(bad.status(), 422);
    });
}

#[test]
fn the_log_can_be_waited_for() {
    with(script![silence], async |server, client| {
        let url = server.url("/");
        let calls = tokio::spawn(async move {
            let _ = tokio::join!(client.get(&url).send(), client.get(&url).send());
        });
        server.log().wait_for(2).await;
        assert_eq!(server.open_connections(), 2);
        calls.abort();
    });
}

#[test]
fn an_address_that_is_taken_is_an_error() {
    virtual_time().block_on(async {
        let first = Server::start(200).await;
        let second = Server::builder().start_on(first.address()).await;
        assert_eq!(second.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
    });
}
