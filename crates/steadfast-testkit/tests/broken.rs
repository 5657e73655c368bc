//! What a client meets when a connection breaks off, falls silent or never comes about.

use std::error::Error;
use std::io;
use std::time::Duration;

use steadfast_testkit::{Script, Server, StatusExt, refused_port, script, virtual_time};
use tokio::time::timeout;

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

/// The kind of the `io::Error` at the end of the chain.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    let mut found = None;
    while let Some(error) = next {
        found = error
            .downcast_ref::<io::Error>()
            .map(io::Error::kind)
            .or(found);
        next = error.source();
    }
    found
}

#[test]
fn a_reset_before_the_head_is_a_reset_every_time() {
    with(script![reset], async |server, client| {
        for _ in 0..200 {
            let request = client.post(server.url("/")).body(vec![b'x'; 100_000]);
            let error = request.send().await.unwrap_err();
            assert_eq!(
                io_kind(&error),
                Some(io::ErrorKind::ConnectionReset),
                "{error:?}"
            );
        }
        assert_eq!(server.requests(), 200);
    });
}

#[test]
fn a_close_before_the_head_is_no_reset() {
    with(script![fin], async |server, client| {
        for _ in 0..50 {
            let error = client
                .post(server.url("/"))
                .body("x")
                .send()
                .await
                .unwrap_err();
            assert!(error.is_request() && !error.is_connect(), "{error:?}");
            assert_eq!(io_kind(&error), None, "{error:?}");
        }
    });
}

#[test]
fn half_a_body_comes_before_a_fin_a_reset_or_nothing() {
    let half = 200.body_len(1000).half_body();
    let script = script![
        half.clone(),
        half.clone().rst(),
        half.hang(),
        200.body_len(9).cut(3)
    ];
    with(script, async |server, client| {
        let mut ends = Vec::new();
        for _ in 0..4 {
            let mut answer = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            let mut got = 0;
            let end = loop {
                match timeout(Duration::from_secs(60), answer.chunk()).await {
                    Ok(Ok(Some(chunk))) => got += chunk.len(),
                    Ok(Ok(None)) => break "whole",
                    Ok(Err(error)) if io_kind(&error) == Some(io::ErrorKind::ConnectionReset) => {
                        break "reset";
                    }
                    Ok(Err(_)) => break "short",
                    Err(_) => break "silent",
                }
            };
            ends.push((got, end));
        }
        assert_eq!(
            ends,
            [
                (500, "short"),
                (500, "reset"),
                (500, "silent"),
                (3, "short")
            ]
        );
    });
}

#[test]
fn half_a_chunked_body_lacks_its_end() {
    with(
        200.body_len(1000).chunked().half_body(),
        async |server, client| {
            let mut answer = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(answer.chunk().await.unwrap().unwrap().len(), 500);
            assert!(answer.chunk().await.is_err());
        },
    );
}

#[test]
fn a_head_alone_comes_before_a_reset_a_fin_or_nothing() {
    let script = script![
        200.reset_after_head(),
        200.fin_after_head(),
        200.hang_after_head()
    ];
    with(script, async |server, client| {
        for end in ["reset", "fin", "hang"] {
            let answer = client.get(server.url("/")).send().await.unwrap();
            let body = timeout(Duration::from_secs(9), answer.bytes()).await;
            match end {
                "hang" => assert!(body.is_err()),
                "fin" => assert_eq!(
                    io_kind(&body.unwrap().unwrap_err()),
                    Some(io::ErrorKind::UnexpectedEof)
                ),
                _ => {
                    let kind = io_kind(&body.unwrap().unwrap_err());
                    assert_eq!(kind, Some(io::ErrorKind::ConnectionReset));
                }
            }
        }
    });
}

#[test]
fn silence_reads_the_whole_request_and_hang_only_its_head() {
    with(script![silence, hang], async |server, client| {
        for _ in 0..2 {
            let request = client.post(server.url("/")).body(vec![b'x'; 100_000]);
            let result = timeout(Duration::from_secs(5), request.send()).await;
            assert!(result.is_err(), "no answer");
        }
        let log = server.log().entries();
        assert_eq!((log[0].body.len(), log[1].body.len()), (100_000, 0));
        assert!(log.iter().all(|received| received.answered_at.is_none()));
    });
}

#[test]
fn a_client_that_leaves_is_noticed_in_every_wait() {
    let late = 200.delay(Duration::from_secs(600));
    let drip = 200.body_len(10).drip(1, Duration::from_secs(600));
    with(
        script![silence, hang, late, 200.hang_after_head(), drip],
        async |server, client| {
            for n in 1..=5 {
                let call = async { client.get(server.url("/")).send().await?.bytes().await };
                assert!(timeout(Duration::from_secs(1), call).await.is_err());
                tokio::time::sleep(Duration::from_millis(10)).await;
                assert_eq!((server.connections(), server.open_connections()), (n, 0));
            }
        },
    );
}

#[test]
fn nothing_listens_on_the_refused_port() {
    virtual_time().block_on(async {
        let error = reqwest::get(format!("http://{}/", refused_port()))
            .await
            .unwrap_err();
        assert!(error.is_connect(), "{error:?}");
        assert_eq!(io_kind(&error), Some(io::ErrorKind::ConnectionRefused));
    });
}

#[test]
fn a_stopped_server_has_closed_its_connections_and_refuses_new_ones() {
    with(200, async |server, client| {
        let (url, log) = (server.url("/"), server.log());
        client.get(&url).send().await.unwrap();
        server.stop().await;
        assert!(client.get(&url).send().await.unwrap_err().is_connect());
        assert_eq!(log.len(), 1, "the log outlives the server");
    });
}

#[test]
fn a_dropped_server_ends_its_connections() {
    with(script![silence], async |server, client| {
        let call = tokio::spawn(client.get(server.url("/")).send());
        server.log().wait_for(1).await;
        drop(server);
        assert!(call.await.unwrap().is_err());
    });
}
