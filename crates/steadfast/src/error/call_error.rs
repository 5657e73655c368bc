//! One error for everything that can go wrong with a call.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::StatusCode;
use reqwest::Url;
use steadfast_core::redact::redact_url;
use steadfast_core::{FailureKind, InvalidPolicy, Reach, Record, Refusal};
use steadfast_tower::{Cause, Failure, failure_kind};

use super::kind::ErrorKind;
use super::status::StatusError;
use crate::cause::{OneLine, root_cause};
use crate::mistake;
use crate::sent_before;

/// Why a call failed. One type for `send`, `ensure_success` and reading the body: `?` converts from
/// `reqwest_middleware::Error` and `reqwest::Error`.
///
/// ```no_run
/// use steadfast::prelude::*;
///
/// # async fn order(client: reqwest_middleware::ClientWithMiddleware) -> Result<String, steadfast::Error> {
/// let response = client.get("https://api.example.com/v1/orders/7").send().await?;
/// let text = response.ensure_success().await?.text().await?;
/// # Ok(text)
/// # }
/// ```
///
/// Shown, it is one line that says which status or failure, where, and what to do: advice for a status, the root cause for a
/// failed transport (`no connection: http://localhost:1/: Connection refused (os error 111)`). Secrets in URLs are
/// `REDACTED`. The transport's own error is the [`source`](StdError::source), without its URL for the same reason. What
/// another middleware of the chain says in its error is shown as it is.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    source: Source,
    url: Option<Url>,
    record: Record,
}

enum Source {
    Status(Box<StatusError>),
    Refused(Refusal),
    InvalidCall(InvalidPolicy),
    Transport(FailureKind, reqwest::Error, Sent),
    Foreign(anyhow::Error),
}

/// Whether the request may have reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// As the failure itself says.
    AsItFailed,
    /// It may have, though what failed at last did not.
    Before,
}

/// What errors of a wrapped client can tell. Also for refusals and timeouts of steadfast's own, for which the methods
/// of `reqwest_middleware::Error` itself say `false`.
pub trait ErrorExt {
    /// Whether there was no answer in time.
    fn timed_out(&self) -> bool;
    /// Whether no connection could be made.
    fn connect(&self) -> bool;
    /// The URL of the call. (`error.url()` finds the method of the error itself; write `ErrorExt::url(&error)`.)
    fn url(&self) -> Option<&Url>;
    /// How long to wait before another try, if a limit said so.
    fn retry_after(&self) -> Option<Duration>;
    /// Whether the request may have reached the server, in any of its attempts. For an idempotent method whose transport
    /// failed, only the last attempt counts; [`Record::may_have_been_sent`] knows all of them.
    fn may_have_been_sent(&self) -> bool;
    /// The history of the call, where the error carries it: for refusals and timeouts of steadfast's own. For a
    /// transport error, which is returned untouched, [`send_recorded`](crate::RequestBuilderExt::send_recorded)
    /// has it.
    fn record(&self) -> Option<&Record>;
}

// ===== impl Error =====

impl Error {
    fn new(source: Source, url: Option<Url>, record: Record) -> Self {
        Self {
            inner: Box::new(Inner {
                source,
                url,
                record,
            }),
        }
    }

    pub(crate) fn status_error(error: StatusError, url: Url, record: Record) -> Self {
        Self::new(Source::Status(Box::new(error)), Some(url), record)
    }

    #[cfg(feature = "throttle")]
    pub(crate) fn refused(refusal: Refusal, url: Url) -> Self {
        Self::new(Source::Refused(refusal), Some(url), Record::unsent())
    }

