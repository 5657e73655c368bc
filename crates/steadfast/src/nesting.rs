//! Whether a steadfast middleware further out in the same chain is in charge of a call already.
//!
//! Two of them would multiply: three attempts of three attempts. The outer one marks inward: each of its attempts runs on
//! a copy of the caller's `Extensions` that carries a marker, and a middleware that finds the marker passes the call
//! through.

use http::Extensions;

/// A steadfast middleware further out is in charge of this attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker;

/// Whether a middleware further out is in charge of the call with these extensions.
pub(crate) fn is_inside(extensions: &Extensions) -> bool {
    extensions.get::<Marker>().is_some()
}
