//! [`Policies`]: the handle to everything that calls share.

mod builder;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use steadfast_core::redirect::Redirects;
use steadfast_core::{BudgetScope, InvalidPolicy, Prepared};
use steadfast_tower::quota::QuotaBook;
#[cfg(feature = "throttle")]
use steadfast_tower::throttle::Place;
use steadfast_tower::{HttpRequest, Scope};

pub use self::builder::PoliciesBuilder;
#[cfg(feature = "config")]
use crate::invalid::InvalidPolicies;
use crate::layer::SteadfastLayer;
use crate::middleware::SteadfastMiddleware;
#[cfg(feature = "throttle")]
use crate::origins::{self, Origins};
use crate::own_layers::Places;
use crate::principal::PrincipalOf;
use crate::scopes::{Key, Scopes, Slot};
use crate::version::{Endpoint, Version};

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
    shared: Arc<Shared>,
}

/// What all clones share; the policies themselves may be exchanged while calls run.
pub(crate) struct Shared {
    current: RwLock<Version>,
    scopes: Scopes,
    #[cfg(feature = "throttle")]
    origins: Origins,
    /// Who names the principal of a request where nobody else does.
    principal: Option<PrincipalOf>,
    own_layers: Places,
    seed: u64,
    #[cfg_attr(
        not(feature = "config"),
        expect(dead_code, reason = "files alone are exchanged")
    )]
    numbers: AtomicU64,
    redirects: Redirects,
    /// The first origin whose endpoints share a budget.
    first_origin: OnceLock<Slot>,
    /// How many calls named no host.
    lone: AtomicU64,
    quotas: Arc<QuotaBook>,
}

/// The number of no endpoint: where the budget that the endpoints of an origin share is found.
const ORIGIN: u64 = 0;

// ===== impl Policies =====

impl Policies {
    /// [`Policy::standard`](crate::Policy::standard) for every request.
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

    /// The counts of all quotas of these policies.
    #[must_use]
    pub fn quota_book(&self) -> &Arc<QuotaBook> {
        &self.shared.quotas
    }

    /// What a request shares with others, under the policy of its endpoint.
    pub(crate) fn endpoint_scope<R: HttpRequest>(
        &self,
        request: &R,
        identity: Option<&Arc<str>>,
    ) -> Arc<Scope> {
        self.with_endpoint(request, identity, |shared, _, endpoint, key| {
            shared.own_scope(endpoint, key)
        })
    }

    /// What a request shares with others, under the policy of its endpoint or the named one that the call asks for.
    pub(crate) fn scope<R: HttpRequest>(
        &self,
        request: &R,
        identity: Option<&Arc<str>>,
        named: Option<&str>,
    ) -> Result<Arc<Scope>, InvalidPolicy> {
        self.with_endpoint(
            request,
            identity,
            |shared, version, endpoint, key| match named {
                None => Ok(shared.own_scope(endpoint, key)),
                Some(name) => shared.named_scope(version, endpoint, key, name),
            },
        )
    }

    #[inline]
    fn with_endpoint<R: HttpRequest, T>(
        &self,
        request: &R,
        identity: Option<&Arc<str>>,
        then: impl FnOnce(&Shared, &Version, &Endpoint, &Key<'_>) -> T,
    ) -> T {
        let shared = &*self.shared;
        let version = shared
            .current
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let endpoint = match version.routes.is_empty() {
            true => None,
            false => version.routes.find(request.method(), &request.url()),
        };
        let endpoint = endpoint.unwrap_or(&version.default);
        let identity = identity.or(endpoint.policy.limits().identity.as_ref());
        // The user's own closure is asked when nobody else names somebody.
        let asked = match (identity, &shared.principal) {
            (None, Some(principal)) => principal.ask(request),
            _ => None,
        };
        let key = Key {
            endpoint: endpoint.number,
            named: 0,
            url: request.origin().without_root_dot(),
            identity: identity.or(asked.as_ref()).map(|identity| &**identity),
        };
        then(shared, &version, endpoint, &key)
    }

    /// The scopes that were used.
    #[cfg(feature = "throttle")]
    pub(crate) fn scopes(&self) -> Vec<Arc<Scope>> {
        let shared = &*self.shared;
        let current = shared.current.read();
        let version = current.unwrap_or_else(PoisonError::into_inner);
        let firsts = version.routes.values().chain([&version.default]);
        let mut scopes = shared.scopes.all();
        scopes.extend(firsts.filter_map(|endpoint| endpoint.first.get().map(Slot::scope)));
        scopes
    }

    /// Which redirects are followed.
    pub(crate) fn redirects(&self) -> Redirects {
        self.shared.redirects
    }

    /// The user's own layers.
    pub(crate) fn own_layers(&self) -> &Places {
        &self.shared.own_layers
    }

    #[cfg(feature = "config")]
    pub(crate) fn downgrade(&self) -> std::sync::Weak<Shared> {
        Arc::downgrade(&self.shared)
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policies(..)")
    }
}

// ===== impl Shared =====

impl Shared {
    /// The scope of an endpoint under its own policy.
    #[inline]
    fn own_scope(&self, endpoint: &Endpoint, key: &Key<'_>) -> Arc<Scope> {
        if key.url.host.is_empty() {
            return self.lone_scope(endpoint, key);
        }
        self.scopes.find(&endpoint.first, key, || {
            let (policy, template) = (Arc::clone(&endpoint.policy), endpoint.template.clone());
            let seed = self.seed ^ self.scopes.hash(key);
            let scope = match policy.retry().budget_scope {
                BudgetScope::Origin => {
                    let origin = self.origin_scope(&policy, key);
                    origin.sharing_budget(policy, template, seed)
                }
                _ => Scope::with(policy, template, seed),
            };
            self.placed(scope, endpoint, key)
        })
    }

