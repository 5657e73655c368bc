//! [`Chain`]: a request on its way along redirects.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{HeaderValue, LOCATION, REFERER};
use http::{StatusCode, Uri};
use http_body::Body as _;
use reqwest::{Request, Response, Url};
use steadfast_core::redirect::{self, Crossing, Decision, Hops, Rewrite};

use crate::clock;
use crate::redirect::layer::Following;
use crate::request::{Replay, bodiless, parts};

/// How often a request that was not processed is sent again per hop; as reqwest does.
const RESENDS: u32 = 2;

/// A request on its way along redirects.
pub(super) struct Chain {
    following: Arc<Following>,
    /// The request of the current hop, to be copied from.
    hop: Request,
    /// The body of the first request can be sent only once, so `hop` lacks it.
    streams: bool,
    /// How far the hops went from the origin of the first request.
    crossing: Crossing,
    /// Where the redirect to the current hop came from, as it is told.
    referer: Option<HeaderValue>,
    hops: Hops,
    /// Where the first redirect came from.
    first: Option<Url>,
    /// The resends of the current hop.
    resent: u32,
    /// When the first request was sent and how much time there is for all of them, if it is limited.
    time: Option<(Instant, Duration)>,
    /// The redirect that reqwest asked about last, and was told to leave.
    left: Option<Left>,
}

/// A redirect that reqwest does not follow.
struct Left {
    status: StatusCode,
    from: Url,
    to: Url,
}

// ===== impl Chain =====

impl Chain {
    /// Keeps a copy of a request that is about to be sent; `None` when nothing can follow it.
    pub(super) fn of(following: &Arc<Following>, request: &Request) -> Option<Box<Self>> {
        let empty = |body: &reqwest::Body| body.size_hint().exact() == Some(0);
        let (hop, streams) = match request.body() {
            None => (bodiless(request), false),
            Some(body) if empty(body) => (bodiless(request), false),
            Some(_) => match request.try_clone() {
                Some(copy) => (copy, false),
                None => (bodiless(request), true),
            },
        };
        let resends = cfg!(feature = "http2") && !streams;
        if !resends && !following.redirects.follows() {
            return None;
        }
        let time = request.timeout().copied().or(following.client.timeout);
        Some(Box::new(Self {
            following: Arc::clone(following),
            hop,
            streams,
            crossing: Crossing::SameOrigin,
            referer: None,
            hops: Hops::NONE,
            first: None,
            resent: 0,
            time: time.map(|time| (clock::now(), time)),
            left: None,
        }))
    }

    pub(super) const fn hops(&self) -> Hops {
        self.hops
    }

    /// What the policy says about the next redirect.
    pub(super) fn decide(&self, from: &Url, to: &Url) -> Decision {
        let followed = self.hops.followed;
        let redirects = self.following.redirects;
        redirects.decide(followed, &parts(from), &parts(to))
    }

    /// Whether reqwest has to follow this redirect itself, since the client would add what has to stay behind. Then it
    /// counts as followed.
    pub(super) fn leaves_to_client(&mut self, status: StatusCode, from: &Url, to: &Url) -> bool {
        let client = &self.following.client;
        let crossing = Crossing::between(&parts(from), &parts(to));
        let headers = self.hop.headers();
        // reqwest would send these on.
        let keys = crossing == Crossing::Foreign
            && (client.adds_keys() || redirect::keys().any(|name| headers.contains_key(name)));
        if crossing == Crossing::SameOrigin || !client.adds_credentials() || keys {
            return false;
        }
        let Some(change) = Rewrite::of(status, self.hop.method()) else {
            return false;
        };
        self.advance(change, from, to.clone());
        true
    }

    /// Notes a redirect that reqwest was told to leave.
    pub(super) fn note(&mut self, status: StatusCode, from: Url, to: Url) {
        self.left = Some(Left { status, from, to });
    }

