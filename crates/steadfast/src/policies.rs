//! [`Policies`]: the handle to everything that calls share.

use std::fmt;
use std::sync::Arc;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast_core::backoff::InvalidBackoff;
use steadfast_core::budget::InvalidBudget;
use steadfast_core::{InvalidPattern, InvalidPolicy, Overlay, Pattern, Policy, Prepared, Routes};
use steadfast_tower::{HttpRequest, Scope};
use thiserror::Error;

use crate::layer::SteadfastLayer;
use crate::middleware::SteadfastMiddleware;
use crate::scopes::{Key, Scopes};

/// Which policy is for which request, and the state of those who share it: budgets, rate limits. Cheap to clone; all
/// clones share the same state.
///
/// ```
/// use steadfast::{Policies, Policy, Rate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policies = Policies::builder()
///     .endpoint(
///         "GET https://api.example.com/v1/search/**",
///         Policy::standard().rate_limit(Rate::per_second(5).burst(10)),
///     )
///     .endpoint("https://payments.example.com/**", Policy::standard().attempts(2))
///     .build()?;
/// let client = policies.wrap(reqwest::Client::new());
/// # drop(client);
///
/// let mistake = Policies::builder().endpoint("https://x.com/**", Policy::standard().attempts(0)).build();
/// assert_eq!(
///     mistake.unwrap_err().to_string(),
///     "endpoint `https://x.com/**`: `attempts` is 0, but has to be at least 1",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Policies {
    inner: Arc<Inner>,
}

struct Inner {
    routes: Routes<usize>,
    /// The default policy first, then those of the endpoints.
    endpoints: Vec<Endpoint>,
    scopes: Scopes,
    seed: u64,
}

struct Endpoint {
    policy: Arc<Prepared>,
    template: Option<Arc<str>>,
}

/// Collects policies; [`build`](Self::build) checks them.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PoliciesBuilder {
    default: Policy,
    endpoints: Vec<(String, Policy)>,
    seed: Option<u64>,
}

/// What is wrong with which policy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidPolicies {
    /// A pattern that cannot be read, or one that stands twice.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// A schedule of waits.
    #[error(transparent)]
    Backoff(#[from] InvalidBackoff),
    /// A retry budget.
    #[error(transparent)]
    Budget(#[from] InvalidBudget),
    /// A value of the default policy.
    #[error("default policy: {0}")]
    Default(InvalidPolicy),
    /// A value of an endpoint's policy.
    #[error("endpoint `{endpoint}`: {mistake}")]
    Endpoint {
        /// The pattern as it was given.
        endpoint: String,
        /// What is wrong.
        mistake: InvalidPolicy,
    },
}

// ===== impl Policies =====

impl Policies {
    /// [`Policy::standard`] for every request.
    #[must_use]
    pub fn standard() -> Self {
        match Self::builder().build() {
            Ok(policies) => policies,
            Err(_) => unreachable!("the standard policy is checked by a test"),
        }
    }

    /// Says what differs per endpoint.
    pub fn builder() -> PoliciesBuilder {
        PoliciesBuilder::default()
    }

    /// Puts these policies around a client. Everything else about the client stays as it is.
    #[must_use]
    pub fn wrap(&self, client: reqwest::Client) -> ClientWithMiddleware {
        ClientBuilder::new(client).with(self.middleware()).build()
    }

    /// These policies as a middleware, for a chain that exists.
    ///
    /// The order counts: what is added *after* this (further in) runs once per attempt, what is added before runs once
    /// per call. A middleware that signs requests or adds tokens belongs after it, so that each attempt gets a fresh
    /// one; so does one that logs every attempt. A cache belongs before it.
    #[must_use]
    pub fn middleware(&self) -> SteadfastMiddleware {
        SteadfastMiddleware::new(self.clone())
    }

    /// These policies as a tower layer, over a service of `http::Request` or `reqwest::Request`.
    #[must_use]
    pub fn layer(&self) -> SteadfastLayer {
        SteadfastLayer::new(self.clone())
    }

    /// What a request shares with others.
    pub(crate) fn scope<R: HttpRequest>(
        &self,
        request: &R,
        overlay: Option<&Overlay>,
    ) -> Arc<Scope> {
        let inner = &*self.inner;
        let endpoint = match inner.routes.is_empty() {
            true => 0,
            false => inner
                .routes
                .find(request.method(), &request.url())
                .copied()
                .unwrap_or(0),
        };
        let key = Key {
            endpoint,
            url: request.origin(),
            identity: overlay.and_then(Overlay::identity_value),
        };
        inner.scopes.find(&key, || {
            let Endpoint { policy, template } = &inner.endpoints[endpoint];
            let seed = inner.seed ^ inner.scopes.hash(&key);
            Scope::with(Arc::clone(policy), template.clone(), seed)
        })
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies")
            .field("endpoints", &(self.inner.endpoints.len() - 1))
            .finish_non_exhaustive()
    }
}

// ===== impl PoliciesBuilder =====

impl PoliciesBuilder {
    /// The policy of all requests that belong to no endpoint. Default: [`Policy::standard`].
    pub fn default_policy(mut self, policy: Policy) -> Self {
        self.default = policy;
        self
    }

    /// The policy of the requests that match a pattern: `[METHOD ][scheme://]host[:port][/path]`, the path exact or a
    /// prefix that ends in `/**`. Without a path it stands for everything on the host; a path of `/` alone is the root
    /// and nothing else. The most specific pattern wins ([`Pattern`] has the rule).
    pub fn endpoint(mut self, pattern: impl Into<String>, policy: Policy) -> Self {
        self.endpoints.push((pattern.into(), policy));
        self
    }

    /// Makes the jitter repeatable. Default: a seed from the operating system.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The first mistake: which pattern or which policy, which value, and what would be right.
    pub fn build(self) -> Result<Policies, InvalidPolicies> {
        let default = Scope::prepare(&self.default).map_err(InvalidPolicies::Default)?;
        let mut endpoints = vec![Endpoint {
            policy: default,
            template: None,
        }];
        let mut patterns = Vec::with_capacity(self.endpoints.len());
        for (text, policy) in self.endpoints {
            let pattern: Pattern = text.parse()?;
            let prepared = Scope::prepare(&policy);
            let policy = prepared.map_err(|mistake| InvalidPolicies::Endpoint {
                endpoint: text,
                mistake,
            })?;
            let template = Some(pattern.template().into());
            patterns.push((pattern, endpoints.len()));
            endpoints.push(Endpoint { policy, template });
        }
        let from_os = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let seed = self.seed.unwrap_or(from_os);
        Ok(Policies {
            inner: Arc::new(Inner {
                routes: Routes::build(patterns)?,
                // The jitter of a scope hangs on its hash, so a seed that was given makes both repeatable.
                scopes: Scopes::new(seed, endpoints.len()),
                endpoints,
                seed,
            }),
        })
    }
}
