//! The text of a file, and where in it something stands.
//!
//! Positions count characters, because that is what editors show; spans count bytes, because that is what parsers give.

use steadfast_core::harmless;

use crate::config::report::Excerpt;

/// From a byte until before another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

pub(crate) struct Source<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// Where each line starts, in bytes.
    lines: Vec<usize>,
}

/// A span as people count.
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
    pub(crate) excerpt: Excerpt,
}

/// The most characters of a line that are shown, and how many of them stand before the mark.
const SHOWN: usize = 120;
const BEFORE: usize = 60;

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

impl<'a> Source<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| at + 1));
        Self {
            file,
            text,
            lines: lines.collect(),
        }
    }

    /// What stands at a span, as it was written.
    pub(crate) fn written(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    pub(crate) fn position(&self, span: Span) -> Position {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end).max(start);
        let line = self.lines.partition_point(|first| *first <= start) - 1;
        let first = self.lines[line];
        let until = self
            .lines
            .get(line + 1)
            .map_or(self.text.len(), |next| next - 1);
        let whole = self.text[first..until].trim_end_matches('\r');
        let (before, rest) = whole.split_at((start - first).min(whole.len()));
        let (meant, after) = rest.split_at((end - start).min(rest.len()));
        Position {
            line: line + 1,
            column: before.chars().count() + 1,
            length: meant.chars().count().max(1),
            excerpt: excerpt(before, meant, after),
        }
    }

    /// The byte at a line and a column in bytes, both from 1.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let first = self.lines.get(line.saturating_sub(1)).copied();
        first.unwrap_or(self.text.len()) + column.saturating_sub(1)
    }

    /// The nearest byte that starts a character, at or before this one.
    fn boundary(&self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let mut before = (0..=at).rev();
        before
            .find(|at| self.text.is_char_boundary(*at))
            .unwrap_or(0)
    }
}

/// The part of a line around what is meant: never more than [`SHOWN`] characters, however long the line.
fn excerpt(before: &str, meant: &str, after: &str) -> Excerpt {
    let ahead = before
        .char_indices()
        .rev()
        .nth(BEFORE - 1)
        .map_or(0, |(at, _)| at);
    let from = if before.len() + meant.len() <= SHOWN {
        0
    } else {
        ahead
    };
    let before_shown = &before[from..];
    let room = SHOWN - before_shown.chars().count().min(SHOWN);
    let shown = |text: &str| -> String { text.chars().take(room).map(harmless).collect() };
    let meant_shown = shown(meant);
    let length = meant_shown.chars().count();
    let rest = after.chars().take(room - length.min(room)).map(harmless);
    let mut text: String = before_shown.chars().map(harmless).collect();
    let mut mark: String = before_shown.chars().map(blank).collect();
    text.push_str(&meant_shown);
    text.extend(rest);
    mark.extend(std::iter::repeat_n('^', length.max(1)));
    if from > 0 {
        text.insert(0, '…');
        mark.insert(0, ' ');
    }
    Excerpt {
        text: text.trim_end().to_owned(),
        mark,
    }
}

fn blank(letter: char) -> char {
    match letter {
        '\t' => '\t',
        _ => ' ',
    }
}
