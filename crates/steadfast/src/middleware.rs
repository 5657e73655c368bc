//! [`SteadfastMiddleware`]: the standard stack in a reqwest-middleware chain.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use steadfast_core::{InvalidPolicy, Record};
use steadfast_tower::{AsItSays, Call, Context, Failure, Reply, stack};
use tower_service::Service;

use crate::bridge::{Attempts, NextService, return_last};
use crate::error;
use crate::nesting;
use crate::options::{CallOptions, RecordSlot};
use crate::policies::Policies;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The policies of a [`Policies`] as a middleware. Made by [`Policies::middleware`].
///
/// Put twice into one chain, the outer one is in charge and the inner one passes calls through.
#[derive(Clone, Debug)]
pub struct SteadfastMiddleware {
    policies: Policies,
    identity: Option<Arc<str>>,
}

impl SteadfastMiddleware {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self {
            policies,
            identity: None,
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

    /// The call as the layers take it.
    fn begin(&self, request: Request, extensions: &Extensions) -> Result<Call<Request>, Invalid> {
        let options = extensions.get::<CallOptions>();
        let overlay = options.map(CallOptions::overlay);
        let named = options.and_then(CallOptions::policy_name);
        let identity = overlay
            .and_then(|overlay| overlay.identity_value())
            .or(self.identity.as_ref());
        let checked = overlay.map_or(Ok(()), steadfast_core::Overlay::check);
        let scope = checked.and_then(|()| self.policies.scope(&request, identity, named));
        match scope {
            Ok(scope) => {
                let context = Context::new(scope, overlay, request.headers());
                let source = options.and_then(CallOptions::replay_source);
                Ok(Call::new(request, context).replayed_by(source))
            }
            Err(mistake) => Err(Invalid(mistake, Box::new(request))),
        }
    }
}

/// What was said about a call makes no sense.
struct Invalid(InvalidPolicy, Box<Request>);

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
        if nesting::is_inside(extensions) {
            return Box::pin(async move { pass_through(request, extensions, next).await });
        }
        let call = match self.begin(request, extensions) {
            Ok(call) => call,
            Err(Invalid(mistake, request)) => {
                if let Some(slot) = extensions.get::<RecordSlot>() {
                    slot.fill(Record::unsent());
                }
                let error = error::invalid_call(mistake, request.url().clone());
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        Box::pin(async move {
            // For the error of a limit of ours.
            let url = Box::new(call.request.url().clone());
            let last = Mutex::new(None);
            let result = {
                let attempts = Attempts::new(extensions, &last, true);
                let next = NextService::new(next, &attempts);
                // The stack is ready at once: its retry layer asks what is below before each attempt.
                let mut service = stack(AsItSays, next);
                service.call(call).await
            };
            return_last(extensions, last);
            told(extensions, &result);
            match result {
                Ok(reply) => Ok(reply.into_response()),
                Err(failure) => Err(error::from_failure(failure, Some(*url))),
            }
        })
    }
}

/// Another steadfast middleware is in charge.
async fn pass_through(
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
    next.run(request, extensions).await
}

/// Leaves the record where [`send_recorded`](crate::RequestBuilderExt::send_recorded) looks for it.
fn told<Res, E>(extensions: &Extensions, result: &Result<Reply<Res>, Failure<E>>) {
    if let Some(slot) = extensions.get::<RecordSlot>() {
        slot.fill(match result {
            Ok(reply) => reply.record.clone(),
            Err(failure) => failure.record.clone(),
        });
    }
}
