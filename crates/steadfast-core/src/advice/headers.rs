//! What headers and body say, in few printable characters.

use http::{HeaderMap, HeaderValue};

use super::finding::Finding;
use crate::credential::is_credential;
use crate::harmless::one_line;

/// The longest text that is quoted, in characters.
pub(super) const LONGEST: usize = 200;

/// Where providers put the id of a request. Names are in lower case.
const REQUEST_IDS: [&str; 9] = [
    "x-request-id",
    "request-id",
    "x-github-request-id",
    "x-amzn-requestid",
    "x-amz-request-id",
    "x-ms-request-id",
    "x-correlation-id",
    "x-goog-request-id",
    "cf-ray",
];

/// A value in printable ASCII and at most [`LONGEST`] characters, or nothing when nothing is left
/// of it.
pub(super) fn printable(value: &[u8]) -> Option<String> {
    let text: String = value
        .trim_ascii()
        .iter()
        .take(LONGEST)
        .filter(|byte| (b' '..=b'~').contains(*byte))
        .map(|byte| char::from(*byte))
        .collect();
    (!text.is_empty()).then_some(text)
}

pub(super) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    printable(headers.get(name)?.as_bytes())
}

/// The first id that looks like one: no blanks, nothing that could forge a log line.
pub(super) fn request_id(headers: &HeaderMap) -> Option<Finding> {
    REQUEST_IDS.into_iter().find_map(|name| {
        let value = headers.get(name)?.as_bytes();
        let fine = value.iter().all(u8::is_ascii_graphic) && value.len() <= LONGEST;
        let value = printable(value).filter(|_| fine)?;
        Some(Finding::RequestId { name, value })
    })
}

pub(super) fn has_credential(headers: &HeaderMap) -> bool {
    let mut names = headers.keys();
    names.any(|name| is_credential(name.as_str()))
}

/// `Allow`, all lines of it. An empty one is an answer too: no method at all (RFC 9110 section
/// 10.2.1).
pub(super) fn allow(headers: &HeaderMap) -> Option<String> {
    let mut lines = headers.get_all("allow").iter().peekable();
    lines.peek()?;
    let lines: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
    Some(printable(&lines.join(&b", "[..])).unwrap_or_default())
}

/// The challenges of `WWW-Authenticate` or `Proxy-Authenticate` (RFC 9110 section 11.6.1), one for
/// each line: the scheme and the `error` code, nothing else of it.
pub(super) fn challenges<'h>(
    headers: &'h HeaderMap,
    name: &'static str,
) -> impl Iterator<Item = Finding> + 'h {
    headers.get_all(name).iter().filter_map(|value| {
        let value = value.to_str().ok()?.trim();
        let scheme = value.split([' ', ',']).next()?;
        let word = !scheme.is_empty() && scheme.len() <= 32 && scheme.bytes().all(is_word);
        word.then(|| Finding::Challenge {
            scheme: scheme.to_owned(),
            error: error_code(value),
        })
    })
}

fn error_code(challenge: &str) -> Option<String> {
    let parameters = challenge.split([' ', ',', '\t']);
    let mut values = parameters.filter_map(|parameter| parameter.strip_prefix("error="));
    let code = values.next()?.trim_matches('"');
    let word = !code.is_empty() && code.len() <= 64 && code.bytes().all(is_word);
    word.then(|| code.to_owned())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Is the answer a web page?
pub(super) fn is_web_page(headers: &HeaderMap) -> bool {
    headers
        .get("content-type")
        .and_then(|value| value.as_bytes().trim_ascii_start().get(..9))
        .is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
}

/// What a JSON body says is wrong: the value of the first of these members that is a string.
pub(super) fn message(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4096)]);
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    ["detail", "message", "error_description", "error", "title"]
        .iter()
        .find_map(|name| member(&text, name))
}

/// The string that is the value of `"name":`, wherever it stands; unfinished when the text ends in
/// it.
fn member(text: &str, name: &str) -> Option<String> {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted).find_map(|(at, _)| {
        let value = text[at + quoted.len()..].trim_start().strip_prefix(':')?;
        let value = unescaped(value.trim_start().strip_prefix('"')?);
        printable_text(&value)
    })
}

fn unescaped(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\\' => match chars.next() {
                Some('n' | 't' | 'r') => out.push(' '),
                Some('u') => {
                    let code: String = chars.by_ref().take(4).collect();
                    let char = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                    out.push(char.unwrap_or('?'));
                }
                Some(other) => out.push(other),
                None => break,
            },
            char => out.push(char),
        }
    }
    out
}

/// On one line, harmless, bounded.
fn printable_text(text: &str) -> Option<String> {
    let text: String = one_line(text).take(LONGEST).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
