//! The future: send, follow or send again, until there is nothing more to do.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use reqwest::{Request, Response};
use steadfast_core::redirect::Hops;
use tower_service::Service;

use crate::failure::Fault;
use crate::redirect::chain::Chain;
use crate::redirect::{Hopped, current};

pin_project! {
    /// The future of [`Redirect`](super::Redirect).
    #[must_use = "futures do nothing unless polled"]
    pub struct RedirectFuture<S: Service<Request>> {
        inner: S,
        // `None` when nothing can follow the first request.
        chain: Option<Box<Chain>>,
        #[pin]
        stage: Stage<S::Future>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<F> {
        /// The next request waits for the layer below to be ready.
        Ready,
        /// A request is under way.
        Sending { #[pin] future: F },
    }
}

impl<S: Service<Request>> RedirectFuture<S> {
    #[inline]
    pub(super) const fn new(inner: S, chain: Option<Box<Chain>>, future: S::Future) -> Self {
        let stage = Stage::Sending { future };
        Self {
            inner,
            chain,
            stage,
        }
    }
}

impl<S> Future for RedirectFuture<S>
where
    S: Service<Request, Response = Response>,
    S::Error: Fault,
{
    type Output = Result<Response, Hopped<S::Error>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.stage.as_mut().project() {
                StageProjection::Sending { future } => {
                    if this.chain.is_none() {
                        let error = |error| Hopped::new(error, Hops::NONE);
                        return future.poll(cx).map_err(error);
                    }
                    let result = ready!(current::lend(this.chain, || future.poll(cx)));
                    let Some(chain) = this.chain else {
                        return Poll::Ready(told(result, Hops::NONE));
                    };
                    let again = match &result {
                        Ok(response) => chain.follow(response),
                        Err(error) => error.is_unprocessed() && chain.resend(),
                    };
                    if !again {
                        if let Ok(response) = &result {
                            chain.arrived(response);
                        }
                        return Poll::Ready(told(result, chain.hops()));
                    }
                    Stage::Ready
                }
                StageProjection::Ready => {
                    let hops = this.chain.as_ref().map(|chain| chain.hops());
                    let ready = ready!(this.inner.poll_ready(cx));
                    if let Err(error) = ready {
                        let error = Hopped::new(error, hops.unwrap_or_default());
                        return Poll::Ready(Err(error));
                    }
                    // There is one whenever `follow` or `resend` said so.
                    let Some(request) = this.chain.as_mut().and_then(|chain| chain.request())
                    else {
                        return Poll::Pending;
                    };
                    let future = this.inner.call(request);
                    Stage::Sending { future }
                }
            };
            // What came back is dropped here, and with it whatever it holds of the layer below.
            this.stage.set(next);
        }
    }
}

/// Leaves the count where outer layers find it, if there is something to count.
fn told<E>(result: Result<Response, E>, hops: Hops) -> Result<Response, Hopped<E>> {
    let mut response = result.map_err(|error| Hopped::new(error, hops))?;
    if !hops.is_none() {
        response.extensions_mut().insert(hops);
    }
    Ok(response)
}

impl<S: Service<Request>> fmt::Debug for RedirectFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hops = self.chain.as_ref().map(|chain| chain.hops());
        f.debug_struct("RedirectFuture")
            .field("hops", &hops)
            .finish_non_exhaustive()
    }
}
