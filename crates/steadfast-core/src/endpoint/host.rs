//! The host of a pattern: a name, an address, or everything below a name.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::url::without_root_dot;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Host {
    /// A name or an IPv4 address, in lower case and without a dot at its end.
    Name(Box<str>),
    /// What stands in brackets.
    Address(Ipv6Addr),
    /// `*.`: one or more labels before this name, which is as above.
    Below(Box<str>),
}

impl Host {
    /// Says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('[') {
            let address = address(text).map(Self::Address);
            return address.ok_or_else(|| {
                format!("has the address `{text}`; IPv6 is written as in `[2001:db8::1]`")
            });
        }
        let short = without_root_dot(text);
        match short.strip_prefix("*.") {
            Some(below) if is_numeric(below) => Err(format!(
                "has the host `{text}`, but addresses have nothing below them; write them one by one"
            )),
            Some(below) => Ok(Self::Below(name(text, below)?)),
            None => Ok(Self::Name(name(text, short)?)),
        }
    }

    pub(super) fn matches(&self, host: &str) -> bool {
        let host = without_root_dot(host);
        match self {
            Self::Name(own) => own.eq_ignore_ascii_case(host),
            Self::Address(own) => address(host) == Some(*own),
            Self::Below(own) => below(host).any(|name| own.eq_ignore_ascii_case(name)),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => write!(f, "[{address}]"),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

/// What stands in brackets.
pub(super) fn address(host: &str) -> Option<Ipv6Addr> {
    let inner = host.strip_prefix('[')?.strip_suffix(']')?;
    inner.parse().ok()
}

/// The names that a host is below of, the longest first.
pub(super) fn below(host: &str) -> impl Iterator<Item = &str> {
    let dots = host.bytes().enumerate().filter(|(_, byte)| *byte == b'.');
    let inner = dots.filter(|(at, _)| *at > 0);
    inner.filter_map(|(at, _)| host.get(at + 1..))
}

fn name(whole: &str, name: &str) -> Result<Box<str>, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if whole.is_empty() {
        return Err("names no host, as in `https://api.example.com/v1/**`".to_owned());
    }
    if name.contains(['*', '{', '}']) {
        return Err(format!(
            "has the host `{whole}`; it has to be one exact host, or `*.` and a name, as in `*.example.com`"
        ));
    }
    if name.contains(':') {
        let problem = "has an IPv6 address without brackets, or a stray `:`; as in `[::1]:8080`";
        return Err(problem.to_owned());
    }
    if !name.is_ascii() {
        return Err(format!(
            "has the host `{whole}`; write it as it stands in requests, with `xn--`"
        ));
    }
    if !name.bytes().all(plain) {
        return Err(format!(
            "has the host `{whole}`; a host has letters, digits, `-`, `_` and `.`"
        ));
    }
    if name.split('.').any(str::is_empty) {
        return Err(format!(
            "has the host `{whole}`, with nothing before or between dots; all hosts below a name are `*.example.com`"
        ));
    }
    if is_numeric(name) && name.parse::<Ipv4Addr>().is_err() {
        return Err(format!(
            "has the host `{whole}`, which ends in a number; IPv4 is written in full, as in `127.0.0.1`"
        ));
    }
    Ok(name.to_ascii_lowercase().into())
}

/// A host whose last label is a number is read as an address (WHATWG URL).
fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}
