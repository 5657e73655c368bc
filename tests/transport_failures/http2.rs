//! HTTP/2 refusals, from a server that speaks just enough of it to refuse.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::Method;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{Backoff, FailureKind, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::common::policies;
use super::{Seen, fails};

/// What the server does about a stream (RFC 9113).
#[derive(Clone, Copy)]
enum Act {
    /// Answers 200.
    Answer,
    /// RST_STREAM with this error code.
    Reset(u8),
    /// GOAWAY without an error, the stream not among those it took on; then closes.
    GoAway,
    /// GOAWAY without an error, the stream among those it took on; then closes without an answer.
    GoAwayAfterTaking,
}

const REFUSED_STREAM: u8 = 7;
const INTERNAL_ERROR: u8 = 2;

struct Http2 {
    url: String,
    streams: Arc<AtomicUsize>,
}

impl Http2 {
    /// Does these things, one after the other, the last one for ever.
    async fn start(acts: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let streams = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&streams);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // An error here is a client that is gone.
                tokio::spawn(serve(socket, acts, Arc::clone(&counter)));
            }
        });
        Self { url, streams }
    }

    fn seen(&self) -> usize {
        self.streams.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, acts: &[Act], streams: Arc<AtomicUsize>) -> io::Result<()> {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const ACK: u8 = 1;
    socket.read_exact(&mut [0; PREFACE]).await?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        socket.read_exact(&mut vec![0; length]).await?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match head[3] {
            SETTINGS if head[4] != ACK => socket.write_all(&frame(SETTINGS, ACK, 0, &[])).await?,
            HEADERS => {
                let n = streams.fetch_add(1, Ordering::SeqCst);
                let last = match acts[n.min(acts.len() - 1)] {
                    // `:status: 200` from the static table (RFC 7541, A), with END_STREAM and END_HEADERS.
                    Act::Answer => {
                        socket
                            .write_all(&frame(HEADERS, 5, stream, &[0x88]))
                            .await?;
                        continue;
                    }
                    Act::Reset(code) => {
                        socket
                            .write_all(&frame(RST_STREAM, 0, stream, &[0, 0, 0, code]))
                            .await?;
                        continue;
                    }
                    Act::GoAway => stream - 1,
                    Act::GoAwayAfterTaking => stream,
                };
                let mut payload = last.to_be_bytes().to_vec();
                payload.extend([0; 4]);
                socket.write_all(&frame(GOAWAY, 0, 0, &payload)).await?;
                socket.shutdown().await?;
                // Read to the end: closing a socket with unread bytes would reset it, and lose what was written.
                return tokio::io::copy(&mut socket, &mut tokio::io::sink())
                    .await
                    .map(|_| ());
            }
            _ => {}
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// On one thread: on several, hyper asks the connection once more between sending a stream and waiting for its answer,
/// and takes a GOAWAY that arrived in those microseconds for one that refuses the stream, whichever stream it names.
fn run<T>(test: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test)
}

/// A client that does not wait between attempts; reqwest's own re-sends are off unless they are wanted.
fn client(resends: bool) -> ClientWithMiddleware {
    let policy = Policy::standard().backoff(Backoff::fixed(Duration::ZERO));
    let mut builder = reqwest::Client::builder().http2_prior_knowledge();
    if !resends {
        builder = builder.retry(reqwest::retry::never());
    }
    policies(policy).wrap(builder.build().unwrap())
}

/// What a GET and a POST come to, each with how many streams the server saw.
async fn both(acts: &'static [Act], resends: bool) -> [(Seen, usize); 2] {
    let server = Http2::start(acts).await;
    let get = fails(&client(resends), Method::GET, &server.url).await;
    let gets = server.seen();
    let post = fails(&client(resends), Method::POST, &server.url).await;
    let posts = server.seen() - gets;
    [(get, gets), (post, posts)]
}

#[test]
fn a_refused_stream_was_not_processed_so_every_method_is_sent_again() {
    run(async {
        for acts in [&[Act::Reset(REFUSED_STREAM)][..], &[Act::GoAway]] {
            for (seen, streams) in both(acts, false).await {
                assert_eq!((seen.kind(), streams), (FailureKind::Unprocessed, 3));
                assert_eq!(seen.record.attempt_count(), 3);
                assert!(!seen.error.connect() && !seen.error.timed_out());
                assert!(
                    seen.error.may_have_been_sent(),
                    "it reached the server, which refused it"
                );
            }
        }
    });
}

#[test]
fn reqwest_sends_a_refused_stream_again_by_itself_twice_per_attempt() {
    run(async {
        for (seen, streams) in both(&[Act::Reset(REFUSED_STREAM)], true).await {
            assert_eq!((seen.record.attempt_count(), streams), (3, 9));
        }
        const TWICE: &[Act] = &[Act::Reset(REFUSED_STREAM), Act::GoAway, Act::Answer];
        let server = Http2::start(TWICE).await;
        let response = client(true).post(&server.url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!((response.record().attempt_count(), server.seen()), (1, 3));
    });
}

#[test]
fn a_post_that_was_refused_is_answered_by_a_later_attempt() {
    run(async {
        const ONCE: &[Act] = &[Act::Reset(REFUSED_STREAM), Act::Answer];
        let server = Http2::start(ONCE).await;
        let response = client(false)
            .post(&server.url)
            .body("order")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!((response.record().attempt_count(), server.seen()), (2, 2));
    });
}

#[test]
fn a_stream_that_broke_off_otherwise_may_have_been_processed() {
    run(async {
        for acts in [&[Act::Reset(INTERNAL_ERROR)][..], &[Act::GoAwayAfterTaking]] {
            let [(get, gets), (post, posts)] = both(acts, false).await;
            assert_eq!((get.kind(), gets), (FailureKind::Reset, 3));
            assert_eq!((post.kind(), posts), (FailureKind::Reset, 1));
            assert!(post.error.may_have_been_sent());
        }
    });
}
