//! [`Throttle`]: what limits calls, asked before they are made.

use std::fmt;

use reqwest::Request;
use steadfast_tower::throttle::ScopeView;
use steadfast_tower::{HttpRequest, clock};

use crate::error::Error;
use crate::policies::Policies;

/// What limits calls, asked before they are made: for batch jobs that plan. Made by
/// [`Policies::throttle`](crate::Policies::throttle).
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use steadfast::{Policies, Policy, Rate};
///
/// let policies = Policies::builder()
///     .endpoint("https://api.example.com/**", Policy::standard().rate_limit(Rate::per_second(5)))
///     .build()?;
/// let client = policies.wrap(reqwest::Client::new());
///
/// let request = client.get("https://api.example.com/v1/export").build()?;
/// policies.throttle().ready(&request).await?; // waits until it could go at once
/// for scope in policies.throttle().snapshot() {
///     println!("{}: {:?} per second, {} wait", scope.origin, scope.rate, scope.waiting);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Throttle {
    policies: Policies,
}

impl Throttle {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self { policies }
    }

    /// Ready when an attempt of this request would go at once: its rates have a cell, and no server has closed its
    /// scope. Nothing is taken, so of many who are told so not all can go at once.
    ///
    /// # Errors
    /// A quota that is used up, with the time at which it resets. That may be tomorrow, so no call waits for it.
    ///
    /// # Cancel safety
    /// Nothing is held while waiting.
    pub async fn ready(&self, request: &Request) -> Result<(), Error> {
        let overlay = HttpRequest::overlay(request);
        let identity = overlay
            .as_deref()
            .and_then(|overlay| overlay.identity_value());
        loop {
            let scope = self.policies.endpoint_scope(request, identity);
            scope.quotas_ready(request).await;
            let at = scope
                .outlook(request)
                .map_err(|refusal| Error::refused(refusal, request.url().clone()))?;
            if at <= clock::now() {
                return Ok(());
            }
            tokio::time::sleep_until(at.into()).await;
        }
    }

    /// What limits the calls of each scope that was used, at this moment; in the order of their names.
    #[must_use]
    pub fn snapshot(&self) -> Vec<ScopeView> {
        let mut views: Vec<_> = self
            .policies
            .scopes()
            .iter()
            .map(|scope| scope.view())
            .collect();
        views.sort_by(|a, b| {
            let name = |view: &ScopeView| {
                (
                    view.origin.clone(),
                    view.endpoint.clone(),
                    view.identity.clone(),
                )
            };
            name(a).cmp(&name(b))
        });
        views.dedup_by(|a, b| {
            let same = a.origin == b.origin && a.endpoint == b.endpoint;
            let same = same && a.identity == b.identity;
            if same {
                // A policy by its name may have a limit where that of the endpoint has none.
                b.concurrency = b.concurrency.or(a.concurrency);
            }
            same
        });
        views
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.snapshot()).finish()
    }
}

impl Policies {
    /// What limits calls, asked before they are made.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        Throttle::new(self.clone())
    }
}
