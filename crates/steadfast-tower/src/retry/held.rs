//! What the last attempt brought, while the next one is waited for.

use std::task::{Context, Poll, ready};

use steadfast_core::PEEK_LIMIT;

use crate::buffer::Whole;
use crate::reply::Reply;
use crate::report::Report;
use crate::response::WholeResponse;

/// What the last attempt brought. It is returned when no further attempt is sent after all.
///
/// A response must not keep its connection meanwhile, so its body is read: up to 16 KiB of it are kept. Of a longer one so
/// much is read as the policy allows, then it is gone.
pub(super) enum Held<Res: WholeResponse, F> {
    /// It is there as a whole, or as it came.
    Kept(Result<Reply<Res>, F>),
    /// Its body is being read.
    Reading(Reading<Res>),
    /// Its connection was worth more, or was given up.
    Gone,
}

pub(super) struct Reading<Res: WholeResponse> {
    shell: Res::Shell,
    body: Whole<Res::Body>,
    report: Box<Report>,
    left: usize,
    is_too_long: bool,
}

impl<Res: WholeResponse, F> Held<Res, F> {
    /// Frees the connection of a response; at most `drain` bytes of its body are read for that.
    pub(super) fn freeing(last: Result<Reply<Res>, F>, drain: usize) -> Self {
        let reply = match last {
            Ok(reply) => reply,
            Err(failure) => return Self::Kept(Err(failure)),
        };
        let response = &reply.response;
        let length = response.headers().get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        // A connection is better given up where it is misdirected (421), or the body too long to be read.
        if response.status().as_u16() == 421 || length.is_some_and(|length| length > drain as u64) {
            return Self::Gone;
        }
        let (response, report) = reply.into_parts();
        let (shell, body) = response.open();
        Self::Reading(Reading {
            shell,
            body,
            report: Box::new(report),
            left: drain,
            is_too_long: false,
        })
    }

    /// Reads on. Ready when there is nothing more to do.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self::Reading(reading) = self else {
            return Poll::Ready(());
        };
        ready!(reading.poll(cx));
        self.settle();
        Poll::Ready(())
    }

    /// The wait is over: what was not read to its end by now is given up.
    pub(super) fn settle(&mut self) {
        *self = match std::mem::replace(self, Self::Gone) {
            Self::Reading(reading) if reading.is_whole() => {
                let response = Res::close(reading.shell, reading.body);
                Self::Kept(Ok(Reply::with(response, *reading.report)))
            }
            Self::Kept(last) => Self::Kept(last),
            Self::Reading(_) | Self::Gone => Self::Gone,
        };
    }

    /// Takes it out, if it is still there.
    pub(super) fn release(&mut self) -> Option<Result<Reply<Res>, F>> {
        match std::mem::replace(self, Self::Gone) {
            Self::Kept(last) => Some(last),
            Self::Reading(_) | Self::Gone => None,
        }
    }
}

impl<Res: WholeResponse> Reading<Res> {
    const fn is_whole(&self) -> bool {
        self.body.is_complete() && !self.is_too_long
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_too_long {
            ready!(self.body.poll_start(PEEK_LIMIT.min(self.left), cx));
            self.is_too_long = !self.body.is_complete();
        }
        match self.is_too_long {
            true => self.body.poll_drain(&mut self.left, cx),
            false => Poll::Ready(()),
        }
    }
}
