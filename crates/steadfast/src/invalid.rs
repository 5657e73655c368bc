//! What is wrong with a set of policies.

use steadfast_core::backoff::InvalidBackoff;
use steadfast_core::budget::InvalidBudget;
use steadfast_core::{InvalidPattern, InvalidPolicy};
use thiserror::Error;

/// What is wrong with which policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidPolicies {
    /// A pattern that cannot be read, or two that match the same requests equally well.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// A schedule of waits.
    #[error(transparent)]
    Backoff(#[from] InvalidBackoff),
    /// A retry budget.
    #[error(transparent)]
    Budget(#[from] InvalidBudget),
    /// A value of the default policy.
    #[error("default policy: {0}")]
    Default(InvalidPolicy),
    /// A value of a named policy.
    #[error("policy `{name}`: {mistake}")]
    Named {
        /// Its name.
        name: String,
        /// What is wrong.
        mistake: InvalidPolicy,
    },
    /// Two policies have the same name.
    #[error("policy `{name}` stands twice; which of the two is meant?")]
    NamedTwice {
        /// The name.
        name: String,
    },
    /// A value of an endpoint's policy.
    #[error("endpoint `{endpoint}`: {mistake}")]
    Endpoint {
        /// The pattern as it was given.
        endpoint: String,
        /// What is wrong.
        mistake: InvalidPolicy,
    },
}
