//! The key table: every key of a policy file, once. The checks and the JSON Schema come from it.

use steadfast_core::BudgetConfig;

use crate::config::kind::Kind::{
    Either, Factor, Flag, List, Map, Off, Quota, Rate, Size, Table, Text,
};
use crate::config::kind::Kind::{Time, Trickle};
use crate::config::kind::{Key, Kind, Names, Need, Section, Word, Zero};

/// The whole file.
pub(crate) static ROOT: Section = Section {
    name: "the file",
    keys: &[ROOT_KEYS],
};

/// A policy with a name.
pub(crate) static POLICY: Section = Section {
    name: "a policy",
    keys: &[EXTENDS, POLICY_KEYS],
};

/// A pattern with its policy.
pub(crate) static ENDPOINT: Section = Section {
    name: "an endpoint",
    keys: &[ENDPOINT_KEYS, POLICY_KEYS],
};

/// A schedule of waits.
pub(crate) static BACKOFF: Section = Section {
    name: "a backoff",
    keys: &[BACKOFF_KEYS],
};

/// How much load retries may add.
pub(crate) static BUDGET: Section = Section {
    name: "a budget",
    keys: &[BUDGET_KEYS],
};

/// How a status or a failure is retried.
pub(crate) static RETRY: Section = Section {
    name: "a rule",
    keys: &[RETRY_KEYS],
};

/// What a plan allows.
pub(crate) static QUOTA: Section = Section {
    name: "a quota",
    keys: &[QUOTA_KEYS],
};

/// All of them, for "that is a key of".
pub(crate) static SECTIONS: [&Section; 7] =
    [&ROOT, &POLICY, &ENDPOINT, &BACKOFF, &BUDGET, &RETRY, &QUOTA];

/// What needs no table to say.
pub(crate) const RULE_WORDS: &[Word] = &[
    word("accept", "hand it back as a success"),
    word("fail-fast", "hand it back at once, as a failure"),
    word("retry", "send it again after the ordinary backoff"),
    word(
        "back-off",
        "send it again after the slower backoff for a server that asks for less",
    ),
];

const JITTER: &[Word] = &[
    word("full", "anything from no wait to the whole of it"),
    word(
        "equal",
        "half of the wait, and anything up to the other half",
    ),
    word("none", "just the wait"),
];
const PACES: &[Word] = &[
    word("backoff", "after the ordinary backoff"),
    word(
        "throttled",
        "after the slower backoff for a server that asks for less",
    ),
];
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

const SCOPES: &[Word] = &[
    word("endpoint", "those of one endpoint to one origin"),
    word("origin", "those to one origin"),
    word("credential", "those to one origin with the same credential"),
    word("identity", "those to one origin for the same identity"),
];
const WINDOWS: &[Word] = &[
    word("day", "the quota of a day"),
    word("week", "the quota of a week"),
    word("month", "the quota of a month"),
    word("unknown", "a plan or a credit that names no time"),
];

// A static may be referred to from a constant for good; a temporary value may not.
static POLICY_TABLE: Kind = Table(&POLICY);
static ENDPOINT_TABLE: Kind = Table(&ENDPOINT);
static BUDGET_TABLE: Kind = Table(&BUDGET);
static BUDGET_OFF: Kind = Off;
static RULE_WORD: Kind = Kind::Word(RULE_WORDS);
static RULE_TABLE: Kind = Table(&RETRY);
static QUOTA_TEXT: Kind = Quota;
static QUOTA_TABLE: Kind = Table(&QUOTA);
static QUOTA_ONE: Kind = Either(&QUOTA_TEXT, &QUOTA_TABLE);
static QUOTA_LIST: Kind = List(&QUOTA_ONE);
static WINDOW: Kind = Kind::Word(WINDOWS);
static RULE_KIND: Kind = Either(&RULE_WORD, &RULE_TABLE);

const ROOT_KEYS: &[Key] = &[
    key("$schema", Text, "the JSON Schema, for editors; not read"),
    key(
        "default",
        Text,
        "the policy of requests that belong to no endpoint: a preset or a policy of this file; default `standard`",
    )
    .aka(&["default_policy"]),
    key("policies", Map(Names::Any, &POLICY_TABLE), "policies by name").aka(&["policy"]),
    key(
        "endpoints",
        List(&ENDPOINT_TABLE),
        "which requests get which policy; the most specific pattern wins",
    )
    .aka(&["endpoint", "routes"]),
];

const EXTENDS: &[Key] = &[key(
    "extends",
    Text,
    "where everything comes from that is not said: `standard` (the default), `guarded`, `interactive`, `patient`, or another policy of this file",
)
.aka(&["inherits", "base", "parent"])];

const ENDPOINT_KEYS: &[Key] = &[
    key("match", Text, "the requests: `[METHOD[,METHOD…] ][scheme://]host[:port][/path]`, as in `GET,HEAD https://*.example.com/v1/items/{id}` or `https://api.example.com/v1/**`")
        .required()
        .aka(&["pattern", "url", "path"]),
    key(
        "policy",
        Text,
        "a preset or a policy of this file; default: the default policy",
    )
    .aka(&["extends", "use"]),
    key(
        "identity",
        Text,
        "for whom calls are made that do not say so themselves: calls of one identity share budget and rate, and no others do",
    ),
];

