//! One connection: requests in, steps out, until one of them ends it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;

use super::Shared;
use super::answer::{self, After};
use super::head::Head;
use super::request::Wire;
use crate::clock::Busy;
use crate::log::Received;
use crate::step::{Act, Step};

/// An accepted connection.
#[derive(Debug)]
pub(super) struct Connection {
    wire: Wire,
    shared: Arc<Shared>,
    number: usize,
    /// Bytes written since the connection last came to rest.
    written: usize,
}

/// Up to this size, what is written is with the client at once. More waits for acknowledgements, so
/// that part of it may leave long after the last write.
const AT_ONCE: usize = 16 * 1024;

/// What a step does to the connection it was played on.
enum Next {
    Request,
    Close,
}

// ===== impl Connection =====

impl Connection {
    pub(super) fn new(stream: TcpStream, shared: Arc<Shared>, mut busy: Busy) -> Self {
        // A client that connects is about to send.
        busy.touch();
        // Nagle would only make arrival times differ from one run to the next.
        let _ = stream.set_nodelay(true);
        shared.open.fetch_add(1, Ordering::Relaxed);
        let number = shared.accepted.fetch_add(1, Ordering::Relaxed);
        Self {
            wire: Wire::new(stream, busy),
            shared,
            number,
            written: 0,
        }
    }

    /// Answers requests until a step, the client or an error ends the connection.
    pub(super) async fn serve(mut self) {
        loop {
            match self.exchange().await {
                Ok(Next::Request) => self.settle(),
                Ok(Next::Close) => return,
                Err(error) => {
                    if error.kind() == io::ErrorKind::InvalidData {
                        let refusal = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
                        let _ = self.wire.stream.write_all(refusal).await;
                    }
                    return;
                }
            }
        }
    }

    async fn exchange(&mut self) -> io::Result<Next> {
        let Some((head, at)) = self.wire.head().await? else {
            return Ok(Next::Close);
        };
        let received = Received {
            method: head.method.clone(),
            path: head.path.clone(),
            headers: head.headers.clone(),
            body: Bytes::new(),
            at,
            answered_at: None,
            left_at: None,
            connection: self.number,
            n: 0,
        };
        // Chosen before the body is read, so that a step can leave the body unread.
        let step = self.shared.routes.next(&head.method, received.path_only());
        let n = self.shared.log.push(received);
        let next = self.answer(step, &head, n).await;
        self.shared.log.over(n);
        next
    }

    async fn answer(&mut self, step: Step, head: &Head, n: usize) -> io::Result<Next> {
        if matches!(step.act, Act::Hang) {
            self.wait(step.delay).await?;
            return self.nothing_more().await;
        }
        let mut body = BytesMut::new();
        let read = self.wire.body(head, &mut body).await;
        let received = self
            .shared
            .log
            .update(n, |entry| entry.body = body.freeze());
        read?;
        match received {
            Some(received) => self.play(step, head, &received).await,
            None => Ok(Next::Close),
        }
    }

    async fn play(&mut self, step: Step, head: &Head, received: &Received) -> io::Result<Next> {
        let mut step = step;
        let after = loop {
            self.wait(step.delay).await?;
            break match step.act {
                Act::Dynamic(choose) => {
                    step = choose(received);
                    continue;
                }
                Act::Answer(answer) => answer::write(self, &answer, head).await?,
                Act::Reset | Act::Refuse => After::Reset,
                Act::Fin => After::Close,
                Act::Silence | Act::Hang => return self.nothing_more().await,
            };
        };
        self.shared.log.answered(received.n);
        match after {
            After::Keep => Ok(Next::Request),
            After::Close => self.close().await,
            After::Reset => self.reset(),
            After::Nothing => self.nothing_more().await,
        }
    }

    /// Writes, with the clock held.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            self.wire.busy.touch();
            let written = self.wire.stream.write(bytes).await?;
            self.written += written;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    /// Lets the clock go, unless much of what was written may still be on its way; then the clock is
    /// held until the client says something, or for as long as an exchange may stall.
    fn settle(&mut self) {
        if std::mem::take(&mut self.written) > AT_ONCE {
            self.wire.busy.touch();
        } else {
            self.wire.busy.rest();
        }
    }

    /// A wait of the script, in which the clock may run; an error when the client leaves.
    pub(super) async fn wait(&mut self, wait: Duration) -> io::Result<()> {
        if wait.is_zero() {
            return Ok(());
        }
        self.settle();
        let mut sleep = pin!(tokio::time::sleep(wait));
        let mut gone = pin!(gone(&self.wire.stream));
        let result = poll_fn(|cx| {
            if sleep.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            gone.as_mut()
                .poll(cx)
                .map(|()| Err(io::ErrorKind::ConnectionAborted.into()))
        })
        .await;
        self.wire.busy.touch();
        result
    }

    /// FIN. The request was read, so that closing cannot turn into a reset.
    async fn close(&mut self) -> io::Result<Next> {
        self.wire.stream.shutdown().await?;
        if self.written > AT_ONCE {
            self.settle();
            gone(&self.wire.stream).await;
        }
        Ok(Next::Close)
    }

    /// RST, sent when the socket is closed with a linger time of zero.
    fn reset(&mut self) -> io::Result<Next> {
        self.wire.stream.set_zero_linger()?;
        Ok(Next::Close)
    }

    /// Stays silent until the client leaves.
    async fn nothing_more(&mut self) -> io::Result<Next> {
        self.settle();
        gone(&self.wire.stream).await;
        Ok(Next::Close)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Resolves when the client has closed its side, without reading anything.
async fn gone(stream: &TcpStream) {
    loop {
        let Ok(ready) = stream.ready(Interest::READABLE | Interest::ERROR).await else {
            return;
        };
        if ready.is_read_closed() || ready.is_error() {
            return;
        }
        // Bytes are waiting that no step wants; "would block" makes tokio wait for the next event.
        let _ = stream.try_io(Interest::READABLE, || {
            Err::<(), _>(io::Error::from(io::ErrorKind::WouldBlock))
        });
    }
}
