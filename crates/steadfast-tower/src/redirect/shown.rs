//! [`Shown`]: what a `reqwest::ClientBuilder` shows of itself.
//!
//! reqwest has no getters. What has to be known here is in the builder's `Debug` text, so it is read there, and a test
//! pins it to the version in use. A text that cannot be read is taken as the more careful case: the client may have
//! default credentials, and sets no `Referer`.

use std::time::Duration;

use reqwest::ClientBuilder;
use steadfast_core::redirect::{REMOVED_BY_REQWEST, keys};

/// What is known of a client.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Its default headers that carry credentials.
    credentials: Vec<&'static str>,
    /// Those that carry API keys.
    keys: Vec<&'static str>,
    /// Whether redirects tell where they come from.
    pub(super) referer: bool,
    /// The time for a request with its redirects and its body.
    pub(super) timeout: Option<Duration>,
}

impl Shown {
    pub(super) fn by(builder: &ClientBuilder) -> Self {
        Self::read(&format!("{builder:?}"))
    }

    fn read(text: &str) -> Self {
        let readable = text.contains(" default_headers: {");
        // Values in the text are in quotes, too; taking one for a name is only too careful.
        let named = |name: &&str| text.contains(&format!("\"{name}\": "));
        let removed = REMOVED_BY_REQWEST.iter().copied();
        let bare = without_quoted(text);
        Self {
            credentials: removed.filter(|name| !readable || named(name)).collect(),
            keys: keys().filter(named).collect(),
            referer: bare.contains(" referer: true"),
            timeout: timeout(&bare),
        }
    }

    /// Whether the client adds a header that reqwest removes at another origin.
    pub(super) fn adds_credentials(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// Whether the client adds a header that reqwest does not remove.
    pub(super) fn adds_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether the client adds this header.
    pub(super) fn adds(&self, name: &str) -> bool {
        self.credentials.contains(&name) || self.keys.contains(&name)
    }
}

/// The text outside of its quoted values.
fn without_quoted(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    text.chars()
        .filter(|&c| {
            let inside = quoted;
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ => {}
            }
            !inside
        })
        .collect()
}

/// `timeout: 1.5s`, as `Debug` of a `Duration` writes it.
fn timeout(bare: &str) -> Option<Duration> {
    let (_, rest) = bare.split_once(" timeout: ")?;
    let text = rest.split([',', ' ']).next()?;
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit);
    let scale = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let value = |(name, value): &(&'static str, &'static str)| {
            (
                reqwest::header::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        all.iter().map(value).collect()
    }

    #[test]
    fn a_plain_client_adds_no_secrets_tells_referers_and_waits_for_ever() {
        let shown = Shown::by(&ClientBuilder::new());
        assert!(!shown.adds_credentials() && !shown.adds_keys());
        assert!(shown.referer);
        assert_eq!(shown.timeout, None);
        assert!(!Shown::by(&ClientBuilder::new().referer(false)).referer);
    }

    #[test]
    fn default_credentials_are_seen_sensitive_or_not() {
        let mut all = headers(&[("x-api-key", "k"), ("accept", "*/*")]);
        let mut secret = HeaderValue::from_static("Bearer t");
        secret.set_sensitive(true);
        all.insert("authorization", secret);
        let shown = Shown::by(&ClientBuilder::new().default_headers(all));
        assert!(shown.adds("authorization") && shown.adds("x-api-key"));
        assert!(!shown.adds("cookie") && !shown.adds("accept"));
        assert!(shown.adds_credentials() && shown.adds_keys());
    }

    #[test]
    fn a_timeout_is_read_whatever_else_is_set() {
        let odd = headers(&[("keep-alive", "\"a\\, timeout: 9s, referer: true")]);
        for (nanos, unit) in [
            (1, "ns"),
            (1_500, "us"),
            (20_000_000, "ms"),
            (90_500_000_000, "s"),
        ] {
            let time = Duration::from_nanos(nanos);
            let builder = ClientBuilder::new()
                .default_headers(odd.clone())
                .referer(false)
                .connect_timeout(Duration::from_secs(3))
                .read_timeout(Duration::from_secs(4));
            let shown = Shown::by(&builder);
            assert_eq!((shown.timeout, shown.referer), (None, false));
            assert_eq!(
                Shown::by(&builder.timeout(time)).timeout,
                Some(time),
                "{unit}"
            );
        }
    }

    #[test]
    fn a_text_that_says_nothing_is_taken_with_care() {
        let shown = Shown::read("ClientBuilder");
        assert!(REMOVED_BY_REQWEST.iter().all(|name| shown.adds(name)));
        assert_eq!((shown.timeout, shown.referer), (None, false));
    }
}
