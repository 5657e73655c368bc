use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::priority::Priority::{High, Low, Normal};

#[expect(clippy::disallowed_methods, reason = "an arbitrary start")]
fn start() -> Instant {
    Instant::now() + AGEING * 1_000
}

fn front(priority: Priority, sent_before: u32, arrival: u64, since: Instant) -> Front {
    Front {
        rank: Rank::new(priority, sent_before),
        arrival,
        since,
    }
}

#[test]
fn priority_first_then_retries_then_arrival() {
    let now = start();
    let mut waiting = vec![
        front(Low, 2, 1, now),
        front(Normal, 0, 2, now),
        front(Normal, 0, 3, now),
        front(High, 0, 4, now),
        front(Normal, 1, 5, now),
        front(Low, 0, 6, now),
        front(High, 1, 7, now),
        front(Normal, 2, 8, now),
    ];
    let mut order = Vec::new();
    while let Some(next) = Turns::default().next(now, waiting.iter().copied()) {
        order.push(next.front.arrival);
        waiting.retain(|front| *front != next.front);
    }
    assert_eq!(order, [7, 4, 8, 5, 2, 3, 1, 6]);
}

#[test]
fn a_probe_is_the_first_new_call_of_the_highest_priority_however_long_others_wait() {
    let now = start();
    let old = now.checked_sub(AGEING * 10).unwrap();
    for (waiting, expected) in [
        (vec![front(Low, 0, 1, old), front(High, 0, 2, now)], Some(2)),
        (
            vec![front(High, 1, 1, old), front(Normal, 0, 2, now)],
            Some(2),
        ),
        (vec![front(Low, 2, 1, now), front(High, 1, 2, now)], Some(2)),
        (vec![], None),
    ] {
        let probe = Turns::probe(waiting.iter().copied());
        assert_eq!(probe.map(|front| front.arrival), expected, "{waiting:?}");
    }
}

/// What a call of a class has reached after so many tenths of the ageing.
#[test]
fn a_call_counts_one_class_higher_for_each_such_time_that_it_waits() {
    let since = start();
    for (class, tenths, reached) in [
        (Low, 9, Low),
        (Low, 10, Normal),
        (Low, 19, Normal),
        (Low, 20, High),
        (Normal, 9, Normal),
        (Normal, 10, High),
        (Normal, 1000, High),
        (High, 1000, High),
    ] {
        let one = front(class, 0, 1, since);
        assert_eq!(one.class(since + AGEING * tenths / 10), reached, "{class}");
    }
}

#[test]
fn calls_of_one_priority_keep_their_order_however_long_they_wait() {
    let now = start();
    let old = now.checked_sub(AGEING * 10).unwrap();
    let waiting = [front(Normal, 0, 1, old), front(Normal, 1, 2, now)];
    let mut turns = Turns::default();
    for _ in 0..20 {
        let next = turns.next(now, waiting.into_iter()).unwrap();
        turns.went(&next);
        assert_eq!(next.front.arrival, 2);
    }
}

/// What happens to a queue.
#[derive(Clone, Debug)]
enum Event {
    Joins(Priority, u32),
    /// The next one goes.
    Goes,
    /// Someone anywhere gives up.
    Leaves(prop::sample::Index),
    TimePasses(u32),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let priority = prop::sample::select(Priority::ALL.to_vec());
    let event = prop_oneof![
        4 => (priority, 0_u32..3).prop_map(|(priority, sent)| Event::Joins(priority, sent)),
        3 => Just(Event::Goes),
        1 => any::<prop::sample::Index>().prop_map(Event::Leaves),
        3 => (0_u32..15).prop_map(Event::TimePasses),
    ];
    prop::collection::vec(event, 1..120)
}

/// Slow and obvious: everybody who waits is looked at, each time.
#[derive(Default)]
struct Model {
    waiting: Vec<Front>,
    gave_way: u32,
}

impl Model {
    fn next(&self, now: Instant) -> Option<(Front, bool, bool)> {
        let mut all = self.waiting.clone();
        all.sort_by_key(|one| (one.rank, one.arrival));
        let first = *all.first()?;
        let own = |one: &Front| one.rank.priority();
        all.retain(|one| own(one) < own(&first) && one.class(now) >= own(&first));
        all.sort_by_key(|one| {
            let is_retry = one.rank.sent_before;
            (Reverse(one.class(now)), is_retry, one.arrival)
        });
        let aged = all.first().copied();
        let goes = aged.filter(|_| self.gave_way == GIVES_WAY);
        Some((goes.unwrap_or(first), aged.is_some(), goes.is_some()))
    }

    fn goes(&mut self, now: Instant) {
        let Some((one, contested, aged)) = self.next(now) else {
            return;
        };
        self.gave_way = match (contested, aged) {
            (true, true) => 0,
            (true, false) => self.gave_way + 1,
            (false, _) => self.gave_way,
        };
        self.waiting.retain(|other| *other != one);
    }

    /// The first of each rank.
    fn fronts(&self) -> impl Iterator<Item = Front> + Clone + use<> {
        let mut fronts = BTreeMap::new();
        for one in &self.waiting {
            fronts.entry(one.rank).or_insert(*one);
        }
        fronts.into_values().collect::<Vec<_>>().into_iter()
    }
}

proptest! {
    #[test]
    fn the_first_of_each_rank_are_enough_to_find_who_is_next_of_all(events in events()) {
        let (mut now, mut model, mut turns) = (start(), Model::default(), Turns::default());
        for (arrival, event) in (0..).zip(events) {
            match event {
                Event::Joins(priority, sent) => model.waiting.push(front(priority, sent, arrival, now)),
                Event::Goes => {
                    if let Some(next) = turns.next(now, model.fronts()) {
                        turns.went(&next);
                    }
                    model.goes(now);
                }
                Event::Leaves(index) if !model.waiting.is_empty() => {
                    model.waiting.remove(index.index(model.waiting.len()));
                }
                Event::Leaves(_) => {}
                Event::TimePasses(tenths) => now += AGEING * tenths / 10,
            }
            let next = turns.next(now, model.fronts()).map(|next| next.front);
            prop_assert_eq!(next, model.next(now).map(|(next, ..)| next));
        }
    }

    /// Whatever else waits, and however much of it.
    #[test]
    fn a_call_of_the_highest_priority_waits_for_one_that_has_aged_at_most(
        batch in prop::collection::vec(0_u32..50, 1..50),
        gave_way in 0..=GIVES_WAY,
    ) {
        let then = start();
        let mut batch = batch;
        batch.sort_unstable();
        let aged = (0..).zip(&batch).map(|(arrival, tenths)| {
            front(Low, 0, arrival, then + AGEING * *tenths / 10)
        });
        let mut model = Model { waiting: aged.collect(), gave_way };
        let now = then + AGEING * 5;
        let person = front(High, 0, 1000, now);
        model.waiting.push(person);
        model.goes(now);
        model.goes(now);
        prop_assert!(!model.waiting.contains(&person));
    }

    /// And the other way round.
    #[test]
    fn a_call_that_has_aged_gives_way_three_times_at_most(people in 4_u64..50, class in 0_usize..2) {
        let then = start();
        let (now, batch) = (then + AGEING * 2, front(Low, 0, 0, then));
        let class = [High, Normal][class];
        let mut model = Model { waiting: vec![batch], gave_way: 0 };
        model.waiting.extend((1..=people).map(|arrival| front(class, 0, arrival, now)));
        for _ in 0..=GIVES_WAY {
            model.goes(now);
        }
        prop_assert!(!model.waiting.contains(&batch));
    }
}
