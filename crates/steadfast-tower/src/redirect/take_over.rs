//! [`take_over`]: a client that leaves redirects and resends to the layer.

use std::fmt;
use std::sync::Arc;

use reqwest::ClientBuilder;
use reqwest::redirect::{Attempt, Policy};
use steadfast_core::redirect::{Crossing, Decision, Redirects};

use crate::redirect::chain::Chain;
use crate::redirect::layer::Following;
use crate::redirect::shown::Shown;
use crate::redirect::{RedirectLayer, current};
use crate::request::parts;

/// Switches redirects and resends of a client off, and returns the layer that does them instead.
///
/// It replaces the builder's `redirect` and `retry` policies, whatever they are. The client's errors stay
/// `reqwest::Error`s, the one about too many redirects included.
///
/// ```
/// use steadfast_core::redirect::Redirects;
/// use tower::Layer;
///
/// # fn main() -> Result<(), reqwest::Error> {
/// let (builder, layer) = steadfast_tower::redirect::take_over(reqwest::Client::builder(), Redirects::default());
/// let client = layer.layer(builder.build()?);
/// # drop(client);
/// # Ok(())
/// # }
/// ```
#[must_use = "without its layer the client follows no redirects"]
pub fn take_over(builder: ClientBuilder, redirects: Redirects) -> (ClientBuilder, RedirectLayer) {
    let shown = Shown::by(&builder);
    let layer = RedirectLayer::over(redirects, shown);
    let following = Arc::clone(&layer.following);
    let policy = Policy::custom(move |attempt| match attempt.previous().last() {
        Some(_) => current::with(|chain| match chain {
            Some(chain) => consider(chain, attempt),
            None => unattended(&following, attempt),
        }),
        None => attempt.stop(),
    });
    let builder = builder.redirect(policy).retry(reqwest::retry::never());
    (builder, layer)
}

/// reqwest asks about a redirect of the current chain.
fn consider(chain: &mut Chain, attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let Some(from) = attempt.previous().last() else {
        return attempt.stop();
    };
    match chain.decide(from, attempt.url()) {
        Decision::Follow if chain.leaves_to_client(attempt.status(), from, attempt.url()) => {
            attempt.follow()
        }
        Decision::Follow => {
            chain.note(attempt.status(), from.clone(), attempt.url().clone());
            attempt.stop()
        }
        Decision::TooMany => attempt.error(TooManyRedirects),
        _ => attempt.stop(),
    }
}

/// The request runs outside of its chain, because a middleware spawned it. The layer follows when the response arrives
/// there; but what leaves the origin must not meet the default headers again.
fn unattended(following: &Following, attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let Some(from) = attempt.previous().last() else {
        return attempt.stop();
    };
    let (from, to) = (parts(from), parts(attempt.url()));
    let followed = u32::try_from(attempt.previous().len() - 1).unwrap_or(u32::MAX);
    let crosses = Crossing::between(&from, &to) != Crossing::SameOrigin;
    match following.redirects.decide(followed, &from, &to) {
        Decision::Follow if crosses && following.client.adds_credentials() => attempt.follow(),
        _ => attempt.stop(),
    }
}

/// As reqwest says it.
#[derive(Debug)]
struct TooManyRedirects;

impl fmt::Display for TooManyRedirects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many redirects")
    }
}

impl std::error::Error for TooManyRedirects {}
