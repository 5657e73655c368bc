//! `steadfast plan` says whether a load fits what was bought.

mod common;

use common::{Run, file, steadfast};
use serde_json::json;

const POLICIES: &str = r#"
[policies.bought]
rate = "5/s"
quota = ["1000/day", { count = 500_000, per = "month", zone = "-08:00", scope = "credential" }]

[[endpoints]]
match = "GET https://api.example.com/v1/search/**"
policy = "bought"

[[endpoints]]
match = "https://api.example.com/v1/batch"
rate = ["100/min", { rate = "6000/hour", share = "1/6", scope = "origin" }]
quota = [{ count = 2000, per = "36h" }, "20000/week"]
cost = 2

[[endpoints]]
match = "https://free.example.com/**"
"#;

/// A run over the file above; each test has a file of its own, since they run at the same time.
fn plan(name: &str, args: &[&str]) -> Run {
    let path = file(&format!("plan-{name}.toml"), POLICIES);
    steadfast(&[&["plan", &path], args].concat())
}

#[test]
fn a_load_that_does_not_fit_is_told_when_and_what_is_needed() {
    let run = plan("hours", &["--rate", "3/s", "--hours", "9-18"]);
    let expected = "\
3/s from 09:00 to 18:00: 97,200 requests a day
rate 5/s of GET https://api.example.com/v1/search/**: fits, uses 60 %
quota 1000/day of GET https://api.example.com/v1/search/** is used up at 09:05; you need 97,200/day
quota 500000/month of GET https://api.example.com/v1/search/** (counted per credential) is used up on day 6 at 10:17 in \
-08:00; you need 3,013,200/month
rate 100/min of https://api.example.com/v1/batch is too slow; you need 6/s, 360 % of it at a cost of 2
rate 1,000/h of https://api.example.com/v1/batch (counted per origin) is too slow; you need 6/s, 2160 % of it at a \
cost of 2
quota 2000/36h of https://api.example.com/v1/batch is used up after 6 min; you need 388,800/36h at a cost of 2
quota 20000/week of https://api.example.com/v1/batch is used up on Monday at 09:55; you need 1,360,800/week at a cost of 2
https://free.example.com/** has neither a rate nor a quota
does not fit: 6 of 7 limits
Not included: retries, which count too, and what else counts against a limit.
";
    assert_eq!(run.stdout, expected);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

#[test]
fn a_load_that_fits_is_exit_status_0() {
    let run = plan("fits", &["--rate", "500/day"]);
    let expected = "\
500/day all day: 500 requests a day
rate 5/s of GET https://api.example.com/v1/search/**: fits, uses less than 1 %
quota 1000/day of GET https://api.example.com/v1/search/**: fits, uses 50 %
quota 500000/month of GET https://api.example.com/v1/search/** (counted per credential): fits, uses 3 %
rate 100/min of https://api.example.com/v1/batch: fits, uses 1 % at a cost of 2
rate 1,000/h of https://api.example.com/v1/batch (counted per origin): fits, uses 4 % at a cost of 2
quota 2000/36h of https://api.example.com/v1/batch: fits, uses 77 % at a cost of 2
quota 20000/week of https://api.example.com/v1/batch: fits, uses 35 % at a cost of 2
https://free.example.com/** has neither a rate nor a quota
fits: all of 7 limits
Not included: retries, which count too, and what else counts against a limit.
";
    assert_eq!(run.stdout, expected);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn an_endpoint_is_asked_for_by_its_pattern_or_by_a_request() {
    let expected =
        "quota 1000/day of GET https://api.example.com/v1/search/** is used up at 00:05;";
    for endpoint in [
        "GET https://api.example.com/v1/search/**",
        "GET https://api.example.com/v1/search/books?page=2",
        "https://api.example.com/v1/search/books",
    ] {
        let run = plan("endpoint", &["--rate", "3/s", "--endpoint", endpoint]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stdout.contains(expected), "{run:?}");
        assert!(!run.stdout.contains("batch"), "{run:?}");
    }
    let free = ["--rate", "3/s", "--endpoint", "https://free.example.com/**"];
    let run = plan("endpoint", &free);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("fits: there is no limit"), "{run:?}");
}

#[test]
fn what_belongs_to_no_endpoint_has_the_limits_of_the_default_policy() {
    let path = file(
        "plan-default.toml",
        "default = 'own'\n[policies.own]\nrate = '2/s'\n",
    );
    let run = steadfast(&["plan", &path, "--rate", "3/s"]);
    let expected = "rate 2/s of what belongs to no endpoint is too slow; you need 3/s, 150 % of it";
    assert!(run.stdout.contains(expected), "{run:?}");
    assert_eq!(run.code, 1);
}

#[test]
fn as_json_there_is_a_number_for_each_word() {
    let endpoint = "GET https://api.example.com/v1/search/**";
    let args = [
        "--rate",
        "3/s",
        "--hours",
        "9-18",
        "--endpoint",
        endpoint,
        "--json",
    ];
    let run = plan("json", &args);
    assert_eq!(run.code, 1, "{run:?}");
    let expected = json!({
        "fits": false,
        "rate": "3/s",
        "hours": "09:00 to 18:00",
        "requests_per_day": 97_200,
        "endpoints": [{
            "endpoint": endpoint,
            "cost": 1,
            "fits": false,
            "rates": [{
                "rate": "5/s", "scope": "endpoint", "fits": true, "used_percent": 60, "needed": "3/s",
            }],
            "quotas": [
                {
                    "limit": 1000, "window": "day", "zone": "UTC", "scope": "endpoint", "fits": false,
                    "used_percent": 9720, "needed": 97_200,
                    "spent": { "after_s": 333, "day": 1, "time": "09:05" },
                },
                {
                    "limit": 500_000, "window": "month", "zone": "-08:00", "scope": "credential", "fits": false,
                    "used_percent": 603, "needed": 3_013_200,
                    "spent": { "after_s": 436_666, "day": 6, "time": "10:17" },
                },
            ],
        }],
    });
    assert_eq!(run.json(), expected);
}

#[test]
fn bad_input_is_exit_status_2_and_names_what_is_wrong() {
    for (args, expected) in [
        (&["--rate", "3"][..], "the rate `3` has no period"),
        (&["--rate", "3/s burst 9"], "has a burst"),
        (&["--rate", "0/s"], "lets nothing through"),
        (
            &["--rate", "3/s", "--hours", "17-9"],
            "the hours end before they begin",
        ),
        (
            &["--rate", "3/s", "--hours", "9-25"],
            "`25` is no time of a day",
        ),
        (
            &[
                "--rate",
                "3/s",
                "--endpoint",
                "https://api.example.com/v2/**",
            ],
            "no endpoint of the file has the pattern",
        ),
        (
            &["--rate", "3/s", "--endpoint", "GET https://example.org/"],
            "no endpoint of the file takes",
        ),
        (&[], "--rate"),
    ] {
        let run = plan("bad", args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(expected), "{expected} in {run:?}");
    }
}

#[test]
fn a_file_with_mistakes_is_exit_status_1_and_tells_them() {
    let path = file("plan-wrong.toml", "[policies.own]\nmax_queue = 3\n");
    let run = steadfast(&["plan", &path, "--rate", "3/s"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
    assert!(run.stderr.contains("plan-wrong.toml:2:"), "{run:?}");
}
