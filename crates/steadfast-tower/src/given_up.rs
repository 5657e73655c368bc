//! The record of a call, on its way outward beside an error that has to stay as it is.
//!
//! A wrapped client hands the transport's error back untouched, so a retry layer around that client could not see that
//! the call was retried already, and would multiply the attempts. While an attempt is polled, the thread remembers who
//! gave up inside of it, by where the error's source lies in memory. Nothing is remembered beyond that poll: the place
//! may then belong to another error.

use std::cell::{Cell, RefCell};
use std::error::Error as StdError;

use steadfast_core::Record;

/// The note that is kept, in the lowest bit of [`INSIDE`].
const NOTED: u32 = 1;
/// One attempt around what is polled.
const LEVEL: u32 = 2;

thread_local! {
    static INSIDE: Cell<u32> = const { Cell::new(0) };
    static NOTE: RefCell<Option<(usize, Record)>> = const { RefCell::new(None) };
}

/// While it lives, what is polled is inside an attempt of ours.
#[derive(Debug)]
pub(crate) struct Inside(());

impl Inside {
    #[inline(always)]
    pub(crate) fn enter() -> Self {
        INSIDE.set(INSIDE.get() + LEVEL);
        Self(())
    }
}

impl Drop for Inside {
    #[inline(always)]
    fn drop(&mut self) {
        let inside = INSIDE.get() - LEVEL;
        INSIDE.set(inside);
        if inside & NOTED != 0 {
            forget();
        }
    }
}

/// Remembers the record of a call that was given up, for the attempt further out that its error comes to next.
#[cold]
pub(crate) fn note(source: Option<&(dyn StdError + 'static)>, record: &Record) {
    let inside = INSIDE.get();
    if let (Some(source), true, true) = (source, inside >= LEVEL, record.is_exhausted()) {
        INSIDE.set(inside | NOTED);
        NOTE.set(Some((place(source), record.clone())));
    }
}

/// The record of the call that ended in the error with this source.
#[cold]
pub(crate) fn recall(source: Option<&(dyn StdError + 'static)>) -> Option<Record> {
    let (noted, record) = NOTE.take()?;
    (noted == place(source?)).then_some(record)
}

#[cold]
fn forget() {
    INSIDE.set(INSIDE.get() & !NOTED);
    NOTE.set(None);
}

fn place(error: &(dyn StdError + 'static)) -> usize {
    std::ptr::from_ref(error).cast::<()>().addr()
}
