//! Placeholder.

pub mod advice;
pub mod backoff;
pub mod budget;
pub mod hint;
pub mod redact;
pub mod repeatable;
