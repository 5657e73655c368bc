//! The hold itself: on a quiet machine the exchanges of `tests/virtual_time.rs` pass without one.
#![expect(clippy::disallowed_methods, reason = "tests read clocks")]

use std::time::{Duration, Instant as RealInstant};

use tokio::time::{Instant, sleep};

use super::{Busy, virtual_time};

/// The real time that `sleep` takes while a connection is in some state.
fn real_time_of_an_hour(prepare: impl FnOnce(&mut Busy)) -> Duration {
    virtual_time().block_on(async {
        let mut busy = Busy::here();
        prepare(&mut busy);
        let (start, real) = (Instant::now(), RealInstant::now());
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
        real.elapsed()
    })
}

#[test]
fn the_clock_moves_only_after_the_runtime_was_quiet() {
    assert!(real_time_of_an_hour(|_| ()) >= Duration::from_micros(300));
}

#[test]
fn an_exchange_under_way_holds_the_clock_until_it_counts_as_stalled() {
    assert!(real_time_of_an_hour(Busy::touch) >= Duration::from_millis(50));
}

#[test]
fn a_connection_at_rest_or_gone_does_not_hold_the_clock() {
    virtual_time().block_on(async {
        let (mut busy, mut other) = (Busy::here(), Busy::here());
        busy.touch();
        busy.touch();
        other.touch();
        assert_eq!(busy.under_way(), 2);
        busy.rest();
        busy.rest();
        assert_eq!(busy.under_way(), 1);
        drop(other);
        assert_eq!(busy.under_way(), 0);
    });
}

#[test]
fn a_stalled_exchange_holds_again_when_it_moves() {
    virtual_time().block_on(async {
        let mut busy = Busy::here();
        for _ in 0..3 {
            busy.touch();
            let real = RealInstant::now();
            sleep(Duration::from_secs(1)).await;
            assert!(real.elapsed() >= Duration::from_millis(50));
        }
    });
}

#[test]
fn elsewhere_a_connection_holds_nothing() {
    let mut busy = Busy::here();
    busy.touch();
    busy.rest();
}
