//! A value that makes no sense, and the checks that policies and calls share.

use std::borrow::Cow;
use std::time::Duration;

use thiserror::Error;

/// A value of a policy that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{field}` is {value}, but has to be {expected}")]
pub struct InvalidPolicy {
    field: &'static str,
    value: String,
    expected: Cow<'static, str>,
}

// ===== impl InvalidPolicy =====

impl InvalidPolicy {
    /// Names a field, its value and what would be right ("at least 1").
    pub fn new(
        field: &'static str,
        value: &(impl std::fmt::Display + ?Sized),
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            field,
            value: value.to_string(),
            expected: expected.into(),
        }
    }

    /// The setter whose value makes no sense.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

pub(crate) fn at_least_one(field: &'static str, value: u32) -> Result<(), InvalidPolicy> {
    match value {
        0 => Err(InvalidPolicy::new(field, &value, "at least 1")),
        _ => Ok(()),
    }
}

pub(crate) fn some_time(field: &'static str, time: Option<Duration>) -> Result<(), InvalidPolicy> {
    match time {
        Some(Duration::ZERO) => Err(InvalidPolicy::new(field, &"0s", "more than no time")),
        _ => Ok(()),
    }
}
