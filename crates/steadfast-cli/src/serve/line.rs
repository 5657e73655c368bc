//! One line of a script: a step with its options.

use http::{HeaderName, HeaderValue};
use steadfast_testkit::Step;

use crate::time;

/// A step, and how it was written.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) step: Step,
    /// Whether anything at all is answered.
    pub(super) answers: bool,
}

/// What stands on every line that is right, for the ones that are not.
const STEPS: &str = "a status (100 to 999), `reset`, `fin` or `silence`";

/// Reads a line.
///
/// # Errors
/// What is wrong with it, and what would be right.
pub(super) fn parse(text: &str) -> Result<Line, String> {
    let (word, mut rest) = next_word(text)?;
    let status = word
        .parse::<u16>()
        .ok()
        .filter(|code| (100..=999).contains(code));
    let mut step = match (status, word.as_str()) {
        (Some(status), _) => Step::status(status),
        (None, "reset") => Step::reset(),
        (None, "fin") => Step::closed(),
        (None, "silence") => Step::silence(),
        _ => return Err(format!("`{word}` is no step; write {STEPS}")),
    };
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix("body=") {
            (step, rest) = (step.body(body.to_owned()), "");
        } else if let Some(json) = rest.strip_prefix("json=") {
            (step, rest) = (step.json(json), "");
        } else {
            let option;
            (option, rest) = next_word(rest)?;
            if status.is_none() && !option.starts_with("delay=") {
                return Err(format!(
                    "`{word}` answers nothing, so `{option}` has no place"
                ));
            }
            step = apply(step, &option)?;
        }
    }
    if status.is_none() && text.contains("body=") | text.contains("json=") {
        return Err(format!("`{word}` answers nothing, so it has no body"));
    }
    Ok(Line {
        text: text.to_owned(),
        step,
        answers: word != "silence",
    })
}

fn apply(step: Step, option: &str) -> Result<Step, String> {
    let (name, value) = option.split_once('=').unwrap_or((option, ""));
    let number = || {
        let wrong = || format!("`{option}` needs a whole number, as in `{name}=100`");
        value.parse::<u64>().map_err(|_| wrong())
    };
    let size = || usize::try_from(number()?).map_err(|_| format!("`{option}` is too large"));
    Ok(match name {
        "retry-after" => step.retry_after(number()?),
        "retry-after-ms" => step.retry_after_ms(number()?),
        "body-len" => step.body_len(size()?),
        "cut" => step.cut(size()?),
        "delay" => step.delay(time::parse(value)?),
        "header" => {
            let (name, value) = header(value)?;
            step.header(name, value)
        }
        "drip" => {
            let wrong = "`drip` needs bytes and a time, as in `drip=10/100ms`";
            let (bytes, every) = value.split_once('/').ok_or(wrong)?;
            let bytes = bytes.parse().ok().filter(|bytes| *bytes > 0);
            step.drip(bytes.ok_or(wrong)?, time::parse(every)?)
        }
        "half" => step.half_body(),
        "rst" => step.rst(),
        "fin" => step.fin(),
        "hang" => step.hang(),
        "chunked" => step.chunked(),
        "close" => step.close(),
        _ => {
            return Err(format!(
                "`{option}` is no option; `steadfast serve --help` lists them"
            ));
        }
    })
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let wrong = || format!("`{text}` is no header; write `header=\"Name: value\"`");
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().parse().map_err(|_| wrong())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
    Ok((name, value))
}

/// The next word without its quotes, and what follows it. Blanks inside of `"` do not end a word.
fn next_word(text: &str) -> Result<(String, &str), String> {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    });
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    if quoted && end.is_none() {
        return Err(format!("`{word}` has a quote that does not end"));
    }
    Ok((word.replace('"', ""), rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_and_option_that_is_documented_can_be_read() {
        for text in [
            "503",
            "503 retry-after=2",
            "429 retry-after-ms=50 close",
            r#"200 header="X-RateLimit-Remaining: 0" delay=1.5s body=a b "c"="#,
            "201 json={\"id\": 1}",
            "200 body-len=1000 half rst",
            "200 body-len=1000 cut=10 fin",
            "200 chunked body-len=9 hang drip=10/100ms",
            "reset delay=5ms",
            "fin",
            "silence",
        ] {
            let line = parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
            assert_eq!(line.text, text);
        }
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (text, expected) in [
            ("99", "`99` is no step"),
            ("banana", "`banana` is no step"),
            ("200 retry-after=soon", "needs a whole number"),
            ("200 bodylen=3", "`bodylen=3` is no option"),
            ("200 header=x", "is no header"),
            ("200 header=\"a: b", "does not end"),
            ("200 drip=0/1s", "as in `drip=10/100ms`"),
            ("200 delay=1", "is no time"),
            ("reset retry-after=1", "answers nothing"),
            ("reset body=x", "has no body"),
        ] {
            let wrong = parse(text).unwrap_err();
            assert!(wrong.contains(expected), "{text}: {wrong}");
        }
    }
}
