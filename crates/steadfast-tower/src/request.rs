//! Requests, as the layers see them.
//!
//! Two traits, because a request can always be looked at but not always be sent again: a stream is gone once it was
//! sent, and a shallow `Clone` of a foreign body is not a replay either (the clone may share the half that was read).
//! So [`Replay`] is implemented for the bodies that are known to be whole in memory; for others there is
//! [`RetryLayer::replay_with`](crate::retry::RetryLayer::replay_with).

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use steadfast_core::{Overlay, UrlParts};

/// A request's head.
pub trait HttpRequest: Sized {
    /// Its method.
    fn method(&self) -> &Method;
    /// The parts of its URL.
    fn url(&self) -> UrlParts<'_>;
    /// Scheme, host and port alone, where that costs less than all parts.
    fn origin(&self) -> UrlParts<'_> {
        self.url()
    }
    /// The path of its URL alone, where that costs less than all parts.
    fn path(&self) -> &str {
        self.url().path
    }
    /// Its headers.
    fn headers(&self) -> &HeaderMap;
    /// Its headers, to be changed.
    fn headers_mut(&mut self) -> &mut HeaderMap;
    /// What this call wants differently from its policy, if the request can carry that.
    fn overlay(&self) -> Option<Arc<Overlay>> {
        None
    }
}

/// A request that may be sent again.
pub trait Replay: HttpRequest {
    /// The same request once more; `None` when its body can be sent only once.
    fn replay(&self) -> Option<Self>;

    /// The same, kept for an attempt that may follow. Default: what [`replay`](Self::replay) makes.
    fn keep(&self) -> Option<Arc<Self>> {
        self.replay().map(Arc::new)
    }
}

/// A body that is whole in memory, so that a copy of it is a replay.
pub trait ReplayBody: Sized {
    /// The same body once more; `None` when it can be sent only once.
    fn replay(&self) -> Option<Self>;
}

/// How a layer makes a request again.
pub trait Replayer<R>: Clone {
    /// The same request once more; `None` when it can be sent only once.
    fn replay(&self, request: &R) -> Option<R>;

    /// The same, kept for an attempt that may follow. Default: what [`replay`](Self::replay) makes.
    fn keep(&self, request: &R) -> Option<Arc<R>> {
        self.replay(request).map(Arc::new)
    }
}

/// Asks the request itself ([`Replay`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct CloneReplay;

/// Asks a closure about the body of an `http::Request`.
#[derive(Clone, Copy, Debug)]
pub struct BodyWith<F>(pub(crate) F);

impl<R: Replay> Replayer<R> for CloneReplay {
    #[inline]
    fn replay(&self, request: &R) -> Option<R> {
        request.replay()
    }

    #[inline]
    fn keep(&self, request: &R) -> Option<Arc<R>> {
        request.keep()
    }
}

impl<B, F> Replayer<http::Request<B>> for BodyWith<F>
where
    F: Fn(&B) -> Option<B> + Clone,
{
    fn replay(&self, request: &http::Request<B>) -> Option<http::Request<B>> {
        let body = (self.0)(request.body())?;
        Some(with_body(request, body))
    }
}

impl<B> HttpRequest for http::Request<B> {
    fn method(&self) -> &Method {
        self.method()
    }

    /// Of a URI without a host (`GET /items`), the header `Host` names it.
    fn url(&self) -> UrlParts<'_> {
        let uri = self.uri();
        let (host, port) = match uri.host() {
            Some(host) => (host, uri.port_u16()),
            None => host_header(self.headers()).unwrap_or_default(),
        };
        UrlParts::new(
            uri.scheme_str().unwrap_or_default(),
            host,
            port,
            uri.path(),
            uri.query(),
        )
    }

    fn path(&self) -> &str {
        self.uri().path()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }

    fn overlay(&self) -> Option<Arc<Overlay>> {
        self.extensions().get::<Arc<Overlay>>().cloned()
    }
}

/// Host and port of the one header `Host` (RFC 9110, 7.2). Several of them, or one that is none, name no host.
#[cold]
fn host_header(headers: &HeaderMap) -> Option<(&str, Option<u16>)> {
    let mut values = headers.get_all(http::header::HOST).iter();
    let (value, None) = (values.next()?.to_str().ok()?, values.next()) else {
        return None;
    };
    let (host, port) = match value.rsplit_once(':') {
        // Colons within brackets belong to the address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (value, None),
    };
    let is_address = host.starts_with('[') && host.ends_with(']');
    let is_name = |host: &str| !host.contains([':', '/', '?', '#', '@', '[', ']', ' ', ',']);
    (!host.is_empty() && (is_address || is_name(host))).then_some((host, port))
}

impl<B: ReplayBody> Replay for http::Request<B> {
    fn replay(&self) -> Option<Self> {
        Some(with_body(self, self.body().replay()?))
    }
}

