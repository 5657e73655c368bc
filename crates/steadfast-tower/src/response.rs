//! Responses, as the layers see them.
//!
//! A layer may have to look into a body and give it back whole. A `reqwest::Response` can be rebuilt around such a body;
//! an `http::Response<B>` changes its type to `http::Response<PeekedBody<B>>`, once, at the innermost adapter.

use bytes::Bytes;
use http::{Extensions, HeaderMap, StatusCode, Version};
use http_body::Body;
use steadfast_core::UrlParts;

use crate::buffer::PeekedBody;

/// A response's head.
pub trait HttpResponse: Sized {
    /// Its status.
    fn status(&self) -> StatusCode;
    /// Its headers.
    fn headers(&self) -> &HeaderMap;
    /// The protocol it came by.
    fn version(&self) -> Version;
    /// Where it came from, when the transport may have followed redirects.
    fn final_url(&self) -> Option<UrlParts<'_>> {
        None
    }
    /// What other layers attached to it.
    fn extensions(&self) -> &Extensions;
    /// Where to attach something.
    fn extensions_mut(&mut self) -> &mut Extensions;
}

/// A response of a transport.
pub trait IntoPeeked: HttpResponse {
    /// The same response as one whose body can be looked into.
    type Peeked: PeekedResponse;

    /// Changes the type, not the response.
    fn into_peeked(self) -> Self::Peeked;
}

/// A response whose body can be taken out, looked into, and put back.
pub trait PeekedResponse: HttpResponse {
    /// The body as it comes from the transport.
    type Body: Body<Data = Bytes> + Unpin;
    /// The response without its body.
    type Shell;

    /// Takes the body out.
    fn open(self) -> (Self::Shell, PeekedBody<Self::Body>);
    /// Puts a body back.
    fn close(shell: Self::Shell, body: PeekedBody<Self::Body>) -> Self;
    /// A response that came from no server, as if it came from this URL.
    fn made_up(response: http::Response<Bytes>, url: &str) -> Self;
}

/// The error of a response's body.
pub type BodyError<Res> = <<Res as PeekedResponse>::Body as Body>::Error;

macro_rules! head {
    () => {
        fn status(&self) -> StatusCode {
            self.status()
        }

        fn headers(&self) -> &HeaderMap {
            self.headers()
        }

        fn version(&self) -> Version {
            self.version()
        }

        fn extensions(&self) -> &Extensions {
            self.extensions()
        }

        fn extensions_mut(&mut self) -> &mut Extensions {
            self.extensions_mut()
        }
    };
}

impl<B> HttpResponse for http::Response<B> {
    head!();
}

impl<B: Body<Data = Bytes> + Unpin> IntoPeeked for http::Response<B> {
    type Peeked = http::Response<PeekedBody<B>>;

    fn into_peeked(self) -> Self::Peeked {
        self.map(PeekedBody::untouched)
    }
}

impl<B: Body<Data = Bytes> + Unpin> PeekedResponse for http::Response<PeekedBody<B>> {
    type Body = B;
    type Shell = http::Response<()>;

    fn open(self) -> (Self::Shell, PeekedBody<B>) {
        let (parts, body) = self.into_parts();
        (http::Response::from_parts(parts, ()), body)
    }

    fn close(shell: Self::Shell, body: PeekedBody<B>) -> Self {
        shell.map(|()| body)
    }

    fn made_up(response: http::Response<Bytes>, _: &str) -> Self {
        response.map(PeekedBody::of_bytes)
    }
}

#[cfg(feature = "reqwest")]
impl HttpResponse for reqwest::Response {
    head!();

    fn final_url(&self) -> Option<UrlParts<'_>> {
        let url = crate::request::parts(self.url());
        // What reqwest says of a response that was made by hand, by a cache or a mock.
        (url.host != "no.url.provided.local").then_some(url)
    }
}

#[cfg(feature = "reqwest")]
impl IntoPeeked for reqwest::Response {
    type Peeked = Self;

    fn into_peeked(self) -> Self {
        self
    }
}

#[cfg(feature = "reqwest")]
impl PeekedResponse for reqwest::Response {
    type Body = reqwest::Body;
    type Shell = (http::Response<()>, reqwest::Url);

    fn open(self) -> (Self::Shell, PeekedBody<Self::Body>) {
        let url = self.url().clone();
        let (parts, body) = http::Response::<reqwest::Body>::from(self).into_parts();
        (
            (http::Response::from_parts(parts, ()), url),
            PeekedBody::untouched(body),
        )
    }

    fn close((shell, url): Self::Shell, body: PeekedBody<Self::Body>) -> Self {
        from_url(shell.map(|()| reqwest::Body::wrap(body)), url)
    }

    fn made_up(response: http::Response<Bytes>, url: &str) -> Self {
        let response = response.map(reqwest::Body::from);
        match url.parse() {
            Ok(url) => from_url(response, url),
            Err(_) => response.into(),
        }
    }
}

/// A response finds its URL again through an extension that only a builder can attach.
#[cfg(feature = "reqwest")]
fn from_url(mut response: http::Response<reqwest::Body>, url: reqwest::Url) -> reqwest::Response {
    use reqwest::ResponseBuilderExt;

    if let Ok(carrier) = http::Response::builder().url(url).body(()) {
        let extensions = carrier.into_parts().0.extensions;
        response.extensions_mut().extend(extensions);
    }
    response.into()
}
