//! Each outcome judged once, where it arises.
//!
//! The judge stands around the attempt timeout, so that a timeout is an outcome like others. An accepted response
//! passes without a look at its headers. For the rest, the rules are core's; this layer only fetches what they ask for:
//! the start of the body when the user's classifier wants it, or when a refusal (a 429, a 403 that is a rate limit, any
//! of them under a policy with words of its own) may say that a quota is used up.
//!
//! # Cancel safety
//! Dropping the future drops the response.

mod future;
mod service;

pub use self::future::JudgeFuture;
pub use self::service::Judge;
