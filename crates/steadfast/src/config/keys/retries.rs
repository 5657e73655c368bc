//! What is repeated, how soon and how often: backoff, budget and rules.

use steadfast_core::BudgetConfig;

use crate::config::kind::ValueKind::{Either, Factor, Flag, Off, Table, Time, Trickle};
use crate::config::kind::{Key, Keys, ValueKind, Word, Zero, key, whole, word};

/// A schedule of waits.
pub(crate) static BACKOFF: Keys = Keys {
    name: "a backoff",
    groups: &[BACKOFF_KEYS],
};

/// How much load retries may add.
pub(crate) static BUDGET: Keys = Keys {
    name: "a budget",
    groups: &[BUDGET_KEYS],
};

/// How a status or a failure is retried.
pub(crate) static RETRY: Keys = Keys {
    name: "a rule",
    groups: &[RETRY_KEYS],
};

/// What needs no table to say.
pub(crate) const RULE_WORDS: &[Word] = &[
    word("accept", "return it as a success"),
    word("fail-fast", "return it at once, as a failure"),
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

static BUDGET_TABLE: ValueKind = Table(&BUDGET);
static BUDGET_OFF: ValueKind = Off {
    mistake: "`true` is not a budget",
    help: "`{}` is the standard one, `false` is without bound",
};
static RULE_WORD: ValueKind = ValueKind::Word(RULE_WORDS);
static RULE_TABLE: ValueKind = Table(&RETRY);
/// A word or a table.
pub(super) static RULE: ValueKind = Either(&RULE_WORD, &RULE_TABLE);
/// A budget, or none.
pub(super) const BUDGET_KIND: ValueKind = Either(&BUDGET_TABLE, &BUDGET_OFF);

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
        ValueKind::Word(JITTER),
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
        "`true`: every method, also requests that are not safe to send twice; only for an answer that proves that nothing was done; default: false, only requests that are repeatable or were provably not processed",
    ),
    key(
        "pace",
        ValueKind::Word(PACES),
        "which schedule of waits; default: backoff",
    ),
];
