//! Whether a steadfast middleware further out in the same chain is in charge of a call already.
//!
//! Two of them would multiply: three attempts of three attempts. The outer one marks inward: while its attempts run, the
//! extensions that they are handed carry a marker, and a middleware that finds the marker passes the call through.
//!
//! But a middleware between may hand the same extensions to a client of its own, to fetch a token. That is another call, in
//! another chain. A client that we wrapped has our middleware as the first of its chain, so a marker that it finds there
//! belongs to another chain's call, and it handles the call itself.

use http::Extensions;

/// A steadfast middleware further out is in charge of this attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker;

/// The caller's extensions while a middleware is in charge. The marker goes when this does, also when the call is dropped.
#[derive(Debug)]
pub(crate) struct Marked<'a> {
    pub(crate) extensions: &'a mut Extensions,
    /// They were marked already, by the call of another chain.
    before: bool,
}

impl<'a> Marked<'a> {
    pub(crate) fn new(extensions: &'a mut Extensions) -> Self {
        let before = extensions.insert(Marker).is_some();
        Self { extensions, before }
    }
}

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        if !self.before {
            self.extensions.remove::<Marker>();
        }
    }
}

/// Whether a middleware further out is in charge of the call with these extensions.
pub(crate) fn is_inside(extensions: &Extensions) -> bool {
    extensions.get::<Marker>().is_some()
}
