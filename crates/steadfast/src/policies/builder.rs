//! [`PoliciesBuilder`]: what is said of all policies, until it is checked.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use steadfast_core::redirect::Redirects;
use steadfast_core::{Policy, RequestHead};
use steadfast_tower::quota::{DEADLINE, QuotaBook};
use steadfast_tower::store::Store;

use super::{Policies, Shared};
use crate::invalid::InvalidPolicies;
#[cfg(feature = "throttle")]
use crate::origins::Origins;
use crate::own_layers::{OwnLayer, Places};
use crate::principal::PrincipalOf;
use crate::scopes::Scopes;
use crate::version::Version;

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
    /// ([`Pattern`](crate::policy::Pattern) has the whole rule). Two that match the same requests equally well are a mistake that
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
    /// policies; a tower service has [`SteadfastLayer::around_call`](crate::layers::SteadfastLayer::around_call).
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
    /// ([`FailureKind::Foreign`](crate::error::FailureKind::Foreign)), unless a failed transport is found inside of it. Of several
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
