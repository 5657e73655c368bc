//! The same on a real socket, by two clocks that do not know each other: the one test here that takes real time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use steadfast::policy::Pacing;
use steadfast::{Policy, Rate};
use steadfast_testkit::{Received, Server, Step};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::common::client;
use super::{MS, SECOND, status};

const PER_SECOND: u32 = 200;
const BURST: u32 = 5;
const CALLS: u32 = 600;
const TASKS: u32 = 20;

/// A token bucket by the times at which requests were read. It holds one token more than it should: the first request
/// may be a few milliseconds longer on its way than those after it, and a bucket that is full meanwhile loses what
/// flows in.
fn bucket() -> Step {
    let state = Mutex::new((f64::from(BURST + 1), None));
    Step::dynamic(move |request: &Received| {
        let mut state = state.lock().unwrap();
        let passed = state.1.map_or(Duration::ZERO, |last| request.at - last);
        let came = passed.as_secs_f64() * f64::from(PER_SECOND);
        let tokens = (state.0 + came).min(f64::from(BURST + 1));
        let accepted = tokens >= 1.0;
        *state = (tokens - f64::from(u8::from(accepted)), Some(request.at));
        if accepted { 200 } else { 429 }
    })
}

/// How many tokens came while this thread stood still for longer than the spare token takes, which a busy machine lets
/// it do: what was paid before and read after such a pause meets a bucket that overflowed meanwhile.
async fn lost_to_pauses(lost: Arc<AtomicU32>) {
    let mut last = now();
    loop {
        sleep(MS).await;
        let pause = now() - last;
        if pause > SECOND / PER_SECOND {
            let tokens = pause.as_secs_f64() * f64::from(PER_SECOND);
            lost.fetch_add(tokens.ceil() as u32, Ordering::Relaxed);
        }
        last = now();
    }
}

#[expect(clippy::disallowed_methods, reason = "real time")]
fn now() -> Instant {
    Instant::now()
}

/// Client and server share a thread, so that a pause of one is seen by the other.
#[tokio::test]
async fn on_a_real_socket_a_rate_that_is_the_servers_own_is_refused_once_in_a_thousand_at_most() {
    let lost = Arc::new(AtomicU32::new(0));
    let watch = tokio::spawn(lost_to_pauses(Arc::clone(&lost)));
    let server = Server::start(bucket()).await;
    let rate = Rate::per_second(PER_SECOND).burst(BURST);
    // Nothing but the rate: what is learned from a refusal would hide that it is wrong.
    let policy = Policy::standard().pacing(Pacing::Off).without_gate();
    let client = client(policy.rate_limit(rate));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (client, url) = (client.clone(), server.url("/"));
        tasks.spawn(async move {
            for _ in 0..CALLS / TASKS {
                assert_eq!(status(&client, &url).await, 200);
            }
        });
    }
    tasks.join_all().await;
    watch.abort();
    let refused = server.requests() - CALLS as usize;
    let lost = lost.load(Ordering::Relaxed);
    let most = (CALLS / 1000 + lost) as usize;
    assert!(refused <= most, "{refused} were refused, {lost} by pauses");
}
