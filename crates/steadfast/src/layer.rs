//! [`SteadfastLayer`]: the standard stack as a tower layer.

use std::sync::Arc;
use std::task::{Context, Poll};

use steadfast_tower::{
    Attempt, BodyError, Call, CloneReplay, Entry, EntryFuture, Failure, Fault, HttpRequest,
    IntoPeeked, NoLayer, Own, OwnLayer, PeekedResponse, Replay, Reply, Retried, Scope, Stack,
    stack,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::policies::Policies;

/// The policies of a [`Policies`] as a tower layer. Made by [`Policies::layer`].
///
/// It stands over a service of `reqwest::Request` (a `reqwest::Client`) or of `http::Request<B>` whose body is whole in
/// memory. Responses of the latter come with the body [`PeekedBody<B>`](steadfast_tower::buffer::PeekedBody); a response that was
/// not accepted at the first attempt carries its [`Record`](crate::Record) in its extensions. For one call, an
/// `Arc<Overlay>` in the extensions of an `http::Request` says what differs.
///
/// Calls share budgets, limits and quotas by the host of their URI. Of a URI without one (`GET /items`), the header `Host`
/// counts. A call that names no host shares nothing with others, so no limit counts several of them together.
#[derive(Clone, Debug)]
pub struct SteadfastLayer {
    shared: Shared,
}

/// A [`SteadfastLayer`] with layers of the user's own in it.
#[derive(Clone, Debug)]
pub struct SteadfastLayerWith<C, A> {
    shared: Shared,
    own: Own<C, A>,
}

/// The service that [`SteadfastLayer`] makes.
#[derive(Clone, Debug)]
pub struct Steadfast<S> {
    shared: Shared,
    inner: S,
}

/// The service that [`SteadfastLayerWith`] makes.
#[derive(Clone, Debug)]
pub struct SteadfastWith<S, C, A> {
    shared: Shared,
    own: Own<C, A>,
    inner: S,
}

/// What the services of one layer share.
#[derive(Clone, Debug)]
struct Shared {
    policies: Policies,
    identity: Option<Arc<str>>,
}

impl Shared {
    fn scope<R: HttpRequest>(&self, request: &R) -> Arc<Scope> {
        let overlay = request.overlay();
        let own = overlay.as_deref();
        let own = own.and_then(|overlay| overlay.identity_value());
        let identity = own.or(self.identity.as_ref());
        self.policies.endpoint_scope(request, identity)
    }
}

impl SteadfastLayer {
    pub(crate) const fn new(policies: Policies) -> Self {
        Self {
            shared: Shared {
                policies,
                identity: None,
            },
        }
    }

    /// For whom the calls of this service are made, where a call does not say otherwise. It is shown in spans, so give a
    /// name, never a credential.
    #[must_use]
    pub fn identity(mut self, identity: impl Into<Arc<str>>) -> Self {
        self.shared.identity = Some(identity.into());
        self
    }

    /// With a layer of your own around each call: see
    /// [`PoliciesBuilder::around_call`](crate::PoliciesBuilder::around_call). It stands over a service of the same
    /// requests and responses, whose error is a boxed one.
    #[must_use]
    pub fn around_call<L>(self, layer: L) -> SteadfastLayerWith<OwnLayer<L>, NoLayer> {
        let own = Own {
            around_call: OwnLayer(layer),
            around_attempt: NoLayer,
        };
        let shared = self.shared;
        SteadfastLayerWith { shared, own }
    }

    /// With a layer of your own around each attempt: see
    /// [`PoliciesBuilder::around_attempt`](crate::PoliciesBuilder::around_attempt).
    #[must_use]
    pub fn around_attempt<L>(self, layer: L) -> SteadfastLayerWith<NoLayer, OwnLayer<L>> {
        let own = Own {
            around_call: NoLayer,
            around_attempt: OwnLayer(layer),
        };
        let shared = self.shared;
        SteadfastLayerWith { shared, own }
    }
}

impl<C, A> SteadfastLayerWith<C, A> {
    /// Another layer around each call, in the place of the one that was given before.
    #[must_use]
    pub fn around_call<L>(self, layer: L) -> SteadfastLayerWith<OwnLayer<L>, A> {
        let own = Own {
            around_call: OwnLayer(layer),
            around_attempt: self.own.around_attempt,
        };
        let shared = self.shared;
        SteadfastLayerWith { shared, own }
    }

    /// Another layer around each attempt, in the place of the one that was given before.
    #[must_use]
    pub fn around_attempt<L>(self, layer: L) -> SteadfastLayerWith<C, OwnLayer<L>> {
        let own = Own {
            around_call: self.own.around_call,
            around_attempt: OwnLayer(layer),
        };
        let shared = self.shared;
        SteadfastLayerWith { shared, own }
    }
}

impl<S> Layer<S> for SteadfastLayer {
    type Service = Steadfast<S>;

    fn layer(&self, inner: S) -> Steadfast<S> {
        let shared = self.shared.clone();
        Steadfast { shared, inner }
    }
}

impl<S, C: Clone, A: Clone> Layer<S> for SteadfastLayerWith<C, A> {
    type Service = SteadfastWith<S, C, A>;

    fn layer(&self, inner: S) -> SteadfastWith<S, C, A> {
        SteadfastWith {
            shared: self.shared.clone(),
            own: self.own.clone(),
            inner,
        }
    }
}

type Plain<S> = Stack<CloneReplay, NoLayer, NoLayer, S>;

impl<S, R, Res, E> Service<R> for Steadfast<S>
where
    R: HttpRequest + Replay,
    S: Service<R> + Clone,
    S::Response: IntoPeeked<Peeked = Res>,
    S::Error: Fault<Inner = E>,
    Res: PeekedResponse,
    E: Fault<Inner = E> + From<BodyError<Res>>,
{
    type Response = Res;
    type Error = Failure<E>;
    type Future = EntryFuture<<Plain<S> as Service<Call<R>>>::Future, E>;

    /// Ready at once: the service below is asked before each attempt.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let own: Own = Own::default();
        let stack: Plain<S> = stack(CloneReplay, &own, self.inner.clone());
        Entry::new(self.shared.scope(&request), stack).call(request)
    }
}

impl<S, C, A, R, Res, E> Service<R> for SteadfastWith<S, C, A>
where
    R: HttpRequest,
    S: Clone,
    Res: PeekedResponse,
    A: Layer<Attempt<S>>,
    C: Layer<Retried<CloneReplay, A, S>>,
    Stack<CloneReplay, C, A, S>: Service<Call<R>, Response = Reply<Res>, Error = Failure<E>>,
{
    type Response = Res;
    type Error = Failure<E>;
    type Future = EntryFuture<<Stack<CloneReplay, C, A, S> as Service<Call<R>>>::Future, E>;

    /// Ready at once: the service below is asked before each attempt.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let stack = stack(CloneReplay, &self.own, self.inner.clone());
        Entry::new(self.shared.scope(&request), stack).call(request)
    }
}
