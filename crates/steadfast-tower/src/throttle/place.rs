//! What limits the calls of one scope: where it stands, and which rates and quotas hold there.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderMap;
use steadfast_core::hint::tells_of_limits;
use steadfast_core::queue::Rank;
use steadfast_core::{Judged, LimitScope, Pacing, Prepared, PreparedQuota, PreparedRate};

use super::known::LimitKey;
use super::loading::{Counters, Whose};
use super::origin_limits::OriginLimits;
use super::path_groups::PathGroup;
use super::rates::Rates;
use crate::call::Call;
use crate::principal::{Fingerprints, Principal};
use crate::queue::WaitQueue;
use crate::quota::{Counter, QuotaBook};

/// Where a scope stands: at an origin, for an endpoint and an identity. Scopes of one origin share what its server
/// says.
#[derive(Clone, Debug)]
pub struct Place {
    pacers: Arc<OriginLimits>,
    book: Arc<QuotaBook>,
    origin: Arc<str>,
    endpoint: Arc<str>,
    identity: Option<Arc<str>>,
}

/// What limits the calls of one scope.
pub(crate) struct Limits {
    place: Place,
    /// Endpoint and identity.
    limit_key: u64,
    rates: Vec<RateSet>,
    quotas: Vec<QuotaSet>,
    listens: bool,
}

/// The rates of one scope.
enum RateSet {
    Here(Arc<WaitQueue<Rates>>),
    PerCredential(Vec<PreparedRate>),
}

/// One quota.
enum QuotaSet {
    Here(Whose, Arc<Counter>),
    PerCredential(PreparedQuota),
}

// ===== impl Place =====

impl Place {
    /// At an origin (`https://api.example.com`), for an endpoint (by its pattern) and an identity.
    #[must_use]
    pub fn new(
        pacers: Arc<OriginLimits>,
        book: Arc<QuotaBook>,
        origin: impl Into<Arc<str>>,
        endpoint: impl Into<Arc<str>>,
        identity: Option<Arc<str>>,
    ) -> Self {
        Self {
            pacers,
            book,
            origin: origin.into(),
            endpoint: endpoint.into(),
            identity,
        }
    }

    /// Nothing is shared with others.
    #[must_use]
    pub fn alone() -> Self {
        let book = Arc::new(QuotaBook::in_memory());
        Self::new(OriginLimits::new(), book, "", "", None)
    }

    /// For whom calls are made here, and what tells principals apart.
    pub(crate) fn principals(&self) -> (Option<Arc<str>>, Fingerprints) {
        (self.identity.clone(), self.book.fingerprints())
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Origin, endpoint and identity.
    pub(crate) fn names(&self) -> (String, String, Option<String>) {
        let identity = self.identity.as_deref().map(str::to_owned);
        (self.origin.to_string(), self.endpoint.to_string(), identity)
    }

    fn key(&self, scope: LimitScope) -> String {
        let mut key = self.origin.to_string();
        let identity = self.identity.as_deref();
        let identity = identity.filter(|_| scope != LimitScope::Origin);
        // Writing into a string cannot fail.
        if scope == LimitScope::Endpoint {
            let _ = write!(key, " {}", self.endpoint);
        }
        if let Some(identity) = identity {
            let _ = write!(key, " for {identity}");
        }
        key
    }
}

// ===== impl Limits =====

impl Limits {
    pub(crate) fn new(policy: &Prepared, place: Place) -> Self {
        let limit_key = place
            .pacers
            .hash((&*place.endpoint, place.identity.as_deref()));
        let mut rates = Vec::new();
        for scope in LimitScope::ALL {
            let own = policy.rates().iter().filter(|rate| rate.scope() == scope);
            let own: Vec<_> = own.copied().collect();
            if own.is_empty() {
                continue;
            }
            rates.push(match scope {
                LimitScope::Credential => RateSet::PerCredential(own),
                // A scope of its own: two that stand at the same place have a rate each.
                LimitScope::Endpoint => RateSet::Here(WaitQueue::new(Rates::new(own.into_iter()))),
                _ => {
                    let whose = place.pacers.hash(place.key(scope));
                    RateSet::Here(place.pacers.rates(whose, &own))
                }
            });
        }
        let quotas = policy.quotas().iter().map(|quota| match quota.scope() {
            LimitScope::Credential => QuotaSet::PerCredential(quota.clone()),
            scope => {
                let key = place.key(scope);
                let counter = place.book.counter(&key, quota);
                QuotaSet::Here(key.into(), counter)
            }
        });
        let quotas = quotas.collect();
        let listens = policy.limits().gate || policy.limits().pacing != Pacing::Off;
        Self {
            place,
            limit_key,
            rates,
            quotas,
            listens,
        }
    }

    /// Another policy's rates and quotas at the same place; those of this one where it has some.
    pub(crate) fn sharing(&self, policy: &Prepared) -> Self {
        let mut own = Self::new(policy, self.place.clone());
        if !self.rates.is_empty() {
            own.rates = self.rates.iter().map(RateSet::share).collect();
        }
        own
    }

    pub(crate) fn pacers(&self) -> &Arc<OriginLimits> {
        &self.place.pacers
    }

    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// Whether answers are listened to.
    #[inline]
    pub(crate) fn is_listening(&self) -> bool {
        self.listens && !self.place.pacers.is_quiet()
    }

