//! The history of a call: what each attempt brought, what was waited for, and why it ended.
//!
//! A call that succeeded at once has the constant record: nothing was stored for it, so nothing was paid for it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;

use crate::failure_kind::Reach;
use crate::hint::{HintSource, Window};
use crate::human::Human;
use crate::judge::Reason;
use crate::outcome::Outcome;
use crate::redirect::Hops;
use crate::refusal::Refusal;
use crate::repeatable::Repeatable;

/// What happened to a call. Cheap to clone.
///
/// Shown, it is a sentence: `3 attempts in 1.4 s: 503 (Retry-After 1 s), 502 (backoff 180 ms), 200`.
#[derive(Clone, Debug, Default)]
pub struct Record(Option<Arc<History>>);

/// What is stored once a call was not accepted at its first attempt.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) method: Method,
    pub(crate) authority: String,
    /// Those that were sent; empty for a call that only stood in a queue before its one attempt was accepted, and for
    /// one that was never sent.
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) sent: bool,
    pub(crate) stop: Stop,
    pub(crate) elapsed: Duration,
    pub(crate) queued: Duration,
    pub(crate) resume_at: Option<Instant>,
    /// It carried an idempotency key, by the policy.
    pub(crate) keyed: bool,
    /// The fallback answered in its place.
    pub(crate) fallback: bool,
}

/// One attempt.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// What came back.
    pub outcome: Outcome,
    /// Who decided what it means.
    pub reason: Reason,
    /// From the start of the call to the start of this attempt.
    pub at: Duration,
    /// From the start of this attempt to its outcome, its time in the queues of this client included.
    pub took: Duration,
    /// Its time in the queues of this client.
    pub queued: Duration,
    /// The wait that followed, when another attempt did.
    pub wait: Option<Wait>,
    /// The redirects that were followed within it and the requests that were sent again, where the client leaves both
    /// to steadfast (`wrap_builder`).
    pub hops: Hops,
    /// Which quota the text of the answer says is used up. A sentence proves nothing, so it changed nothing else.
    pub quota_in_text: Option<Window>,
}

/// A wait between two attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// How long.
    pub time: Duration,
    /// Who asked for it.
    pub source: WaitSource,
}

/// Who asked for a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitSource {
    /// The policy's schedule.
    Backoff,
    /// The server, in this header.
    Hint(HintSource),
    /// The classifier.
    Classifier,
}

/// Why no further attempt was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The last attempt was accepted.
    #[default]
    Accepted,
    /// Repeating it would bring the same answer.
    FailFast(Reason),
    /// The policy's attempts are used up.
    Attempts(u32),
    /// The rule for this outcome allows no more retries, though the policy would.
    RuleLimit(u32),
    /// The request may have been processed, and is not safe to send twice.
    NotRepeatable(Repeatable),
    /// The body can be sent only once: a stream without a factory.
    BodyNotReplayable,
    /// The wait would not have ended in time.
    Time(Duration),
    /// Retries already add as much load as the budget allows.
    Budget,
    /// A steadfast layer further in retried this call already.
    Nested,
    /// A limit of this client refused the next attempt, or the deadline passed.
    Refused(Refusal),
}

// ===== impl Record =====

impl Record {
    /// The record of a call that was accepted at its first attempt.
    pub const FIRST_TRY: Self = Self(None);

    pub(crate) fn new(history: Arc<History>) -> Self {
        Self(Some(history))
    }

    /// The record of a call that was accepted at its first attempt, after a time in the queues of this client.
    #[must_use]
    pub fn after_queue(queued: Duration) -> Self {
        Self::new(Arc::new(History {
            sent: true,
            queued,
            elapsed: queued,
            ..History::unsent()
        }))
    }

    /// The record of a call that was never sent.
    #[must_use]
    pub fn unsent() -> Self {
        Self::new(Arc::new(History::unsent()))
    }

    /// How many attempts were made, the first included.
    #[must_use]
    pub fn attempt_count(&self) -> usize {
        self.0.as_ref().map_or(1, |history| {
            let sent = usize::from(history.sent);
            history.attempts.len().max(sent)
        })
    }

