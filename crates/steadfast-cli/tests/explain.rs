//! `steadfast explain` says what the code that decides will do.

mod common;

use common::{file, steadfast};
use serde_json::json;

const POLICIES: &str = r#"
[policies.careful]
attempts = 2
deadline = "10s"
backoff = { initial = "100ms", max = "1s", jitter = "equal" }
[policies.careful.on]
409 = { retry = 1 }
502 = "fail-fast"

[[endpoints]]
match = "https://api.example.com/**"

[[endpoints]]
match = "GET,POST https://api.example.com/v1/items/{id}"
policy = "careful"
"#;

#[test]
fn a_status_is_explained_in_full() {
    let run = steadfast(&["explain", "429"]);
    assert_eq!(run.code, 0, "{run:?}");
    for expected in [
        "429 Too Many Requests",
        "likely:",
        "next:",
        "0 to 1 s, 0 to 2 s",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
    assert!(!run.stdout.contains('\x1b'), "no colours in a pipe");
    let json = steadfast(&["explain", "404", "--json"]).json();
    assert_eq!(
        (&json["status"], &json["standard"]["action"]),
        (&404.into(), &"hand-back".into())
    );
}

#[test]
fn what_is_no_error_is_explained_without_advice_for_failures() {
    for (code, name) in [("200", "200 OK"), ("304", "304 Not Modified")] {
        let run = steadfast(&["explain", code]);
        assert!(run.code == 0 && run.stdout.starts_with(name), "{run:?}");
        for failures in ["on the side of", "helps", "likely:", "next:"] {
            assert!(!run.stdout.contains(failures), "{failures} in {run:?}");
        }
        let json = steadfast(&["explain", code, "--json"]).json();
        for key in ["side", "waiting_helps", "repeating_helps"] {
            assert!(json[key].is_null(), "{key} in {json}");
        }
    }
    let run = steadfast(&["explain", "999"]);
    assert!(run.stdout.starts_with("999 Invalid Status: "), "{run:?}");
    assert!(!run.stdout.contains("No error"), "{run:?}");
}

#[test]
fn no_value_of_a_variable_is_shown() {
    // Set by Cargo, and so known here.
    let value = env!("CARGO_PKG_NAME");
    let text = "[[endpoints]]\nmatch = 'https://${CARGO_PKG_NAME}.test/**'\nidentity = 'for ${CARGO_PKG_NAME}'\n\
                quota = '5/day'\n[[endpoints]]\nmatch = '${CARGO_PKG_NAME}.test'";
    let file = file("explain-variables.toml", text);
    let run = steadfast(&["explain", &file, &format!("https://{value}.test/v1")]);
    assert_eq!(run.code, 0, "{run:?}");
    let (title, rest) = run.stdout.split_once('\n').unwrap();
    assert!(title.contains(value), "what was asked");
    assert!(!rest.contains(value), "{rest}");
    for written in [
        "endpoint `https://${CARGO_PKG_NAME}.test/**`",
        "over `${CARGO_PKG_NAME}.test`",
        "identity `for ${CARGO_PKG_NAME}`",
    ] {
        assert!(rest.contains(written), "{written} in {rest}");
    }
    let json = steadfast(&[
        "explain",
        "--json",
        &file,
        &format!("https://{value}.test/v1"),
    ])
    .json();
    for key in ["endpoint", "identity", "matches_too"] {
        assert!(!json[key].to_string().contains(value), "{json}");
    }
    let plan = steadfast(&["plan", &file, "--rate", "1/h"]);
    assert!(plan.stdout.contains("${CARGO_PKG_NAME}"), "{plan:?}");
    assert!(!plan.stdout.contains(value), "{plan:?}");
}

#[test]
fn what_is_no_status_is_exit_status_2() {
    for what in ["42", "4o4"] {
        let run = steadfast(&["explain", what]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.contains(&format!("`{what}` is no status")),
            "{run:?}"
        );
    }
}

#[test]
fn the_endpoint_that_wins_is_named_with_those_it_wins_over() {
    let file = file("explain-why.toml", POLICIES);
    let url = "https://api.example.com/v1/items/7?api_key=s3cret";
    let run = steadfast(&["explain", &file, "GET", url]);
    assert_eq!(run.code, 0, "{run:?}");
    for expected in [
        "endpoint `GET,POST https://api.example.com/v1/items/{id}`, policy `careful`",
        "over `https://api.example.com/**`, policy `standard`: its path says more",
        "may be repeated: its method is idempotent",
        "at most 2 attempts",
        "the whole call takes at most 10 s",
        "api_key=REDACTED",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
    let other = steadfast(&["explain", &file, "https://elsewhere.com/"]);
    assert!(
        other.stdout.contains("none of 2 endpoints matches"),
        "{other:?}"
    );
}

#[test]
fn the_schedule_is_the_range_that_jitter_leaves() {
    let file = file("explain-waits.toml", POLICIES);
    let explain = |method| {
        steadfast(&[
            "explain",
            "--json",
            &file,
            method,
            "https://api.example.com/v1/items/7",
        ])
        .json()
    };
    let plan = |json: &serde_json::Value, statuses: &str| {
        let rows = json["statuses"].as_array().unwrap().clone();
        let of = |row: &serde_json::Value| {
            row["statuses"]
                .as_str()
                .unwrap()
                .split(", ")
                .any(|one| one == statuses)
        };
        rows.into_iter().find(of).unwrap()["plan"].clone()
    };
    let get = explain("GET");
    assert_eq!(plan(&get, "504")["waits_ms"], json!([[50, 100]]));
    assert_eq!(plan(&get, "409")["decided_by"], "rule of the policy");
    assert_eq!(plan(&get, "502")["action"], "hand-back");
    let post = explain("POST");
    assert_eq!(plan(&post, "504")["action"], "hand-back");
    assert_eq!(plan(&post, "429")["action"], "retry");
    let failures = post["failures"].as_array().unwrap();
    let action = |kind: &str| {
        let row = failures
            .iter()
            .find(|row| row["failures"].as_array().unwrap().contains(&kind.into()));
        row.unwrap()["plan"]["action"].clone()
    };
    assert_eq!(
        (action("connect"), action("reset")),
        ("retry".into(), "hand-back".into())
    );
}

#[test]
fn a_file_with_mistakes_is_exit_status_1() {
    let file = file("explain-wrong.toml", "[policies.careful]\natempts = 2\n");
    let run = steadfast(&["explain", &file, "https://x.com/"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert!(run.stderr.contains("did you mean `attempts`?"), "{run:?}");
}

#[test]
fn everything_that_bounds_what_is_sent_is_told() {
    let policies = "[policies.own]\nrate = ['5/s', { rate = '600/min', scope = 'origin' }]\nmax_wait = '2s'\nmax_queue = 9\n\
                    quota = '1000/day'\ncost = 2\npriority = 'low'\npacing = 'off'\ngate = false\nconcurrency = { limit = 8, max_queue = 7 }\n[[endpoints]]\nmatch = 'a.com'\npolicy = 'own'\n";
    let path = file("explain-limits.toml", policies);
    let run = steadfast(&["explain", &path, "http://a.com/"]);
    assert_eq!(run.code, 0, "{run:?}");
    for expected in [
        "one attempt every 200 ms, 5 at once\n",
        "one attempt every 100 ms, 600 at once, counted per origin\n",
        "the wait for that is at most 2 s\n",
        "at most 9 attempts wait for that\n",
        "at most 8 attempts are under way at once, until their bodies were read or dropped\n",
        "at most 7 others wait, at most 30 s\n",
        "refused by the concurrency limit of this client, queue of the concurrency limit full",
        "the plan allows 1000/day\n",
        "each attempt costs 2\n",
        "calls wait with low priority\n",
        "headers about limits pace nothing\n",
        "nobody waits because somebody else was refused\n",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
    let json = steadfast(&["explain", "--json", &path, "http://a.com/"]).json();
    let limits = &json["limits"];
    assert_eq!(
        limits["concurrency"],
        serde_json::json!({
            "adaptive": false, "min": 8, "max": 8, "max_wait_ms": 30_000, "max_queue": 7,
        })
    );
    assert_eq!(
        (
            &limits["rates"][1]["interval_ms"],
            &limits["rates"][1]["scope"]
        ),
        (&100.into(), &"origin".into())
    );
    assert_eq!(limits["priority"], "low");
    assert_eq!(
        (
            &limits["quotas"][0]["limit"],
            &limits["cost"],
            &limits["gate"]
        ),
        (&1000.into(), &2.into(), &false.into())
    );
}

#[test]
fn keys_and_fallbacks_are_explained() {
    let policies = file(
        "keyed.toml",
        "[policies.orders]\nidempotency_key = true\nfallback = { status = 200, body = \"[]\" }\n\
         [[endpoints]]\nmatch = \"https://api.example.com/**\"\npolicy = \"orders\"\n",
    );
    let url = "https://api.example.com/v1/orders";
    let run = steadfast(&["explain", &policies, "POST", url]);
    assert_eq!(run.code, 0, "{run:?}");
    for expected in [
        "POST and PATCH get an idempotency key (idempotency-key)",
        "a call that has failed is answered with 200",
    ] {
        assert!(
            run.stdout.contains(expected),
            "{expected} in {}",
            run.stdout
        );
    }
    let json = steadfast(&["explain", &policies, "POST", url, "--json"]).json();
    assert_eq!(json["repeatable"], json!(true));
    assert_eq!(json["idempotency_key"], json!(true));
    assert_eq!(json["fallback"], json!(200));
    let of = |status: &str| {
        let rows = json["statuses"].as_array().unwrap();
        let row = rows.iter().find(|row| {
            let codes = row["statuses"].as_str().unwrap();
            codes.split(", ").any(|code| code == status)
        });
        row.map(|row| row["plan"]["action"].clone())
    };
    assert_eq!(of("409"), Some(json!("retry")));
}

#[test]
fn what_cannot_be_explained_is_told_as_it_was_read() {
    let file = file("explain-alone.toml", POLICIES);
    for (args, expected) in [
        (
            &[&*file][..],
            &format!("`{file}` is read as a policy file, so a URL has to follow")[..],
        ),
        (&["nowhere.toml"], "`nowhere.toml` is read as a policy file"),
        (&["429", "503"], "one status is explained at a time"),
        (
            &["429", "GET", "http://x.com/"],
            "would begin with a policy file",
        ),
        (&[&file, "localhost:8080"], "as in `http://localhost:8080`"),
        (&[&file, "GET", "x.com"], "as in `http://x.com`"),
    ] {
        let run = steadfast(&[&["explain"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.contains(expected),
            "{expected} in {}",
            run.stderr
        );
    }
}
