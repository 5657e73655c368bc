//! Those who wait, against a list that is sorted anew each time.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use steadfast_core::Priority;
use steadfast_core::queue::{AGEING, Front, Rank, Turns};

use super::Ask;
use super::waiters::{Key, Waiters};
use crate::clock;

#[derive(Clone, Debug)]
enum Event {
    Joins(Rank, u32),
    Leaves(prop::sample::Index),
    Stalls,
    /// It is polled after all.
    Revives(prop::sample::Index),
    /// Nobody before this one came.
    PassesOver(prop::sample::Index),
    TimePasses(u32),
}

struct One {
    key: Key,
    since: Instant,
    cost: u32,
    stalled: bool,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let priority = prop::sample::select(Priority::ALL.to_vec());
    let rank = (priority, 0_u32..3).prop_map(|(priority, sent)| Rank::new(priority, sent));
    let index = any::<prop::sample::Index>;
    let event = prop_oneof![
        5 => (rank, 0_u32..4).prop_map(|(rank, cost)| Event::Joins(rank, cost)),
        2 => index().prop_map(Event::Leaves),
        1 => Just(Event::Stalls),
        2 => index().prop_map(Event::Revives),
        1 => index().prop_map(Event::PassesOver),
        2 => (0_u32..15).prop_map(Event::TimePasses),
    ];
    prop::collection::vec(event, 1..80)
}

const fn ask(rank: Rank, cost: u32) -> Ask {
    Ask {
        rank,
        cost,
        is_last: false,
        latest: None,
        patience: Duration::ZERO,
        heeds_gate: false,
        is_paced: false,
        latest_opening: None,
    }
}

proptest! {
    #[test]
    fn who_is_next_and_who_is_ahead_is_what_a_list_says(events in events()) {
        let (mut now, mut waiters, mut list) = (clock::now(), Waiters::default(), Vec::<One>::new());
        for event in events {
            match event {
                Event::Joins(rank, cost) => {
                    let key = waiters.join(ask(rank, cost), now, now);
                    list.push(One { key, since: now, cost, stalled: false });
                }
                Event::Leaves(index) if !list.is_empty() => {
                    let one = list.remove(index.index(list.len()));
                    prop_assert!(waiters.remove(one.key).is_some());
                    prop_assert!(waiters.remove(one.key).is_none());
                }
                Event::Stalls => if let Some(next) = waiters.next(now) {
                    waiters.stall(next);
                    list.iter_mut().filter(|one| one.key == next).for_each(|one| one.stalled = true);
                },
                Event::Revives(index) if !list.is_empty() => {
                    let index = index.index(list.len());
                    waiters.revive(list[index].key);
                    list[index].stalled = false;
                }
                Event::PassesOver(index) if !list.is_empty() => {
                    let own = list[index.index(list.len())].key;
                    waiters.pass_over(own);
                    list.iter_mut().filter(|one| one.key < own).for_each(|one| one.stalled = true);
                }
                Event::TimePasses(tenths) => now += AGEING * tenths / 10,
                _ => {}
            }
            let ready = list.iter().filter(|one| !one.stalled);
            let ready = ready.map(|one| Front { rank: one.key.0, arrival: one.key.1, since: one.since });
            let next = Turns::default().next(now, ready.clone()).map(|next| next.front.place());
            prop_assert_eq!(waiters.next(now), next);
            if let Some(next) = next {
                let others = ready.filter(|one| one.place() != next);
                let second = Turns::default().next(now, others).map(|next| next.front.place());
                prop_assert_eq!(waiters.second(next, now), second);
            }
            for priority in Priority::ALL {
                let ahead = waiters.ahead(Rank::new(priority, 0));
                let before = list.iter().filter(|one| one.key.0 <= Rank::new(priority, 0));
                let cost: u64 = before.clone().map(|one| u64::from(one.cost)).sum();
                prop_assert_eq!((ahead.count, ahead.cost), (before.count(), cost));
            }
        }
    }
}
