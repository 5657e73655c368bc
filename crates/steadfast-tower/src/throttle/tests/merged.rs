//! Which paths are taken for one limit, and how that ends.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

async fn get(client: &Client, path: &str) -> Result<u16, Refusal> {
    spawn(client, path).await.unwrap()
}

fn spawn(client: &Client, path: &str) -> JoinHandle<Result<u16, Refusal>> {
    let request = http::Request::get(path).body(0).unwrap();
    tokio::spawn(client.call(client.of(request, None)))
}

/// Seconds since the start.
fn elapsed(client: &Client) -> u64 {
    (clock::now() - client.server.start).as_secs()
}

fn wait_of(seconds: u64) -> Answer {
    answer(429, &[("retry-after", &seconds.to_string())])
}

/// Paths below `/a` are refused at times, always until the end of a window of a minute; once `hour` is set, `/a/one` is
/// for an hour.
fn windows(hour: &Arc<AtomicBool>) -> Server {
    let hour = Arc::clone(hour);
    Server::new(move |arrival, _| {
        let second = arrival.at.as_secs() % 60;
        match (arrival.path.as_str(), hour.load(Ordering::Relaxed)) {
            ("/a/one", true) => wait_of(3600),
            (path, false) if path.starts_with("/a") && second >= 20 => wait_of(60 - second),
            _ => answer(200, &[]),
        }
    })
}

/// `/a/one` and `/a/two` are refused until the same instant, three times.
async fn merge(client: &Client) {
    for _ in 0..3 {
        tokio::time::sleep(secs(20)).await;
        assert_eq!(get(client, "/a/one").await, Ok(429));
        tokio::time::sleep(secs(10)).await;
        assert_eq!(get(client, "/a/two").await, Ok(429));
        tokio::time::sleep(secs(30)).await;
        assert_eq!(get(client, "/a/one").await, Ok(200));
        assert_eq!(get(client, "/a/two").await, Ok(200));
        let into = elapsed(client) % 60;
        tokio::time::sleep(secs(60 - into)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_paths_with_the_same_round_retry_after_close_no_other() {
    let server = Server::new(|arrival, _| match arrival.path.as_str() {
        "/one" | "/two" => wait_of(60),
        _ => answer(200, &[]),
    });
    let client = Client::new(&Policy::standard(), &server);
    let slow = Client {
        server: server.clone().takes(secs(5)),
        ..client.clone()
    };
    for _ in 0..10 {
        let _ = tokio::join!(get(&client, "/one"), get(&client, "/two"));
        let before = clock::now();
        // Behind a gate for all of them one would go in doubt, and the other would wait until that one has passed.
        let passed = tokio::join!(get(&slow, "/three"), get(&slow, "/four"));
        assert_eq!(passed, (Ok(200), Ok(200)));
        assert_eq!(clock::now() - before, secs(5));
        tokio::time::sleep(secs(60)).await;
    }
}

/// All of `/a` share a window of a minute.
#[tokio::test(start_paused = true)]
async fn paths_that_open_at_the_same_instant_again_and_again_wait_for_each_other() {
    let client = Client::new(
        &Policy::standard().retry_for(secs(100)),
        &windows(&Arc::default()),
    );
    merge(&client).await;
    tokio::time::sleep(secs(20)).await;
    assert_eq!(get(&client, "/a/one").await, Ok(429));
    let before = client.server.count();
    let paths = ["/a/two", "/a/three", "/a/four", "/a/two"];
    let waiting: Vec<_> = paths.iter().map(|path| spawn(&client, path)).collect();
    for (path, call) in paths.iter().zip(waiting) {
        // One of those that were not refused so far goes to see whether it is so.
        let status = if *path == "/a/three" { 429 } else { 200 };
        assert_eq!(call.await.unwrap(), Ok(status), "{path}");
    }
    assert_eq!(client.server.count() - before, 4);
    assert!(elapsed(&client) % 60 < 10, "from then on they are paced");
}

#[tokio::test(start_paused = true)]
async fn hours_later_one_refusal_closes_the_path_that_was_refused_and_no_other() {
    let hour = Arc::default();
    let client = Client::new(&Policy::standard(), &windows(&hour));
    merge(&client).await;
    tokio::time::sleep(secs(7_200)).await;
    hour.store(true, Ordering::Relaxed);
    assert_eq!(get(&client, "/a/one").await, Ok(429));
    tokio::time::sleep(ms(1)).await;
    let before = clock::now();
    for path in ["/a/two", "/b", "/a/two", "/a/three"] {
        assert_eq!(get(&client, path).await, Ok(200), "{path}");
    }
    // What was learned of the second one's own rate holds.
    assert!(clock::now() - before < secs(2));
    let refused = get(&client, "/a/one").await;
    assert!(
        matches!(refused, Err(Refusal::GateClosed { .. })),
        "{refused:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn two_hostile_paths_close_no_other_path_of_their_origin_for_an_hour() {
    let hour = Arc::default();
    let client = Client::new(&Policy::standard(), &windows(&hour));
    merge(&client).await;
    hour.store(true, Ordering::Relaxed);
    assert_eq!(get(&client, "/a/one").await, Ok(429));
    tokio::time::sleep(ms(1)).await;
    let before = clock::now();
    for path in ["/b", "/c", "/b"] {
        assert_eq!(get(&client, path).await, Ok(200), "{path}");
    }
    assert_eq!(clock::now(), before);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_go_on_when_something_passes_that_was_closed() {
    let server = windows(&Arc::default());
    let client = Client::new(&Policy::standard().retry_for(secs(100)), &server);
    merge(&client).await;
    tokio::time::sleep(secs(20)).await;
    assert_eq!(get(&client, "/a/one").await, Ok(429));
    tokio::time::sleep(ms(1)).await;
    let slow = Client {
        server: server.clone().takes(secs(5)),
        ..client.clone()
    };
    let start = clock::now();
    let first = spawn(&slow, "/b");
    settle().await;
    let after = |call: JoinHandle<Result<u16, Refusal>>| async move {
        assert_eq!(call.await.unwrap(), Ok(200));
        (clock::now() - start).as_secs()
    };
    let calls = [
        spawn(&client, "/b"),
        spawn(&client, "/c"),
        spawn(&client, "/a/one"),
    ];
    let [same, other, refused] = calls.map(after);
    first.await.unwrap().unwrap();
    assert_eq!(tokio::join!(same, other, refused), (5, 5, 39));
}
