//! Idempotency keys, and what is answered when a call has failed for good.

use crate::config::kind::ValueKind::{Either, Flag, Map, Off, Table, Text};
use crate::config::kind::{Key, Keys, Names, ValueKind, Word, key, whole, word};

/// Which requests get an idempotency key, and how it is written.
pub(crate) static IDEMPOTENCY: Keys = Keys {
    name: "an idempotency key",
    groups: &[IDEMPOTENCY_KEYS],
};

/// The response in the place of a failed call.
pub(crate) static FALLBACK: Keys = Keys {
    name: "a fallback",
    groups: &[FALLBACK_KEYS],
};

const FORMS: &[Word] = &[
    word("bare", "as it is, as Stripe and most others want it"),
    word("quoted", "in quotes, as the draft of the IETF has it"),
];

static IDEMPOTENCY_TABLE: ValueKind = Table(&IDEMPOTENCY);
static FLAG: ValueKind = Flag;
static TEXT: ValueKind = Text;
static FALLBACK_TABLE: ValueKind = Table(&FALLBACK);
static FALLBACK_OFF: ValueKind = Off {
    mistake: "`true` is no fallback",
    help: "`{ status = 200, body = \"[]\" }` is one, `false` is none",
};

/// `true`, `false` or a table.
pub(super) const IDEMPOTENCY_KIND: ValueKind = Either(&FLAG, &IDEMPOTENCY_TABLE);
/// A table, or none.
pub(super) const FALLBACK_KIND: ValueKind = Either(&FALLBACK_TABLE, &FALLBACK_OFF);

const IDEMPOTENCY_KEYS: &[Key] = &[
    key(
        "header",
        Text,
        "the header that carries the key; default: `Idempotency-Key`",
    )
    .aka(&["name"]),
    key(
        "form",
        ValueKind::Word(FORMS),
        "how the key is written; default: bare",
    ),
];

const FALLBACK_KEYS: &[Key] = &[
    key("status", whole(200, 599), "the status of the response")
        .required()
        .aka(&["code"]),
    key("body", Text, "the body; default: empty"),
    key(
        "headers",
        Map(Names::Any, &TEXT),
        "headers by name; default: none",
    )
    .aka(&["header"]),
];
