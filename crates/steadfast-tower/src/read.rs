//! Reading a failed transport: which of core's [`FailureKind`]s an error is.
//!
//! The one place that knows the error types of hyper, h2 and reqwest. The whole `source()` chain is walked, and the
//! inside of each `io::Error` with it, since h2's errors hide there. What is not recognised is left to the caller, who
//! takes it as maybe processed.

use std::error::Error as StdError;
use std::io;

use steadfast_core::{FailureKind, Reach};

/// The first error in the chain that says something.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> Option<FailureKind> {
    links(error).find_map(link)
}

/// What the error of a layer that is none of ours says about the request. It is that layer's own decision, unless a failed
/// transport can be found inside of it; and what that layer could not reach may be another server.
pub(crate) fn foreign(error: &(dyn StdError + 'static)) -> FailureKind {
    match chain(error) {
        Some(kind) if kind.reach() != Reach::MaybeProcessed => FailureKind::Other,
        Some(kind) => kind,
        None => FailureKind::Foreign,
    }
}

/// An error and its sources, with what hides inside of `io::Error`s.
fn links<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        let inside = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = inside
            .map(|inside| inside as &(dyn StdError + 'static))
            .or_else(|| error.source());
        Some(error)
    })
    // No honest chain is that long, and a dishonest one has no end.
    .take(32)
}

fn link(error: &(dyn StdError + 'static)) -> Option<FailureKind> {
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<::reqwest::Error>() {
        return Some(reqwest(error));
    }
    #[cfg(feature = "http2")]
    if let Some(error) = error.downcast_ref::<h2::Error>() {
        return http2(error);
    }
    #[cfg(feature = "reqwest")]
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return hyper(error);
    }
    // An `io::Error` that only wraps another error says less than what it wraps.
    let io = error.downcast_ref::<io::Error>().filter(|error| {
        error
            .get_ref()
            .is_none_or(|inside| inside.source().is_none())
    })?;
    broken(io)
}

/// What became of a connection.
fn broken(error: &io::Error) -> Option<FailureKind> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(FailureKind::Connect),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected => Some(FailureKind::Reset),
        io::ErrorKind::UnexpectedEof => Some(FailureKind::Truncated),
        io::ErrorKind::TimedOut => Some(FailureKind::Timeout),
        _ => None,
    }
}

/// GOAWAY without an error and REFUSED_STREAM: the request was not processed (RFC 9113 8.7). A broken connection is not
/// the `source()` of h2's error but inside of it.
#[cfg(feature = "http2")]
fn http2(error: &h2::Error) -> Option<FailureKind> {
    match error.reason() {
        Some(h2::Reason::REFUSED_STREAM) => Some(FailureKind::Unprocessed),
        Some(h2::Reason::NO_ERROR) if error.is_go_away() && error.is_remote() => {
            Some(FailureKind::Unprocessed)
        }
        Some(_) => Some(FailureKind::Reset),
        None => {
            // There was a connection, so the request may have been processed.
            let kind = error.get_io().map(broken)?;
            let kind = kind.filter(|kind| kind.reach() == Reach::MaybeProcessed);
            Some(kind.unwrap_or(FailureKind::Reset))
        }
    }
}

#[cfg(feature = "reqwest")]
fn hyper(error: &hyper::Error) -> Option<FailureKind> {
    if error.is_timeout() {
        Some(FailureKind::Timeout)
    } else if error.is_incomplete_message() {
        Some(FailureKind::Reset)
    } else {
        None
    }
}

/// How a `reqwest::Error` failed, and with that how far its request got.
#[cfg(feature = "reqwest")]
#[must_use]
pub fn failure_kind(error: &::reqwest::Error) -> FailureKind {
    reqwest(error)
}

/// Reads what reqwest reports.
#[cfg(feature = "reqwest")]
pub(crate) fn reqwest(error: &::reqwest::Error) -> FailureKind {
    if error.is_builder() {
        return FailureKind::InvalidRequest;
    }
    if error.is_redirect() {
        return FailureKind::Redirect;
    }
    if error.is_connect() {
        return connect(error);
    }
    if error.is_timeout() {
        return FailureKind::Timeout;
    }
    let inside = error.source().and_then(chain);
    if error.is_body() || error.is_decode() {
        return match inside {
            Some(FailureKind::Reset | FailureKind::Truncated) => FailureKind::Truncated,
            Some(kind) => kind,
            None => FailureKind::Decode,
        };
    }
    inside.unwrap_or(FailureKind::Other)
}

/// Words of errors about TLS, in lower case: a certificate, an alert of the server, an answer that is no TLS at all.
#[cfg(feature = "reqwest")]
const TLS_WORDS: &[&str] = &[
    "certificate",
    "tls",
    "ssl",
    "handshake",
    "fatal alert",
    "corrupt message",
];

/// Why there was no connection. rustls and native-tls are looked up by what they say, since depending on either would
/// put it into every tree; the texts are pinned by tests against real servers.
#[cfg(feature = "reqwest")]
fn connect(error: &::reqwest::Error) -> FailureKind {
    if error.is_timeout() {
        return FailureKind::ConnectTimeout;
    }
    // A peer that hangs up during the handshake has not refused it.
    if links(error).filter_map(io_kind).any(is_hangup) {
        return FailureKind::Connect;
    }
    for link in links(error).skip(1) {
        let text = link.to_string().to_ascii_lowercase();
        if text.starts_with("dns error") || text.contains("failed to lookup address") {
            return FailureKind::Dns;
        }
        if TLS_WORDS.iter().any(|word| text.contains(word)) {
            return FailureKind::Tls;
        }
    }
    FailureKind::Connect
}

#[cfg(feature = "reqwest")]
fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    error.downcast_ref::<io::Error>().map(io::Error::kind)
}

#[cfg(feature = "reqwest")]
const fn is_hangup(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
    )
}
