//! What is odd about a path.

use super::finding::Finding;
use super::headers::LONGEST;
use crate::harmless::one_line;
use crate::redact::is_secret_key;

/// What a value looks like that was missing when a URL was built, in one language or another.
const EMPTY_VALUES: [&str; 7] = [
    "undefined",
    "null",
    "NaN",
    "None",
    "nil",
    "[object%20Object]",
    "%5Bobject%20Object%5D",
];

/// Adds what is odd about this path and query. `exact` when slashes matter: for 404 and 405.
pub(super) fn look(path: &str, exact: bool, findings: &mut Vec<Finding>) {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut blank = false;
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        blank |= has_blank_edge(segment);
        findings.extend(odd_segment(segment));
    }
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // `token=Some("...")` is odd too, but it is not for us to print.
        if EMPTY_VALUES.contains(&value) || !is_secret_key(key) {
            findings.extend(odd_value(value));
        }
    }
    if blank {
        findings.push(Finding::Blank);
    }
    if path.contains("//") {
        findings.push(Finding::EmptySegment);
    } else if exact && path.len() > 1 && path.ends_with('/') {
        findings.push(Finding::TrailingSlash);
    }
}

fn odd_segment(segment: &str) -> Option<Finding> {
    if is_placeholder(segment) {
        // As it was written, not as it was sent.
        let braces = [("%7B", "{"), ("%7b", "{"), ("%7D", "}"), ("%7d", "}")];
        let written = braces
            .iter()
            .fold(segment.to_owned(), |text, (sent, written)| {
                text.replace(sent, written)
            });
        return Some(Finding::Unfilled(shown(&written)));
    }
    odd_value(segment)
}

fn odd_value(value: &str) -> Option<Finding> {
    if EMPTY_VALUES.contains(&value) {
        return Some(Finding::EmptyValue(shown(value)));
    }
    let debug = ["Some(", "Ok(", "\"", "%22"]
        .iter()
        .any(|start| value.starts_with(start))
        && [")", "\"", "%22"].iter().any(|end| value.ends_with(end));
    debug.then(|| Finding::DebugValue(shown(value)))
}

/// `{id}`, `%7Bid%7D`, `${id}`, `<id>` or `:id`; not `v1:cancel`, where the colon stands inside.
fn is_placeholder(segment: &str) -> bool {
    let between = |open: &str, close: &str| {
        segment
            .split_once(open)
            .is_some_and(|(_, rest)| rest.contains(close))
    };
    let named = segment
        .strip_prefix(':')
        .and_then(|name| name.bytes().next())
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    named
        || between("{", "}")
        || between("%7B", "%7D")
        || between("%7b", "%7d")
        || between("%3C", "%3E")
        || between("<", ">")
}

/// A space, tab or line break at either end, encoded.
fn has_blank_edge(segment: &str) -> bool {
    ["%20", "%09", "%0A", "%0a", "%0D", "%0d", " "]
        .iter()
        .any(|blank| segment.starts_with(blank) || segment.ends_with(blank))
}

/// A piece of the path, bounded and printable.
fn shown(piece: &str) -> String {
    one_line(piece).take(LONGEST).collect()
}
