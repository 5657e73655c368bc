//! Closed because a server said so, and opened to one first.

use super::*;
use crate::hint::LONGEST;
use crate::policy::Pacing;

/// Closed for a second by one refusal; another attempt was sent before that.
fn closed() -> (Scene, Ticket) {
    let mut scene = Scene::new();
    let (first, other) = (scene.send(), scene.send());
    scene.refuse(first, s(1));
    (scene, other)
}

#[test]
fn a_refusal_closes_it_for_all_until_the_time_that_was_asked() {
    let mut scene = Scene::new();
    let ticket = scene.send();
    let change = scene.refuse(ticket, s(7));
    let until = scene.now + s(7);
    assert_eq!(change.closed_until, Some(until));
    for wait in [ms(0), ms(6_999)] {
        scene.now = scene.start + wait;
        assert_eq!(scene.look(), Turn::At(until));
        assert_eq!(scene.pacer.view(scene.now).closed_until, Some(until));
        assert!(!scene.pacer.is_idle(scene.now, ms(0)));
    }
    scene.now = until;
    assert_eq!(scene.look(), Turn::Now);
    assert_eq!(scene.pacer.view(scene.now).closed_until, None);
    assert_eq!(scene.asked, [0; 0]);
}

#[test]
fn it_opens_to_one_and_the_others_follow_its_success() {
    let (mut scene, _) = closed();
    scene.wait(s(1));
    assert!(scene.pacer.is_probing());
    let probe = scene.send();
    assert!(matches!(scene.look(), Turn::AfterProbe(_)));
    assert!(scene.wait(ms(100)).pass(probe).stirs);
    assert!(!scene.pacer.is_probing());
    // The learned rate may space them, but nothing is closed.
    assert!(!matches!(scene.look(), Turn::AfterProbe(_)));
    assert!(scene.gap() <= s(2));
}

#[test]
fn refusals_in_a_row_ask_for_longer_backoffs_and_a_success_ends_the_row() {
    let mut scene = Scene::new();
    for _ in 0..3 {
        let ticket = scene.send();
        scene.refuse(ticket, None);
        scene.wait(s(1));
    }
    let ticket = scene.send();
    scene.pass(ticket);
    scene.wait(s(30));
    let ticket = scene.send();
    scene.refuse(ticket, None);
    assert_eq!(scene.asked, [1, 2, 3, 1]);
}

#[test]
fn refusals_of_the_same_crowd_count_once_and_the_longest_time_holds() {
    for (asked, until) in [(None, s(1)), (Some(ms(500)), s(1)), (Some(s(9)), s(9))] {
        let (mut scene, other) = closed();
        scene.refuse(other, asked);
        assert_eq!(scene.gap(), until, "{asked:?}");
        scene.now = scene.start + until;
        let probe = scene.send();
        scene.refuse(probe, None);
        assert_eq!(scene.asked, [2], "{asked:?}");
    }
}

#[test]
fn a_late_success_of_one_sent_before_does_not_open_it() {
    let (mut scene, other) = closed();
    scene.wait(s(1));
    scene.send();
    assert!(!scene.pass(other).stirs);
    assert!(matches!(scene.look(), Turn::AfterProbe(_)));
}

#[test]
fn a_probe_that_comes_to_nothing_lets_another_one_go_first() {
    let (mut scene, _) = closed();
    scene.wait(s(1));
    let probe = scene.send();
    assert!(scene.hear(probe, Feedback::Nothing, &[]).stirs);
    assert_eq!(scene.look(), Turn::Now);
    assert!(scene.pacer.is_probing());
    scene.send();
    assert!(matches!(scene.look(), Turn::AfterProbe(_)));
}

#[test]
fn a_probe_without_an_answer_blocks_nobody_beyond_its_patience() {
    for (closed_for, patience) in [(ms(10), s(1)), (s(5), s(5)), (s(3600), s(30))] {
        let mut scene = Scene::new();
        let ticket = scene.send();
        scene.refuse(ticket, closed_for);
        scene.wait(closed_for);
        let lost = scene.send();
        assert_eq!(scene.look(), Turn::AfterProbe(scene.now + patience));
        scene.wait(patience);
        let second = scene.send();
        assert!(matches!(scene.look(), Turn::AfterProbe(_)));
        // Its end is no news of the one that is waited for now; but its success is good news.
        assert!(!scene.hear(lost, Feedback::Nothing, &[]).stirs);
        assert!(scene.pass(second).stirs);
    }
}

#[test]
fn one_that_cannot_wait_neither_opens_nor_shortens_what_the_server_said() {
    for heard in [
        Feedback::Passed,
        Feedback::Nothing,
        Feedback::Refused {
            asked: Some(ms(1)),
            is_reset: false,
            is_busy: false,
        },
    ] {
        let mut scene = Scene::new();
        let ticket = scene.send();
        scene.refuse(ticket, s(60));
        let hasty = scene.force();
        assert_eq!(scene.gap(), s(60));
        scene.hear(hasty, heard, &[]);
        assert_eq!(scene.gap(), s(60), "{heard:?}");
    }
}

#[test]
fn those_that_cannot_wait_do_not_prolong_the_wait_for_the_one_that_went_first() {
    let (mut scene, _) = closed();
    scene.wait(s(1));
    scene.send();
    let again = scene.look();
    scene.wait(ms(900));
    scene.force();
    assert_eq!(scene.look(), again);
}

#[test]
fn an_eternity_is_the_longest_wait_and_not_none() {
    let mut scene = Scene::new();
    let (ticket, other) = (scene.send(), scene.send());
    scene.refuse(ticket, Duration::MAX);
    assert_eq!(scene.gap(), LONGEST);
    scene.refuse(other, Duration::MAX);
    assert_eq!(scene.gap(), LONGEST);
    assert_eq!(scene.wait(LONGEST).look(), Turn::Now);
}

#[test]
fn of_policies_that_share_a_lane_the_one_that_paces_by_more_counts() {
    for (first, second, learns) in [
        (Pacing::Off, Pacing::Learned, true),
        (Pacing::Learned, Pacing::Off, true),
        (Pacing::Off, Pacing::Headers, false),
    ] {
        let now = start();
        let mut pacer = Pacer::new(now).pacing(first);
        pacer.pace_by(second);
        let ticket = pacer.send(now);
        let refused = Feedback::Refused {
            asked: None,
            is_reset: false,
            is_busy: false,
        };
        pacer.hear(now, ticket, refused, &Allowances::default(), |_| {
            Duration::from_secs(1)
        });
        assert_eq!(pacer.is_learned(), learns, "{first:?} and {second:?}");
    }
}
