//! Stacks of tower layers over a service of `http::Request`.

use std::fmt::Debug;
use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, header};
use steadfast_core::Policy;
use steadfast_tower::{CloneReplay, Entry, Scope};
use tower::{Service, ServiceExt};

use crate::row::{Calls, finish};
use crate::terminal::Terminal;

type Stack = (&'static str, &'static str, fn(Terminal) -> Calls);

/// Names, what each is compared with, and how it is built.
pub const STACKS: &[Stack] = &[
    ("tower-terminal", "tower-terminal", calls),
    ("steadfast-tower", "tower-terminal", ours),
    #[cfg(feature = "peer-tower-retry")]
    ("tower-retry+budget", "tower-terminal", peers::retry_budget),
];

/// The whole stack, as it ships, on the standard policy.
fn ours(terminal: Terminal) -> Calls {
    let scope = Scope::new(&Policy::standard()).expect("the standard policy is valid");
    let stack = steadfast_tower::stack(
        CloneReplay,
        &steadfast_tower::Own::<steadfast_tower::NoLayer>::default(),
        terminal,
    );
    calls(Entry::new(Arc::new(scope), stack))
}

/// The calls that each row makes: one request, made once, cloned for each call.
fn calls<S>(mut service: S) -> Calls
where
    S: Service<Request<Bytes>> + 'static,
    S::Error: Debug,
{
    let request = request();
    Box::new(move |count| {
        for _ in 0..count {
            let request = request.clone();
            let called = async { service.ready().await?.call(request).await };
            let response = finish(called).expect("the terminal always answers");
            drop(black_box(response));
        }
    })
}

/// The request of every call.
pub(crate) fn request() -> Request<Bytes> {
    Request::get("https://api.example.com/v1/users/42")
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, "Bearer 0123456789abcdef")
        .header(header::USER_AGENT, "overhead/1.0")
        .body(Bytes::new())
        .expect("a valid request")
}

#[cfg(feature = "peer-tower-retry")]
mod peers {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::sync::Arc;
    use std::time::Duration;

    use http::Response;
    use http_body_util::Full;
    use tower::retry::budget::{Budget, TpsBudget};
    use tower::retry::{Policy, Retry};

    use super::{Bytes, Calls, Request, Terminal, calls};

    pub(super) fn retry_budget(terminal: Terminal) -> Calls {
        let budget = Arc::new(TpsBudget::new(Duration::from_secs(10), 10, 0.1));
        calls(Retry::new(Attempts { left: 2, budget }, terminal))
    }

    /// The policy that tower's documentation leads to: server errors, a few times, within a budget.
    #[derive(Clone)]
    struct Attempts {
        left: usize,
        budget: Arc<TpsBudget>,
    }

    impl Policy<Request<Bytes>, Response<Full<Bytes>>, Infallible> for Attempts {
        type Future = Ready<()>;

        fn retry(
            &mut self,
            _: &mut Request<Bytes>,
            result: &mut Result<Response<Full<Bytes>>, Infallible>,
        ) -> Option<Ready<()>> {
            if matches!(result, Ok(response) if !response.status().is_server_error()) {
                self.budget.deposit();
                return None;
            }
            self.left = self.left.checked_sub(1)?;
            self.budget.withdraw().then(|| ready(()))
        }

        fn clone_request(&mut self, request: &Request<Bytes>) -> Option<Request<Bytes>> {
            Some(request.clone())
        }
    }
}
