//! [`Policies`]: the handle to everything that calls share.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use steadfast_core::redirect::Redirects;
use steadfast_core::{InvalidPolicy, Policy, Prepared, RequestHead, Share};
use steadfast_tower::quota::{DEADLINE, QuotaBook};
use steadfast_tower::store::Store;
#[cfg(feature = "throttle")]
use steadfast_tower::throttle::Place;
use steadfast_tower::{HttpRequest, Scope};

use crate::invalid::InvalidPolicies;
use crate::layer::SteadfastLayer;
use crate::middleware::SteadfastMiddleware;
#[cfg(feature = "throttle")]
use crate::origins::{self, Origins};
use crate::own_layers::{OwnLayer, Places};
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

/// Collects policies; [`build`](Self::build) checks them.
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PoliciesBuilder {
    pub(crate) default: Policy,
    pub(crate) endpoints: Vec<(String, Policy)>,
    pub(crate) named: Vec<(String, Policy)>,
    seed: Option<u64>,
    principal: Option<PrincipalOf>,
    own_layers: Places,
    store: Option<Arc<dyn Store>>,
    store_deadline: Option<Duration>,
    redirects: Redirects,
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
                Share::Origin => {
                    let origin = self.origin_scope(&policy, key);
                    origin.sharing_budget(policy, template, seed)
                }
                _ => Scope::with(policy, template, seed),
            };
            self.placed(scope, endpoint, key)
        })
    }

    /// A scope for one call that names no host: whatever it shared could be another server's.
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
            let lanes = self.origins.find(&origin);
            let book = Arc::clone(&self.quotas);
            let identity = key.identity.map(Arc::from);
            let name = Arc::clone(&endpoint.name);
            scope.at(Place::new(lanes, book, origin, name, identity))
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

// ===== impl PoliciesBuilder =====

impl PoliciesBuilder {
    /// The policy of all requests that belong to no endpoint. Default: [`Policy::standard`].
    pub fn default_policy(mut self, policy: Policy) -> Self {
        self.default = policy;
        self
    }

    /// The policy of the requests that match a pattern: `[METHOD[,METHOD…] ][scheme://]host[:port][/path]`, as in
    /// `GET,HEAD https://*.example.com/v1/items/{id}`. `{id}` is any one segment, a last `/**` any rest, `*.` any host
    /// below a name. Without a path it stands for everything on the host; a path of `/` alone is the root and nothing else.
    ///
    /// The most specific pattern wins, in whatever order they are given: an exact host before `*.`; then, segment by
    /// segment, a literal before `{…}` before `**`; then methods, scheme and port that are named before those that are not
    /// ([`Pattern`](crate::Pattern) has the whole rule). Two that match the same requests equally well are a mistake that
    /// [`build`](Self::build) reports with both of them.
    ///
    /// The pattern's path as it is written, never the path of a request, is the spans' `url.template`.
    pub fn endpoint(mut self, pattern: impl Into<String>, policy: Policy) -> Self {
        self.endpoints.push((pattern.into(), policy));
        self
    }

    /// A policy that a call may ask for by name: `.call(|c| c.policy("careful"))`. It then runs under that policy, over
    /// the state (budget, rate limit) of its endpoint.
    pub fn named(mut self, name: impl Into<String>, policy: Policy) -> Self {
        self.named.push((name.into(), policy));
        self
    }

