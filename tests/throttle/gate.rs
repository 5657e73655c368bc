//! What a server closes, it closes for those whom it meant, and no longer than anybody should believe it.

use std::time::Duration;

use futures_util::future::join_all;
use steadfast::{ErrorKind, Policies, Policy};
use steadfast_testkit::{StatusExt, Step, Transport, script};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::common::{SEED, Watch, policies};
use super::{HOUR, MS, SECOND, before, get, get_as, one, since, status};

/// One endpoint tells one client to stay away for eleven days; all else is well.
fn ban() -> Transport {
    Transport::builder()
        .on("/banned", script![429.retry_after(1_000_000), 200])
        .fallback(200)
        .build()
}

fn two_endpoints() -> Policies {
    let builder = Policies::builder()
        .endpoint("http://*.test/banned", Policy::standard())
        .endpoint("http://*.test/free/**", Policy::standard());
    builder.seed(SEED).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_call_that_is_told_to_stay_away_gets_the_servers_own_answer_at_once() {
    let client = before(&two_endpoints(), ban());
    let start = Watch::start();
    let response = get(&client, "http://api.test/banned").await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1000000");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn the_calls_after_it_are_refused_at_once_with_an_hour_at_most() {
    let server = ban();
    let client = before(&two_endpoints(), server.clone());
    let start = Watch::start();
    get(&client, "http://api.test/banned").await.unwrap();
    for asked in [Duration::ZERO, HOUR / 2] {
        sleep(asked).await;
        let now = start.elapsed();
        let error = get(&client, "http://api.test/banned").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::GateClosed, "{error}");
        assert_eq!(start.elapsed(), now, "refused without a wait");
        assert_eq!(error.retry_after(), Some(HOUR - asked));
        assert!(error.is_transient() && !error.may_have_been_sent());
    }
    assert_eq!(server.requests(), 1);
    sleep(HOUR / 2 + MS).await;
    assert_eq!(status(&client, "http://api.test/banned").await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_eleven_days_once_costs_nobody_else_anything() {
    // Whether the endpoints are named or not.
    for policies in [two_endpoints(), policies(Policy::standard())] {
        let client = before(&policies, ban());
        let start = Watch::start();
        get_as(&client, "http://api.test/banned", "Bearer a")
            .await
            .unwrap();
        for (url, credential) in [
            ("http://api.test/free/a", "Bearer a"),
            ("http://api.test/", "Bearer a"),
            ("http://other.test/banned", "Bearer a"),
            ("http://api.test:8080/banned", "Bearer a"),
            ("http://api.test/banned", "Bearer b"),
        ] {
            let answer = get_as(&client, url, credential).await;
            assert_eq!(answer.unwrap().status(), 200, "{url} as {credential}");
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        let same = get_as(&client, "http://api.test/banned", "Bearer a").await;
        assert_eq!(same.unwrap_err().kind(), ErrorKind::GateClosed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_of_one_tenant_does_not_delay_another() {
    let step = Step::dynamic(|request| {
        let first = request.n == 0 && request.header("authorization") == Some("Bearer a");
        if first {
            429.retry_after(20)
        } else {
            Step::from(200)
        }
    });
    let client = one(Policy::standard(), Transport::new(step));
    let start = Watch::start();
    let first = tokio::spawn({
        let client = client.clone();
        async move { get_as(&client, "http://api.test/", "Bearer a").await }
    });
    sleep(SECOND).await;
    for _ in 0..10 {
        let answer = get_as(&client, "http://api.test/", "Bearer b").await;
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(start.elapsed(), SECOND);
    // While whoever has the same credential waits.
    let same = get_as(&client, "http://api.test/", "Bearer a").await;
    assert_eq!(same.unwrap().status(), 200);
    assert!(start.elapsed() >= 20 * SECOND);
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
}

/// A server with two buckets, of which one is used up.
fn github() -> Transport {
    let left = |step: Step, resource, limit, left, reset| {
        step.header("x-ratelimit-resource", resource)
            .header("x-ratelimit-limit", limit)
            .header("x-ratelimit-remaining", left)
            .header("x-ratelimit-reset", reset)
    };
    Transport::builder()
        .on(
            "/search/**",
            left(Step::from(403), "search", "30", "0", "25"),
        )
        .fallback(left(Step::from(200), "core", "5000", "4000", "3000"))
        .build()
}

#[tokio::test(start_paused = true)]
async fn a_search_that_is_used_up_does_not_stop_what_is_counted_elsewhere() {
    let whole = Policies::builder().endpoint("http://api.test/**", Policy::standard());
    // Where nothing is known of endpoints, and where all of the API is one.
    for policies in [Policies::standard(), whole.build().unwrap()] {
        let server = github();
        let client = before(&policies, server.clone());
        let start = Watch::start();
        assert_eq!(status(&client, "http://api.test/repos/a").await, 200);
        let searching = tokio::spawn({
            let client = client.clone();
            async move { status(&client, "http://api.test/search/code").await }
        });
        server.log().wait_for(2).await;
        sleep(SECOND).await;
        for path in ["repos/a", "repos/a", "issues", "users/b", "repos/a"] {
            let url = format!("http://api.test/{path}");
            assert_eq!(status(&client, &url).await, 200, "{path}");
        }
        assert_eq!(start.elapsed(), SECOND);
        assert_eq!(searching.await.unwrap(), 403);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gate_opens_to_one_caller_first_and_to_the_others_after_its_answer() {
    let server = Transport::new(script![429.retry_after(5), 200.delay(SECOND)]);
    let policies = policies(Policy::standard());
    let start = Watch::start();
    let mut tasks = JoinSet::new();
    let first = before(&policies, server.clone());
    tasks.spawn(async move { status(&first, "http://api.test/").await });
    server.log().wait_for(1).await;
    sleep(SECOND).await;
    for _ in 0..20 {
        let client = before(&policies, server.clone());
        tasks.spawn(async move { status(&client, "http://api.test/").await });
    }
    assert_eq!(tasks.join_all().await, [200; 21]);
    let log = server.log().entries();
    let at = since(start, &log);
    assert!(
        at[1] >= 5 * SECOND && at[1] < 6 * SECOND,
        "the first: {at:?}"
    );
    let opened = log[1].answered_at.unwrap();
    assert!(
        log[2..].iter().all(|request| request.at >= opened),
        "before its answer: {at:?}"
    );
    assert_eq!(at.len(), 22);
}

#[tokio::test(start_paused = true)]
async fn a_gate_that_is_refused_again_stays_closed_to_the_others() {
    let server = Transport::new(script![429.retry_after(5), 429.retry_after(5), 200]);
    let client = one(Policy::standard(), server.clone());
    let start = Watch::start();
    let calls = async {
        server.log().wait_for(1).await;
        sleep(MS).await;
        join_all((0..20).map(|_| status(&client, "http://api.test/"))).await
    };
    let (first, others) = tokio::join!(status(&client, "http://api.test/"), calls);
    assert_eq!((first, others), (200, vec![200; 20]));
    let at = since(start, &server.log().entries());
    assert!(at[1] >= 5 * SECOND && at[2] >= 10 * SECOND, "{at:?}");
}
