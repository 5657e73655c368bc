//! What a server says about coming back.
//!
//! A server knows better than any schedule when it can be asked again, and many say so, in a dozen
//! dialects: `Retry-After` in seconds or as a date in any of twenty forms, twins of it in
//! milliseconds, rate limit fields with a reset in almost any unit, plain requests to try again or
//! not to. This module reads all of them into one small [`Hints`], in one pass over the header
//! names, without allocating.
//!
//! Three rules hold for every form:
//!
//! * **Never earlier than asked.** Fractions are rounded up. A moment in time is read against the
//!   response's own `Date`, which the same clock wrote, so a client whose clock is wrong waits
//!   right.
//! * **What cannot be read is a hint of unknown length.** A server that says `soon`, `-1` or nothing at all asks to stay
//!   away, so the wait is that of a server that is overloaded, unless another header can be read. Zero is a hint (try at
//!   once), and a moment in the past is zero.
//! * **Servers are not trusted.** A hint never raises attempts or budgets and never makes a request
//!   repeatable; no wait is longer than [`LONGEST`], and whoever obeys caps it much lower.
//!
//! A response that is accepted is not asked for hints but for what is left: [`tells_of_limits`] finds
//! out in some instructions whether there is anything to read, and [`Allowances`] reads it. When not
//! to use them: on answers that no server gave, such as those of a cache.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use steadfast_core::hint::{HintSource, Hints};
//!
//! let mut headers = http::HeaderMap::new();
//! headers.insert("date", "Sun, 06 Nov 1994 08:49:30 GMT".parse()?);
//! headers.insert("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT".parse()?);
//! // The wall clock is asked only for a moment in time that comes without a usable `Date`.
//! let hints = Hints::read(&headers, || SystemTime::UNIX_EPOCH);
//! let retry_after = hints.retry_after.ok_or("there is one")?;
//! assert_eq!(retry_after.wait, Duration::from_secs(7));
//! assert_eq!(retry_after.source, HintSource::RetryAfter);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allowance;
mod asked;
mod civil;
mod clock;
mod date;
mod few;
mod hints;
mod members;
mod number;
mod quota;
mod retry_after;
mod rfc3339;
mod scan;
mod span;

pub use self::allowance::{Allowance, Allowances, Oddity, Unit, tells_of_limits};
pub use self::hints::Hints;
pub use self::quota::{Evidence, InvalidMarker, QuotaMarker, UsedUpQuota, Window, spent_quota};
pub use self::retry_after::{HintSource, LONGEST, RetryAfter};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
