//! Several runtimes under one `Policies`: each of them may end while its calls wait, and those of others go on.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::{Policy, Rate};
use steadfast_testkit::{Step, Transport, script, virtual_time};

type Call = Pin<Box<dyn Future<Output = Result<u16, String>> + Send>>;

fn get(client: &ClientWithMiddleware, path: &str) -> Call {
    let call = client.get(format!("https://api.example.com{path}")).send();
    Box::pin(async move {
        let answer = call.await.map_err(|error| error.to_string())?;
        Ok(answer.status().as_u16())
    })
}

async fn poll_once(call: &mut Call) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx).is_ready())).await
}

/// A service that makes a runtime per job, or per test, and keeps its policies in a `static`.
fn come_and_go(policy: Policy, transport: &Transport) {
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(common::policies(policy).middleware())
        .with(transport.clone())
        .build();
    let mut left: Vec<Call> = Vec::new();
    for round in 0..10 {
        let runtime = virtual_time();
        runtime.block_on(async {
            for n in 0..3 {
                let path = format!("/dropped/{round}/{n}");
                tokio::spawn(get(&client, &path));
            }
            let mut waits = get(&client, &format!("/left/{round}"));
            if !poll_once(&mut waits).await {
                left.push(waits);
            }
            let last = get(&client, &format!("/last/{round}"));
            assert_eq!(last.await, Ok(200), "round {round}");
        });
    }
    assert!(left.len() > 1, "some wait");
    let others = left.split_off(left.len() / 2);
    virtual_time().block_on(async move { drop(left) });
    // In no runtime.
    drop(others);
}

#[test]
fn runtimes_that_end_while_calls_wait_for_a_rate_harm_no_other() {
    let transport = Transport::new(script![200].cycle());
    let rate = Rate::per_second(2).burst(1);
    come_and_go(Policy::standard().rate_limit(rate), &transport);
}

#[test]
fn runtimes_that_end_while_calls_wait_at_a_gate_harm_no_other() {
    let refused = Step::status(429).retry_after(2);
    let transport = Transport::new(script![refused, 200, 200, 200].cycle());
    let policy = Policy::standard().attempts(20);
    come_and_go(policy.retry_for(Duration::from_secs(3600)), &transport);
}
