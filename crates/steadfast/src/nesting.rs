//! Whether a steadfast middleware further out in the same chain is in charge of a call already.
//!
//! Two of them would multiply: three attempts of three attempts. The outer one marks inward. Its first attempt runs on
//! the caller's own `Extensions`, and putting a marker in there would cost every call two allocations; so while that
//! attempt is polled, a thread-local holds the *address* of those extensions, which no other live value can have.
//! Later attempts run on a copy that carries a real marker.

use std::cell::Cell;

use http::Extensions;

thread_local! {
    static IN_CHARGE: Cell<usize> = const { Cell::new(0) };
}

/// The marker in the extensions of later attempts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marker;

/// The extensions of an attempt, known by where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(usize);

/// Takes the address back when the poll is over, also by a panic.
#[derive(Debug)]
pub(crate) struct Guard(usize);

impl Address {
    pub(crate) fn of(extensions: &Extensions) -> Self {
        Self(std::ptr::from_ref(extensions).addr())
    }

    /// While the guard lives, a middleware that is handed these extensions on this thread is further in.
    pub(crate) fn enter(self) -> Guard {
        Guard(IN_CHARGE.replace(self.0))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        IN_CHARGE.set(self.0);
    }
}

/// Whether a middleware further out is in charge of the call with these extensions.
pub(crate) fn is_inside(extensions: &Extensions) -> bool {
    IN_CHARGE.get() == Address::of(extensions).0 || extensions.get::<Marker>().is_some()
}
