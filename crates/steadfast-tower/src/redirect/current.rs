//! Which chain is being polled on this thread.
//!
//! reqwest asks its redirect policy inside of the poll of a request, and tells it nothing of the request but its URL. So
//! the chain is lent to the thread for that poll, where the policy finds it.

use std::cell::Cell;

use crate::redirect::chain::Chain;

thread_local! {
    static CURRENT: Cell<Option<Box<Chain>>> = const { Cell::new(None) };
}

/// Takes the chain back when the poll is over, also by a panic.
struct Lent<'a> {
    owner: &'a mut Option<Box<Chain>>,
    /// Of a request further out, whose poll this one runs in.
    outer: Option<Box<Chain>>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.owner = CURRENT.replace(self.outer.take());
    }
}

/// Polls something while the chain is the current one.
pub(super) fn lend<T>(chain: &mut Option<Box<Chain>>, poll: impl FnOnce() -> T) -> T {
    if chain.is_none() {
        return poll();
    }
    let outer = CURRENT.replace(chain.take());
    let _lent = Lent {
        owner: chain,
        outer,
    };
    poll()
}

/// Looks at the current chain, if there is one.
pub(super) fn with<T>(look: impl FnOnce(Option<&mut Chain>) -> T) -> T {
    let mut chain = CURRENT.take();
    let found = look(chain.as_deref_mut());
    CURRENT.set(chain);
    found
}
