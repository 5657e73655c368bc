//! The strings of a JSON error body, each with its key, without a parser.
//!
//! Only strings that stand where errors say what is wrong: at the top, or inside of members such as `error`, `errors` and
//! `details`. An API that echoes what it was asked for (`{"query": {"code": ".."}}`, or a sentence that quotes a search term)
//! echoes it elsewhere, and what an attacker can have echoed must not use up a quota. A body that was cut off is read as
//! far as it goes, and nothing is allocated.

/// Members that tell of an error by being there. In lower case.
const CONTAINERS: &[&[u8]] = &[
    b"error",      // OpenAI, Google, HubSpot and most others
    b"errors",     // Google: `error.errors[]`
    b"detail",     // ElevenLabs: `detail.status`
    b"details",    // Google: `error.details[]`
    b"violations", // Google: `QuotaFailure` in `details`
    b"metadata",   // Google: `ErrorInfo` in `details`
];

/// Calls `tell` with each key and string value, until it returns something.
pub(super) fn find<'b, T>(
    body: &'b [u8],
    mut tell: impl FnMut(&'b [u8], &'b [u8]) -> Option<T>,
) -> Option<T> {
    let mut rest = body.trim_ascii_start();
    let (mut depth, mut foreign_from) = (0_u32, None);
    let mut key: Option<&[u8]> = None;
    // The last string, as long as it may turn out to be a key.
    let mut last: Option<&[u8]> = None;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            // A sentence, a page, or what follows the document.
            _ if depth == 0 && !matches!(first, b'{' | b'[') => return None,
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                let is_foreign = key.is_some_and(|key| !is_one_of(key, CONTAINERS));
                if is_foreign && foreign_from.is_none() {
                    foreign_from = Some(depth);
                }
                (key, last) = (None, None);
            }
            b'}' | b']' => {
                if foreign_from == Some(depth) {
                    foreign_from = None;
                }
                depth = depth.saturating_sub(1);
                (key, last) = (None, None);
            }
            b',' => (key, last) = (None, None),
            b':' => key = last.take(),
            b'"' => {
                let (text, after) = string(rest)?;
                rest = after;
                match key {
                    Some(key) if foreign_from.is_none() => {
                        if let Some(found) = tell(key, text) {
                            return Some(found);
                        }
                    }
                    Some(_) => {}
                    None => last = Some(text),
                }
            }
            _ => {}
        }
    }
    None
}

/// Is `text` one of these, whatever its case?
pub(super) fn is_one_of(text: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// What stands before the quote that ends a string, as it is written, and what comes after. `None` when it does not end.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some((&text[..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(body: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let nothing: Option<()> = find(body.as_bytes(), |key, value| {
            found.push((text(key), text(value)));
            None
        });
        assert_eq!(nothing, None);
        found
    }

    #[test]
    fn strings_of_errors_are_found_and_what_is_echoed_is_not() {
        for (body, found) in [
            (r#"{"code": "a", "n": 7, "b": [true, null]}"#, "code=a"),
            (
                r#"{"error":{"code":"a","details":[{"reason":"b"}]}}"#,
                "code=a reason=b",
            ),
            (r#"[{"error":{"errors":[{"reason":"b"}]}}]"#, "reason=b"),
            (r#"{"Error":{"code":"a"}}"#, "code=a"),
            (r#"{"query":{"code":"a"},"code":"b"}"#, "code=b"),
            (r#"{"query":{"error":{"code":"a"}}}"#, ""),
            (
                r#"{"query":[{"code":"a"},{"code":"a"}],"code":"b"}"#,
                "code=b",
            ),
            (r#"{"query":[["code","a"]]}"#, ""),
            (r#"{"m":"x \"code\":\"a\" y"}"#, r#"m=x \"code\":\"a\" y"#),
            (r#"{"m":"x\\","code":"b"}"#, r"m=x\\ code=b"),
            (r#"{"code":"a","cut":"of"#, "code=a"),
            (r#"{"code":"a"#, ""),
            (r#""code":"a""#, ""),
            ("code: \"a\"", ""),
            ("<html>{\"code\":\"a\"}", ""),
            ("", ""),
            ("}}]]{\"code\":\"a\"}", ""),
            (r#"{"m":1} {"code":"a"}"#, ""),
        ] {
            let all = all(body).into_iter();
            let all: Vec<_> = all.map(|(key, value)| format!("{key}={value}")).collect();
            assert_eq!(all.join(" "), found, "{body}");
        }
    }
}
