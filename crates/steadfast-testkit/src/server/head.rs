//! The head of a request, as far as a scripted server must understand it.

use std::io;

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::broken;

/// A parsed request head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) framing: Framing,
    pub(super) expects_continue: bool,
    pub(super) last: bool,
}

/// How long the request's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
}

impl Head {
    /// Parses everything before the empty line.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut lines = bytes
            .split(|&byte| byte == b'\n')
            .map(|line| line.trim_ascii());
        let line = lines.next().and_then(|line| std::str::from_utf8(line).ok());
        let mut words = line.unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version)) =
            (words.next(), words.next(), words.next())
        else {
            return Err(broken("not a request line"));
        };
        let method = method.parse().map_err(|_| broken("not a method"))?;
        let mut headers = HeaderMap::new();
        for line in lines.filter(|line| !line.is_empty()) {
            if let Some((name, value)) = header(line) {
                headers.append(name, value);
            }
        }
        let says = |name: &HeaderName, word: &str| {
            let mut values = headers
                .get_all(name)
                .iter()
                .filter_map(|value| value.to_str().ok());
            values.any(|value| {
                value
                    .split(',')
                    .any(|v| v.trim().eq_ignore_ascii_case(word))
            })
        };
        let length = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok());
        let framing = match length.map(str::parse) {
            _ if says(&TRANSFER_ENCODING, "chunked") => Framing::Chunked,
            None => Framing::Length(0),
            Some(Ok(length)) => Framing::Length(length),
            Some(Err(_)) => return Err(broken("not a content length")),
        };
        Ok(Self {
            method,
            path: origin_form(target).to_owned(),
            framing,
            expects_continue: says(&EXPECT, "100-continue"),
            last: says(&CONNECTION, "close") || version == "HTTP/1.0",
            headers,
        })
    }
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
    Some((name, value))
}

/// The path and query of a target; a client behind a proxy sends the whole URL.
fn origin_form(target: &str) -> &str {
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_with_its_framing() {
        let head =
            Head::parse(b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nX: 1\r\nx: 2")
                .unwrap();
        assert_eq!((head.method, head.path.as_str()), (Method::POST, "/a?b=c"));
        assert_eq!(head.framing, Framing::Length(12));
        assert_eq!(head.headers.get_all("x").iter().count(), 2);
        assert!(!head.last && !head.expects_continue);
    }

    #[test]
    fn framing_expectation_and_closing_come_from_the_headers() {
        for (lines, framing, expects, last) in [
            ("GET / HTTP/1.1", Framing::Length(0), false, false),
            ("GET / HTTP/1.0", Framing::Length(0), false, true),
            (
                "GET / HTTP/1.1\r\nConnection: te, Close",
                Framing::Length(0),
                false,
                true,
            ),
            (
                "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked",
                Framing::Chunked,
                false,
                false,
            ),
            (
                "PUT / HTTP/1.1\r\nExpect: 100-continue",
                Framing::Length(0),
                true,
                false,
            ),
        ] {
            let head = Head::parse(lines.as_bytes()).unwrap();
            let read = (head.framing, head.expects_continue, head.last);
            assert_eq!(read, (framing, expects, last), "{lines}");
        }
    }

    #[test]
    fn an_absolute_target_is_logged_as_its_path() {
        for (target, path) in [
            ("http://a.b:1/c?d", "/c?d"),
            ("http://a.b", "/"),
            ("*", "*"),
        ] {
            assert_eq!(origin_form(target), path);
        }
    }

    #[test]
    fn nonsense_is_an_error() {
        for head in [
            "",
            "GET",
            "GET /",
            "G(T / HTTP/1.1",
            "PUT / HTTP/1.1\r\nContent-Length: x",
        ] {
            assert!(Head::parse(head.as_bytes()).is_err(), "{head}");
        }
    }
}