    /// A scope for one call that names no host. It shares nothing, since two such calls may go to different servers.
    #[cold]
    fn lone_scope(&self, endpoint: &Endpoint, key: &Key<'_>) -> Arc<Scope> {
        let count = self.lone.fetch_add(1, Ordering::Relaxed);
        let seed = self.seed
            ^ self.scopes.hash(&Key {
                named: count,
                ..*key
            });
        let (policy, template) = (Arc::clone(&endpoint.policy), endpoint.template.clone());
        let scope = Scope::with(policy, template, seed);
        Arc::new(scope.named(key.identity.map(Arc::from), self.quotas.fingerprints()))
    }

    /// Whose budget the endpoints of an origin share.
    fn origin_scope(&self, policy: &Arc<Prepared>, key: &Key<'_>) -> Arc<Scope> {
        let key = Key {
            endpoint: ORIGIN,
            ..*key
        };
        self.scopes.find(&self.first_origin, &key, || {
            let seed = self.seed ^ self.scopes.hash(&key);
            Scope::with(Arc::clone(policy), None, seed)
        })
    }

    /// A scope at its place, where it shares with others what limits them.
    fn placed(&self, scope: Scope, endpoint: &Endpoint, key: &Key<'_>) -> Scope {
        #[cfg(feature = "throttle")]
        return {
            let origin = origins::name(&key.url);
            let pacers = self.origins.find(&origin);
            let book = Arc::clone(&self.quotas);
            let identity = key.identity.map(Arc::from);
            let name = Arc::clone(&endpoint.name);
            scope.at(Place::new(pacers, book, origin, name, identity))
        };
        #[cfg(not(feature = "throttle"))]
        {
            let _ = endpoint;
            scope.named(key.identity.map(Arc::from), self.quotas.fingerprints())
        }
    }

    /// The scope of an endpoint under another policy, over the same state.
    #[cold]
    fn named_scope(
        &self,
        version: &Version,
        endpoint: &Endpoint,
        key: &Key<'_>,
        name: &str,
    ) -> Result<Arc<Scope>, InvalidPolicy> {
        let Some(named) = version.named.iter().find(|named| named.name == name) else {
            return Err(InvalidPolicy::new("policy", name, version.known_names()));
        };
        let own = self.own_scope(endpoint, key);
        let key = Key {
            named: named.number,
            ..*key
        };
        let make = || {
            let seed = self.seed ^ self.scopes.hash(&key);
            own.sharing(Arc::clone(&named.policy), endpoint.template.clone(), seed)
        };
        if key.url.host.is_empty() {
            return Ok(Arc::new(make()));
        }
        Ok(self.scopes.find(&endpoint.first, &key, make))
    }

    /// Exchanges the policies: the next call runs under the new ones, calls under way end under the old ones, and
    /// endpoints that stay the same keep their state.
    #[cfg(feature = "config")]
    pub(crate) fn exchange(&self, builder: PoliciesBuilder) -> Result<(), InvalidPolicies> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let next = Version::new(builder, Some(&current), &self.numbers)?;
        drop(current);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}