    /// Names the principal of a request, where neither the call nor its client nor its policy names one: calls of one
    /// principal share budgets, rates, gates and quotas, and no others do. `None` leaves it to the credential that the
    /// request shows. The name is shown in spans: never return a credential.
    ///
    /// ```
    /// use steadfast::Policies;
    ///
    /// let policies = Policies::builder()
    ///     .principal(|request| {
    ///         let tenant = request.headers.get("x-tenant")?;
    ///         Some(tenant.to_str().ok()?.to_owned())
    ///     })
    ///     .build()?;
    /// # drop(policies);
    /// # Ok::<(), steadfast::InvalidPolicies>(())
    /// ```
    pub fn principal<I: Into<Arc<str>>>(
        mut self,
        closure: impl Fn(&RequestHead<'_>) -> Option<I> + Send + Sync + 'static,
    ) -> Self {
        self.principal = Some(PrincipalOf::new(closure));
        self
    }

    /// A layer of your own around each call, all of its attempts and waits included: it stands between the span of the call
    /// and everything else. It may change the request before anything is decided about it; one that adds an
    /// `Idempotency-Key` makes a `POST` repeatable. Of several the last one is outermost.
    ///
    /// Any tower layer over a service of `reqwest::Request` whose service is `Clone`. It holds for the clients of these
    /// policies; a tower service has [`SteadfastLayer::around_call`](crate::SteadfastLayer::around_call).
    ///
    /// Tokens that are attached here come too late to say for whom a call is made: give an identity.
    ///
    /// ```
    /// use http::HeaderValue;
    /// use steadfast::Policies;
    /// use tower::util::MapRequestLayer;
    ///
    /// let version = MapRequestLayer::new(|mut request: reqwest::Request| {
    ///     request.headers_mut().insert("api-version", HeaderValue::from_static("2026-11-01"));
    ///     request
    /// });
    /// let policies = Policies::builder().around_call(version).build()?;
    /// # drop(policies);
    /// # Ok::<(), steadfast::InvalidPolicies>(())
    /// ```
    pub fn around_call(mut self, layer: impl OwnLayer) -> Self {
        self.own_layers.around_call.push(layer);
        self
    }

    /// A layer of your own around each attempt, after it waited for rates and gates and before its span: for what has to
    /// be fresh on every attempt, such as a signature or a token. An error of its own ends the call
    /// ([`FailureKind::Foreign`](crate::FailureKind::Foreign)), unless a failed transport is found inside of it. Of several
    /// the last one is outermost.
    ///
    /// See [`around_call`](Self::around_call) for what fits.
    pub fn around_attempt(mut self, layer: impl OwnLayer) -> Self {
        self.own_layers.around_attempt.push(layer);
        self
    }

    /// Makes the jitter repeatable, for one build of a program. Default: a seed from the operating system.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Which redirects are followed by the client of [`wrap_builder`](Policies::wrap_builder). Default:
    /// `Redirects::limited(10)`, as reqwest's own.
    ///
    /// A client that is wrapped by [`wrap`](Policies::wrap) follows redirects as its own builder said; that cannot be
    /// changed any more.
    pub fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Keeps the counts of quotas in a store, so that they go on after a restart or are shared with other processes: a
    /// file (`QuotaFile` of the crate `steadfast-quota-file`), or a [`Store`] of your own over a database. Default: the
    /// counts end with the process.
    ///
    /// No call fails because of a store, and none waits for it longer than [`store_deadline`](Self::store_deadline). The
    /// counts go on in memory while it does not answer; [`store`](crate::store) says what that means.
    ///
    /// Counts get to the store within a second. Those of the last second are kept when the last clone of the policies is
    /// dropped, as far as the store can do that; `policies.quota_book().save().await` before the process ends is the sure
    /// way.
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How long the first attempt that draws on a quota waits for what the [`store`](Self::store) knows of it, before it
    /// goes on without. Default: 1 s; never more than half of what the call's deadline leaves.
    pub fn store_deadline(mut self, deadline: Duration) -> Self {
        self.store_deadline = Some(deadline);
        self
    }

    /// Checks everything.
    ///
    /// # Errors
    /// The first mistake: which pattern or which policy, which value, and what would be right.
    pub fn build(mut self) -> Result<Policies, InvalidPolicies> {
        let from_os = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
        let seed = self.seed.unwrap_or(from_os);
        let numbers = AtomicU64::new(1);
        let (principal, own_layers) = (self.principal.clone(), self.own_layers.clone());
        let deadline = self.store_deadline.unwrap_or(DEADLINE);
        let quotas = match self.store.take() {
            Some(store) => QuotaBook::stored(store, deadline),
            None => QuotaBook::in_memory(),
        };
        let redirects = self.redirects;
        let version = Version::new(self, None, &numbers)?;
        Ok(Policies {
            shared: Arc::new(Shared {
                current: RwLock::new(version),
                // The jitter of a scope hangs on its hash, so a seed that was given makes both repeatable.
                scopes: Scopes::new(seed),
                #[cfg(feature = "throttle")]
                origins: Origins::default(),
                principal,
                own_layers,
                seed,
                numbers,
                redirects,
                first_origin: OnceLock::new(),
                lone: AtomicU64::new(0),
                quotas: Arc::new(quotas),
            }),
        })
    }
}
