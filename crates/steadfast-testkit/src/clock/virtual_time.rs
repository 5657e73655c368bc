//! The runtime whose clock a [`Pacer`] moves.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::pacer::Pacer;

/// A current-thread runtime whose clock stands still while bytes travel and jumps while everything waits.
///
/// Under tokio's paused clock a test with sockets meets timeouts that never happened: the clock
/// jumps to the next timer whenever no task is ready, and tokio cannot see the bytes that are on
/// their way through the kernel. Here the clock is held by default, and let go for a single jump
/// at a time, when
/// - nothing has stirred on the runtime for a third of a millisecond of real time, and
/// - what its sockets sent has arrived, and
/// - no [`Server`](crate::Server) on it is in the middle of an exchange: between accepting a
///   connection and the first byte, or from the first byte of a request to the last byte of its
///   answer, the waits of its step excepted. With an answer over 16 KiB the exchange lasts until
///   the next request on the connection, since such an answer leaves long after it was written. A
///   client that stops reading or writing midway would hold the clock for ever, so after 50 ms of
///   real time in which the server had nothing to do it counts as waiting.
///
/// A jump costs about half a millisecond of real time (after a long answer 50 ms), so that a test
/// may wait for some thousands of timers. Time that passes is exact to tokio's timer resolution of
/// 1 ms; exchanges themselves take none.
///
/// Client and server must both be on this runtime: started inside
/// [`block_on`](VirtualTime::block_on), or spawned from there. Bytes that another thread or process
/// has yet to send are waited for only as far as the rules above go. Addresses should be literal
/// (`127.0.0.1`, as in [`Server::url`](crate::Server::url)).
#[derive(Debug)]
pub struct VirtualTime {
    pacer: Arc<Pacer>,
    // Dropped after `VirtualTime::drop` has told the pacer's thread to end: a runtime waits for it.
    runtime: Runtime,
}

/// A [`VirtualTime`] runtime.
///
/// # Panics
/// When the system gives no runtime (out of descriptors).
///
/// ```
/// use std::time::Duration;
/// use steadfast_testkit::{Server, StatusExt, virtual_time};
/// use tokio::time::Instant;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// virtual_time().block_on(async {
///     let server = Server::start(200.delay(Duration::from_secs(3600))).await;
///     let start = Instant::now();
///     assert_eq!(reqwest::get(server.url("/")).await?.status(), 200);
///     assert_eq!(start.elapsed().as_secs(), 3600);
///     Ok(())
/// })
/// # }
/// ```
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a test cannot go on without a runtime; documented"
)]
pub fn virtual_time() -> VirtualTime {
    let pacer = Arc::new(Pacer::default());
    let (parking, unparked) = (Arc::clone(&pacer), Arc::clone(&pacer));
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(move || parking.parking())
        .on_thread_unpark(move || unparked.unparked())
        .build()
        .expect("a runtime");
    VirtualTime { pacer, runtime }
}

impl VirtualTime {
    /// Runs a future to its end on this clock.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _here = Pacer::enter(&self.pacer, self.runtime.handle());
        self.runtime.block_on(future)
    }
}

impl Drop for VirtualTime {
    fn drop(&mut self) {
        self.pacer.stop();
    }
}
