//! What a retry costs.

use super::*;

fn payment(step: Step) -> Payment {
    match step {
        Step::Again { payment, .. } => payment,
        Step::Return(stop) => panic!("returned: {stop}"),
    }
}

#[test]
fn an_empty_budget_stops_before_the_wait_and_takes_nothing() {
    let mut call = Call::new(&Policy::standard());
    call.tokens = 0;
    assert_eq!(stop(call.status(503, &[])), Stop::Budget);
}

#[test]
fn a_retry_that_a_rate_paces_costs_no_token_after_a_429() {
    for (status, expected) in [(429, Payment::Free), (503, Payment::Paid(Price::Token))] {
        let mut call = Call::new(&Policy::standard());
        call.paced = true;
        assert_eq!(payment(call.status(status, &[])), expected, "{status}");
    }
}

#[test]
fn a_gate_shorter_than_the_backoff_makes_no_retry_free() {
    let policy = Policy::standard().throttled_backoff(Backoff::fixed(Duration::from_secs(1)));
    for (status, asked, expected) in [
        (429, "0", Payment::Paid(Price::Token)),
        (429, "1", Payment::Paid(Price::Token)),
        (429, "999", Payment::Paid(Price::Token)),
        (429, "1000", Payment::Free),
        (503, "1000", Payment::Paid(Price::Token)),
    ] {
        let mut call = Call::new(&policy);
        call.closed = Some(Duration::from_millis(asked.parse().unwrap()));
        let step = call.status(status, &[("retry-after-ms", asked)]);
        assert_eq!(payment(step), expected, "{status} {asked}");
    }
    // A gate that our own schedule or the pace of a limit closes is as long as it has to be.
    let mut call = Call::new(&policy);
    call.closed = Some(Duration::from_millis(10));
    assert_eq!(payment(call.status(429, &[])), Payment::Free);
    call.closed = None;
    assert_eq!(payment(call.status(429, &[])), Payment::Paid(Price::Token));
}

#[test]
fn a_retry_after_a_refused_connection_costs_a_tenth() {
    for kind in FailureKind::ALL {
        let mut call = Call::new(&Policy::standard());
        let expected = match kind {
            FailureKind::Connect => Price::Tenth,
            _ => Price::Token,
        };
        if let Step::Again { payment, .. } = call.failure(*kind) {
            assert_eq!(payment, Payment::Paid(expected), "{kind}");
        }
    }
}

#[test]
fn a_patient_call_waits_for_the_budget_and_asks_within_a_second() {
    let mut call = Call::new(&Policy::patient());
    call.tokens = 0;
    assert_eq!(payment(call.status(502, &[])), Payment::Owed(Price::Token));
    let (now, second) = (call.now, Duration::from_secs(1));
    for (affords_in, longest) in [
        (None, second),
        (Some(5 * second), second),
        (Some(second / 10), second / 10),
        (Some(Duration::ZERO), second / 1000),
    ] {
        let at = call.limits.ask_again(now, affords_in, &mut call.rng);
        let pause = at.unwrap() - now;
        assert!((longest / 2..=longest).contains(&pause), "{pause:?}");
    }
    let late = now + Duration::from_secs(3600);
    assert_eq!(call.limits.ask_again(late, None, &mut call.rng), None);
}
