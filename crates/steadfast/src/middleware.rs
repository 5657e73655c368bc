//! [`SteadfastMiddleware`]: the standard stack in a reqwest-middleware chain.

use std::sync::Mutex;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use steadfast_tower::{AsItSays, Call, Context, stack};
use tower_service::Service;

use crate::bridge::{Attempts, NextService, hand_back};
use crate::error;
use crate::nesting;
use crate::options::{CallOptions, RecordSlot};
use crate::policies::Policies;

/// The policies of a [`Policies`] as a middleware. Made by [`Policies::middleware`].
///
/// Put twice into one chain, the outer one is in charge and the inner one passes calls through.
#[derive(Clone, Debug)]
pub struct SteadfastMiddleware {
    policies: Policies,
}

impl SteadfastMiddleware {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self { policies }
    }
}

#[async_trait::async_trait]
impl Middleware for SteadfastMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if nesting::is_inside(extensions) {
            tracing::event!(
                target: "steadfast",
                tracing::Level::DEBUG,
                server.address = request.url().host_str(),
                steadfast.nested = true,
                "passed through: a steadfast middleware further out is in charge of this call",
            );
            return next.run(request, extensions).await;
        }
        let options = extensions.get::<CallOptions>();
        let slot = extensions.get::<RecordSlot>().cloned();
        let mut context = Context::default();
        let mut source = None;
        if let Some(options) = options {
            options.overlay().check().map_err(error::invalid_call)?;
            context.overlay = Some(options.shared_overlay());
            source = options.replay_source();
        }
        let scope = self.policies.scope(&request, context.overlay.as_deref());
        // For the error of a limit, and only where there is one.
        let limited = scope.may_refuse() || context.overlay.is_some();
        let url = limited.then(|| Box::new(request.url().clone()));
        let mut call = Call::with_context(request, context);
        call.source = source;
        let (start, last) = (extensions.clone(), Mutex::new(None));
        let result = {
            let attempts = Attempts::new(extensions, &start, &last);
            let mut service = stack(&&*scope, AsItSays, NextService::new(next, &attempts));
            // The stack is ready at once: its retry layer asks what is below before each attempt.
            service.call(call).await
        };
        hand_back(extensions, last);
        match result {
            Ok(reply) => {
                if let Some(slot) = slot {
                    slot.fill(reply.record.clone());
                }
                Ok(reply.into_response())
            }
            Err(failure) => {
                if let Some(slot) = &slot {
                    slot.fill(failure.record.clone());
                }
                Err(error::from_failure(failure, url.map(|url| *url)))
            }
        }
    }
}
