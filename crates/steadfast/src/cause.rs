//! What a transport's error comes down to, in one line.
//!
//! The errors of HTTP clients say it last: "error sending request", "client error (Connect)", "tcp connect error",
//! "Connection refused (os error 111)".

use std::error::Error as StdError;
use std::fmt::{self, Write};

use steadfast_core::one_line;
use steadfast_core::redact::redact_url;

/// The deepest chain of errors that is followed.
const DEEPEST: usize = 32;

/// The most letters that are shown of a cause.
const LONGEST: usize = 300;

/// The last of an error's causes.
pub(crate) fn root_cause<'a>(error: &'a dyn StdError) -> Option<&'a (dyn StdError + 'static)> {
    let next = |cause: &&'a (dyn StdError + 'static)| (*cause).source();
    std::iter::successors(error.source(), next)
        .take(DEEPEST)
        .last()
}

/// Shows a text in one line of bounded length, and URLs in it without their secrets.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        for word in self.0.split_whitespace() {
            line.push_str(if line.is_empty() { "" } else { " " });
            let (before, url) = word.split_at(url_in(word));
            line.push_str(before);
            line.push_str(&redact_url(url));
            if line.len() > 4 * LONGEST {
                break;
            }
        }
        one_line(&line)
            .take(LONGEST)
            .try_for_each(|letter| f.write_char(letter))
    }
}

/// Where in a word a URL begins, or a path with a query; its end, if there is none.
fn url_in(word: &str) -> usize {
    match word.find("://") {
        Some(at) => {
            let in_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
            word[..at].trim_end_matches(in_scheme).len()
        }
        None if word.contains('?') => 0,
        None => word.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_line_without_the_secrets_of_urls() {
        for (text, expected) in [
            (
                "Connection refused (os error 111)",
                "Connection refused (os error 111)",
            ),
            (
                "a\nb\t\u{1b}[31mc  d\u{7} \u{202e}e",
                "a b \u{fffd}[31mc d\u{fffd} \u{fffd}e",
            ),
            (
                "proxy http://user:pw@proxy.com:80 failed",
                "proxy http://REDACTED:REDACTED@proxy.com:80 failed",
            ),
            (
                "for (https://x.com/a?api_key=s3cret&b=1#c)",
                "for (https://x.com/a?api_key=REDACTED&b=1",
            ),
            ("for /a?token=s3cret", "for /a?token=REDACTED"),
            ("what?", "what?"),
            ("issue #7 at a/b", "issue #7 at a/b"),
        ] {
            assert_eq!(OneLine(text).to_string(), expected, "{text}");
        }
        let long = "\u{e9}".repeat(10_000) + " " + &"a ".repeat(10_000);
        assert_eq!(OneLine(&long).to_string().chars().count(), LONGEST);
    }

    #[test]
    fn the_last_cause_is_named_however_deep_it_is() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let outer = anyhow::Error::from(refused)
            .context("connect")
            .context("send");
        let found = root_cause(outer.as_ref()).map(ToString::to_string);
        assert_eq!(found.as_deref(), Some("connection refused"));
        let alone = std::io::Error::from(std::io::ErrorKind::TimedOut);
        assert!(root_cause(&alone).is_none());
    }
}
