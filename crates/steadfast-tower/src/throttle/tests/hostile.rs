//! A server that means harm: nothing it says panics, keeps a call for ever, or concerns others.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// Answers once in a hostile way, then as it should.
fn hostile(status: u16, headers: Vec<(&'static str, String)>) -> Server {
    Server::new(move |_, count| {
        if count > 0 {
            return answer(200, &[]);
        }
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        answer(status, &headers)
    })
}

fn spent_for(secs: u64) -> Vec<(&'static str, String)> {
    let policy = "\"default\";q=100;w=3600".to_owned();
    let left = format!("\"default\";r=0;t={secs}");
    vec![("ratelimit-policy", policy), ("ratelimit", left)]
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_is_years_ahead_keeps_nobody_for_longer_than_an_hour() {
    let server = hostile(200, spent_for(300_000_000));
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let calls: Vec<_> = (1..10).map(|id| client.spawn(id)).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(clock::now() - server.start <= HOUR + secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_is_soon_is_waited_for_and_a_later_one_is_not() {
    for (reset, waits) in [(20, 20_000), (300, 0)] {
        let server = hostile(200, spent_for(reset));
        let client = Client::new(&Policy::standard(), &server);
        client.get(0).await.unwrap();
        client.get(1).await.unwrap();
        let (_, at) = server.times()[1];
        assert!((waits..waits + 10).contains(&at), "{at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_years_closes_for_an_hour_at_most() {
    let server = hostile(429, vec![("retry-after", u64::MAX.to_string())]);
    let policy = Policy::standard().retry_for(HOUR * 2);
    let client = Client::new(&policy, &server);
    client.get(0).await.unwrap();
    client.get(1).await.unwrap();
    assert_eq!(server.times()[1..], [(1, 3_600_000)]);
}

const NAMES: [&str; 16] = [
    "retry-after",
    "retry-after-ms",
    "ratelimit",
    "ratelimit-policy",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-bucket",
    "x-ratelimit-global",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
    "x-shopify-shop-api-call-limit",
];

const FORMS: [&str; 10] = [
    "#",
    "-#",
    "#.#",
    "#/#",
    "#ms",
    "\"a\";r=#;t=#",
    "\"a\";q=#;w=#",
    "#, #;w=#",
    "limit=#, remaining=#, reset=#",
    "true",
];

fn value() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        Just(0),
        Just(1),
        Just(i64::MAX as u64),
        Just(u64::MAX),
        any::<u64>(),
        0_u64..100,
    ];
    (select(&FORMS[..]), number).prop_map(|(form, number)| form.replace('#', &number.to_string()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(256)))]

    #[test]
    fn whatever_a_server_says_nobody_waits_for_ever_and_others_do_not_wait(
        status in select(vec![200_u16, 403, 429, 503, 529]),
        headers in prop::collection::vec((select(&NAMES[..]), value()), 0..8),
    ) {
        in_paused_time(async {
            let server = hostile(status, headers);
            let (origin, policy) = (Origin::new(), Policy::standard());
            let client = origin.endpoint("/one", &policy, &server);
            let other = origin.endpoint("/two", &policy, &server);
            client.get_as("a", 0).await.unwrap();
            other.get_as("a", 1).await.unwrap();
            other.get_as("b", 2).await.unwrap();
            assert_eq!(clock::now(), server.start);
            let calls = tokio::time::timeout(HOUR * 3, async {
                tokio::join!(client.get_as("a", 3), client.get_as("a", 4), client.get_as("a", 5))
            });
            let (one, two, three) = calls.await.expect("nobody waits for ever");
            for result in [one, two, three] {
                assert!(matches!(result, Ok(200) | Err(Refusal::GateClosed { .. })), "{result:?}");
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn behind_a_probe_that_is_not_answered_nobody_waits_longer_than_a_retry_would() {
    let server = Server::new(|arrival, _| match arrival.id {
        0 => answer(429, &[("retry-after", "20")]),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    client.get(0).await.unwrap();
    let silent = Client {
        server: server.clone().takes(HOUR),
        ..client.clone()
    };
    let calls: Vec<_> = (1..6).map(|id| silent.spawn(id)).collect();
    tokio::time::sleep(secs(31)).await;
    let told = calls.iter().filter(|call| call.is_finished()).count();
    assert_eq!(told, 4, "all but the one that went first");
    assert_eq!(server.count(), 2);
}
