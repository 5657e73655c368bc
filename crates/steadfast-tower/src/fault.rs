//! What comes back between the layers: an answer or a failure, each beside its verdict.
//!
//! An outcome is judged once, where it arises; the layers further out read the verdict instead of judging again.

use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

#[cfg(feature = "reqwest-middleware")]
use steadfast_core::Reach;
use steadfast_core::quota::QuotaWindow;
use steadfast_core::redirect::Hops;
use steadfast_core::{FailureKind, Judged, Record, Short};

use crate::response::HttpResponse;
use crate::{clock, given_up};

/// A response with its verdict.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reply<Res> {
    /// The response.
    pub response: Res,
    /// What it means.
    pub judged: Judged,
    /// What happened before it came.
    pub record: Record,
}

/// An error with its verdict; the error of every layer here.
///
/// [`Display`](fmt::Display) shows the cause itself, and [`source`](StdError::source) is the source of the cause:
/// this is an envelope, not a level of its own.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure<E> {
    /// Where it came from.
    pub cause: Cause<E>,
    /// What it means.
    pub judged: Judged,
    /// What happened before it came.
    pub record: Record,
    /// What was sent within the attempt before it.
    pub hops: Hops,
}

/// Where an error came from.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The transport, untouched.
    Transport(E),
    /// A limit of this client.
    Limit(Limit),
}

/// A limit of this client that refused or cut a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// The attempt was not answered within its time.
    AttemptTimeout(Duration),
    /// The call was not answered by its deadline.
    Deadline,
    /// The wait for the rate limit would be too long; nothing was sent.
    RateLimit {
        /// How long it would be.
        wait: Duration,
        /// When it could be served.
        at: Instant,
    },
    /// The server closed the scope of this call for longer than it may wait; nothing was sent.
    Closed {
        /// When one may ask again.
        until: Instant,
    },
    /// The user's quota is spent; nothing was sent.
    QuotaSpent {
        /// When it is there again, by the time of day.
        resets_at: SystemTime,
        /// What is left: too little for this call.
        left: u64,
        /// How long the quota lasts.
        window: QuotaWindow,
    },
    /// The request costs more than a rate ever has; nothing was sent.
    Cost {
        /// What it costs.
        cost: u32,
        /// The most that can go at once.
        burst: u32,
    },
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

// ===== impl Limit =====

impl Limit {
    /// How this limit shows in records and spans.
    #[must_use]
    pub const fn kind(self) -> FailureKind {
        match self {
            Self::AttemptTimeout(_) | Self::Deadline => FailureKind::Timeout,
            Self::RateLimit { .. } => FailureKind::RateLimited,
            Self::Closed { .. } => FailureKind::GateClosed,
            Self::QuotaSpent { .. } => FailureKind::QuotaSpent,
            Self::Cost { .. } => FailureKind::CostTooHigh,
        }
    }

    /// When another try may succeed, if that is known.
    #[must_use]
    pub fn resume_at(self) -> Option<Instant> {
        match self {
            Self::RateLimit { at, .. } => Some(at),
            Self::Closed { until } => Some(until),
            Self::QuotaSpent { resets_at, .. } => {
                let wait = resets_at.duration_since(clock::wall()).unwrap_or_default();
                clock::now().checked_add(wait)
            }
            Self::AttemptTimeout(_) | Self::Deadline | Self::Cost { .. } => None,
        }
    }

    /// Whether the request may have reached the server.
    #[must_use]
    pub const fn may_have_been_sent(self) -> bool {
        matches!(self, Self::AttemptTimeout(_) | Self::Deadline)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptTimeout(time) => {
                write!(f, "the attempt was not answered within {}", Short(*time))
            }
            Self::Deadline => f.write_str("the call was not answered by its deadline"),
            Self::RateLimit { wait, .. } => {
                write!(
                    f,
                    "the rate limit would delay this call by {}",
                    Short(*wait)
                )?;
                f.write_str(", longer than it may wait")
            }
            Self::Closed { until } => {
                let wait = until.saturating_duration_since(clock::now());
                write!(
                    f,
                    "the server asked to stay away for another {}",
                    Short(wait)
                )?;
                f.write_str(", longer than this call may wait")
            }
            Self::QuotaSpent {
                resets_at,
                left,
                window,
            } => {
                let wait = resets_at.duration_since(clock::wall()).unwrap_or_default();
                write!(f, "the quota per {window} is spent ({left} left)")?;
                write!(f, ", and there again in {}", Short(wait))
            }
            Self::Cost { cost, burst } => {
                write!(
                    f,
                    "the request costs {cost}, and a rate lets at most {burst} go at once"
                )
            }
        }
    }
}

impl StdError for Limit {}

// ===== impl Reply =====

impl<Res: HttpResponse> Reply<Res> {
    /// What was sent within the attempt before it.
    pub(crate) fn hops(&self) -> Hops {
        let told = self.response.extensions().get::<Hops>();
        told.copied().unwrap_or_default()
    }
}

impl<Res> Reply<Res> {
    pub(crate) const fn new(response: Res, judged: Judged) -> Self {
        Self {
            response,
            judged,
            record: Record::FIRST_TRY,
        }
    }
}

// ===== impl Failure =====

impl<E> Failure<E> {
    pub(crate) fn new(cause: Cause<E>, judged: Judged) -> Self {
        Self {
            cause,
            judged,
            record: Record::FIRST_TRY,
            hops: Hops::NONE,
        }
    }

    pub(crate) fn limit(limit: Limit) -> Self {
        Self::new(Cause::Limit(limit), Judged::own(limit.kind()))
    }

    /// The transport's own error, or the limit that refused or cut the call.
    ///
    /// On its way through an attempt of a retry layer further out, the error is still known as one of a call that was
    /// retried already, so attempts do not multiply.
    ///
    /// # Errors
    /// The limit.
    pub fn into_transport(self) -> Result<E, Limit>
    where
        E: Fault,
    {
        match self.cause {
            Cause::Transport(error) => {
                given_up::note(error.source_of(), &self.record);
                Ok(error)
            }
            Cause::Limit(limit) => Err(limit),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Transport(error) => error.fmt(f),
            Cause::Limit(limit) => limit.fmt(f),
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
            Cause::Limit(_) => None,
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

/// An error of another middleware in the chain is that middleware's own decision: it is not repeated, unless a failed
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
                match crate::read::chain(error) {
                    // What that middleware could not reach may be another server: it says nothing of this request.
                    Some(kind) if kind.reach() != Reach::MaybeProcessed => FailureKind::Other,
                    Some(kind) => kind,
                    None => FailureKind::Foreign,
                }
            }
        };
        Reading::Transport(kind, self)
    }
}
