//! A retry that a limit of this client refuses.

use super::*;
use crate::refusal::Refusal;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_retry_that_was_refused_in_its_queue_is_no_attempt_and_its_time_counts() {
    let mut call = Call::new(&Policy::standard());
    let wait = again(call.status(503, &[]));
    let judged = Judged::accepted(StatusCode::SERVICE_UNAVAILABLE);
    let (now, hops) = (call.now, crate::redirect::Hops::NONE);
    call.progress
        .note(now, &judged, Some(wait), SECOND, hops, Default::default);
    let refusal = Refusal::RateLimited { wait: SECOND };
    call.progress.on_send(call.now);
    call.progress.note_unsent(3 * SECOND);
    assert_eq!(call.progress.sent(), 1);
    let record = call.progress.finish(call.now, Stop::Refused(refusal), None);
    assert_eq!((record.attempt_count(), record.queued()), (1, 4 * SECOND));
    assert_eq!(record.stop(), Stop::Refused(refusal));
    assert!(record.may_have_been_sent(), "{record}");
}
