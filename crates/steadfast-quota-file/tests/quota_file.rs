//! Quotas that are counted go on where they were, over a restart.

#![expect(clippy::unwrap_used, reason = "tests")]

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use steadfast::{ErrorExt, ErrorKind, LimitScope, Policies, Policy, Quota};
use steadfast_quota_file::QuotaFile;
use steadfast_testkit::Transport;

const URL: &str = "https://api.example.com/v1/items";

fn client(path: &std::path::Path) -> ClientWithMiddleware {
    let quotas = [
        Quota::per(3, std::time::Duration::from_secs(86_400)),
        Quota::per_month(100).scope(LimitScope::Credential),
    ];
    let policy = Policy::standard().quota(quotas);
    let policies = Policies::builder()
        .store(QuotaFile::open(path).unwrap())
        .endpoint("https://api.example.com/**", policy)
        .build()
        .unwrap();
    ClientBuilder::new(reqwest::Client::new())
        .with(policies.middleware())
        .with(Transport::new(200))
        .build()
}

#[tokio::test]
async fn what_one_process_used_of_a_quota_is_used_for_the_next() {
    let folder = std::env::temp_dir().join(format!("steadfast-quota-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("quotas.redb");
    let first = client(&path);
    for _ in 0..2 {
        first
            .get(URL)
            .bearer_auth("secret-token")
            .send()
            .await
            .unwrap();
    }
    drop(first);

    let second = client(&path);
    second
        .get(URL)
        .bearer_auth("secret-token")
        .send()
        .await
        .unwrap();
    let error = second
        .get(URL)
        .bearer_auth("secret-token")
        .send()
        .await
        .unwrap_err();
    assert!(ErrorExt::retry_after(&error).is_some());
    assert_eq!(steadfast::Error::from(error).kind(), ErrorKind::QuotaUsedUp);
    drop(second);
    let kept = std::fs::read(&path).unwrap();
    let secret = b"secret-token";
    assert!(
        !kept.windows(secret.len()).any(|bytes| bytes == secret),
        "no secret is kept"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}