    /// What kind of failure, for `match`.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.inner.source {
            Source::Status(_) => ErrorKind::Status,
            Source::InvalidCall(_) => ErrorKind::InvalidRequest,
            Source::Foreign(_) => ErrorKind::Middleware,
            Source::Refused(refusal) => (*refusal).into(),
            Source::Transport(kind, ..) => (*kind).into(),
        }
    }

    /// The status, what the server said about it, and advice; for [`ErrorKind::Status`].
    #[must_use]
    pub fn details(&self) -> Option<&StatusError> {
        match &self.inner.source {
            Source::Status(status) => Some(status),
            _ => None,
        }
    }

    /// The status, for [`ErrorKind::Status`].
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.details().map(StatusError::status)
    }

    /// The URL of the call, secrets included: do not log it. [`Display`](fmt::Display) shows it without them.
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.inner.url.as_ref()
    }

    /// The history of the call. `None` for a transport error, which is returned untouched, so that
    /// [`send_recorded`](crate::RequestBuilderExt::send_recorded) is the place to ask.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match &self.inner.source {
            Source::Transport(..) | Source::Foreign(_) => None,
            _ => Some(&self.inner.record),
        }
    }

    /// The transport's error, if it was the transport that failed.
    #[must_use]
    pub fn transport(&self) -> Option<&reqwest::Error> {
        match &self.inner.source {
            Source::Transport(_, error, _) => Some(error),
            _ => None,
        }
    }

    /// Whether there was no answer in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.inner.source {
            Source::Transport(_, error, _) => error.is_timeout(),
            _ => self.kind() == ErrorKind::Timeout,
        }
    }

    /// Whether no connection could be made.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        match &self.inner.source {
            Source::Transport(_, error, _) => error.is_connect(),
            _ => false,
        }
    }

    /// Whether the same call may succeed later without a change: timeouts, broken connections, 408, 425, 429 and 5xx
    /// but those that stay (501, 505 and similar ones).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use steadfast_core::Rule;
        let rule = match &self.inner.source {
            Source::Status(status) => Rule::standard(status.status()),
            Source::Transport(kind, ..) => Rule::standard_failure(*kind),
            Source::Refused(refusal) => return refusal.is_transient(),
            Source::InvalidCall(_) | Source::Foreign(_) => return false,
        };
        matches!(rule, Rule::Retry(_))
    }

    /// How long to wait before another try, if the server or a limit of this client said so; from the moment it did.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.inner.source {
            Source::Status(status) => status.retry_after(),
            Source::Refused(refusal) => refusal.retry_after(),
            _ => None,
        }
    }

    /// Whether the request may have reached the server, in any of its attempts. For an idempotent method whose transport
    /// failed, only the last attempt counts; [`Record::may_have_been_sent`] knows all of them.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        match &self.inner.source {
            Source::Status(_) | Source::Foreign(_) => true,
            Source::InvalidCall(_) => false,
            Source::Refused(refusal) => {
                refusal.reach() != Reach::NotSent || self.inner.record.may_have_been_sent()
            }
            Source::Transport(kind, _, sent) => {
                kind.reach() != Reach::NotSent || *sent == Sent::Before
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.inner.url.as_ref().map(|url| redact_url(url.as_str()));
        match &self.inner.source {
            Source::Status(status) => status.show(f, place.as_deref()),
            Source::Refused(refusal) => {
                refusal.fmt(f)?;
                place.map_or(Ok(()), |place| write!(f, ": {place}"))
            }
            Source::InvalidCall(mistake) => write!(f, "invalid call: {mistake}"),
            Source::Transport(FailureKind::InvalidRequest, error, _) => {
                FailureKind::InvalidRequest.fmt(f)?;
                mistake::show(f, error)?;
                place.map_or(Ok(()), |place| write!(f, ": {place}"))
            }
            Source::Transport(kind, error, _) => {
                kind.fmt(f)?;
                place.map_or(Ok(()), |place| write!(f, ": {place}"))?;
                let cause = root_cause(error).map(ToString::to_string);
                cause.map_or(Ok(()), |cause| write!(f, ": {}", OneLine(&cause)))
            }
            Source::Foreign(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("message", &self.to_string())
            .field("record", &self.record().map(Record::to_string))
            .field("causes", &Causes(self))
            .finish()
    }
}

/// The errors behind an error, as texts: what it shows itself is one level.
struct Causes<'a>(&'a Error);

