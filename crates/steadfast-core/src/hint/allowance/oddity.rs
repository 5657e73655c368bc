//! A header that misbehaves.

use std::fmt;

use crate::hint::HintSource;

/// A header that could not be read, or had to be guessed, and why.
///
/// Both are constants, so this can be kept, compared and counted: warn once per origin, not once per
/// response. The value is not here, since it may be long or hostile; whoever warns has the headers.
///
/// ```
/// use std::time::UNIX_EPOCH;
/// use steadfast_core::hint::Allowances;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("x-ratelimit-remaining", "7".parse()?);
/// headers.insert("x-ratelimit-reset", "soon".parse()?);
/// let allowances = Allowances::read(&headers, || UNIX_EPOCH);
/// let oddity = allowances.oddity().ok_or("there is one")?;
/// assert_eq!(oddity.header, "x-ratelimit-reset");
/// assert_eq!(oddity.to_string(), "x-ratelimit-reset is a time in no known unit");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Oddity {
    /// The name of the header, in lower case.
    pub header: &'static str,
    /// What is wrong with it; a verb and its object, so that the name of the header fits before it.
    pub why: &'static str,
}

// ===== impl Oddity =====

impl Oddity {
    pub(super) const MEMBER: &'static str = "has a part that is not as the draft writes it";
    pub(super) const NUMBER: &'static str = "is not a number that can be counted down";
    pub(super) const RESET: &'static str = "is a time in no known unit";
    pub(super) const EPOCH: &'static str = "is seconds since 1970 and not from now on";
    pub(super) const EPOCH_IN_MEMBER: &'static str = "has a `t` that is seconds since 1970";
    pub(super) const RETRY_AFTER: &'static str = "is neither seconds nor a date";
    const MILLIS: &'static str = "is not a number of milliseconds";
    pub(super) const USED_OF_SIZE: &'static str = "is not a number of used and a size";
}

impl Oddity {
    /// A wait that cannot be read.
    pub(in crate::hint) fn of_a_wait(source: HintSource) -> Self {
        use HintSource as H;
        let why = match source {
            H::RetryAfter => Self::RETRY_AFTER,
            H::RetryAfterMs | H::XMsRetryAfterMs | H::XAmzRetryAfter | H::GrpcRetryPushbackMs => {
                Self::MILLIS
            }
            _ => Self::RESET,
        };
        let header = source.header();
        Self { header, why }
    }

    /// Whether it hides a wait that the server asked for. Such an oddity is always worth a warning of its own.
    #[must_use]
    pub fn hides_a_wait(&self) -> bool {
        [Self::RETRY_AFTER, Self::MILLIS, Self::RESET].contains(&self.why)
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.header, self.why)
    }
}
