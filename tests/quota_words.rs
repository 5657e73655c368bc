//! A quota that is used up is told apart from a rate limit by what the body says, and the body comes back whole.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use reqwest::Response;
use steadfast::hint::Window;
use steadfast::prelude::*;
use steadfast::{Policy, Quota};
use steadfast_testkit::{Server, Step, script, virtual_time};

use self::common::{Watch, client};

const OWN: &str = r#"{"error":"My_Plan_Is_Used_Up"}"#;

/// How many requests one call made, and what came of it.
async fn get(policy: Policy, answer: Step) -> (usize, Response) {
    let server = Server::start(answer).await;
    let response = client(policy).get(server.url("/")).send().await.unwrap();
    (server.requests(), response)
}

fn marked() -> Policy {
    Policy::standard().quota_marker("my_plan_is_used_up", Window::Month)
}

#[test]
fn words_of_the_user_end_a_call_and_the_body_is_whole() {
    virtual_time().block_on(async {
        for status in [403, 429] {
            let answer = Step::status(status).body(OWN);
            let (requests, response) = get(marked(), answer).await;
            assert_eq!(requests, 1, "{status}");
            let record = response.record().to_string();
            assert!(record.ends_with("the quota is used up"), "{record}");
            assert_eq!(response.text().await.unwrap(), OWN);
        }
        let (requests, _) = get(Policy::standard(), Step::from(429).body(OWN)).await;
        assert_eq!(requests, 3, "nobody else knows these words");
    });
}

#[test]
fn a_rate_limit_in_the_disguise_of_a_403_may_be_a_quota() {
    virtual_time().block_on(async {
        let spent = r#"{"status":"OVER_DAILY_LIMIT"}"#;
        let limit = || Step::from(403).header("x-ratelimit-remaining", "0");
        let (requests, response) = get(Policy::standard(), limit().body(spent)).await;
        assert_eq!(
            (requests, response.text().await.unwrap()),
            (1, spent.to_owned())
        );
        for slow in [
            r#"{"message":"You have exceeded a secondary rate limit."}"#,
            r#"{"message":"You have exceeded the MONTHLY quota"}"#,
        ] {
            let (requests, response) = get(Policy::standard(), limit().body(slow)).await;
            assert_eq!(
                (requests, response.text().await.unwrap()),
                (3, slow.to_owned())
            );
        }
    });
}

#[test]
fn a_body_of_a_403_that_drips_holds_its_answer_for_a_second_at_most() {
    virtual_time().block_on(async {
        let second = Duration::from_secs(1);
        let drip = |step: Step| step.body_len(100).drip(1, second);
        for (policy, answer, held) in [
            (marked(), Step::from(403), second),
            (marked().attempts(1), Step::from(403), second),
            (Policy::standard(), Step::from(403), Duration::ZERO),
            (
                marked().on(403, steadfast::Rule::FailFast),
                Step::from(403),
                Duration::ZERO,
            ),
            (
                Policy::standard().attempts(1),
                Step::from(429),
                Duration::ZERO,
            ),
            (
                Policy::standard().attempts(1).quota(Quota::per_day(9)),
                Step::from(429),
                second,
            ),
        ] {
            let start = Watch::start();
            let server = Server::start(script![drip(answer)]).await;
            let response = client(policy).get(server.url("/")).send().await.unwrap();
            assert_eq!(start.elapsed(), held);
            assert_eq!(response.bytes().await.unwrap().len(), 100);
        }
    });
}
