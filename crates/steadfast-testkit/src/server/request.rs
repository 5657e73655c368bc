//! Reading a request: its head, then its body.

use std::io;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::broken;
use super::head::{Framing, Head};
use crate::clock::{Busy, now};

/// The longest head or chunk line that is read.
const LONGEST_HEAD: usize = 256 * 1024;

/// The socket with what was read from it and not yet used.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) stream: TcpStream,
    pub(super) busy: Busy,
    unused: BytesMut,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, busy: Busy) -> Self {
        Self {
            stream,
            busy,
            unused: BytesMut::new(),
        }
    }

    /// Reads more; `false` at the end of the stream.
    async fn fill(&mut self) -> io::Result<bool> {
        self.unused.reserve(16 * 1024);
        let read = self.stream.read_buf(&mut self.unused).await?;
        self.busy.touch();
        Ok(read > 0)
    }

    /// Reads the next head and says when its first byte came; `None` when the client closed instead.
    pub(super) async fn head(&mut self) -> io::Result<Option<(Head, Instant)>> {
        let mut first = None;
        loop {
            // RFC 9112, 2.2: empty lines before a request line are ignored.
            while matches!(self.unused.first(), Some(b'\r' | b'\n')) {
                self.unused.advance(1);
            }
            if !self.unused.is_empty() {
                self.busy.touch();
                let at = *first.get_or_insert_with(now);
                if let Some(end) = find(&self.unused, b"\r\n\r\n") {
                    let head = self.unused.split_to(end + 4);
                    return Head::parse(&head[..end]).map(|head| Some((head, at)));
                }
                if self.unused.len() > LONGEST_HEAD {
                    return Err(broken("the head does not end"));
                }
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// Reads the body into `body`, which keeps what came when reading fails.
    pub(super) async fn body(&mut self, head: &Head, body: &mut BytesMut) -> io::Result<()> {
        if head.expects_continue {
            self.stream
                .write_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                .await?;
            self.busy.touch();
        }
        match head.framing {
            Framing::Length(length) => self.exactly(length, body).await,
            Framing::Chunked => self.chunks(body).await,
        }
    }

    async fn exactly(&mut self, length: usize, body: &mut BytesMut) -> io::Result<()> {
        let mut missing = length;
        loop {
            let part = self.unused.split_to(missing.min(self.unused.len()));
            missing -= part.len();
            body.extend_from_slice(&part);
            if missing == 0 {
                return Ok(());
            }
            self.more().await?;
        }
    }

    async fn chunks(&mut self, body: &mut BytesMut) -> io::Result<()> {
        loop {
            let line = self.line().await?;
            let size = line[..]
                .split(|&byte| byte == b';')
                .next()
                .unwrap_or_default()
                .trim_ascii();
            let size = std::str::from_utf8(size).map_err(|_| broken("not a chunk size"))?;
            let size = usize::from_str_radix(size, 16).map_err(|_| broken("not a chunk size"))?;
            if size == 0 {
                // Trailer fields, then an empty line.
                while !self.line().await?.is_empty() {}
                return Ok(());
            }
            self.exactly(size, body).await?;
            if !self.line().await?.is_empty() {
                return Err(broken("a chunk longer than announced"));
            }
        }
    }

    async fn line(&mut self) -> io::Result<BytesMut> {
        loop {
            if let Some(end) = find(&self.unused, b"\r\n") {
                let line = self.unused.split_to(end);
                self.unused.advance(2);
                return Ok(line);
            }
            if self.unused.len() > LONGEST_HEAD {
                return Err(broken("the line does not end"));
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> io::Result<()> {
        if self.fill().await? {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