fn with_body<B>(request: &http::Request<B>, body: B) -> http::Request<B> {
    let mut again = http::Request::new(body);
    again.method_mut().clone_from(request.method());
    again.uri_mut().clone_from(request.uri());
    *again.version_mut() = request.version();
    again.headers_mut().clone_from(request.headers());
    again.extensions_mut().clone_from(request.extensions());
    again
}

macro_rules! whole_in_memory {
    ($($body:ty),*) => {$(
        impl ReplayBody for $body {
            fn replay(&self) -> Option<Self> {
                Some(self.clone())
            }
        }
    )*};
}

whole_in_memory!((), Bytes, Vec<u8>, String, &'static [u8], &'static str);

impl<D: bytes::Buf + Clone> ReplayBody for http_body_util::Full<D> {
    fn replay(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl<D> ReplayBody for http_body_util::Empty<D> {
    fn replay(&self) -> Option<Self> {
        Some(Self::new())
    }
}

impl<B: ReplayBody> ReplayBody for Option<B> {
    fn replay(&self) -> Option<Self> {
        match self {
            Some(body) => body.replay().map(Some),
            None => Some(None),
        }
    }
}

#[cfg(feature = "reqwest")]
impl ReplayBody for reqwest::Body {
    fn replay(&self) -> Option<Self> {
        self.as_bytes()
            .map(|bytes| Bytes::copy_from_slice(bytes).into())
    }
}

#[cfg(feature = "reqwest")]
impl HttpRequest for reqwest::Request {
    fn method(&self) -> &Method {
        self.method()
    }

    fn url(&self) -> UrlParts<'_> {
        parts(self.url())
    }

    fn origin(&self) -> UrlParts<'_> {
        let url = self.url();
        let host = url.host_str().unwrap_or_default();
        UrlParts::new(url.scheme(), host, url.port(), "", None)
    }

    fn path(&self) -> &str {
        self.url().path()
    }

    fn headers(&self) -> &HeaderMap {
        self.headers()
    }

    fn headers_mut(&mut self) -> &mut HeaderMap {
        self.headers_mut()
    }
}

#[cfg(feature = "reqwest")]
pub(crate) fn parts(url: &reqwest::Url) -> UrlParts<'_> {
    UrlParts::new(
        url.scheme(),
        url.host_str().unwrap_or_default(),
        url.port(),
        url.path(),
        url.query(),
    )
}

#[cfg(feature = "reqwest")]
impl Replay for reqwest::Request {
    fn replay(&self) -> Option<Self> {
        match self.body() {
            Some(_) => self.try_clone(),
            None => Some(bodiless(self)),
        }
    }

    /// Made where it is kept: a request has a quarter of a kilobyte to be moved.
    #[inline]
    fn keep(&self) -> Option<Arc<Self>> {
        match self.body() {
            Some(_) => self.try_clone().map(Arc::new),
            None => Some(Arc::new(bodiless(self))),
        }
    }
}

/// The same request without a body. By hand: three allocations, where `try_clone` makes six.
///
/// Extensions that came from an `http::Request` stay behind, since reqwest keeps them to itself.
#[cfg(feature = "reqwest")]
#[must_use]
#[inline]
pub fn bodiless(request: &reqwest::Request) -> reqwest::Request {
    let mut again = reqwest::Request::new(request.method().clone(), request.url().clone());
    // What is replaced is the empty map of a new request: there is nothing to drop.
    std::mem::forget(std::mem::replace(
        again.headers_mut(),
        request.headers().clone(),
    ));
    *again.version_mut() = request.version();
    if let Some(timeout) = request.timeout() {
        *again.timeout_mut() = Some(*timeout);
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_without_a_host_is_of_the_host_that_its_header_names() {
        for (hosts, expected) in [
            (&["api.test"][..], ("api.test", None)),
            (&["api.test:8443"], ("api.test", Some(8443))),
            (&["[::1]:80"], ("[::1]", Some(80))),
            (&["[::1]"], ("[::1]", None)),
            (&[], ("", None)),
            (&[""], ("", None)),
            (&["a.test", "b.test"], ("", None)),
            (&["user@a.test"], ("", None)),
            (&["a.test/path"], ("", None)),
            (&["a.test:port"], ("", None)),
        ] {
            let mut request = http::Request::get("/items");
            for host in hosts {
                request = request.header("host", *host);
            }
            let request = request.body(()).unwrap();
            let url = HttpRequest::url(&request);
            assert_eq!((url.host, url.port), expected, "{hosts:?}");
        }
        let request = http::Request::get("https://a.test/items").header("host", "b.test");
        assert_eq!(HttpRequest::url(&request.body(()).unwrap()).host, "a.test");
    }
}
