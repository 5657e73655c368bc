//! Words of an API that nobody else knows.

use std::sync::Arc;

use thiserror::Error;

use super::{LOOKED_AT, Window, contains};

/// Words in an error body that mean that a quota is used up, for an API whose words are not known
/// here. A user's own word: it counts before all others, whatever else the body says.
///
/// ```
/// use steadfast_core::hint::{QuotaMarker, Window};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let markers = [QuotaMarker::new("my_plan_is_used_up", Window::Month)?];
/// let body = br#"{"error": "My_Plan_Is_Used_Up"}"#;
/// assert_eq!(QuotaMarker::find(&markers, body), Some(Window::Month));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct QuotaMarker {
    words: Arc<str>,
    window: Window,
}

/// Words that mark nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{}", if *.0 == 0 { "empty" } else { "too long" })]
#[non_exhaustive]
pub struct InvalidMarker(usize);

// ===== impl QuotaMarker =====

impl QuotaMarker {
    /// The longest words, in bytes.
    pub const LONGEST: usize = 256;

    /// Upper and lower case (of ASCII) are the same.
    ///
    /// # Errors
    /// Nothing but spaces, or more than [`LONGEST`](Self::LONGEST) bytes.
    pub fn new(words: &str, window: Window) -> Result<Self, InvalidMarker> {
        let words = words.trim();
        if words.is_empty() || words.len() > Self::LONGEST {
            return Err(InvalidMarker(words.len()));
        }
        let words = words.to_ascii_lowercase().into();
        Ok(Self { words, window })
    }

    /// What the first marker that is found says; the first 4 KiB of the body count.
    #[must_use]
    pub fn find(markers: &[Self], body_start: &[u8]) -> Option<Window> {
        let text = &body_start[..body_start.len().min(LOOKED_AT)];
        let mut markers = markers.iter();
        let found = markers.find(|marker| contains(text, &marker.words));
        found.map(|marker| marker.window)
    }
}
