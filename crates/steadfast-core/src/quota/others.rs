//! What others used of a quota: processes that share it, and earlier runs of this one.

use super::calendar::Calendar;
use super::saved::Saved;
use super::slots::{STILL, Slots};
use super::window::QuotaWindow;
use super::{Nanos, span};

/// What others used, as a store told it the last time.
#[derive(Clone, Debug)]
pub(super) enum Others {
    Calendar(Vec<Share>),
    Rolling(Slots),
}

/// What one of them used of one window of the calendar.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// A time within the window.
    seen: Nanos,
    count: u64,
    warned: bool,
}

// ===== impl Others =====

impl Others {
    pub(super) fn none(window: QuotaWindow) -> Self {
        match window {
            QuotaWindow::Rolling(time) => Self::Rolling(Slots::new(span(time))),
            _ => Self::Calendar(Vec::new()),
        }
    }

    /// Those with another window say nothing.
    pub(super) fn of<'a>(window: QuotaWindow, saved: impl Iterator<Item = &'a Saved>) -> Self {
        let mut others = Self::none(window);
        let saved = saved.filter(|saved| saved.window == window);
        match &mut others {
            Self::Rolling(slots) => {
                for saved in saved {
                    slots.absorb(saved);
                }
            }
            Self::Calendar(shares) => shares.extend(saved.filter_map(|saved| {
                let kept = saved.uses.last()?;
                Some(Share {
                    seen: kept.last,
                    count: kept.count,
                    warned: saved.warned.is_some(),
                })
            })),
        }
        others
    }

    /// What they used of the window that runs in `own`.
    pub(super) fn used_beside(&self, own: &Calendar) -> u64 {
        self.beside(own)
            .fold(0, |sum, share| sum.saturating_add(share.count))
    }

    /// Whether one of them warned in that window.
    pub(super) fn warned_beside(&self, own: &Calendar) -> bool {
        self.beside(own).any(|share| share.warned)
    }

    /// Whether one of them warned in a rolling window.
    pub(super) const fn warned(&self) -> bool {
        matches!(self, Self::Rolling(slots) if slots.warned.is_some())
    }

    /// Another clock may be a little ahead of this one.
    fn beside(&self, own: &Calendar) -> impl Iterator<Item = &Share> {
        let shares = match self {
            Self::Calendar(shares) => shares.as_slice(),
            Self::Rolling(_) => &[],
        };
        let window = own.start()..own.end().saturating_add(STILL);
        shares
            .iter()
            .filter(move |share| window.contains(&share.seen))
    }
}
