//! A ledger as a store keeps it: few bytes, with a version in front.
//!
//! What cannot be read is refused and never guessed at: a count that is wrong costs money or calls.

use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::window::QuotaWindow;
use super::{Nanos, span, system_time};

/// The most slots.
pub(super) const MOST: usize = 64;

const VERSION: u8 = 1;

/// What a store keeps of a [`Ledger`](super::Ledger).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub(super) window: QuotaWindow,
    pub(super) closed_until: Nanos,
    pub(super) warned: Option<Nanos>,
    pub(super) uses: Vec<Use>,
}

/// Uses between two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) first: Nanos,
    pub(super) last: Nanos,
    pub(super) count: u64,
}

/// Bytes that are no ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidSaved {
    /// A later version of steadfast wrote them.
    #[error("version {0} of a ledger, later than {VERSION}")]
    Newer(u8),
    /// They are damaged.
    #[error("no ledger of a quota")]
    Damaged,
}

// ===== impl Saved =====

impl Saved {
    /// The bytes for a store: at most 1.6 KB.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let (kind, time) = match self.window {
            QuotaWindow::Day => (0, 0),
            QuotaWindow::Week => (1, 0),
            QuotaWindow::Month => (2, 0),
            QuotaWindow::Rolling(time) => (3, span(time)),
        };
        let mut bytes = vec![VERSION, kind];
        let warned = self.warned.map_or(0, |warned| warned.max(1));
        let uses = self.uses.iter();
        let uses = uses.flat_map(|each| [each.first, each.last, each.count]);
        for number in [time, self.closed_until, warned].into_iter().chain(uses) {
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`InvalidSaved`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidSaved> {
        let (head, numbers) = bytes.split_at_checked(2).ok_or(InvalidSaved::Damaged)?;
        match head[0] {
            VERSION => {}
            newer if newer > VERSION => return Err(InvalidSaved::Newer(newer)),
            _ => return Err(InvalidSaved::Damaged),
        }
        let words = numbers.chunks_exact(8);
        let whole = words.remainder().is_empty();
        let words = words.map(|word| u64::from_le_bytes(word.try_into().unwrap_or_default()));
        let words: Vec<_> = words.collect();
        let (&[time, closed_until, warned], uses) = words
            .split_first_chunk()
            .filter(|_| whole)
            .ok_or(InvalidSaved::Damaged)?;
        let window = match (head[1], time) {
            (0, 0) => QuotaWindow::Day,
            (1, 0) => QuotaWindow::Week,
            (2, 0) => QuotaWindow::Month,
            (3, 1..) => QuotaWindow::Rolling(Duration::from_nanos(time)),
            _ => return Err(InvalidSaved::Damaged),
        };
        let uses = uses.chunks(3).map(|each| match *each {
            [first, last, count] if first <= last => Some(Use { first, last, count }),
            _ => None,
        });
        let uses: Option<Vec<_>> = uses.collect();
        let uses = uses.ok_or(InvalidSaved::Damaged)?;
        let in_order = uses.windows(2).all(|pair| pair[0].last <= pair[1].last);
        if !in_order || uses.len() > MOST {
            return Err(InvalidSaved::Damaged);
        }
        Ok(Self {
            window,
            closed_until,
            warned: (warned > 0).then_some(warned),
            uses,
        })
    }

    /// How long its quota lasts.
    #[must_use]
    pub const fn window(&self) -> QuotaWindow {
        self.window
    }

    /// From then on it says nothing that a new ledger would not say, so a store may forget it.
    #[must_use]
    pub fn stale_at(&self) -> SystemTime {
        let last = self.uses.last().map_or(0, |last| last.last);
        let counts = last.saturating_add(self.window.longest());
        system_time(counts.max(self.closed_until))
    }
}

impl Use {
    pub(super) const fn new(first: Nanos, last: Nanos, count: u64) -> Self {
        Self { first, last, count }
    }
}
