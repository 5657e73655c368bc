//! What a limit of this client refused before it was sent, or cut while it was under way.
//!
//! One value for every layer: outcome, failure, record and error carry it, and what each of them says follows from it
//! here. A new limit is one variant, its texts, and its kind of error in the facade.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::failure_kind::{FailureKind, Reach};
use crate::human::Human;
use crate::quota::QuotaWindow;

/// Why a limit of this client refused or cut a call. All waits count from the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The attempt was not answered within the attempt timeout.
    AttemptTimeout {
        /// The attempt timeout.
        after: Duration,
    },
    /// The deadline of the call passed.
    DeadlinePassed,
    /// The configured rate would delay the attempt for longer than it may wait. Nothing was sent.
    RateLimited {
        /// How long it would have to wait.
        wait: Duration,
    },
    /// The server closed the scope of this call for longer than the call may wait. Nothing was sent.
    GateClosed {
        /// After this time one may ask again.
        wait: Duration,
    },
    /// The user's quota is used up. Nothing was sent.
    QuotaUsedUp {
        /// What the quota allows per window.
        limit: u64,
        /// What is left: too little for this call.
        left: u64,
        /// How long the quota lasts.
        window: QuotaWindow,
        /// When it resets, by the time of day.
        resets_at: SystemTime,
        /// How long that is.
        wait: Duration,
    },
    /// The cost of the request exceeds the burst of a rate: it could never be sent. Nothing was sent.
    CostTooHigh {
        /// What it costs.
        cost: u32,
        /// The most that a rate lets go at once.
        burst: u32,
    },
    /// As many attempts as may be at once were under way for as long as this one may wait. Nothing was sent.
    ConcurrencyLimited {
        /// How many may be under way at once.
        limit: u32,
        /// How many of them were responses whose body had not been read to its end.
        unread: u32,
        /// How long it waited.
        waited: Duration,
    },
    /// As many attempts as may wait until another one ends did so already. Nothing was sent.
    QueueFull {
        /// How many may be under way at once.
        limit: u32,
        /// How many may wait.
        queue: usize,
    },
}

// ===== impl Refusal =====

