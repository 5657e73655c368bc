//! What a policy says, by itself or at an endpoint.

use super::answers::{FALLBACK_KIND, IDEMPOTENCY_KIND};
use super::limits::{CONCURRENCY_KIND, PACINGS, PRIORITIES, QUOTAS, RATES, WINDOWS};
use super::retries::{BACKOFF, BUDGET_KIND, RULE};
use crate::config::kind::ValueKind::{Flag, Map, Off, Size, Table, Text, Time};
use crate::config::kind::{Key, Keys, Names, ValueKind, Word, Zero, key, whole, word};

/// A policy with a name.
pub(crate) static POLICY: Keys = Keys {
    name: "a policy",
    groups: &[EXTENDS, POLICY_KEYS],
};

const SHARES: &[Word] = &[
    word("endpoint", "the calls of one endpoint to one origin"),
    word(
        "origin",
        "all calls to one origin whose policies say so, and those of the default policy",
    ),
];
const SPANS: &[Word] = &[
    word("on", "one per call and one per attempt"),
    word("off", "none, for chains that keep reqwest-tracing"),
];

static WINDOW: ValueKind = ValueKind::Word(WINDOWS);
const NO_GATE: ValueKind = Off {
    mistake: "`true` is no value of `gate`",
    help: "leave it out; `false` opens it, and for all that extend the policy",
};

const EXTENDS: &[Key] = &[key(
    "extends",
    Text,
    "where everything comes from that is not said: `standard` (the default), `guarded`, `interactive`, `patient`, or another policy of this file",
)
.aka(&["inherits", "base", "parent"])];

pub(super) const POLICY_KEYS: &[Key] = &[
    key(
        "attempts",
        whole(1, u32::MAX as u64),
        "the most attempts of a call, the first included; standard: 3",
    )
    .aka(&["retries", "max_retries", "max_attempts", "tries"]),
    key(
        "retry_for",
        Time(Zero::Allowed),
        "how long after the start of a call another attempt may start; standard: 30s",
    )
    .aka(&["max_elapsed_time", "total_timeout", "max_elapsed"]),
    key("backoff", Table(&BACKOFF), "the ordinary schedule of waits, as a whole").aka(&["delay", "wait"]),
    key(
        "throttled_backoff",
        Table(&BACKOFF),
        "the schedule for a server that asks for less (429, 503, 529) without saying for how long; its `initial` is 1s in standard",
    ),
    key(
        "budget",
        BUDGET_KIND,
        "how much load retries may add, as a whole; `false` is without bound",
    )
    .aka(&["retry_budget"]),
    key(
        "wait_for_budget",
        Flag,
        "whether a retry waits when the budget is empty, within `retry_for`, instead of giving up; standard: false, patient: true",
    ),
    key("budget_scope", ValueKind::Word(SHARES), "who shares the retry budget; standard: endpoint").aka(&["share", "scope"]),
    key(
        "on",
        Map(Names::Statuses, &RULE),
        "what to do about a status: `500`, `500..=599`, `600..`, `5xx` or `server-error`",
    )
    .aka(&["status", "statuses", "on_status"]),
    key("on_failure", Map(Names::Failures, &RULE), "what to do when the transport fails")
        .aka(&["failure", "failures", "on_error", "errors"]),
    key(
        "repeatable",
        Flag,
        "whether all requests are safe to send twice; without it, method and `Idempotency-Key` decide",
    )
    .aka(&["idempotent"]),
    key(
        "posts_may_redirect",
        Flag,
        "`true`: a request that is not repeatable may be answered with a redirect that only the client sees, so no failure proves that it was not processed; standard: false",
    ),
    key(
        "idempotency_key",
        IDEMPOTENCY_KIND,
        "`true`: each call whose method is not idempotent gets a key of its own, the same on every attempt, and is repeatable with it; only for servers that honour such keys; standard: none",
    )
    .aka(&["idempotency"]),
    key(
        "attempt_timeout",
        Time(Zero::Refused),
        "the most time of one attempt, until the response's headers; standard: none",
    )
    .aka(&["timeout", "per_try_timeout", "request_timeout"]),
    key(
        "deadline",
        Time(Zero::Refused),
        "the most time of a call, waits included; standard: none",
    )
    .aka(&["call_timeout", "overall_timeout"]),
    key(
        "buffer",
        Size,
        "bodies up to this size are read inside the attempt, so that one that breaks off is retried; standard: none",
    ),
    key(
        "drain",
        Size,
        "the most of a refused response that is read to keep its connection; standard: 64KiB",
    ),
    key(
        "rate",
        RATES,
        "the most attempts per time, and how many of them may go at once, or a list of that; standard: none",
    )
    .aka(&["rates", "rate_limit", "limit", "throttle"]),
    key(
        "max_wait",
        Time(Zero::Allowed),
        "the longest wait for `rate`: who would wait longer is refused at once; standard: none",
    ),
    key(
        "max_queue",
        whole(0, u32::MAX as u64),
        "the most attempts that wait for `rate`: one more is refused at once; standard: none",
    )
    .aka(&["queue", "queue_size"]),
    key(
        "cost",
        whole(0, u32::MAX as u64),
        "what each attempt takes from `rate` and `quota`; standard: 1",
    )
    .aka(&["weight", "tokens", "points"]),
    key(
        "concurrency",
        CONCURRENCY_KIND,
        "the most attempts under way at once, until their bodies were read or dropped, or a table that says more; `false` is without limit; standard: without limit",
    )
    .aka(&["max_concurrency", "max_concurrent", "max_in_flight", "bulkhead", "parallelism"]),
    key(
        "priority",
        ValueKind::Word(PRIORITIES),
        "whose calls go first where several wait for a rate, a gate, a pace or a turn under `concurrency`; standard: normal",
    )
    .aka(&["prio", "importance"]),
    key(
        "pacing",
        ValueKind::Word(PACINGS),
        "what attempts are paced by beside `rate`; standard: learned",
    ),
    key(
        "gate",
        NO_GATE,
        "`false`: nobody waits because somebody else was refused; standard: the scope of a refusal is closed for as long as the server says",
    ),
    key(
        "quota",
        QUOTAS,
        "what a plan allows per day, week or month, or a list of that; spent is fail-fast; standard: none",
    )
    .aka(&["quotas", "plan"]),
    key(
        "quota_markers",
        Map(Names::Any, &WINDOW),
        "words in the body of a 429 or 403 that mean that a quota is used up, each with its window; beside those of the parent",
    )
    .aka(&["quota_marker"]),
    key(
        "fallback",
        FALLBACK_KIND,
        "the response in the place of every call that has failed for good, a 401 or 404 as well as an outage; `false` is none; standard: none",
    ),
    key("spans", ValueKind::Word(SPANS), "whether spans are opened; standard: on"),
];
