//! [`SteadfastMiddleware`]: the standard stack in a reqwest-middleware chain.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use steadfast_core::{InvalidPolicy, Record};
use steadfast_tower::redirect::{Redirect, RedirectLayer};
use steadfast_tower::{Call, CloneReplay, Context, Failure, Own, ReplaySource, Reply, stack};
use tower_service::Service;

use crate::bridge::{Attempts, NextService, return_last};
use crate::error;
use crate::nesting::{self, Marked};
use crate::options::{CallOptions, RecordSlot};
use crate::own_layers::Places;
use crate::policies::Policies;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The policies of a [`Policies`] as a middleware. Made by [`Policies::middleware`].
///
/// Put twice into one chain, the outer one is in charge and the inner one passes calls through.
#[derive(Clone, Debug)]
pub struct SteadfastMiddleware {
    policies: Policies,
    identity: Option<Arc<str>>,
    /// It is the first of its chain, so what is marked is another chain's call.
    is_outermost: bool,
    /// How redirects are followed, if the client leaves that to us.
    redirects: Option<RedirectLayer>,
}

impl SteadfastMiddleware {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self {
            policies,
            identity: None,
            is_outermost: false,
            redirects: None,
        }
    }

    /// For a client that leaves redirects to this layer.
    pub(crate) fn following(self, redirects: RedirectLayer) -> Self {
        #[cfg(feature = "throttle")]
        let redirects = {
            let policies = self.policies.clone();
            redirects.on_arrival(move |request, response| {
                let scope = policies.endpoint_scope(request, None);
                steadfast_tower::throttle::teach(&scope, request, response);
            })
        };
        let redirects = Some(redirects);
        Self { redirects, ..self }
    }

    /// Says that this is the first middleware of its client. Then a request that another middleware sends through this client
    /// with the extensions of its own caller, for a token, is a call of its own: it is retried, and the caller's options do not
    /// hold for it. Clients of [`Policies::wrap`] and similar functions have this. Without it such a request is passed through, as in a
    /// chain with two steadfast middlewares.
    #[must_use]
    pub fn outermost(self) -> Self {
        let is_outermost = true;
        Self {
            is_outermost,
            ..self
        }
    }

    /// For whom the calls of this client are made, where a call does not say otherwise: for clients whose credential is a
    /// default header, or is attached further in. It is shown in spans, so give a name, never a credential.
    #[must_use]
    pub fn identity(self, identity: impl Into<Arc<str>>) -> Self {
        Self {
            identity: Some(identity.into()),
            ..self
        }
    }

    /// What the layers know of a call, and how its request can be made again.
    fn begin(
        &self,
        request: &Request,
        options: Option<&CallOptions>,
    ) -> Result<Begun, InvalidPolicy> {
        let overlay = options.map(CallOptions::overlay);
        let named = options.and_then(CallOptions::policy_name);
        let identity = overlay
            .and_then(|overlay| overlay.identity_value())
            .or(self.identity.as_ref());
        let checked = overlay.map_or(Ok(()), steadfast_core::Overlay::check);
        let scope = checked.and_then(|()| self.policies.scope(request, identity, named))?;
        let mut context = Context::new(scope, overlay);
        context.redirects_seen = self.redirects.is_some();
        let source = options.and_then(CallOptions::replay_source);
        Ok((context, source))
    }
}

type Begun = (Context, Option<ReplaySource<Request>>);