impl fmt::Debug for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = self.0.source();
        let causes = std::iter::from_fn(|| {
            let cause = next?;
            next = cause.source();
            Some(cause.to_string())
        });
        f.debug_list().entries(causes.take(16)).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.source {
            Source::Transport(_, error, _) => Some(error),
            Source::Foreign(error) => error.source(),
            _ => None,
        }
    }
}

impl From<reqwest::Error> for Error {
    fn from(mut error: reqwest::Error) -> Self {
        let mut url = error.url_mut().map(|url| url.clone());
        let kind = failure_kind(&error);
        let sent = match sent_before::is_marked(&error) {
            true => Sent::Before,
            false => Sent::AsItFailed,
        };
        if let (Some(url), Sent::Before) = (&mut url, sent) {
            url.set_fragment(None);
        }
        Self::new(
            Source::Transport(kind, error.without_url(), sent),
            url,
            Record::FIRST_TRY,
        )
    }
}

/// Finds steadfast's own error inside.
impl From<reqwest_middleware::Error> for Error {
    fn from(error: reqwest_middleware::Error) -> Self {
        match error {
            reqwest_middleware::Error::Reqwest(error) => error.into(),
            reqwest_middleware::Error::Middleware(error) => match error.downcast::<Self>() {
                Ok(own) => own,
                Err(error) => Self::new(Source::Foreign(error), None, Record::FIRST_TRY),
            },
        }
    }
}

/// What the chain's users get for a failure between the layers: the transport's error untouched, or our own.
pub(crate) fn from_failure(
    failure: Failure<reqwest_middleware::Error>,
    url: Option<Url>,
) -> reqwest_middleware::Error {
    let record = failure.report.record;
    let refused = || failure.url.as_deref().and_then(|url| Url::parse(url).ok());
    let url = url.or_else(refused);
    let source = match failure.cause {
        Cause::Transport(error) => return sent_before::mark(error, &record),
        Cause::Refused(refusal) => Source::Refused(refusal),
        Cause::InvalidCall(mistake) => Source::InvalidCall(mistake),
        Cause::Foreign(error) => Source::Foreign(anyhow::Error::from_boxed(error)),
        _ => Source::Foreign(anyhow::anyhow!(
            "failed for a reason unknown to this version"
        )),
    };
    reqwest_middleware::Error::middleware(Error::new(source, url, record))
}

pub(crate) fn invalid_call(mistake: InvalidPolicy, url: Url) -> reqwest_middleware::Error {
    let error = Error::new(Source::InvalidCall(mistake), Some(url), Record::unsent());
    reqwest_middleware::Error::middleware(error)
}

// ===== impl ErrorExt =====

impl ErrorExt for reqwest::Error {
    fn timed_out(&self) -> bool {
        self.is_timeout()
    }

    fn connect(&self) -> bool {
        self.is_connect()
    }

    fn url(&self) -> Option<&Url> {
        self.url()
    }

    fn retry_after(&self) -> Option<Duration> {
        None
    }

    fn may_have_been_sent(&self) -> bool {
        failure_kind(self).reach() != Reach::NotSent || sent_before::is_marked(self)
    }

    fn record(&self) -> Option<&Record> {
        None
    }
}

impl ErrorExt for reqwest_middleware::Error {
    fn timed_out(&self) -> bool {
        own(self).map_or_else(|| self.is_timeout(), Error::is_timeout)
    }

    fn connect(&self) -> bool {
        self.is_connect()
    }

    fn url(&self) -> Option<&Url> {
        own(self).map_or_else(|| self.url(), Error::url)
    }

    fn retry_after(&self) -> Option<Duration> {
        own(self).and_then(Error::retry_after)
    }

    fn may_have_been_sent(&self) -> bool {
        match self {
            Self::Reqwest(error) => error.may_have_been_sent(),
            Self::Middleware(_) => own(self).is_none_or(Error::may_have_been_sent),
        }
    }

    fn record(&self) -> Option<&Record> {
        own(self).and_then(Error::record)
    }
}

fn own(error: &reqwest_middleware::Error) -> Option<&Error> {
    match error {
        reqwest_middleware::Error::Middleware(error) => error.downcast_ref(),
        reqwest_middleware::Error::Reqwest(_) => None,
    }
}
