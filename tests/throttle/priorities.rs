//! A batch gives way to a person: its policy says what it is, or its calls do.

use futures_util::future::join_all;
use reqwest_middleware::ClientWithMiddleware;
use steadfast::prelude::*;
use steadfast::{LimitScope, Policies, Policy, Priority, Rate};
use steadfast_testkit::Transport;

use super::{SECOND, before, get, ok, one};

const PERSON: &str = "http://api.test/person";
const BATCH: &str = "http://api.test/batch";

/// Who arrived, in order.
fn order(server: &Transport) -> Vec<String> {
    let entries = server.log().entries();
    let paths = entries.iter().map(|one| one.path.clone());
    paths.collect()
}

/// Three calls of a batch, and while they wait one of a person.
async fn batch_and_person(client: &ClientWithMiddleware, priority: Option<Priority>) {
    let batch = join_all((0..3).map(|_| get(client, BATCH)));
    let person = async {
        tokio::time::sleep(SECOND / 2).await;
        let request = client.get(PERSON);
        let request = match priority {
            Some(priority) => request.call(|c| c.priority(priority)),
            None => request,
        };
        request.send().await.unwrap();
    };
    tokio::join!(batch, person);
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_high_priority_goes_before_all_that_wait() {
    for (priority, expected) in [
        (None, ["/batch", "/batch", "/batch", "/person"]),
        (
            Some(Priority::High),
            ["/batch", "/person", "/batch", "/batch"],
        ),
    ] {
        let server = Transport::new(200);
        let client = one(
            Policy::standard().rate_limit(Rate::per_second(1)),
            server.clone(),
        );
        batch_and_person(&client, priority).await;
        assert_eq!(order(&server), expected, "{priority:?}");
    }
}

/// Two endpoints with a rate in common, one of which is a batch's.
#[tokio::test(start_paused = true)]
async fn an_endpoint_with_a_low_priority_gives_way_to_the_others() {
    let policy = || Policy::standard().rate_limit(Rate::per_second(1).scope(LimitScope::Origin));
    let policies = Policies::builder()
        .endpoint(PERSON, policy())
        .endpoint(BATCH, policy().priority(Priority::Low));
    let server = Transport::new(200);
    let client = before(&policies.build().unwrap(), server.clone());
    batch_and_person(&client, None).await;
    assert_eq!(order(&server), ["/batch", "/person", "/batch", "/batch"]);
}

/// Nothing is configured: the server says that 8 are left of a hundred for the next 8 seconds.
#[tokio::test(start_paused = true)]
async fn a_pace_that_a_server_told_is_waited_for_in_the_same_order() {
    let scarce = || {
        ok(&[
            ("ratelimit", "\"a\";r=8;t=8".into()),
            ("ratelimit-policy", "\"a\";q=100;w=100".into()),
        ])
    };
    let server = Transport::new(scarce());
    let client = one(Policy::standard(), server.clone());
    get(&client, BATCH).await.unwrap();
    batch_and_person(&client, Some(Priority::High)).await;
    let order = order(&server);
    let person = order.iter().position(|path| path == "/person");
    assert!(person < Some(4), "{order:?}");
}
