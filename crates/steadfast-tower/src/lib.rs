//! Tower layers for resilient HTTP calls: the doing half of steadfast.
//!
//! `steadfast-core` decides; the layers here send, wait and cut. Each serves people who build on tower by itself, over
//! any service of `http::Request` or `reqwest::Request`:
//!
//! | layer | what it does |
//! |---|---|
//! | [`retry::RetryLayer`] | sends calls again, when that can help and does no harm |
//! | [`throttle::ThrottleLayer`] | paces requests to a rate, first come, first served |
//! | [`concurrency::ConcurrencyLayer`] | limits how many requests are under way at once, until their bodies end |
//! | [`timeout::TimeoutLayer`], [`timeout::DeadlineLayer`] | end attempts and calls in time |
//! | [`buffer::BufferLayer`] | reads bodies inside the attempt |
//! | [`trace::TraceLayer`] | opens a span per request |
//! | `redirect::RedirectLayer` | follows redirects, and sends again what was not processed |
//! | [`stack()`] | all of them in their order |
//!
//! ```
//! use http_body_util::Full;
//! use steadfast_core::Policy;
//! use steadfast_tower::retry::RetryLayer;
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let transport = service_fn(|_request: http::Request<()>| async {
//!     Ok::<_, std::io::Error>(http::Response::new(Full::new(bytes::Bytes::from("hello"))))
//! });
//! let client = RetryLayer::new(&Policy::standard())?.layer(transport);
//! let response = client.oneshot(http::Request::new(())).await?;
//! assert_eq!(response.status(), 200);
//! # Ok(())
//! # }
//! ```
//!
//! # How they fit together
//! Between the layers travels a [`Call`] (the request with what is known of its call), and back come a [`Reply`] or a
//! [`Failure`], each beside its verdict. [`Entry`] makes the call, [`Transport`] takes it apart; a layer used alone
//! brings both along. A response that was not accepted at the first attempt carries its
//! [`Record`](steadfast_core::Record) in its extensions, a [`Failure`] as a field.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod around;
mod budget;
pub mod buffer;
mod call;
pub mod clock;
pub mod concurrency;
mod context;
mod entry;
mod failure;
pub mod fallback;
mod head;
pub mod idempotency;
pub mod judge;
mod lazy_sleep;
mod notes;
mod principal;
#[cfg(feature = "throttle")]
mod queue;
pub mod quota;
mod read;
#[cfg(feature = "reqwest")]
pub mod redirect;
mod reply;
mod report;
mod request;
mod response;
pub mod retry;
mod scope;
mod stack;
pub mod store;
#[cfg(feature = "throttle")]
pub mod throttle;
pub mod timeout;
pub mod trace;

pub use crate::around::{Around, AroundFuture, Inner, InnerFuture, NoLayer, OwnLayer};
pub use crate::call::{Call, ReplaySource};
pub use crate::context::Context;
pub use crate::entry::{Entry, EntryFuture, Transport, TransportFuture, Unjudged};
pub use crate::failure::{BoxError, Cause, Failure, Fault, Reading};
pub use crate::notes::Notes;
pub use crate::principal::{Fingerprints, Principal};
#[cfg(feature = "reqwest")]
pub use crate::read::failure_kind;
pub use crate::reply::Reply;
pub use crate::report::Report;
#[cfg(feature = "reqwest")]
pub use crate::request::bodiless;
pub use crate::request::{BodyWith, CloneReplay, HttpRequest, Replay, ReplayBody, Replayer};
pub use crate::response::{BodyError, HttpResponse, IntoPeeked, PeekedResponse};
pub use crate::scope::Scope;
pub use crate::stack::{Attempt, Limited, Own, Paced, Retried, Stack, stack};

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
