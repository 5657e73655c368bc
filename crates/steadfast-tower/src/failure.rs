//! An error on its way outward, beside its verdict.

use std::error::Error as StdError;
use std::fmt;

use steadfast_core::redirect::Hops;
use steadfast_core::{FailureKind, InvalidPolicy, Judged, Outcome, Record, Refusal};

use crate::report::Report;
use crate::request::HttpRequest;

/// An error of a layer that is none of ours.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// An error with its verdict; the error of every layer here.
///
/// [`Display`](fmt::Display) shows the cause itself, and [`source`](StdError::source) is the source of the cause:
/// this is an envelope, not a level of its own.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure<E> {
    /// Where it came from.
    pub cause: Cause<E>,
    /// What is known of it. Boxed, since every layer moves what comes back.
    pub report: Box<Report>,
    /// The URL of the request, secrets included, where a limit refused it before it was sent.
    pub url: Option<Box<str>>,
}

/// Where an error came from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The transport, untouched.
    Transport(E),
    /// A limit of this client.
    Refused(Refusal),
    /// What was said about this call makes no sense. Nothing was sent.
    InvalidCall(InvalidPolicy),
    /// A layer of the user's own.
    Foreign(BoxError),
}

/// Errors that the layers can read.
///
/// Implemented for `reqwest::Error`, `reqwest_middleware::Error`, boxed errors, `io::Error` and this crate's
/// [`Failure`]. For a transport with an error type of its own, box it (`.map_err(Into::into)`) or implement this.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error that steadfast can read",
    note = "box it: `.map_err(tower::BoxError::from)`; or implement `steadfast_tower::Fault` for it"
)]
pub trait Fault: Sized {
    /// The error of the transport.
    type Inner;

    /// Tells a failed transport from a failure that a layer further in judged already.
    fn read(self) -> Reading<Self::Inner>;

    /// Its source, as [`std::error::Error::source`] has it.
    fn source_of(&self) -> Option<&(dyn StdError + 'static)>;

    /// What was sent within the attempt before it. Default: the one request.
    fn hops(&self) -> Hops {
        Hops::NONE
    }

    /// Whether the server said that it did not process the request. Default: no.
    fn is_unprocessed(&self) -> bool {
        false
    }
}

/// What [`Fault::read`] found.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reading<E> {
    /// The transport failed in this way.
    Transport(FailureKind, E),
    /// A layer further in judged it already.
    Judged(Failure<E>),
}

// ===== impl Failure =====

impl<E> Failure<E> {
    /// An error with its verdict.
    #[must_use]
    pub fn new(cause: Cause<E>, judged: Judged) -> Self {
        Self {
            cause,
            report: Box::new(Report::new(judged)),
            url: None,
        }
    }

    /// The same about this request.
    #[must_use]
    pub fn of<R: HttpRequest>(mut self, request: &R) -> Self {
        self.url = Some(request.url().full().into());
        self
    }

    /// What a limit of this client refused, for good.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self::new(Cause::Refused(refusal), Judged::refused_for_good(refusal))
    }

    /// Whether a limit of this client refused it.
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self.cause, Cause::Refused(_))
    }

    /// What was said about a call makes no sense: nothing is sent.
    #[must_use]
    pub fn invalid_call(mistake: InvalidPolicy) -> Self {
        let judged = Judged::ended(Outcome::Failed(FailureKind::InvalidRequest));
        let mut failure = Self::new(Cause::InvalidCall(mistake), judged);
        failure.report.record = Record::unsent();
        failure
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Transport(error) => error.fmt(f),
            Cause::Refused(refusal) => refusal.fmt(f),
            Cause::InvalidCall(mistake) => write!(f, "invalid call: {mistake}"),
            Cause::Foreign(error) => error.fmt(f),
        }
    }
}

impl<E: Fault + fmt::Debug + fmt::Display> StdError for Failure<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source_of()
    }
}

// ===== impl Fault =====

impl<E: Fault> Fault for Failure<E> {
    type Inner = E;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.cause {
            Cause::Transport(error) => error.source_of(),
            Cause::Refused(_) | Cause::InvalidCall(_) => None,
            Cause::Foreign(error) => error.source(),
        }
    }

    fn read(self) -> Reading<E> {
        Reading::Judged(self)
    }
}

impl Fault for std::convert::Infallible {
    type Inner = Self;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        None
    }

    fn read(self) -> Reading<Self> {
        match self {}
    }
}

impl Fault for std::io::Error {
    type Inner = Self;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }

    fn read(self) -> Reading<Self> {
        Reading::Transport(
            crate::read::chain(&self).unwrap_or(FailureKind::Other),
            self,
        )
    }
}

impl Fault for Box<dyn StdError + Send + Sync> {
    type Inner = Self;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        (**self).source()
    }

    fn read(self) -> Reading<Self> {
        Reading::Transport(
            crate::read::chain(&*self).unwrap_or(FailureKind::Other),
            self,
        )
    }
}

#[cfg(feature = "reqwest")]
impl Fault for reqwest::Error {
    type Inner = Self;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }

    fn is_unprocessed(&self) -> bool {
        crate::read::reqwest(self) == FailureKind::Unprocessed
    }

    fn read(self) -> Reading<Self> {
        Reading::Transport(crate::read::reqwest(&self), self)
    }
}

/// An error of another middleware in the chain is that middleware's own decision: it is not retried, unless a failed
/// transport can be found inside it.
#[cfg(feature = "reqwest-middleware")]
impl Fault for reqwest_middleware::Error {
    type Inner = Self;

    fn source_of(&self) -> Option<&(dyn StdError + 'static)> {
        self.source()
    }

    /// An error of another middleware may be about another request.
    fn is_unprocessed(&self) -> bool {
        match self {
            Self::Reqwest(error) => error.is_unprocessed(),
            Self::Middleware(_) => false,
        }
    }

    fn read(self) -> Reading<Self> {
        let kind = match &self {
            Self::Reqwest(error) => crate::read::reqwest(error),
            Self::Middleware(error) => {
                let error: &(dyn StdError + Send + Sync) = error.as_ref();
                crate::read::foreign(error)
            }
        };
        Reading::Transport(kind, self)
    }
}
