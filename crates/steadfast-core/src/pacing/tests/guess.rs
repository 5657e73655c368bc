//! A server that only says that it is busy.

use super::*;

const BUSY: Feedback = Feedback::Refused {
    asked: None,
    is_reset: false,
    is_busy: true,
};

#[test]
fn a_gate_that_busy_answers_closed_is_a_guess_and_one_that_a_429_closed_is_none() {
    for (heard, is_guess) in [(BUSY, true), (refused(None), false)] {
        let mut scene = Scene::new();
        let tickets: Vec<_> = (0..20).map(|_| scene.send()).collect();
        scene.pass(tickets[0]);
        for ticket in &tickets[1..] {
            scene.hear(*ticket, heard, &[]);
        }
        assert!(scene.pacer.view(scene.now).closed_until.is_some());
        assert_eq!(scene.pacer.is_closed_on_a_guess(), is_guess, "{heard:?}");
    }
}

#[test]
fn a_single_busy_answer_closes_nothing_and_an_outage_closes_nothing_for_long() {
    let mut scene = Scene::new();
    let ticket = scene.send();
    let change = scene.hear(ticket, BUSY, &[]);
    assert_eq!(change.closed_until, None);
    let ticket = scene.send();
    scene.pass(ticket);
    // Nothing passes from then on.
    let end = scene.now + s(60);
    let mut open = 0;
    while scene.now < end {
        let ticket = scene.force();
        scene.hear(ticket, BUSY, &[]);
        open += u32::from(scene.pacer.view(scene.now).closed_until.is_none());
        scene.wait(ms(100));
    }
    assert!(open > 480, "{open} of 600");
}

#[test]
fn after_a_silence_the_first_429_closes_the_gate_and_the_first_busy_answer_does_not() {
    for (heard, closes) in [(refused(None), true), (BUSY, false)] {
        let mut scene = Scene::new();
        for _ in 0..100 {
            let ticket = scene.send();
            scene.pass(ticket);
        }
        let ticket = scene.wait(s(5)).send();
        let change = scene.hear(ticket, heard, &[]);
        assert_eq!(change.closed_until, None, "one among successes");
        let ticket = scene.wait(s(30)).send();
        let change = scene.hear(ticket, heard, &[]);
        assert_eq!(change.closed_until.is_some(), closes, "{heard:?}");
    }
}

#[test]
fn busy_answers_neither_open_nor_prolong_nor_soften_what_a_server_said() {
    for passed_before in [0, 1, 20] {
        let mut scene = Scene::new();
        let tickets: Vec<_> = (0..=passed_before).map(|_| scene.send()).collect();
        for ticket in &tickets[1..] {
            scene.pass(*ticket);
        }
        scene.refuse(tickets[0], s(60));
        for waited in 1..=30 {
            let hasty = scene.wait(s(1)).force();
            scene.hear(hasty, BUSY, &[]);
            let case = format!("{passed_before} passed before, {waited} s");
            assert_eq!(scene.gap(), s(60 - waited), "{case}");
            assert!(!scene.pacer.is_closed_on_a_guess(), "{case}");
        }
    }
}

#[test]
fn what_a_server_says_replaces_a_guess() {
    for is_late in [false, true] {
        let mut scene = Scene::new();
        let mut tickets: Vec<_> = (0..30).map(|_| scene.send()).collect();
        scene.pass(tickets.remove(0));
        let late = tickets.remove(0);
        for ticket in tickets {
            scene.hear(ticket, BUSY, &[]);
        }
        assert!(scene.pacer.is_closed_on_a_guess());
        let ticket = if is_late { late } else { scene.force() };
        scene.refuse(ticket, ms(200));
        assert!(
            !scene.pacer.is_closed_on_a_guess(),
            "sent before it closed: {is_late}"
        );
        assert_eq!(scene.gap(), ms(200), "sent before it closed: {is_late}");
    }
}
