//! What a dropped future held goes back: its place, its cells, its quota.

use proptest::prelude::*;
use steadfast_core::queue::Rank;
use steadfast_core::{LimitScope, Pacing, Priority, Quota, Rate};

use super::super::rates::Cells;
use super::*;

/// Calls over a transport that is busy for ever once one is in it.
fn stuck(scope: &Arc<Scope>) -> impl Fn(u64) -> JoinHandle<()> + use<> {
    let busy =
        tower::service_fn(|_: Request| std::future::pending::<Result<Answer, std::io::Error>>());
    let busy = tower::limit::ConcurrencyLimit::new(busy, 1);
    let service = Throttle::new(Judge::new(Transport::new(busy)));
    let scope = Arc::clone(scope);
    move |id| {
        let request = http::Request::new(id);
        let context = Context::new(Arc::clone(&scope), None);
        let call = service.clone().oneshot(Call::new(request, context));
        tokio::spawn(async move {
            let _ = call.await;
        })
    }
}

/// How many wait, and what they cost.
fn in_line(client: &Client) -> (usize, u64) {
    let last = Rank::new(Priority::Low, 0);
    let line = client.line();
    (line.len(), line.ahead(last).cost)
}

async fn abort<T>(call: JoinHandle<T>) {
    call.abort();
    let _ = call.await;
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_dropped_gives_its_place_back() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy, &server);
    client.get(0).await.unwrap();
    let mut waiting: Vec<_> = (1..=3).map(|n| client.spawn(n)).collect();
    settle().await;
    assert_eq!(in_line(&client), (3, 3));
    let last = waiting.pop().unwrap();
    for call in waiting {
        abort(call).await;
    }
    assert_eq!(in_line(&client), (1, 1));
    last.await.unwrap().unwrap();
    assert_eq!(in_line(&client), (0, 0));
    let (n, at) = server.times()[1];
    assert_eq!(n, 3);
    assert!((1000..1010).contains(&at), "{at}");
}