    /// The attempts in order; empty when the first one was accepted, since nothing is stored then.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        self.0.as_ref().map_or(&[], |history| &history.attempts)
    }

    /// Why no further attempt was made.
    #[must_use]
    pub fn stop(&self) -> Stop {
        self.0
            .as_ref()
            .map_or(Stop::Accepted, |history| history.stop)
    }

    /// Whether the last attempt was accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.stop() == Stop::Accepted
    }

    /// Whether it was retried, or would have been, until attempts, time or budget were used up or a limit of this client
    /// refused the next attempt.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        match self.stop() {
            Stop::Attempts(_) => self.attempt_count() > 1,
            Stop::Refused(_) => !self.attempts().is_empty(),
            Stop::RuleLimit(_) | Stop::Time(_) | Stop::Budget | Stop::Nested => true,
            _ => false,
        }
    }

    /// Whether the request may have reached the server in any attempt. After a redirect it did, whatever failed then.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        let reached = |attempt: &Attempt| {
            attempt.hops.followed > 0 || attempt.outcome.reach() != Reach::NotSent
        };
        self.0
            .as_ref()
            .is_none_or(|history| history.sent || history.attempts.iter().any(reached))
    }

    /// From the start of the call to its end; `None` when the first attempt was accepted.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.as_ref().map(|history| history.elapsed)
    }

    /// All waits between attempts together.
    #[must_use]
    pub fn waited(&self) -> Duration {
        let waits = self.attempts().iter().filter_map(|attempt| attempt.wait);
        waits.fold(Duration::ZERO, |sum, wait| sum.saturating_add(wait.time))
    }

    /// The time that its attempts stood in the queues of this client.
    #[must_use]
    pub fn queued(&self) -> Duration {
        self.0
            .as_ref()
            .map_or(Duration::ZERO, |history| history.queued)
    }

    /// When another try may succeed, if a server or a limit of our own said so.
    #[must_use]
    pub fn resume_at(&self) -> Option<Instant> {
        self.0.as_ref().and_then(|history| history.resume_at)
    }

    /// The same for a call whose request carried an idempotency key.
    #[must_use]
    pub fn keyed(mut self) -> Self {
        if let Some(history) = &mut self.0 {
            Arc::make_mut(history).keyed = true;
        }
        self
    }

    /// Whether the request carried an idempotency key by its policy; `false` when the first attempt was accepted, since
    /// nothing is stored then.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.0.as_ref().is_some_and(|history| history.keyed)
    }

    /// The same for a call in whose place the fallback answered.
    #[must_use]
    pub fn answered_by_fallback(mut self) -> Self {
        let history = self.0.get_or_insert_with(|| Arc::new(History::unsent()));
        Arc::make_mut(history).fallback = true;
        self
    }

    /// Whether the fallback answered in place of the call.
    #[must_use]
    pub fn is_fallback(&self) -> bool {
        self.0.as_ref().is_some_and(|history| history.fallback)
    }

    /// The request's method; `None` when the first attempt was accepted.
    #[must_use]
    pub fn method(&self) -> Option<&Method> {
        let history = self
            .0
            .as_ref()
            .filter(|history| !history.authority.is_empty());
        history.map(|history| &history.method)
    }

    /// The host and port that were called; `None` when the first attempt was accepted.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        let history = self
            .0
            .as_ref()
            .filter(|history| !history.authority.is_empty());
        history.map(|history| history.authority.as_str())
    }
}

// ===== impl History =====

impl History {
    fn unsent() -> Self {
        Self {
            method: Method::GET,
            authority: String::new(),
            attempts: Vec::new(),
            sent: false,
            stop: Stop::Accepted,
            elapsed: Duration::ZERO,
            queued: Duration::ZERO,
            resume_at: None,
            keyed: false,
            fallback: false,
        }
    }

    /// The history of a request, before its first attempt.
    pub(crate) fn of(method: Method, authority: String) -> Self {
        Self {
            method,
            authority,
            ..Self::unsent()
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(history) = &self.0 else {
            return f.write_str("1 attempt");
        };
        match self.attempt_count() {
            0 => f.write_str("no attempt")?,
            1 => f.write_str("1 attempt")?,
            count => write!(f, "{count} attempts")?,
        }
        if history.sent || !history.elapsed.is_zero() || !history.attempts.is_empty() {
            write!(f, " in {}", Human(history.elapsed))?;
        }
        if !history.queued.is_zero() {
            write!(
                f,
                " ({} of it queued in this client)",
                Human(history.queued)
            )?;
        }
        if history.keyed {
            f.write_str(" with an idempotency key")?;
        }
        for (index, attempt) in history.attempts.iter().enumerate() {
            f.write_str(if index == 0 { ": " } else { ", " })?;
            write!(f, "{}", attempt.outcome)?;
            match (attempt.hops.is_none(), attempt.wait) {
                (true, None) => {}
                (true, Some(wait)) => write!(f, " ({wait})")?,
                (false, None) => write!(f, " ({})", attempt.hops)?,
                (false, Some(wait)) => write!(f, " ({}; {wait})", attempt.hops)?,
            }
        }
        if history.stop != Stop::Accepted {
            write!(f, "; {}", history.stop)?;
            // The body of the last attempt is not looked into: nothing could follow.
            let mut attempts = history.attempts.iter().rev();
            if let Some(window) = attempts.find_map(|attempt| attempt.quota_in_text) {
                write!(
                    f,
                    "; an answer's text says that the {window} quota is used up"
                )?;
            }
        }
        match history.fallback {
            true => f.write_str("; answered by the fallback"),
            false => Ok(()),
        }
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, Human(self.time))
    }
}

impl fmt::Display for WaitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backoff => f.write_str("backoff"),
            Self::Hint(source) => source.fmt(f),
            Self::Classifier => f.write_str("classifier"),
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::FailFast(Reason::Standard) => f.write_str("a retry would not help"),
            Self::FailFast(reason) => write!(f, "not retried: {reason}"),
            Self::Attempts(1) => f.write_str("gave up: 1 attempt is allowed"),
            Self::Attempts(most) => write!(f, "gave up: {most} attempts are allowed"),
            Self::RuleLimit(1) => f.write_str("gave up: this outcome is retried once"),
            Self::RuleLimit(most) => write!(f, "gave up: this outcome is retried {most} times"),
            Self::NotRepeatable(why) => why.fmt(f),
            Self::BodyNotReplayable => {
                f.write_str("not retried: the body is a stream that can be sent only once")
            }
            Self::Time(wait) => {
                write!(
                    f,
                    "gave up: a wait of {} does not fit the time",
                    Human(*wait)
                )
            }
            Self::Budget => f.write_str("gave up: the retry budget is empty"),
            Self::Nested => f.write_str("not retried: a steadfast layer further in did that"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}
