//! The body of an answer that came through a transport.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::step::{Answer, End};
use crate::transport::{TransportError, TransportErrorKind};

/// The body of a scripted answer: bytes, perhaps in pieces with waits between them, perhaps with an
/// error or an endless wait where the rest should be.
pub struct Body {
    rest: Bytes,
    piece: usize,
    every: Duration,
    wait: Option<Pin<Box<Sleep>>>,
    then: Then,
    deadline: Option<Pin<Box<Sleep>>>,
}

/// What comes after the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    End,
    Fail(TransportErrorKind),
    Hang,
}

// ===== impl Body =====

impl Body {
    pub(crate) fn empty() -> Self {
        Self {
            rest: Bytes::new(),
            piece: usize::MAX,
            every: Duration::ZERO,
            wait: None,
            then: Then::End,
            deadline: None,
        }
    }

    pub(crate) fn of(answer: &Answer) -> Self {
        let then = match answer.end {
            _ if !answer.is_cut() => Then::End,
            End::Hang => Then::Hang,
            End::Rst => Then::Fail(TransportErrorKind::Reset),
            End::Keep | End::Fin => Then::Fail(TransportErrorKind::Closed),
        };
        let (piece, every) = answer.drip.map_or((usize::MAX, Duration::ZERO), |drip| {
            (drip.chunk, drip.every)
        });
        Self {
            rest: answer.sent(),
            piece,
            every,
            then,
            ..Self::empty()
        }
    }

    /// Fails with a timeout at this instant.
    #[cfg(feature = "reqwest")]
    pub(crate) fn until(mut self, deadline: Option<tokio::time::Instant>) -> Self {
        self.deadline = deadline.map(|at| Box::pin(tokio::time::sleep_until(at)));
        self
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.rest.len();
        f.debug_struct("Body")
            .field("left", &left)
            .field("then", &self.then)
            .finish()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = TransportError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        if let Some(wait) = &mut self.wait {
            if wait.as_mut().poll(cx).is_pending() {
                return self.overdue(cx);
            }
            self.wait = None;
        }
        if !self.rest.is_empty() {
            let piece = self.piece.min(self.rest.len());
            let part = self.rest.split_to(piece);
            if !self.rest.is_empty() && !self.every.is_zero() {
                self.wait = Some(Box::pin(sleep(self.every)));
            }
            return Poll::Ready(Some(Ok(Frame::data(part))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Fail(kind) => {
                self.then = Then::End;
                Poll::Ready(Some(Err(kind.into())))
            }
            Then::Hang => self.overdue(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.then == Then::End
    }

    fn size_hint(&self) -> SizeHint {
        let left = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        if self.then == Then::End {
            return SizeHint::with_exact(left);
        }
        let mut hint = SizeHint::new();
        hint.set_lower(left);
        hint
    }
}

impl Body {
    fn overdue(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, TransportError>>> {
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        if deadline.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.deadline = None;
        self.wait = None;
        self.rest = Bytes::new();
        self.then = Then::End;
        Poll::Ready(Some(Err(TransportErrorKind::TimedOut.into())))
    }
}
