//! The real clock.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

/// A multi-threaded runtime on the real clock.
///
/// For tests of arrival times only, with waits of milliseconds; everything else belongs into
/// [`virtual_time`](crate::virtual_time()).
#[derive(Debug)]
pub struct RealTime {
    runtime: Runtime,
}

/// A [`RealTime`] runtime with two workers.
///
/// # Panics
/// When the system gives no threads.
///
/// ```
/// use steadfast_testkit::{Server, real_time};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// real_time().block_on(async {
///     let server = Server::start(204).await;
///     assert_eq!(reqwest::get(server.url("/")).await?.status(), 204);
///     Ok(())
/// })
/// # }
/// ```
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a test cannot go on without a runtime; documented"
)]
pub fn real_time() -> RealTime {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    RealTime {
        runtime: runtime.expect("a runtime"),
    }
}

impl RealTime {
    /// Runs a future to its end.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}
