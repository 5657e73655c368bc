//! A list of at most eight, without an allocation.

/// How many are kept. No server is known that tells of more limits at once: Anthropic has four
/// dimensions, Kong six windows.
pub(super) const MOST: usize = 8;

/// At most [`MOST`] values; what comes when it is full is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Few<T> {
    items: [T; MOST],
    len: usize,
}

// ===== impl Few =====

impl<T> Few<T> {
    pub(super) fn push(&mut self, item: T) {
        if let Some(place) = self.items.get_mut(self.len) {
            *place = item;
            self.len += 1;
        }
    }

    pub(super) fn as_slice(&self) -> &[T] {
        &self.items[..self.len]
    }
}
