//! Follows redirects and sends requests again that were not processed, so that an attempt can say so.
//!
//! reqwest does both by itself, out of sight: a response does not tell how many redirects led to it, a record does not
//! show the requests that a server refused, and nobody outside knows whether a failure concerns the request that was
//! sent or one behind a redirect. [`take_over`] switches both off in a `reqwest::ClientBuilder`. [`Redirect`] does them
//! instead, by the rules of [`steadfast_core::redirect`], and leaves a [`Hops`](steadfast_core::redirect::Hops) in the
//! extensions of the response (or in the error) when there is something to tell.
//!
//! A request that the server says it did not process (HTTP/2 `GOAWAY` without an error, `REFUSED_STREAM`) is sent again
//! at once, at most twice per hop, as reqwest does. It needs the feature `http2` and a body that can be copied.
//!
//! # Default headers
//! A client adds its default headers to every request that it is given, so a layer around it cannot keep them away from
//! another origin. When the client has a default `Authorization` or `Cookie`, redirects that leave the origin are
//! therefore followed by reqwest, which removes it; they are counted like all others. If such a redirect cannot be left
//! to reqwest (an API key has to stay behind, too, or it comes behind one that left the origin), the default header is
//! sent with an empty value.
//!
//! # Time
//! A timeout of the request or the client spans all hops and the body, as with reqwest: later hops get what is left of
//! it. `ClientBuilder::read_timeout` is reset by each hop.
//!
//! # When not to use it
//! Around a client that follows redirects itself there is nothing to do. Middlewares further in than this layer run once
//! per hop: one that adds credentials has to look at the host.
//!
//! # Cancel safety
//! Dropping the future drops the request under way; nothing else is held.

mod chain;
mod current;
mod error;
mod future;
mod layer;
mod service;
mod shown;
mod take_over;
#[cfg(test)]
mod tests;

pub use self::error::Hopped;
pub use self::future::RedirectFuture;
pub use self::layer::RedirectLayer;
pub use self::service::Redirect;
pub use self::take_over::take_over;