#[tokio::test(start_paused = true)]
async fn one_in_the_middle_that_is_dropped_lets_those_behind_move_up() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let client = Client::new(&policy, &server);
    let mut calls: Vec<_> = (0..5).map(|n| client.spawn(n)).collect();
    settle().await;
    abort(calls.remove(2)).await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let order: Vec<_> = server
        .times()
        .iter()
        .map(|(id, at)| (*id, at / 1000))
        .collect();
    assert_eq!(order, [(0, 0), (1, 1), (3, 2), (4, 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_cell_of_a_request_that_was_never_sent_is_given_back() {
    let policy = Policy::standard().rate_limit(Rate::per_second(1));
    let scope = Arc::new(Scope::new(&policy).unwrap());
    let call = stuck(&scope);
    let holder = call(0);
    settle().await;
    tokio::time::advance(secs(5)).await;
    let stuck = call(1);
    settle().await;
    let now = clock::now();
    let line = scope.limits().lines().next().unwrap();
    let earliest = || line.limiter.earliest(now, 1, 0);
    assert_eq!(earliest(), now + secs(1), "the stuck call holds the cell");
    abort(stuck).await;
    assert_eq!(earliest(), now);
    abort(holder).await;
}

#[tokio::test(start_paused = true)]
async fn a_cell_given_back_moves_up_those_who_wait() {
    let server = Server::patient();
    let policy = Policy::standard().rate_limit(Rate::per_minute(1).burst(1));
    let client = Client::new(&policy, &server);
    let call = stuck(&client.scope);
    let holder = call(0);
    settle().await;
    tokio::time::advance(secs(60)).await;
    let stuck = call(1);
    settle().await;
    let waiting = client.spawn(2);
    settle().await;
    abort(stuck).await;
    waiting.await.unwrap().unwrap();
    assert_eq!(server.times(), [(2, 60_000)]);
    abort(holder).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_dropped_before_the_second_rate_gives_the_cells_of_the_first_back() {
    let server = Server::patient();
    let endpoint = Rate::per_minute(1).burst(2);
    let origin = Rate::per_hour(1).burst(1).scope(LimitScope::Origin);
    let client = Client::new(&Policy::standard().rate_limit([endpoint, origin]), &server);
    client.get(0).await.unwrap();
    let waiting = client.spawn(1);
    settle().await;
    let now = clock::now();
    let limits = client.scope.limits();
    let first = || limits.lines().next().unwrap().limiter.earliest(now, 1, 0);
    assert_eq!(first(), now + secs(60));
    abort(waiting).await;
    assert_eq!(first(), now);
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_given_back_for_a_request_that_was_never_sent() {
    let server = Server::patient();
    let quota = Quota::per_day(2);
    let client = Client::new(&Policy::standard().quota(quota), &server);
    let call = stuck(&client.scope);
    let (sent, stuck) = (call(0), call(1));
    settle().await;
    assert!(matches!(
        client.get(2).await,
        Err(Refusal::QuotaUsedUp { .. })
    ));
    abort(stuck).await;
    assert_eq!(client.get(3).await, Ok(200), "the stuck one was never sent");
    abort(sent).await;
    assert!(client.get(4).await.is_err(), "the other one was");
}

/// The layer below is busy: the cell was not needed, although there was one.
#[tokio::test(start_paused = true)]
async fn a_cell_is_given_back_for_a_request_that_never_got_through_the_layer_below() {
    let server = Server::patient();
    let rate = Rate::per_hour(1).burst(2);
    let policy = Policy::standard()
        .rate_limit(rate)
        .pacing(Pacing::Off)
        .without_gate();
    let client = Client::new(&policy, &server);
    let call = stuck(&client.scope);
    let (sent, stuck) = (call(0), call(1));
    settle().await;
    abort(stuck).await;
    let line = client.line();
    assert!(line.limiter.take(1).is_ok(), "the stuck one was never sent");
    assert!(line.limiter.take(1).is_err(), "the other one was");
    abort(sent).await;
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_lets_another_one_go_first() {
    let server = Server::new(|_, count| match count {
        0 => answer(429, &[("retry-after", "2")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server.clone().takes(secs(20)));
    client.spawn(0).await.unwrap().unwrap();
    let (probe, other) = (client.spawn(1), client.spawn(2));
    tokio::time::sleep(ms(2_500)).await;
    assert_eq!(server.times()[1..], [(1, 22_000)]);
    abort(probe).await;
    settle().await;
    assert_eq!(server.times()[2..], [(2, 22_500)]);
    abort(other).await;
}

proptest! {
    /// Cells are held for a while and then given back: by then they may be there again, and others may have taken
    /// them. What is sent never exceeds the rate.
    #[test]
    fn a_cell_that_is_given_back_late_lets_no_more_go_than_the_rate_allows(
        interval in 1_u64..50,
        burst in 1_u32..8,
        steps in prop::collection::vec((0_u64..60, 0_u8..3), 1..120),
    ) {
        in_paused_time(async {
            let rate = Rate::per(1, ms(interval)).burst(burst);
            let line = Client::new(&Policy::standard().rate_limit(rate), &Server::patient()).line();
            let (mut held, mut sent) = (std::collections::VecDeque::new(), Vec::new());
            for (pause, what) in steps {
                tokio::time::advance(ms(pause)).await;
                let taken = |held| Cells::new(Arc::clone(&line), held);
                match what {
                    0 => held.extend(line.limiter.hold(1).map(taken)),
                    1 => drop(held.pop_front()),
                    _ => if line.limiter.take(1).is_ok() {
                        sent.push(clock::now());
                    },
                }
            }
            for (index, from) in sent.iter().enumerate() {
                for (count, to) in (1_u32..).zip(&sent[index..]) {
                    let most = ms(interval) * burst + (*to - *from);
                    assert!(ms(interval) * count <= most, "{count} in {:?}", *to - *from);
                }
            }
        });
    }

    /// Given back at once, nothing is lost.
    #[test]
    fn cells_that_are_given_back_are_there_again(
        windows in prop::collection::vec((1_u64..500, 4_u32..9), 1..4),
        taken in prop::collection::vec(1_u32..3, 1..4),
    ) {
        in_paused_time(async {
            let rates = windows.iter().map(|(interval, burst)| Rate::per(1, ms(*interval)).burst(*burst));
            let policy = Policy::standard().rate_limit(rates.collect::<Vec<_>>());
            let line = Client::new(&policy, &Server::patient()).line();
            let now = clock::now();
            let before = line.limiter.earliest(now, 4, 0);
            let held: Vec<_> = taken.iter().map_while(|cost| line.limiter.hold(*cost).ok()).collect();
            assert!(!held.is_empty());
            for held in held {
                drop(Cells::new(Arc::clone(&line), held));
            }
            assert_eq!(line.limiter.earliest(now, 4, 0), before);
            assert!(line.limiter.is_full());
        });
    }
}
