//! One segment of a path, and when two spellings of it are the same.
//!
//! Literals are kept in the normal form of RFC 3986, 6.2.2: unreserved characters as they are, everything that has to be
//! percent-encoded encoded, in capitals. Nearly every URL's segment has that form already; another is brought into it on
//! the stack, so nothing is allocated.

use std::iter;

/// Of a literal in its normal form, in bytes. Servers refuse URLs much longer than this.
pub(super) const LONGEST: usize = 1_024;

/// One segment of a pattern's path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    /// This text, in the normal form.
    Literal(Box<str>),
    /// `{name}`: any text that is not empty.
    One,
}

impl Segment {
    pub(super) fn literal(text: &str) -> Self {
        let normal: String = normal(text).map(char::from).collect();
        Self::Literal(normal.into())
    }

    pub(super) fn matches(&self, segment: &str) -> bool {
        match self {
            Self::One => !segment.is_empty(),
            Self::Literal(own) => normal(segment).eq(own.bytes()),
        }
    }
}

/// What `look` finds for the normal form; nothing where that is longer than any literal.
#[inline]
pub(super) fn in_normal_form<T>(segment: &str, look: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    match segment.bytes().all(is_pchar) {
        true => look(segment),
        false => brought_into_normal_form(segment, look),
    }
}

/// On its own, so that the walk does not carry the buffer.
#[cold]
#[inline(never)]
fn brought_into_normal_form<T>(text: &str, look: impl FnOnce(&str) -> Option<T>) -> Option<T> {
    let mut buffer = [0; LONGEST];
    let mut length = 0;
    for byte in normal(text) {
        *buffer.get_mut(length)? = byte;
        length += 1;
    }
    look(std::str::from_utf8(&buffer[..length]).ok()?)
}

fn normal(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    iter::from_fn(move || {
        let (unit, length) = first_unit(rest)?;
        rest = &rest[length..];
        Some(unit)
    })
    .flat_map(Unit::bytes)
}

/// One byte of text, as it is or encoded.
enum Unit {
    Plain(u8),
    Encoded(u8),
}

impl Unit {
    fn bytes(self) -> impl Iterator<Item = u8> {
        let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
        let (bytes, length) = match self {
            Self::Plain(byte) => ([byte, 0, 0], 1),
            Self::Encoded(byte) => ([b'%', digit(byte >> 4), digit(byte & 15)], 3),
        };
        bytes.into_iter().take(length)
    }
}

/// The first byte that the text stands for, and how long its spelling is. A `%` that encodes nothing stands for itself.
fn first_unit(text: &[u8]) -> Option<(Unit, usize)> {
    Some(match *text {
        [] => return None,
        [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            let byte = value(high) << 4 | value(low);
            match is_unreserved(byte) {
                true => (Unit::Plain(byte), 3),
                false => (Unit::Encoded(byte), 3),
            }
        }
        [byte, ..] if is_pchar(byte) => (Unit::Plain(byte), 1),
        [byte, ..] => (Unit::Encoded(byte), 1),
    })
}

fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// RFC 3986, 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// What may stand in a segment without being encoded: RFC 3986, 3.3.
fn is_pchar(byte: u8) -> bool {
    is_unreserved(byte) || matches!(byte, b'!' | b'$' | b'&'..=b',' | b';' | b'=' | b':' | b'@')
}
