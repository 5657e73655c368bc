//! What the last attempt brought, while the next one is waited for.

use std::task::{Context, Poll, ready};

use steadfast_core::PEEK_LIMIT;

use crate::buffer::PeekedBody;
use crate::reply::Reply;
use crate::report::Report;
use crate::response::PeekedResponse;

/// What the last attempt brought. It is returned when no further attempt is sent after all.
///
/// A response should not keep its connection meanwhile, so its body is read, as far as the policy allows. What becomes
/// of a longer one depends on what follows:
///
/// * Another attempt [follows for certain](Self::freeing): 16 KiB are kept, and a longer body is read and thrown away.
/// * The response [may be what the call returns](Self::keeping): nothing of it is thrown away. What is too long stays
///   unread, and with it on its connection, until the next attempt is certain. Its permit is given back meanwhile.
pub(super) enum Held<Res: PeekedResponse, F> {
    Failure(F),
    Response(Reading<Res>),
}

pub(super) struct Reading<Res: PeekedResponse> {
    shell: Res::Shell,
    body: PeekedBody<Res::Body>,
    report: Box<Report>,
    /// The longest body that is kept.
    most: usize,
    /// So much more is read to free the connection.
    left: usize,
    is_too_long: bool,
}

impl<Res: PeekedResponse, F> Held<Res, F> {
    /// Another attempt follows. At most `drain` bytes are read to free the connection; `None` where it is given up.
    pub(super) fn freeing(last: Result<Reply<Res>, F>, drain: usize) -> Option<Self> {
        let held = Self::of(last, PEEK_LIMIT.min(drain), drain);
        (!held.is_too_long()).then_some(held)
    }

    /// Another attempt may follow. At most `drain` bytes are read to free the connection, and all of them are kept.
    pub(super) fn keeping(last: Result<Reply<Res>, F>, drain: usize) -> Self {
        Self::of(last, drain, 0)
    }

    fn of(last: Result<Reply<Res>, F>, most: usize, left: usize) -> Self {
        let reply = match last {
            Ok(reply) => reply,
            Err(failure) => return Self::Failure(failure),
        };
        let response = &reply.response;
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        // A connection is better given up where it is misdirected (421), or the body too long to be read.
        let is_too_long = response.status().as_u16() == 421
            || length.is_some_and(|length| length > most.max(left) as u64);
        let (response, report) = reply.into_parts();
        let (shell, body) = response.open();
        Self::Response(Reading {
            shell,
            body,
            report: Box::new(report),
            most,
            left,
            is_too_long,
        })
    }

    /// Reads on. Ready when there is nothing more to do.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Self::Failure(_) => Poll::Ready(()),
            Self::Response(reading) => reading.poll(cx),
        }
    }

    /// Nobody reads it for a while: others may be under way meanwhile.
    pub(super) fn release_permit(&mut self) {
        if let Self::Response(reading) = self {
            reading.report.release_permit();
        }
    }

    /// Whether it is longer than what is kept.
    pub(super) const fn is_too_long(&self) -> bool {
        matches!(self, Self::Response(reading) if reading.is_too_long)
    }

    /// Another attempt is sent now: what was not read to its end is given up.
    pub(super) fn settle(self) -> Option<Result<Reply<Res>, F>> {
        match self {
            Self::Response(reading) if !reading.is_whole() => None,
            whole => Some(whole.into_result()),
        }
    }

    /// It is what the call returns. Of one that was [kept](Self::keeping) nothing is missing: the rest is read later.
    pub(super) fn into_result(self) -> Result<Reply<Res>, F> {
        match self {
            Self::Failure(failure) => Err(failure),
            Self::Response(reading) => {
                let response = Res::close(reading.shell, reading.body);
                Ok(Reply::with(response, *reading.report))
            }
        }
    }
}

impl<Res: PeekedResponse> Reading<Res> {
    const fn is_whole(&self) -> bool {
        self.body.is_complete() && !self.is_too_long
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_too_long {
            ready!(self.body.poll_start(self.most, cx));
            self.is_too_long = !self.body.is_complete();
        }
        match self.is_too_long && self.left > 0 {
            true => self.body.poll_drain(&mut self.left, cx),
            false => Poll::Ready(()),
        }
    }
}
