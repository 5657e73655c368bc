//! Redirects: which are followed, with which method, and without which headers.
//!
//! The rules are those of reqwest 0.13, so that a client behaves the same whichever of the two follows. Two rules are
//! stricter. A credential that was removed for another origin is not sent to that origin's next redirect either, and all
//! [`CREDENTIAL_HEADERS`](crate::credential::CREDENTIAL_HEADERS) are removed like `Authorization`.
//!
//! | status | method | body |
//! |---|---|---|
//! | 301, 302 | `POST` becomes `GET` | dropped with the method |
//! | 303 | all but `HEAD` become `GET` | dropped |
//! | 307, 308 | stays | sent again; the response is returned when the body cannot be |
//!
//! Other statuses, and redirects whose `Location` is missing or cannot be read, are responses like any other.

mod crossing;
mod hops;
mod redirects;
mod rewrite;
#[cfg(test)]
mod tests;

pub use self::crossing::{Crossing, REMOVED_BY_REQWEST, keys};
pub use self::hops::Hops;
pub use self::redirects::{Decision, Redirects};
pub use self::rewrite::Rewrite;