    /// Whether another request follows this response.
    pub(super) fn follow(&mut self, response: &Response) -> bool {
        let Some(change) = Rewrite::of(response.status(), self.hop.method()) else {
            return false;
        };
        if self.streams && !change.drops_body() {
            return false;
        }
        let left = self.left.take();
        let noted = left.filter(|left| {
            left.status == response.status() && parts(&left.from) == parts(response.url())
        });
        let (from, to) = match noted {
            Some(left) => (left.from, left.to),
            None => match self.location(response) {
                Some(to) => (self.hop.url().clone(), to),
                None => return false,
            },
        };
        self.advance(change, &from, to);
        true
    }

    /// Where a response leads that reqwest did not ask about. Only one from where the hop was sent: others were made by
    /// a middleware, which reqwest does not follow either.
    fn location(&self, response: &Response) -> Option<Url> {
        let from = self.hop.url();
        if parts(from) != parts(response.url()) {
            return None;
        }
        let location = response.headers().get(LOCATION)?;
        let to = from.join(std::str::from_utf8(location.as_bytes()).ok()?);
        let to = to.ok().filter(|to| to.as_str().parse::<Uri>().is_ok())?;
        (self.decide(from, &to) == Decision::Follow).then_some(to)
    }

    /// Whether a request that was not processed is sent again.
    pub(super) fn resend(&mut self) -> bool {
        if self.streams || self.resent >= RESENDS {
            return false;
        }
        self.resent += 1;
        self.hops.resent += 1;
        true
    }

    /// This is the answer that is returned: if it came from another origin, somebody may want to know.
    pub(super) fn arrived(&self, response: &Response) {
        let Some(first) = &self.first else {
            return;
        };
        let crossing = Crossing::between(&parts(first), &parts(self.hop.url()));
        if let (true, Some(arrival)) = (
            crossing != Crossing::SameOrigin,
            self.following.arrival.get(),
        ) {
            arrival.tell(&self.hop, response);
        }
    }

    /// On to where a redirect leads.
    fn advance(&mut self, change: Rewrite, from: &Url, to: Url) {
        let crossing = Crossing::between(&parts(from), &parts(&to));
        self.crossing = self.crossing.then(crossing);
        self.crossing.strip(self.hop.headers_mut());
        self.referer = match self.following.client.referer {
            true => referer(from, &to),
            false => None,
        };
        let mut method = self.hop.method().clone();
        change.apply(&mut method, self.hop.headers_mut());
        *self.hop.method_mut() = method;
        if change.drops_body() {
            *self.hop.body_mut() = None;
            self.streams = false;
        }
        *self.hop.url_mut() = to;
        self.hops.followed += 1;
        self.first.get_or_insert_with(|| from.clone());
        self.resent = 0;
    }

    /// The request of the current hop.
    pub(super) fn request(&mut self) -> Option<Request> {
        self.left = None;
        let mut request = self.hop.replay()?;
        if let Some((start, time)) = self.time {
            let used = clock::now().saturating_duration_since(start);
            *request.timeout_mut() = Some(time.saturating_sub(used));
        }
        let headers = request.headers_mut();
        if let Some(referer) = &self.referer {
            headers.insert(REFERER, referer.clone());
        }
        let client = &self.following.client;
        for name in self.crossing.withheld().filter(|name| client.adds(name)) {
            // The client adds its default only where there is no value.
            headers.insert(name, HeaderValue::from_static(""));
        }
        Some(request)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain")
            .field("hops", &self.hops)
            .field("crossing", &self.crossing)
            .finish_non_exhaustive()
    }
}

/// The URL that a redirect came from, as reqwest tells it: without user and fragment, and not to plain `http`.
pub(super) fn referer(from: &Url, to: &Url) -> Option<HeaderValue> {
    if from.scheme() == "https" && to.scheme() == "http" {
        return None;
    }
    let mut referer = from.clone();
    // Errors mean that there is none to remove.
    let _ = referer.set_username("");
    let _ = referer.set_password(None);
    referer.set_fragment(None);
    referer.as_str().parse().ok()
}
