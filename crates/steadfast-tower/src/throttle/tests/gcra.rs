//! Core's cells and governor's are the same.

use proptest::prelude::*;
use steadfast_core::Rate;
use steadfast_core::lane::Gcra;

use super::*;

proptest! {
    /// Core's own are for rates that change; with one fixed rate both decide alike, to the nanosecond.
    #[test]
    fn core_decides_as_governor_does(
        interval in 1_u64..1_000_000_000,
        burst in 1_u32..20,
        steps in prop::collection::vec(prop_oneof![Just(None), (0_u64..2_000_000_000).prop_map(Some)], 1..100),
    ) {
        in_paused_time(async {
            let interval = Duration::from_nanos(interval);
            let rate = Rate::per(1, interval).burst(burst);
            let line = Client::new(&Policy::standard().rate_limit(rate), &Server::patient()).line();
            let mut gcra = Gcra::default();
            for pause in steps {
                let pause = match pause {
                    Some(pause) => Duration::from_nanos(pause),
                    // Until the next one may go, and not a nanosecond longer.
                    None => gcra.earliest(interval, burst, clock::now()) - clock::now(),
                };
                tokio::time::advance(pause).await;
                let now = clock::now();
                let at = gcra.earliest(interval, burst, now);
                match line.turnstile.take(1) {
                    Ok(()) => {
                        assert_eq!(at, now);
                        gcra.take(interval, now);
                    }
                    Err(when) => assert_eq!(when, at),
                }
            }
        });
    }
}
