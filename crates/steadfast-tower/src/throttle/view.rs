//! What limits a scope, for people and for batch jobs that plan.

use std::sync::Arc;
use std::time::Instant;

use steadfast_core::pacing::{Turn, View};
use steadfast_core::queue::Rank;
use steadfast_core::quota::{QuotaStatus, QuotaWindow};
use steadfast_core::{Refusal, RequestHead};

use super::place::Limits;
use super::taken::used_up;
use crate::clock;
use crate::concurrency::ConcurrencyView;
use crate::principal::Principal;
use crate::quota::all_ready;
use crate::request::HttpRequest;
use crate::scope::Scope;

/// What limits the calls of one scope, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ScopeView {
    /// `https://api.example.com`.
    pub origin: String,
    /// The endpoint's pattern; empty for requests that match none.
    pub endpoint: String,
    /// For whom.
    pub identity: Option<String>,
    /// Attempts per second that are let go now; `None` is without limit.
    pub rate: Option<f64>,
    /// What the server said is left of its scarcest limit.
    pub remaining: Option<u64>,
    /// Of how many.
    pub limit: Option<u64>,
    /// When that limit resets.
    pub resets_at: Option<Instant>,
    /// Until when the server closed it.
    pub closed_until: Option<Instant>,
    /// How many attempts wait.
    pub waiting: usize,
    /// How many attempts are under way, as far as they were counted.
    pub in_flight: u32,
    /// How many may be under way at once, where that is limited.
    pub concurrency: Option<ConcurrencyView>,
    /// How the quotas stand; without those of single credentials.
    pub quotas: Vec<(QuotaWindow, QuotaStatus)>,
}

impl Scope {
    /// What limits the calls of this scope.
    #[must_use]
    pub fn view(&self) -> ScopeView {
        ScopeView {
            concurrency: self.concurrency(),
            ..self.limits().view()
        }
    }

    /// Ready when the store of the quotas said what this request draws on, or its deadline has passed; await it before
    /// [`outlook`](Self::outlook). Without a store it is ready at once.
    ///
    /// # Cancel safety
    /// Nothing is held while waiting.
    pub async fn quotas_ready<R: HttpRequest>(&self, request: &R) {
        let principal = self.principal(request.headers());
        let counters = self.limits().counters(principal);
        let counters = counters.into_iter().map(|(_, counter)| counter);
        let counters: Vec<Arc<_>> = counters.collect();
        all_ready(counters, None).await;
    }

    /// When an attempt could go, `now` or earlier if at once; nothing is taken.
    ///
    /// # Errors
    /// A quota that is used up, or a cost that no rate allows.
    pub fn outlook<R: HttpRequest>(&self, request: &R) -> Result<Instant, Refusal> {
        let head = || RequestHead::new(request.method(), request.url(), request.headers());
        let cost = self.policy().limits().cost.of(head);
        let principal = self.principal(request.headers());
        let rank = Rank::new(self.policy().limits().priority, 0);
        self.limits().outlook(request, principal, cost, rank)
    }
}

impl Limits {
    fn view(&self) -> ScopeView {
        let now = clock::now();
        let (origin, endpoint, identity) = self.place().names();
        let mut view = ScopeView {
            origin,
            endpoint,
            identity,
            ..ScopeView::default()
        };
        for line in self.lines() {
            view.waiting += line.len();
            view.rate = least(view.rate, Some(line.limiter.rate()));
        }
        for line in self.pacers().of_endpoint(self.endpoint()) {
            view.waiting += line.len();
            view.add(&line.limiter.pacer().view(now));
        }
        let wall = clock::wall();
        for counter in self.shared_counters() {
            let ledger = counter.lock();
            let status = ledger.status(wall);
            view.quotas.push((ledger.quota().window(), status));
        }
        view
    }

    fn outlook<R: HttpRequest>(
        &self,
        request: &R,
        principal: Principal,
        cost: u32,
        rank: Rank,
    ) -> Result<Instant, Refusal> {
        let (now, wall) = (clock::now(), clock::wall());
        let limit_key = self.limit_key(request.method(), request.path(), principal);
        for (_, counter) in self.counters(principal) {
            let ledger = counter.lock();
            let status = ledger.status(wall);
            if status.left < u64::from(cost) {
                let (limit, window) = (status.limit, ledger.quota().window());
                return Err(used_up(wall, limit, status.left, window, status.resets_at));
            }
        }
        let mut at = now;
        for line in self.rates(limit_key) {
            let burst = line.limiter.burst();
            if cost > burst {
                return Err(Refusal::CostTooHigh { cost, burst });
            }
            at = at.max(line.limiter.earliest(now, cost, line.ahead(rank).cost));
        }
        if self.is_listening() {
            let pacers = self.pacers().known_lane(limit_key).into_iter();
            for line in pacers.chain(self.pacers().endpoint(limit_key)) {
                if let Turn::At(then) | Turn::AfterProbe(then) | Turn::AfterAnswer(then) =
                    line.limiter.pacer().look(now, false)
                {
                    at = at.max(then);
                }
            }
        }
        Ok(at)
    }
}

impl ScopeView {
    fn add(&mut self, pacer: &View) {
        self.rate = least(self.rate, pacer.rate);
        self.in_flight = self.in_flight.saturating_add(pacer.in_flight);
        self.closed_until = self.closed_until.max(pacer.closed_until);
        let scarcer = match (self.remaining, pacer.remaining) {
            (Some(known), Some(new)) => new < known,
            (known, _) => known.is_none(),
        };
        if scarcer {
            (self.remaining, self.limit) = (pacer.remaining, pacer.limit);
            self.resets_at = pacer.resets_at;
        }
    }
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
