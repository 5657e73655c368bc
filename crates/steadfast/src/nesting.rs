//! Whether a steadfast middleware further out in the same chain is in charge of a call already.
//!
//! Two of them would multiply: three attempts of three attempts. The outer one marks inward: while its attempts run, the
//! extensions that they are handed carry a marker, and a middleware that finds the marker passes the call through.

use http::Extensions;

/// A steadfast middleware further out is in charge of this attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker;

/// The caller's extensions while a middleware is in charge. The marker goes when this does, also when the call is dropped.
#[derive(Debug)]
pub(crate) struct Marked<'a> {
    pub(crate) extensions: &'a mut Extensions,
}

impl<'a> Marked<'a> {
    pub(crate) fn new(extensions: &'a mut Extensions) -> Self {
        extensions.insert(Marker);
        Self { extensions }
    }
}

impl Drop for Marked<'_> {
    fn drop(&mut self) {
        self.extensions.remove::<Marker>();
    }
}

/// Whether a middleware further out is in charge of the call with these extensions.
pub(crate) fn is_inside(extensions: &Extensions) -> bool {
    extensions.get::<Marker>().is_some()
}
