//! Dates as servers write them, not only as RFC 9110 does.
//!
//! Section 5.6.7 names three forms and asks whoever reads them to be robust, with reason: Go, PHP, Python and Node each
//! have a function that writes a fourth one. A date that is not read costs the server an hour's wait that it asked for. So a
//! date is cut at blanks and commas, and each piece is what it looks like: a day, a month, a year, a time, a zone. What
//! looks like nothing, or comes twice, makes it no date; a weekday may be missing or wrong, since it adds nothing.
//!
//! Not read are zones by name other than Greenwich, of which several are called alike, and a time without a
//! zone, except in the form of C's `asctime`, which never has one.

use std::time::Duration;

use super::civil::{Civil, clock, four, offset, two};

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];

const WEEKDAYS: [&[u8]; 7] = [
    b"monday",
    b"tuesday",
    b"wednesday",
    b"thursday",
    b"friday",
    b"saturday",
    b"sunday",
];

/// The pieces of a date, as far as they were read.
#[derive(Clone, Copy, Debug, Default)]
struct Pieces {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
    clock: Option<i64>,
    offset: Option<i64>,
    /// The year stands behind the time, as in `asctime`.
    ends_in_year: bool,
}

/// Reads a date, as a time since the Unix epoch; zero before 1970.
pub(super) fn parse(text: &[u8]) -> Option<Duration> {
    let mut pieces = Pieces::default();
    let words = without_comment(text).split(|byte| matches!(byte, b' ' | b'\t' | b','));
    for word in words.filter(|word| !word.is_empty()) {
        pieces.take(word)?;
    }
    let offset = match pieces.offset {
        None if pieces.ends_in_year => 0,
        offset => offset?,
    };
    let civil = Civil {
        year: pieces.year?,
        month: pieces.month?,
        day: pieces.day?,
        clock: pieces.clock?,
        offset,
    };
    civil.since_epoch()
}

/// JavaScript adds the name of the zone: `GMT+0100 (Central European Standard Time)`.
fn without_comment(text: &[u8]) -> &[u8] {
    match text.iter().position(|byte| *byte == b'(') {
        Some(start) if text.ends_with(b")") => &text[..start],
        _ => text,
    }
}

// ===== impl Pieces =====

impl Pieces {
    /// `None` when the word is no piece of a date, or one that is there already.
    fn take(&mut self, word: &[u8]) -> Option<()> {
        if !word[0].is_ascii_digit() {
            return self.take_name(word);
        }
        if word.contains(&b':') {
            return put(&mut self.clock, clock(word)?);
        }
        let mut parts = word.split(|byte| *byte == b'-');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(number), None, ..) => self.take_number(number),
            // `06-Nov-94`, `09-Jun-2026`
            (Some(day), Some(name), Some(years), None) => {
                put(&mut self.day, number(day)?)?;
                put(&mut self.month, month(name)?)?;
                put(&mut self.year, year(years)?)
            }
            _ => None,
        }
    }

    fn take_number(&mut self, text: &[u8]) -> Option<()> {
        if text.len() <= 2 && self.day.is_none() {
            return put(&mut self.day, number(text)?);
        }
        self.ends_in_year = self.clock.is_some();
        put(&mut self.year, year(text)?)
    }

    fn take_name(&mut self, word: &[u8]) -> Option<()> {
        if let Some(month) = month(word) {
            return put(&mut self.month, month);
        }
        match zone(word) {
            Some(offset) => put(&mut self.offset, offset),
            None => is_short_for(word, &WEEKDAYS).map(|_| ()),
        }
    }
}

fn put(piece: &mut Option<i64>, value: i64) -> Option<()> {
    piece.replace(value).is_none().then_some(())
}

/// One digit or two.
fn number(text: &[u8]) -> Option<i64> {
    match text {
        [digit] => two(&[b'0', *digit], 9),
        text => two(text, 99),
    }
}

/// Four digits, or the last two; from 70 on those are of the last century.
fn year(text: &[u8]) -> Option<i64> {
    match two(text, 99) {
        Some(year) => Some(year + if year < 70 { 2000 } else { 1900 }),
        None => four(text),
    }
}

/// From 1.
fn month(word: &[u8]) -> Option<i64> {
    let month = is_short_for(word, &MONTHS)?;
    i64::try_from(month + 1).ok()
}

/// Which of these names a word is, whole or its first letters, at least three.
fn is_short_for(word: &[u8], names: &[&[u8]]) -> Option<usize> {
    let is = |name: &&[u8]| {
        let start = name.get(..word.len());
        word.len() >= 3 && start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    names.iter().position(is)
}

/// `GMT`, `UTC`, `+0200`, `GMT+0100`, in seconds east of Greenwich.
fn zone(word: &[u8]) -> Option<i64> {
    let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic());
    let (name, rest) = word.split_at(letters.count());
    let is = |zone: &&[u8]| name.eq_ignore_ascii_case(zone);
    let zones: [&[u8]; 5] = [b"", b"GMT", b"UTC", b"UT", b"Z"];
    zones.iter().find(|zone| is(zone))?;
    match (name, rest) {
        ([], rest) => offset(rest),
        (_, []) => Some(0),
        (_, rest) => offset(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_http_dates_on_every_day_for_a_century() {
        for day in 0..36_500_u64 {
            let at = Duration::from_secs(day * 86_400 + day * 7 % 86_400);
            let text = httpdate::fmt_http_date(std::time::UNIX_EPOCH + at);
            assert_eq!(parse(text.as_bytes()), Some(at), "{text}");
        }
    }

    #[test]
    fn two_digits_of_a_year_are_of_the_century_that_is_nearer() {
        let year = |text: &str| year(text.as_bytes());
        assert_eq!(
            [year("69"), year("70"), year("00")],
            [2069, 1970, 2000].map(Some)
        );
        assert_eq!([year("1994"), year("9999")], [1994, 9999].map(Some));
        assert_eq!([year("994"), year("19940"), year("x4")], [None; 3]);
    }
}
