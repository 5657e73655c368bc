//! What an error status means, and what to do about it.
//!
//! A status is three digits; the person who reads it in a log wants to know whose turn it is.
//! Specifications define what a status says about the protocol (RFC 9110 sections 15.5 and 15.6,
//! RFC 6585 for 428, 429, 431 and 511), but not what usually causes it, nor whether it helps to
//! wait. So there is an [`Advice`] for each error status from 400 to 511, and for those that nginx
//! and Cloudflare added (499, 520 to 530); for any other there is that of its class. It is static:
//! nothing is allocated to get one.
//!
//! Much can be said only about *this* exchange: the path that still contains `{id}`, the methods
//! that `Allow` names, the request id that the provider's support will ask for. [`Advice::about`]
//! looks for such [`Finding`]s in the [`Facts`] of an exchange and puts them first. It quotes
//! little, in printable characters and at a bounded length, and never a credential.
//!
//! When not to use it: for decisions. Advice is for people; what a program does about a status is a
//! rule of its policy.
//!
//! ```
//! use http::{HeaderMap, Method, StatusCode};
//! use steadfast_core::advice::{Advice, Facts};
//!
//! let headers = HeaderMap::new();
//! let facts = Facts::new(StatusCode::NOT_FOUND, &headers)
//!     .method(&Method::GET)
//!     .path("/v1/users/{id}");
//! let report = Advice::about(&facts);
//! assert_eq!(
//!     report.findings()[0].to_string(),
//!     "the URL contains `{id}`: a placeholder was not filled in"
//! );
//! println!("{report}");
//! ```

mod facts;
mod finding;
mod headers;
mod path;
mod report;
mod status;
mod texts;

pub use self::facts::Facts;
pub use self::finding::Finding;
pub use self::report::AdviceReport;
pub use self::status::{Advice, Helps, Side};

#[cfg(test)]
mod tests;
