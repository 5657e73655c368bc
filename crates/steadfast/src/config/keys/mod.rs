//! The key table: every key of a policy file, once. The checks and the JSON Schema come from it.

mod answers;
mod limits;
mod policy;
mod retries;

pub(crate) use self::answers::{FALLBACK, IDEMPOTENCY};
pub(crate) use self::limits::{CONCURRENCY, QUOTA, RATE};
pub(crate) use self::policy::POLICY;
use self::policy::POLICY_KEYS;
pub(crate) use self::retries::{BACKOFF, BUDGET, RETRY};
use crate::config::kind::ValueKind::{List, Map, Table, Text};
use crate::config::kind::{Key, Keys, Names, ValueKind, key};

/// The whole file.
pub(crate) static ROOT: Keys = Keys {
    name: "the file",
    groups: &[ROOT_KEYS],
};

/// A pattern with its policy.
pub(crate) static ENDPOINT: Keys = Keys {
    name: "an endpoint",
    groups: &[ENDPOINT_KEYS, POLICY_KEYS],
};

/// All of them, for "that is a key of".
pub(crate) static TABLES: [&Keys; 11] = [
    &ROOT,
    &POLICY,
    &ENDPOINT,
    &BACKOFF,
    &BUDGET,
    &RETRY,
    &RATE,
    &QUOTA,
    &CONCURRENCY,
    &IDEMPOTENCY,
    &FALLBACK,
];

// A static may be referred to from a constant for good; a temporary value may not.
static POLICY_TABLE: ValueKind = Table(&POLICY);
static ENDPOINT_TABLE: ValueKind = Table(&ENDPOINT);

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