impl Middleware for SteadfastMiddleware {
    /// By hand rather than by `async_trait`: the future holds the request once.
    fn handle<'a, 'b, 'c, 'f>(
        &'a self,
        request: Request,
        extensions: &'b mut Extensions,
        next: Next<'c>,
    ) -> BoxFuture<'f, reqwest_middleware::Result<Response>>
    where
        'a: 'f,
        'b: 'f,
        'c: 'f,
        Self: 'f,
    {
        let is_inside = nesting::is_inside(extensions);
        if is_inside && !self.is_outermost {
            return Box::pin(async move {
                pass_through(self.redirects.as_ref(), request, extensions, next).await
            });
        }
        // Options and markers of another chain's call belong to that call.
        let options = match is_inside {
            true => None,
            false => extensions.get::<CallOptions>(),
        };
        let request = Box::new(request);
        let call = match self.begin(&request, options) {
            Ok((context, source)) => Call::boxed(request, context).replayed_by(source),
            Err(mistake) => {
                if let Some(slot) = extensions.get::<RecordSlot>() {
                    slot.fill(Record::unsent());
                }
                let error = error::invalid_call(mistake, request.url().clone());
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        Box::pin(async move {
            // For the error of a limit that cuts; one that refuses knows the request.
            let terms = call.context.terms();
            let may_cut = terms.attempt_timeout.is_some() || terms.deadline.is_some();
            let url = may_cut.then(|| Box::new(call.request.url().clone()));
            let (start, last) = (extensions.clone(), Mutex::new(None));
            let result = {
                let marked = Marked::new(extensions);
                let attempts = Attempts::new(marked.extensions, &start, &last, true);
                let next = NextService::new(next, &attempts);
                // The stack is ready at once: its retry layer asks what is below before each attempt.
                match (self.policies.own_layers(), &self.redirects) {
                    (own, None) if own.is_empty() => {
                        let own: Own = Own::default();
                        // Pinned where it is made: it has half a kilobyte, which `.await` would move.
                        let call = std::pin::pin!(stack(CloneReplay, &own, next).call(call));
                        call.await
                    }
                    (own, redirects) if own.is_empty() => {
                        following(Redirect::new(redirects.as_ref(), next), call).await
                    }
                    (own, redirects) => {
                        let next = Redirect::new(redirects.as_ref(), next);
                        layered(own, next, call).await
                    }
                }
            };
            return_last(extensions, last);
            told(extensions, &result);
            match result {
                Ok(reply) => Ok(reply.into_response()),
                Err(failure) => Err(error::from_failure(failure, url.map(|url| *url))),
            }
        })
    }
}

type Outcome = Result<Reply<Response>, Failure<reqwest_middleware::Error>>;

/// The call with the user's own layers. Boxed by itself: the compiler cannot tell within an async block that what borrows
/// layers and chain may be sent to another thread.
fn layered<'a>(
    own: &'a Places,
    next: Redirect<NextService<'a>>,
    call: Call<Request>,
) -> BoxFuture<'a, Outcome> {
    Box::pin(stack(CloneReplay, &own.borrow(), next).call(call))
}

/// The call with redirects that this client follows. Boxed by itself: every call of a client that does not would carry its
/// size, and go through one more layer.
fn following<'a>(next: Redirect<NextService<'a>>, call: Call<Request>) -> BoxFuture<'a, Outcome> {
    let own: Own = Own::default();
    Box::pin(stack(CloneReplay, &own, next).call(call))
}

/// Another steadfast middleware is in charge.
async fn pass_through(
    redirects: Option<&RedirectLayer>,
    request: Request,
    extensions: &mut Extensions,
    next: Next<'_>,
) -> reqwest_middleware::Result<Response> {
    tracing::event!(
        target: "steadfast",
        tracing::Level::DEBUG,
        server.address = request.url().host_str(),
        steadfast.nested = true,
        "passed through: a steadfast middleware further out is in charge of this call",
    );
    if redirects.is_none() {
        return next.run(request, extensions).await;
    }
    let (start, last) = (extensions.clone(), Mutex::new(None));
    let result = {
        let attempts = Attempts::new(extensions, &start, &last, false);
        let next = NextService::new(next, &attempts);
        Redirect::new(redirects, next).call(request).await
    };
    return_last(extensions, last);
    result.map_err(|hopped| hopped.error)
}

/// Leaves the record where [`send_recorded`](crate::RequestBuilderExt::send_recorded) looks for it.
fn told(extensions: &Extensions, result: &Outcome) {
    if let Some(slot) = extensions.get::<RecordSlot>() {
        slot.fill(match result {
            Ok(reply) => reply.report().record.clone(),
            Err(failure) => failure.report.record.clone(),
        });
    }
}
