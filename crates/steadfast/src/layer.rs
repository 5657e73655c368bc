//! [`SteadfastLayer`]: the standard stack as a tower layer.

use std::sync::Arc;
use std::task::{Context, Poll};

use steadfast_tower::{
    AsItSays, BodyError, Entry, EntryFuture, Failure, Fault, HttpRequest, IntoWhole, Replay, Stack,
    WholeResponse, stack,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::policies::Policies;

/// The policies of a [`Policies`] as a tower layer. Made by [`Policies::layer`].
///
/// It stands over a service of `reqwest::Request` (a `reqwest::Client`) or of `http::Request<B>` whose body is whole in
/// memory. Responses of the latter come with the body [`Whole<B>`](steadfast_tower::buffer::Whole); a response that was
/// not accepted at the first attempt carries its [`Record`](crate::Record) in its extensions. For one call, an
/// `Arc<Overlay>` in the extensions of an `http::Request` says what differs.
#[derive(Clone, Debug)]
pub struct SteadfastLayer {
    policies: Policies,
    identity: Option<Arc<str>>,
}

/// The service that [`SteadfastLayer`] makes.
#[derive(Clone, Debug)]
pub struct Steadfast<S> {
    policies: Policies,
    identity: Option<Arc<str>>,
    inner: S,
}

impl SteadfastLayer {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self {
            policies,
            identity: None,
        }
    }

    /// For whom the calls of this service are made, where a call does not say otherwise. It is shown in spans, so give a
    /// name, never a credential.
    #[must_use]
    pub fn identity(self, identity: impl Into<Arc<str>>) -> Self {
        Self {
            identity: Some(identity.into()),
            ..self
        }
    }
}

impl<S> Layer<S> for SteadfastLayer {
    type Service = Steadfast<S>;

    fn layer(&self, inner: S) -> Steadfast<S> {
        Steadfast {
            policies: self.policies.clone(),
            identity: self.identity.clone(),
            inner,
        }
    }
}

type Full<S> = Entry<Stack<AsItSays, S>>;

impl<S, R, Res, E> Service<R> for Steadfast<S>
where
    R: HttpRequest + Replay,
    S: Service<R> + Clone,
    S::Response: IntoWhole<Whole = Res>,
    S::Error: Fault<Inner = E>,
    Res: WholeResponse,
    E: Fault<Inner = E> + From<BodyError<Res>>,
{
    type Response = Res;
    type Error = Failure<E>;
    type Future = EntryFuture<<Stack<AsItSays, S> as Service<steadfast_tower::Call<R>>>::Future, E>;

    /// Ready at once: the service below is asked before each attempt.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let overlay = request.overlay();
        let identity = overlay
            .as_deref()
            .and_then(|overlay| overlay.identity_value())
            .or(self.identity.as_ref());
        let scope = self.policies.endpoint_scope(&request, identity);
        let mut service: Full<S> = Entry::new(scope, stack(AsItSays, self.inner.clone()));
        service.call(request)
    }
}
