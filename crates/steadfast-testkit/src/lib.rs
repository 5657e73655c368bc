//! HTTP servers and transports that misbehave on purpose, for tests of HTTP clients.
//!
//! A client that retries, waits and gives up is only as good as the failures it was shown. Most
//! mock servers answer politely; this one resets connections, stops in the middle of a body, says
//! nothing at all, and keeps a [`Log`] of what arrived when, which is what a test asserts.
//!
//! ```
//! use std::time::Duration;
//! use steadfast_testkit::{Server, script, virtual_time};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! virtual_time().block_on(async {
//!     let server = Server::start(script![503.delay(Duration::from_secs(20)), reset, 200.body("ok")]).await;
//!     let client = reqwest::Client::new();
//!
//!     let first = client.get(server.url("/a")).send().await?; // 20 s later, but not on your clock
//!     assert_eq!(first.status(), 503);
//!     assert!(client.get(server.url("/a")).send().await.is_err());
//!     assert_eq!(client.get(server.url("/b?c")).send().await?.text().await?, "ok");
//!
//!     let log = server.log().entries();
//!     assert_eq!(log.len(), 3);
//!     assert_eq!(log[2].path, "/b?c");
//!     assert_eq!((log[1].at - log[0].at).as_secs(), 20);
//!     Ok(())
//! })
//! # }
//! ```
//!
//! # The parts
//! - [`script!`] and [`Step`]: what is answered, one step a request.
//! - [`Server`]: a script on a real loopback socket, HTTP/1.1.
//! - [`Transport`]: the same script without a socket, as the last link of a reqwest-middleware
//!   chain or of a tower stack.
//! - [`Limited`]: an API with a rate limit instead of a script, without a socket either.
//! - [`virtual_time()`]: a runtime whose clock stands still while bytes travel and jumps while
//!   everything waits. [`real_time()`]: a runtime for the few tests that measure arrival times.
//! - [`cases()`]: how much a long test tries, on a desk and in CI.
//!
//! # When not to use it
//! There is no TLS, no HTTP/2 and no matching of request bodies: a test that needs a faithful
//! server should run one.

mod body;
mod cases;
mod clock;
mod limited;
mod log;
mod net;
mod routes;
mod script;
mod server;
mod status_ext;
mod step;
mod transport;
#[doc(hidden)]
pub mod words;

pub use body::Body;
pub use cases::cases;
pub use clock::{RealTime, VirtualTime, real_time, virtual_time};
pub use limited::{Limited, Says};
pub use log::{Log, Received};
pub use net::refused_port;
pub use script::Script;
pub use server::{Server, ServerBuilder};
pub use status_ext::StatusExt;
pub use step::Step;
pub use transport::{Transport, TransportBuilder, TransportError, TransportErrorKind};

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
