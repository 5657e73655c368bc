//! [`SteadfastMiddleware`]: the standard stack in a reqwest-middleware chain.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next};
use steadfast_core::{Overlay, Record};
use steadfast_tower::redirect::{Redirect, RedirectLayer};
use steadfast_tower::retry::Course;
use steadfast_tower::{AsItSays, Call, Context, Failure, ReplaySource, Reply, stack};
use tower_service::Service;

use crate::bridge::{Attempts, NextService, hand_back};
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
    /// How redirects are followed, if the client leaves that to us.
    redirects: Option<RedirectLayer>,
}

impl SteadfastMiddleware {
    pub(crate) const fn new(policies: Policies, redirects: Option<RedirectLayer>) -> Self {
        Self {
            policies,
            redirects,
        }
    }
}

/// By hand rather than by `async_trait`: the future holds the request once, and stays below the kilobyte up to which
/// allocators are at their best.
impl Middleware for SteadfastMiddleware {
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
            return Box::pin(async move {
                pass_through(self.redirects.as_ref(), request, extensions, next).await
            });
        }
        let options = match Options::of(&request, extensions) {
            Ok(options) => options,
            Err(error) => {
                if let Some(slot) = extensions.get::<RecordSlot>() {
                    slot.fill(Record::unsent());
                }
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        let scope = match self
            .policies
            .scope(&request, options.overlay(), options.policy_name())
        {
            Ok(scope) => scope,
            Err(mistake) => {
                if let Some(slot) = extensions.get::<RecordSlot>() {
                    slot.fill(Record::unsent());
                }
                let error = error::invalid_call(mistake, request.url().clone());
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        // For the error of a limit, and only where there is one.
        let limited = scope.may_refuse() || options.overlay().is_some();
        let url = limited.then(|| Box::new(request.url().clone()));
        let (context, source) = options.told();
        let mut course = Course::new(&scope, Call::with_context(request, context), source);
        Box::pin(async move {
            let (start, last) = (extensions.clone(), Mutex::new(None));
            let result = {
                let attempts = Attempts::new(extensions, &start, &last);
                let next = NextService::new(next, &attempts);
                let next = Redirect::new(self.redirects.as_ref(), next);
                // The stack is ready at once: its retry layer asks what is below before each attempt.
                let future = {
                    let mut service = stack(&&*scope, AsItSays, next);
                    service.call(&mut course)
                };
                future.await
            };
            hand_back(extensions, last);
            told(extensions, &result);
            match result {
                Ok(reply) => Ok(reply.into_response()),
                Err(failure) => Err(error::from_failure(failure, url.map(|url| *url))),
            }
        })
    }
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
        let attempts = Attempts::passing(extensions, &start, &last);
        let next = NextService::new(next, &attempts);
        Redirect::new(redirects, next).call(request).await
    };
    hand_back(extensions, last);
    result.map_err(|hopped| hopped.error)
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

/// What the caller said about this call.
struct Options(Option<CallOptions>);

impl Options {
    fn of(request: &Request, extensions: &Extensions) -> reqwest_middleware::Result<Self> {
        let options = extensions.get::<CallOptions>().cloned();
        if let Some(options) = &options {
            let url = || request.url().clone();
            options
                .overlay()
                .check()
                .map_err(|mistake| error::invalid_call(mistake, url()))?;
        }
        Ok(Self(options))
    }

    fn overlay(&self) -> Option<&Overlay> {
        self.0.as_ref().map(CallOptions::overlay)
    }

    fn policy_name(&self) -> Option<&str> {
        self.0.as_ref().and_then(CallOptions::policy_name)
    }

    /// What the layers are told, and how the request is made again.
    fn told(&self) -> (Context, Option<ReplaySource<Request>>) {
        match &self.0 {
            None => (Context::default(), None),
            Some(options) => {
                let context = Context::with_overlay(options.shared_overlay());
                (context, options.replay_source())
            }
        }
    }
}
