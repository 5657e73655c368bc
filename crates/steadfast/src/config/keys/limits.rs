//! How much may be sent: rates, quotas, and how much at once.

use crate::config::kind::ValueKind::{Either, Flag, List, Off, Quota, Rate, Table, Text, Time};
use crate::config::kind::{Key, Keys, ValueKind, Word, Zero, key, whole, word};

/// So many attempts per time.
pub(crate) static RATE: Keys = Keys {
    name: "a rate",
    groups: &[RATE_KEYS],
};

/// What a plan allows.
pub(crate) static QUOTA: Keys = Keys {
    name: "a quota",
    groups: &[QUOTA_KEYS],
};

/// How many attempts may be under way at once.
pub(crate) static CONCURRENCY: Keys = Keys {
    name: "a concurrency limit",
    groups: &[CONCURRENCY_KEYS],
};

const SCOPES: &[Word] = &[
    word("endpoint", "those of one endpoint to one origin"),
    word("origin", "those to one origin"),
    word("credential", "those to one origin with the same credential"),
    word("identity", "those to one origin for the same identity"),
];
pub(super) const WINDOWS: &[Word] = &[
    word("day", "the quota of a day"),
    word("week", "the quota of a week"),
    word("month", "the quota of a month"),
    word("unknown", "a plan or a credit that names no time"),
];
pub(super) const PRIORITIES: &[Word] = &[
    word("high", "for what a person waits for"),
    word("normal", "before low, after high"),
    word("low", "for batches, which give way"),
];
pub(super) const PACINGS: &[Word] = &[
    word("off", "by nothing"),
    word(
        "headers",
        "by what responses say of the limits they were counted against",
    ),
    word(
        "learned",
        "by headers, and after a refusal without any by what the server let through",
    ),
];

static RATE_TEXT: ValueKind = Rate;
static RATE_TABLE: ValueKind = Table(&RATE);
static RATE_ONE: ValueKind = Either(&RATE_TEXT, &RATE_TABLE);
static RATE_LIST: ValueKind = List(&RATE_ONE);
/// One rate or several.
pub(super) const RATES: ValueKind = Either(&RATE_ONE, &RATE_LIST);

static CONCURRENCY_NUMBER: ValueKind = whole(1, u32::MAX as u64);
static CONCURRENCY_TABLE: ValueKind = Table(&CONCURRENCY);
static CONCURRENCY_OFF: ValueKind = Off {
    mistake: "`true` is no value of `concurrency`",
    help: "`8` or `{ adaptive = true }` is one, `false` is none",
};
static CONCURRENCY_ON: ValueKind = Either(&CONCURRENCY_NUMBER, &CONCURRENCY_TABLE);
/// A number, a table, or none.
pub(super) const CONCURRENCY_KIND: ValueKind = Either(&CONCURRENCY_ON, &CONCURRENCY_OFF);

static QUOTA_TEXT: ValueKind = Quota;
static QUOTA_TABLE: ValueKind = Table(&QUOTA);
static QUOTA_ONE: ValueKind = Either(&QUOTA_TEXT, &QUOTA_TABLE);
static QUOTA_LIST: ValueKind = List(&QUOTA_ONE);
/// One quota or several.
pub(super) const QUOTAS: ValueKind = Either(&QUOTA_ONE, &QUOTA_LIST);

const RATE_KEYS: &[Key] = &[
    key(
        "count",
        whole(1, u32::MAX as u64),
        "the most attempts in the time of `per`",
    )
    .aka(&["limit", "max", "requests"]),
    key(
        "per",
        Text,
        "the time of `count`: `second`, `minute`, `hour`, `day`, or any, as in `10s`",
    )
    .aka(&["period", "window", "interval"]),
    key(
        "rate",
        Rate,
        "count and time in one, as in `\"5/s\"` or `\"100/min burst 20\"`; instead of them",
    ),
    key(
        "burst",
        whole(1, u32::MAX as u64),
        "how many of them may go at once; default: the count",
    ),
    key(
        "share",
        Text,
        "how much of it this process may use, as in `1/6`; default: all of it",
    ),
    key(
        "scope",
        ValueKind::Word(SCOPES),
        "whose attempts it counts together; default: endpoint",
    ),
];

const CONCURRENCY_KEYS: &[Key] = &[
    key(
        "limit",
        whole(1, u32::MAX as u64),
        "the most attempts under way at once; or `adaptive`",
    )
    .aka(&["count", "permits", "max_concurrent", "max_in_flight"]),
    key(
        "adaptive",
        Flag,
        "`true`: as many as the server bears, found out by refusals, timeouts and latency; default: false",
    )
    .aka(&["auto"]),
    key(
        "min",
        whole(1, u32::MAX as u64),
        "the least that an adaptive limit allows; default: 1",
    )
    .aka(&["least", "floor"]),
    key(
        "max",
        whole(1, u32::MAX as u64),
        "the most that an adaptive limit allows; default: 200",
    )
    .aka(&["most", "ceiling"]),
    key(
        "max_wait",
        Time(Zero::Allowed),
        "the longest wait: then the attempt is refused; default: `retry_for`",
    ),
    key(
        "max_queue",
        whole(0, u32::MAX as u64),
        "the most attempts that wait: one more is refused at once; default: without bound",
    )
    .aka(&["queue", "queue_size"]),
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
        ValueKind::Word(SCOPES),
        "whose requests count; default: endpoint",
    ),
];
