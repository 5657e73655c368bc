//! What an answer says of limits is about the origin that gave it, wherever a redirect came from.

use std::time::Duration;

use reqwest::Client;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::{Error, ErrorKind, Policy, Quota};
use steadfast_testkit::{Server, StatusExt, Step, virtual_time};

use super::common::{Watch, policies};

/// Two origins: one that only redirects, and one that refuses.
struct Origins {
    honest: Server,
    foreign: Server,
}

impl Origins {
    async fn start(refusal: Step) -> Self {
        let foreign = Server::start(refusal).await;
        let honest = Server::builder()
            .on("/away", 302.header("location", foreign.url("/there")))
            .on("/away/{}", 302.header("location", foreign.url("/there")))
            .fallback(200)
            .start()
            .await;
        Self { honest, foreign }
    }
}

fn refusals() -> [Step; 5] {
    [
        429.retry_after(3600),
        429.retry_after(3600).header("x-ratelimit-global", "true"),
        503.retry_after(60),
        429.header("ratelimit", "\"default\";r=0;t=3600"),
        Step::from(200).header("ratelimit", "\"default\";r=0;t=3600"),
    ]
}

async fn kind(client: &ClientWithMiddleware, url: String) -> Result<u16, ErrorKind> {
    let response = client.get(url).send().await;
    let status = response.map(|response| response.status().as_u16());
    status.map_err(|error| Error::from(error).kind())
}

fn clients(policy: &Policy) -> [(bool, ClientWithMiddleware); 2] {
    let seen = policies(policy.clone());
    [
        (false, policies(policy.clone()).wrap(Client::new())),
        (true, seen.wrap_builder(Client::builder()).unwrap()),
    ]
}

#[test]
fn an_answer_from_where_a_redirect_led_closes_nothing_at_the_origin_that_was_asked() {
    virtual_time().block_on(async {
        for refusal in refusals() {
            let policy = Policy::standard().attempts(1);
            for (seen, client) in clients(&policy) {
                let origins = Origins::start(refusal.clone()).await;
                let start = Watch::start();
                for path in ["/away", "/away/1", "/away/2"] {
                    let _ = kind(&client, origins.honest.url(path)).await;
                }
                for path in ["/free", "/away", "/away/1", "/other"] {
                    let before = origins.honest.requests();
                    let _ = kind(&client, origins.honest.url(path)).await;
                    let after = origins.honest.requests();
                    assert_eq!(after, before + 1, "{refusal:?} {seen} {path}");
                }
                assert!(
                    start.elapsed() < Duration::from_secs(1),
                    "{refusal:?} {seen}"
                );
            }
        }
    });
}

#[test]
fn it_closes_the_origin_that_answered_where_redirects_are_seen() {
    virtual_time().block_on(async {
        let policy = Policy::standard().attempts(1);
        for (seen, client) in clients(&policy) {
            let origins = Origins::start(429.retry_after(3600)).await;
            let _ = kind(&client, origins.honest.url("/away")).await;
            let direct = kind(&client, origins.foreign.url("/there")).await;
            let expected = match seen {
                true => Err(ErrorKind::GateClosed),
                false => Ok(429),
            };
            assert_eq!(direct, expected);
        }
    });
}

#[test]
fn a_foreign_quota_uses_up_none_of_ours() {
    virtual_time().block_on(async {
        let body = r#"{"error":{"code":"insufficient_quota"}}"#;
        let refusal = Step::from(429)
            .header("content-type", "application/json")
            .body(body);
        let policy = Policy::standard().attempts(1).quota(Quota::per_month(1000));
        for (seen, client) in clients(&policy) {
            let origins = Origins::start(refusal.clone()).await;
            for _ in 0..2 {
                let away = kind(&client, origins.honest.url("/away")).await;
                assert_eq!(away, Ok(429), "{seen}");
            }
            let free = kind(&client, origins.honest.url("/free")).await;
            assert_eq!(free, Ok(200), "{seen}");
        }
    });
}

/// After so many answers that speak of no limit, an origin's attempts are no longer counted.
const QUIET: usize = 130;

#[test]
fn an_answer_from_where_a_redirect_led_wakes_no_origin_that_was_quiet() {
    virtual_time().block_on(async {
        for refusal in refusals() {
            let policy = Policy::standard().attempts(1);
            for (seen, client) in clients(&policy) {
                let origins = Origins::start(refusal.clone()).await;
                for _ in 0..QUIET {
                    let free = kind(&client, origins.honest.url("/free")).await;
                    assert_eq!(free, Ok(200));
                }
                let _ = kind(&client, origins.honest.url("/away")).await;
                let start = Watch::start();
                for path in ["/away", "/free"] {
                    let before = origins.honest.requests();
                    let _ = kind(&client, origins.honest.url(path)).await;
                    let after = origins.honest.requests();
                    assert_eq!(after, before + 1, "{refusal:?} {seen} {path}");
                }
                assert!(
                    start.elapsed() < Duration::from_secs(1),
                    "{refusal:?} {seen}"
                );
            }
        }
    });
}