const POLICY_KEYS: &[Key] = &[
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
        Either(&BUDGET_TABLE, &BUDGET_OFF),
        "how much load retries may add, as a whole; `false` is without bound",
    )
    .aka(&["retry_budget"]),
    key("share", Kind::Word(SHARES), "who shares the retry budget; standard: endpoint").aka(&["scope"]),
    key(
        "on",
        Map(Names::Statuses, &RULE_KIND),
        "what to do about a status: `500`, `500..=599`, `600..`, `5xx` or `server-error`",
    )
    .aka(&["status", "statuses", "on_status"]),
    key("on_failure", Map(Names::Failures, &RULE_KIND), "what to do when the transport fails")
        .aka(&["failure", "failures", "on_error", "errors"]),
    key(
        "repeatable",
        Flag,
        "whether all requests are safe to send twice; without it, method and `Idempotency-Key` decide",
    )
    .aka(&["idempotent"]),
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
        Rate,
        "the most attempts per time, and how many of them may go at once; standard: none",
    )
    .aka(&["rate_limit", "limit", "throttle"]),
    key(
        "max_wait",
        Time(Zero::Allowed),
        "the longest wait for `rate`: who would wait longer is refused at once; standard: none",
    ),
    key(
        "quota",
        Either(&QUOTA_ONE, &QUOTA_LIST),
        "what a plan allows per day, week or month, or a list of that; spent is fail-fast; standard: none",
    )
    .aka(&["quotas", "plan"]),
    key(
        "quota_markers",
        Map(Names::Any, &WINDOW),
        "words in the body of a 429 or 403 that mean that a quota is spent, each with its window; beside those of the parent",
    )
    .aka(&["quota_marker"]),
    key("spans", Kind::Word(SPANS), "whether spans are opened; standard: on"),
];

const BACKOFF_KEYS: &[Key] = &[
    key(
        "initial",
        Time(Zero::Refused),
        "the wait before the first retry; standard: 200ms",
    )
    .aka(&["min", "base", "start"]),
    key(
        "factor",
        Factor,
        "how much longer each wait is than the one before; standard: 2",
    )
    .aka(&["multiplier", "exponent", "base"]),
    key(
        "max",
        Time(Zero::Refused),
        "the longest wait; standard: 20s",
    )
    .aka(&["cap", "limit", "maximum"]),
    key(
        "jitter",
        Kind::Word(JITTER),
        "how waits are spread at random; standard: full",
    ),
    key(
        "fixed",
        Time(Zero::Allowed),
        "the same wait each time, without jitter unless it is named; instead of the others",
    )
    .aka(&["constant", "interval"]),
];

const BUDGET_KEYS: &[Key] = &[
    key(
        "percent",
        whole(0, BudgetConfig::MAX_PERCENT as u64),
        "retries per hundred calls; standard: 10",
    )
    .aka(&["ratio"]),
    key(
        "trickle",
        Trickle,
        "retries that are allowed beside that, for who calls seldom; standard: 0.2/s",
    ),
    key(
        "bucket",
        whole(1, BudgetConfig::MAX_BUCKET as u64),
        "the most retries that can be saved up; standard: 10",
    )
    .aka(&["burst", "size"]),
];

const RETRY_KEYS: &[Key] = &[
    key(
        "retry",
        whole(0, u32::MAX as u64),
        "the most retries for this; 0 is fail-fast; default: as the attempts allow",
    )
    .aka(&["retries", "attempts"]),
    key(
        "any_method",
        Flag,
        "also those that are not safe to send twice: only for an answer that proves that nothing was done; default: false",
    ),
    key(
        "pace",
        Kind::Word(PACES),
        "which schedule of waits; default: backoff",
    ),
];

const QUOTA_KEYS: &[Key] = &[
    key("count", whole(1, u32::MAX as u64), "the most requests").required(),
    key(
        "per",
        Text,
        "`day`, `week`, `month`, or any time, as in `36h`",
    )
    .required(),
    key(
        "zone",
        Text,
        "where midnight is: `UTC` (the default), `-08:00`, or a place as in `America/Los_Angeles`",
    )
    .aka(&["timezone", "time_zone", "tz"]),
    key(
        "rolling",
        Flag,
        "any 24 hours, 7 days or 30 days instead of the calendar's; default: false",
    ),
    key(
        "warn_at",
        whole(0, 100),
        "when this many percent are used, it is worth a warning; default: 80",
    ),
    key(
        "share",
        Text,
        "how much of it this process may use, as in `1/6`; default: all of it",
    ),
    key(
        "scope",
        Kind::Word(SCOPES),
        "whose requests count; default: endpoint",
    ),
];

const fn key(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key {
        name,
        kind,
        need: Need::Optional,
        about,
        aka: &[],
    }
}

const fn word(name: &'static str, about: &'static str) -> Word {
    Word { name, about }
}

const fn whole(least: u64, most: u64) -> Kind {
    Kind::Whole { least, most }
}

impl Key {
    const fn required(self) -> Self {
        Self {
            need: Need::Required,
            name: self.name,
            kind: self.kind,
            about: self.about,
            aka: self.aka,
        }
    }

    const fn aka(self, aka: &'static [&'static str]) -> Self {
        Self {
            aka,
            name: self.name,
            kind: self.kind,
            about: self.about,
            need: self.need,
        }
    }
}