impl Refusal {
    /// The name in spans and metrics (`error.type` of the OpenTelemetry conventions: low cardinality).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttemptTimeout { .. } | Self::DeadlinePassed => "timeout",
            Self::RateLimited { .. } => "rate_limited",
            Self::GateClosed { .. } => "gate_closed",
            Self::QuotaUsedUp { .. } => "quota_used_up",
            Self::CostTooHigh { .. } => "cost_too_high",
            Self::ConcurrencyLimited { .. } => "concurrency_limited",
            Self::QueueFull { .. } => "queue_full",
        }
    }

    /// A few words, for the list of attempts in a record.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::AttemptTimeout { .. } | Self::DeadlinePassed => "timeout",
            Self::RateLimited { .. } => "refused by the rate limit of this client",
            Self::GateClosed { .. } => "closed by the server",
            Self::QuotaUsedUp { .. } => "quota used up",
            Self::CostTooHigh { .. } => "cost above the burst",
            Self::ConcurrencyLimited { .. } => "refused by the concurrency limit of this client",
            Self::QueueFull { .. } => "queue of the concurrency limit full",
        }
    }

    /// How far the request got.
    #[must_use]
    pub const fn reach(self) -> Reach {
        match self {
            Self::AttemptTimeout { .. } | Self::DeadlinePassed => Reach::MaybeProcessed,
            Self::RateLimited { .. }
            | Self::GateClosed { .. }
            | Self::QuotaUsedUp { .. }
            | Self::CostTooHigh { .. }
            | Self::ConcurrencyLimited { .. }
            | Self::QueueFull { .. } => Reach::NotSent,
        }
    }

    /// The failure whose rule decides about it; `None` when it always ends the call.
    #[must_use]
    pub const fn judged_as(self) -> Option<FailureKind> {
        match self {
            Self::AttemptTimeout { .. } => Some(FailureKind::Timeout),
            _ => None,
        }
    }

    /// How long to wait before another try may succeed, if that is known.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::RateLimited { wait }
            | Self::GateClosed { wait }
            | Self::QuotaUsedUp { wait, .. } => Some(wait),
            Self::AttemptTimeout { .. }
            | Self::DeadlinePassed
            | Self::CostTooHigh { .. }
            | Self::ConcurrencyLimited { .. }
            | Self::QueueFull { .. } => None,
        }
    }

    /// Whether the same call may succeed later without a change.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        !matches!(self, Self::CostTooHigh { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AttemptTimeout { after } => {
                write!(f, "the attempt was not answered within {}", Human(*after))
            }
            Self::DeadlinePassed => f.write_str("the call was not answered by its deadline"),
            Self::RateLimited { wait } => {
                let wait = Human(*wait);
                write!(
                    f,
                    "the rate limit would delay this call by {wait}, longer than it may wait"
                )
            }
            Self::GateClosed { wait } => {
                let wait = Human(*wait);
                write!(f, "the server asked for no requests for another {wait}")?;
                f.write_str(", longer than this call may wait")
            }
            Self::QuotaUsedUp {
                limit,
                left,
                window,
                wait,
                ..
            } => {
                write!(f, "the quota of {limit} per {window} is used up")?;
                if *left > 0 {
                    write!(f, " ({left} left, too few for this call)")?;
                }
                write!(f, "; it resets in {}", Human(*wait))
            }
            Self::CostTooHigh { cost, burst } => {
                write!(
                    f,
                    "the request costs {cost}, which exceeds the burst of the rate ({burst})"
                )
            }
            Self::ConcurrencyLimited {
                limit,
                unread,
                waited,
            } => {
                write!(
                    f,
                    "{limit} calls at once are allowed, and this one got no turn within "
                )?;
                write!(f, "{}", Human(*waited))?;
                match unread {
                    0 => Ok(()),
                    1 => f.write_str("; 1 is a response that was not read: read it or drop it"),
                    _ => write!(
                        f,
                        "; {unread} are responses that were not read: read or drop them"
                    ),
                }
            }
            Self::QueueFull { limit, queue } => {
                write!(
                    f,
                    "{limit} calls at once are allowed, and {queue} wait already, "
                )?;
                f.write_str("as many as may")
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_refused_before_it_was_sent_says_when_to_come_back() {
        let wait = Duration::from_secs(40);
        let quota = Refusal::QuotaUsedUp {
            limit: 1000,
            left: 0,
            window: QuotaWindow::Day,
            resets_at: SystemTime::UNIX_EPOCH,
            wait,
        };
        for (refusal, text) in [
            (
                Refusal::RateLimited { wait },
                "the rate limit would delay this call by 40 s, longer than it may wait",
            ),
            (
                Refusal::GateClosed { wait },
                "the server asked for no requests for another 40 s, longer than this call may wait",
            ),
            (
                quota,
                "the quota of 1000 per day is used up; it resets in 40 s",
            ),
        ] {
            assert_eq!(refusal.to_string(), text);
            assert_eq!(refusal.reach(), Reach::NotSent);
            assert_eq!(refusal.retry_after(), Some(wait));
            assert!(refusal.is_transient());
        }
        let limited = |unread| Refusal::ConcurrencyLimited {
            limit: 20,
            unread,
            waited: wait,
        };
        let queue = Refusal::QueueFull { limit: 8, queue: 3 };
        for (refusal, text) in [
            (
                limited(0),
                "20 calls at once are allowed, and this one got no turn within 40 s",
            ),
            (
                limited(20),
                "20 calls at once are allowed, and this one got no turn within 40 s; 20 are responses that were not read: \
                 read or drop them",
            ),
            (
                queue,
                "8 calls at once are allowed, and 3 wait already, as many as may",
            ),
        ] {
            assert_eq!(refusal.to_string(), text);
            assert_eq!(refusal.reach(), Reach::NotSent);
            assert!(refusal.is_transient() && refusal.retry_after().is_none());
        }
        let never = Refusal::CostTooHigh { cost: 9, burst: 5 };
        assert!(!never.is_transient() && never.retry_after().is_none());
        let cut = Refusal::AttemptTimeout { after: wait };
        assert_eq!(cut.reach(), Reach::MaybeProcessed);
        assert_eq!(cut.judged_as(), Some(FailureKind::Timeout));
    }
}
