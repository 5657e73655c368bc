//! What an answer says of limits: to its pacer, to its endpoint, and for how long.

use std::time::Duration;

use http::HeaderMap;
use steadfast_core::hint::{Allowances, HintSource, tells_of_limits};
use steadfast_core::pacing::Feedback;
use steadfast_core::{Judged, Pacing, Reason};

use crate::clock;
use crate::scope::Scope;

/// The longest that a 429 is believed, and a 503: after that, one caller asks again.
const TRUST: Duration = Duration::from_secs(3600);
const TRUST_503: Duration = Duration::from_secs(60);

/// What an answer says of limits.
pub(super) struct Answer<'a> {
    pub(super) scope: &'a Scope,
    judged: &'a Judged,
    /// Its headers speak of limits.
    speaks: bool,
    pub(super) allowances: Allowances,
    pub(super) heard: Feedback,
    /// For how long it closes the endpoint.
    pub(super) closes: Option<Duration>,
}

// ===== impl Answer =====

impl<'a> Answer<'a> {
    pub(super) fn of(scope: &'a Scope, judged: &'a Judged, headers: &HeaderMap) -> Self {
        let policy = scope.policy().limits();
        let speaks = tells_of_limits(headers);
        let allowances = match speaks && policy.pacing != Pacing::Off {
            true => Allowances::read(headers, clock::wall),
            false => Allowances::default(),
        };
        let heard = match policy.gate {
            true => heard(judged),
            false => Feedback::Passed,
        };
        Self {
            scope,
            judged,
            speaks,
            allowances,
            heard,
            closes: closes_endpoint(judged).filter(|_| policy.gate),
        }
    }

    /// Whether it says anything of limits.
    pub(super) fn is_sign(&self) -> bool {
        self.speaks || self.closes.is_some() || self.heard != Feedback::Passed
    }

    /// The wait that it asks all of its limit for. A server that is only busy asks those of its endpoint.
    pub(super) const fn asked(&self) -> Option<Duration> {
        match self.heard {
            Feedback::Refused {
                asked,
                is_busy: false,
                ..
            } => asked,
            _ => None,
        }
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.heard == Feedback::Passed && self.judged.is_accepted()
    }
}

/// What an answer is to the pacer.
fn heard(judged: &Judged) -> Feedback {
    let status = judged.outcome.status().map(|status| status.as_u16());
    let is_busy = matches!(status, Some(503 | 529));
    let refused = match status {
        Some(429 | 503 | 529) => !judged.is_accepted(),
        Some(403) => judged.reason == Reason::RateLimit,
        _ => false,
    };
    // Retried further in: there it was heard already.
    if !refused || judged.reason == Reason::Nested {
        return Feedback::Passed;
    }
    let asked = judged.hints.retry_after;
    // A quota that is used up closes nothing by itself: other requests of the scope may not count against it.
    if judged.reason == Reason::QuotaUsedUp && asked.is_none() {
        return Feedback::Passed;
    }
    let trust = if is_busy { TRUST_503 } else { TRUST };
    Feedback::Refused {
        asked: asked.map(|asked| asked.wait.min(trust)),
        is_reset: asked.is_some_and(|asked| asked.source == HintSource::RateLimit),
        is_busy,
    }
}

/// For how long an endpoint is closed for everybody: 503 and 529 that say so.
fn closes_endpoint(judged: &Judged) -> Option<Duration> {
    let status = judged.outcome.status()?.as_u16();
    let closes =
        matches!(status, 503 | 529) && !judged.is_accepted() && judged.reason != Reason::Nested;
    let asked = judged.hints.retry_after.filter(|_| closes)?;
    Some(asked.wait.min(TRUST_503))
}

/// For how long a gate closes where the server does not say: the schedule of the policy, but never less than half of its
/// ceiling. What spreads callers apart is no use to a gate, which lets one through; a moment's closing teaches nothing.
pub(super) fn closed_for(scope: &Scope, refusals: u32) -> Duration {
    let schedule = &scope.policy().retry().throttled_backoff;
    let drawn = schedule.wait(refusals, &mut scope.chance());
    let least = schedule.range(refusals).map(|range| *range.end() / 2);
    drawn.max(least).unwrap_or(Duration::from_secs(1))
}
