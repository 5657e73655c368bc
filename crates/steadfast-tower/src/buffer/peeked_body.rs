//! A body that was looked into, whole again.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// Chunks below this many bytes are copied together.
const SMALL: usize = 1024;

/// A body of which the start may have been read: it gives that first, then the rest, then the error that met the
/// reader if there was one.
pub struct PeekedBody<B: Body> {
    start: VecDeque<Bytes>,
    /// Small chunks, put together behind `start`: a server that sends single bytes must not fill the memory with handles.
    tail: BytesMut,
    start_len: u64,
    rest: Option<B>,
    trailers: Option<HeaderMap>,
    error: Option<B::Error>,
    /// Given up when nothing more can come.
    held: Option<Box<dyn Any + Send + Sync>>,
}

// ===== impl Whole =====

impl<B: Body> PeekedBody<B> {
    /// A body that was not looked into.
    pub fn untouched(body: B) -> Self {
        Self {
            start: VecDeque::new(),
            tail: BytesMut::new(),
            start_len: 0,
            rest: Some(body),
            trailers: None,
            error: None,
            held: None,
        }
    }

    /// A body that is there to its end.
    pub fn of_bytes(bytes: Bytes) -> Self {
        let mut whole = Self {
            rest: None,
            start: VecDeque::new(),
            tail: BytesMut::new(),
            start_len: bytes.len() as u64,
            trailers: None,
            error: None,
            held: None,
        };
        if !bytes.is_empty() {
            whole.start.push_back(bytes);
        }
        whole
    }

    /// Whether it is there to its end, or to the error that ended it.
    pub(crate) const fn is_complete(&self) -> bool {
        self.rest.is_none()
    }

    /// Holds this, too, until nothing more can come.
    pub(crate) fn hold(&mut self, held: impl Any + Send + Sync) {
        self.held = Some(match self.held.take() {
            None => Box::new(held),
            Some(others) => Box::new((others, held)),
        });
    }

    /// The error that ended it, if there was one.
    pub(crate) fn take_error(&mut self) -> Option<B::Error> {
        self.error.take()
    }

    /// The start that was read, copied together, at most `limit` bytes of it.
    pub(crate) fn start(&self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for chunk in self
            .start
            .iter()
            .map(|chunk| &chunk[..])
            .chain([&self.tail[..]])
        {
            let room = limit - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        bytes
    }
}

impl<B: Body<Data = Bytes> + Unpin> PeekedBody<B> {
    /// Reads on until the end, an error, or more than `limit` bytes are there.
    pub(crate) fn poll_start(&mut self, limit: usize, cx: &mut Context<'_>) -> Poll<()> {
        while self.start_len <= limit as u64 {
            let Some(rest) = &mut self.rest else {
                break;
            };
            match ready!(Pin::new(rest).poll_frame(cx)) {
                Some(Ok(frame)) => self.keep(frame),
                Some(Err(error)) => {
                    self.error = Some(error);
                    self.end();
                }
                None => self.end(),
            }
        }
        Poll::Ready(())
    }

    /// Reads on and throws away, until the end, an error, or `left` bytes are used up.
    pub(crate) fn poll_drain(&mut self, left: &mut usize, cx: &mut Context<'_>) -> Poll<()> {
        self.start.clear();
        self.tail.clear();
        while let Some(rest) = &mut self.rest {
            match ready!(Pin::new(rest).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let len = frame.data_ref().map_or(0, Bytes::len);
                    match left.checked_sub(len) {
                        Some(rest) => *left = rest,
                        None => break,
                    }
                }
                Some(Err(_)) | None => break,
            }
        }
        Poll::Ready(())
    }

    /// Nothing more can come.
    fn end(&mut self) {
        self.rest = None;
        self.held = None;
    }

    fn keep(&mut self, frame: Frame<Bytes>) {
        match frame.into_data() {
            Ok(chunk) if chunk.is_empty() => {}
            Ok(chunk) => {
                self.start_len += chunk.len() as u64;
                if chunk.len() < SMALL {
                    self.tail.extend_from_slice(&chunk);
                } else {
                    self.flush();
                    self.start.push_back(chunk);
                }
            }
            Err(frame) => self.trailers = frame.into_trailers().ok(),
        }
    }

    fn flush(&mut self) {
        if !self.tail.is_empty() {
            self.start.push_back(self.tail.split().freeze());
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Unpin for PeekedBody<B> {}

impl<B: Body<Data = Bytes> + Unpin> Body for PeekedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.start.is_empty() {
            self.flush();
        }
        if let Some(chunk) = self.start.pop_front() {
            self.start_len -= chunk.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        let is_held = self.held.is_some();
        if let Some(rest) = &mut self.rest {
            let frame = ready!(Pin::new(&mut *rest).poll_frame(cx));
            // Many readers stop at the last byte and never ask for the end.
            if is_held && (!matches!(frame, Some(Ok(_))) || rest.is_end_stream()) {
                self.held = None;
            }
            if frame.is_none() {
                self.rest = None;
            }
            return Poll::Ready(frame);
        }
        if let Some(error) = self.error.take() {
            return Poll::Ready(Some(Err(error)));
        }
        Poll::Ready(
            self.trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(trailers))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.start_len == 0
            && self.trailers.is_none()
            && self.error.is_none()
            && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self
            .rest
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        if let Some(upper) = rest
            .upper()
            .and_then(|upper| upper.checked_add(self.start_len))
        {
            if self.error.is_none() {
                hint.set_upper(upper);
            }
        }
        hint.set_lower(rest.lower().saturating_add(self.start_len));
        hint
    }
}

impl<B: Body> fmt::Debug for PeekedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Whole")
            .field("read", &self.start_len)
            .field("complete", &self.is_complete())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use http_body_util::{BodyExt, Full};

    use super::*;

    #[tokio::test]
    async fn what_was_read_is_given_back_whole() {
        for (limit, complete) in [(0, false), (4, false), (5, true)] {
            let mut whole = PeekedBody::untouched(Full::new(Bytes::from_static(b"hello")));
            let mut cx = Context::from_waker(Waker::noop());
            assert!(whole.poll_start(limit, &mut cx).is_ready());
            assert_eq!(whole.is_complete(), complete, "limit {limit}");
            assert_eq!(whole.size_hint().exact(), Some(5));
            assert_eq!(whole.start(2), b"he");
            assert_eq!(whole.collect().await.unwrap().to_bytes(), "hello");
        }
    }
}
