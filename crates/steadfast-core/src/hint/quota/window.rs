//! How long a quota lasts.

use std::fmt;

/// How long a quota lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Window {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// Not said: a billing period, a plan, a credit.
    Unknown,
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Unknown => "plan's",
        })
    }
}