    /// Whether an answer says anything about a limit: a glance at its verdict, `None` where it was accepted at once, and
    /// at the names of its headers.
    #[inline]
    pub(crate) fn is_told(&self, judged: Option<&Judged>, headers: &HeaderMap) -> bool {
        let refused = |judged: &Judged| {
            let status = judged.outcome.status().map(|status| status.as_u16());
            let told = matches!(status, Some(403 | 429 | 503 | 529));
            !judged.is_accepted() && (told || judged.hints.unreadable.is_some())
        };
        self.listens
            && (judged.is_some_and(refused) || (!headers.is_empty() && tells_of_limits(headers)))
    }

    /// Whether there is more than rates of this scope to ask.
    #[inline]
    pub(crate) fn is_involved(&self) -> bool {
        !self.quotas.is_empty() || self.is_listening()
    }

    pub(crate) fn has_rates(&self) -> bool {
        !self.rates.is_empty()
    }

    /// Whether nothing limits a call, or its rates have a cell each, which are taken.
    pub(crate) fn takes_at_once<R>(&self, call: &Call<R>) -> bool {
        // What a closure says of the cost is more than can be asked here.
        self.rates.is_empty() || {
            let cost = call.context.terms().cost;
            cost.is_some_and(|cost| self.take_at_once(cost))
        }
    }

    /// Takes from the rates at once, all or none; false when that is not possible or more has to be asked.
    #[inline]
    fn take_at_once(&self, cost: u32) -> bool {
        // Of several, each is looked at before a cell is taken from any.
        if self.rates.len() > 1 && !self.rates.iter().all(|set| set.has_room(cost)) {
            return false;
        }
        for (index, set) in self.rates.iter().enumerate() {
            let taken = match set {
                RateSet::Here(line) => line.is_empty() && line.limiter.take(cost).is_ok(),
                RateSet::PerCredential(_) => false,
            };
            if !taken {
                for set in &self.rates[..index] {
                    if let RateSet::Here(line) = set {
                        line.limiter.undo(cost);
                    }
                }
                return false;
            }
        }
        true
    }

    /// Where an attempt goes.
    pub(crate) fn limit_key(
        &self,
        method: &http::Method,
        path: &str,
        principal: Principal,
    ) -> LimitKey {
        let (pacers, method) = (&self.place.pacers, method.as_str());
        let is_said = !self.place.endpoint.is_empty();
        LimitKey {
            endpoint: self.limit_key,
            principal: principal.number(),
            path_group: match is_said {
                true => 0,
                false => pacers.hash(PathGroup { method, path }).max(1),
            },
            path: pacers.hash_path(method, path),
        }
    }

    /// The rates that an attempt stands before.
    pub(crate) fn rates(&self, limit_key: LimitKey) -> Vec<Arc<WaitQueue<Rates>>> {
        let rates = self.rates.iter().map(|set| match set {
            RateSet::Here(line) => Arc::clone(line),
            RateSet::PerCredential(rates) => self.place.pacers.rates(limit_key.principal, rates),
        });
        rates.collect()
    }

    /// The number of endpoint and identity.
    pub(crate) const fn endpoint(&self) -> u64 {
        self.limit_key
    }

    /// The counters, without those of a credential.
    pub(crate) fn shared_counters(&self) -> impl Iterator<Item = &Arc<Counter>> {
        self.quotas.iter().filter_map(|set| match set {
            QuotaSet::Here(_, counter) => Some(counter),
            QuotaSet::PerCredential(_) => None,
        })
    }

    /// The rates of this scope, without those of a credential.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &Arc<WaitQueue<Rates>>> {
        self.rates.iter().filter_map(|set| match set {
            RateSet::Here(line) => Some(line),
            RateSet::PerCredential(_) => None,
        })
    }

    /// The counters of an attempt, with whose they are.
    pub(crate) fn counters(&self, principal: Principal) -> Counters {
        let counters = self.quotas.iter().map(|set| match set {
            QuotaSet::Here(whose, counter) => (Arc::clone(whose), Arc::clone(counter)),
            QuotaSet::PerCredential(quota) => {
                let (origin, number) = (&self.place.origin, principal.number());
                let counter = self.place.book.counter_for(origin, principal, quota);
                (format!("{origin} credential {number:016x}").into(), counter)
            }
        });
        counters.collect()
    }

    /// The earliest start that the rates allow an attempt of this rank; `None` without one.
    pub(crate) fn paced_until(&self, now: Instant, rank: Rank) -> Option<Instant> {
        let lines = self.lines();
        lines
            .map(|line| line.limiter.earliest(now, 1, line.ahead(rank).cost))
            .max()
    }
}

impl RateSet {
    fn has_room(&self, cost: u32) -> bool {
        match self {
            Self::Here(line) => line.is_empty() && line.limiter.has_room(cost),
            Self::PerCredential(_) => false,
        }
    }

    fn share(&self) -> Self {
        match self {
            Self::Here(line) => Self::Here(Arc::clone(line)),
            Self::PerCredential(rates) => Self::PerCredential(rates.clone()),
        }
    }
}
