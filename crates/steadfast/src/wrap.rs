//! How a client is wrapped.

use std::sync::Arc;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast_core::{InvalidPolicy, Policy};
use steadfast_tower::redirect;

use crate::invalid::InvalidPolicies;
use crate::policies::Policies;

/// Puts [`Policy::standard`] around a client.
///
/// Everything else about the client stays as it is, its timeouts too: they hold per attempt. The returned type has the
/// methods of a `reqwest::Client`; errors are `reqwest_middleware::Error`s, and a transport error is the very
/// `reqwest::Error` it was.
#[must_use]
pub fn wrap(client: reqwest::Client) -> ClientWithMiddleware {
    Policies::standard().wrap(client)
}

/// Puts one policy around a client.
///
/// ```
/// use std::time::Duration;
/// use steadfast::Policy;
///
/// # fn main() -> Result<(), steadfast::policy::InvalidPolicy> {
/// let policy = Policy::standard().deadline(Duration::from_secs(10));
/// let client = steadfast::wrap_with(policy, reqwest::Client::new())?;
/// # drop(client);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A value of the policy that makes no sense.
pub fn wrap_with(
    policy: Policy,
    client: reqwest::Client,
) -> Result<ClientWithMiddleware, InvalidPolicy> {
    match Policies::builder().default_policy(policy).build() {
        Ok(policies) => Ok(policies.wrap(client)),
        Err(InvalidPolicies::Default(mistake)) => Err(mistake),
        Err(_) => unreachable!("there is nothing but the default policy"),
    }
}

impl Policies {
    /// Puts these policies around a client. Everything else about the client stays as it is: it follows redirects and
    /// sends again what an HTTP/2 server refused, by itself. [`wrap_builder`](Self::wrap_builder) makes both visible.
    #[must_use]
    pub fn wrap(&self, client: reqwest::Client) -> ClientWithMiddleware {
        let middleware = self.middleware().outermost();
        ClientBuilder::new(client).with(middleware).build()
    }

    /// [`wrap`](Self::wrap) for a client whose calls are made for one principal: `policies.wrap_as("acme", client)`.
    ///
    /// Budgets, concurrency limits, and rates and quotas of the default scope count by identity. Gates, learned limits and
    /// [`LimitScope::Credential`](crate::LimitScope::Credential) count by principal. It is the identity of the call
    /// ([`CallOptions::identity`](crate::CallOptions::identity)); else the identity of the client, given here; else that
    /// of the endpoint's policy; else what [`PoliciesBuilder::principal`](crate::PoliciesBuilder::principal) says; else the credential that the request
    /// shows. Where tokens are default headers of the client, or are attached further in, the request shows none: give an
    /// identity when there are several tenants. It is shown in spans, so give a name, never a credential.
    #[must_use]
    pub fn wrap_as(
        &self,
        identity: impl Into<Arc<str>>,
        client: reqwest::Client,
    ) -> ClientWithMiddleware {
        let middleware = self.middleware().outermost().identity(identity);
        ClientBuilder::new(client).with(middleware).build()
    }

    /// Puts these policies around the client that a builder makes, and makes visible what reqwest does out of sight.
    ///
    /// It **replaces the builder's redirect and retry policies**, whatever they are. Everything else about the client
    /// stays as it is, and so does everything that a server sees, but for credentials (below).
    ///
    /// * reqwest sends a request again, up to twice, when an HTTP/2 server says that it did not process it (`GOAWAY`,
    ///   `REFUSED_STREAM`). This is done here instead: still at once, outside of the policy's attempts and its budget,
    ///   and the record shows it: `1 attempt in 20 ms: 200 (resent 1x)`. Retries that the builder configures
    ///   (`ClientBuilder::retry`) are switched off, since they multiply with those of the policies.
    /// * Redirects are followed here, as [`redirects`](crate::PoliciesBuilder::redirects) says, inside of an attempt and
    ///   of its timeout. The record shows how many, and no outcome behind a redirect is taken for proof that the first
    ///   request was not processed.
    ///
    /// Two rules about credentials are stricter than reqwest's. One that was removed for another origin is not sent to that
    /// origin's next redirect either. And all
    /// [`CREDENTIAL_HEADERS`](steadfast_core::credential::CREDENTIAL_HEADERS) stay behind like `Authorization`, `X-Api-Key`
    /// among them.
    ///
    /// Middlewares that are added to the returned client run once per hop, at other origins, too: one that adds
    /// credentials has to look at the host.
    ///
    /// ```
    /// use steadfast::Policies;
    /// use steadfast::policy::Redirects;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policies = Policies::builder().redirects(Redirects::same_origin()).build()?;
    /// let client = policies.wrap_builder(reqwest::Client::builder().user_agent("shop/1.0"))?;
    /// # drop(client);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of `reqwest::ClientBuilder::build`.
    pub fn wrap_builder(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> reqwest::Result<ClientWithMiddleware> {
        let (builder, redirects) = redirect::take_over(builder, self.redirects());
        let middleware = self.middleware().outermost().following(redirects);
        Ok(ClientBuilder::new(builder.build()?)
            .with(middleware)
            .build())
    }
}
