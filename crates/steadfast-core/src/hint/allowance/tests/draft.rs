//! The draft, in all its versions.

use super::*;

#[test]
fn draft_10_joins_policies_and_what_is_left_by_name() {
    let policy = (
        "ratelimit-policy",
        r#""burst";q=100;w=60,"daily";q=1000;w=86400"#,
    );
    let daily = (
        name("daily"),
        Some(1000),
        Some(50),
        Some(30_000),
        Some(86_400_000),
    );
    let burst = (name("burst"), Some(100), None, None, Some(60_000));
    assert_eq!(
        told(&[policy, ("ratelimit", r#""daily";r=50;t=30"#)]),
        [daily, burst]
    );
    assert_eq!(
        told(&[("ratelimit", r#""daily";r=50;t=30"#), policy]),
        [daily, burst],
        "whichever field comes first"
    );
    let alone = (name("default"), None, Some(0), Some(48_000), None);
    assert_eq!(told(&[("ratelimit", r#""default";r=0;t=48"#)]), [alone]);
    assert_eq!(
        told(&[("ratelimit", r#"  "default" ; t=48 ;r=0"#)]),
        [alone],
        "in any order, with spaces"
    );
    assert_eq!(
        told(&[("ratelimit", r#""default";r=5;t=0"#)]),
        [(name("default"), None, Some(5), Some(0), None)],
        "zero is a reset"
    );
    assert_eq!(
        told(&[("ratelimit", r#""default";r=5"#)]),
        [(name("default"), None, Some(5), None, None)]
    );
}

#[test]
fn one_list_may_stand_in_several_lines() {
    let one = told(&[("ratelimit", r#""a";r=1;t=2, "b";r=3;t=4"#)]);
    let two = told(&[
        ("ratelimit", r#""a";r=1;t=2"#),
        ("ratelimit", r#""b";r=3;t=4"#),
    ]);
    assert_eq!((one.len(), &one), (2, &two));
    let seven = told(&[
        ("ratelimit", "limit=100"),
        ("ratelimit", "remaining=50, reset=5"),
    ]);
    assert_eq!(seven, unnamed(100, 50, Some(5_000), None));
}

#[test]
fn partitions_of_one_policy_are_limits_of_their_own() {
    let lines = [(
        "ratelimit",
        r#""u";r=1;t=2;pk=:YQ==:, "u";r=3;t=4;pk=:Yg==:"#,
    )];
    let allowances = read(&lines);
    let names: Vec<_> = allowances.iter().map(|it| it.name).collect();
    assert!(names.len() == 2 && names[0] != names[1] && !names.contains(&name("u")));
    assert_eq!(allowances.bucket(), None, "they are not in one bucket");

    let border = told(&[("ratelimit", r#""ab";r=1;pk=:c:, "a";r=1;pk=:bc:"#)]);
    assert_ne!(
        border[0].0, border[1].0,
        "where a name ends and its key begins"
    );

    let policies = [
        (
            "ratelimit-policy",
            r#""u";q=10;w=1;pk=:YQ==:, "u";q=20;w=1;pk=:Yg==:"#,
        ),
        lines[0],
    ];
    let limits: Vec<_> = read(&policies)
        .iter()
        .map(|it| (it.name, it.limit, it.remaining))
        .collect();
    assert_eq!(
        limits,
        [(names[0], Some(10), Some(1)), (names[1], Some(20), Some(3))]
    );

    let every = [("ratelimit-policy", r#""u";q=10;w=1"#), lines[0]];
    let limits: Vec<_> = read(&every).iter().map(|it| it.limit).collect();
    assert_eq!(limits, [Some(10), Some(10)], "a policy of every partition");
}

#[test]
fn a_partition_key_in_one_of_the_two_fields_is_enough() {
    let both = [
        ("ratelimit-policy", r#""u";q=10;w=1;pk=:YQ==:"#),
        ("ratelimit", r#""u";r=1;t=2;pk=:YQ==:"#),
    ];
    let in_policy = [both[0], ("ratelimit", r#""u";r=1;t=2"#)];
    let in_limit = [("ratelimit-policy", r#""u";q=10;w=1"#), both[1]];
    assert_eq!(told(&both).len(), 1);
    assert_eq!(told(&in_policy), told(&both));
    assert_eq!(told(&in_limit), told(&both));
    let bucket = read(&both).bucket();
    assert_eq!(bucket, Some(name("YQ")), "without its padding");
    assert_eq!(read(&in_policy).bucket(), bucket);
    assert_eq!(read(&in_limit).bucket(), bucket);

    let ambiguous = [
        (
            "ratelimit-policy",
            r#""u";q=10;w=1;pk=:YQ==:, "u";q=20;w=1;pk=:Yg==:"#,
        ),
        ("ratelimit", r#""u";r=1;t=2"#),
    ];
    let told = told(&ambiguous);
    assert_eq!(told[0], (name("u"), None, Some(1), Some(2_000), None));
    assert_eq!(told.len(), 3);

    let mixed = [both[0], ("ratelimit", r#""other";r=1"#)];
    assert_eq!(read(&mixed).bucket(), None, "not all of them share it");
}

#[test]
fn the_unit_of_a_policy_is_that_of_the_limit() {
    for (policy, unit) in [
        (r#""d";q=9"#, Unit::Requests),
        (r#""d";q=9;qu="requests""#, Unit::Requests),
        (r#""d";q=9;qu="content-bytes""#, Unit::Bytes),
        (r#""d";q=9;qu="concurrent-requests""#, Unit::Concurrent),
        (r#""d";q=9;qu=content-bytes"#, Unit::Bytes),
        (r#""d";q=9;qu="leaves of tea""#, Unit::Other),
        (r#""d";q=9;qu=""#, Unit::Requests),
    ] {
        let lines = [("ratelimit-policy", policy), ("ratelimit", r#""d";r=1"#)];
        let allowances = read(&lines);
        let units: Vec<_> = allowances.iter().map(|it| it.unit).collect();
        assert_eq!(units, [unit], "{policy}");
    }
    let tokens = [
        ("x-ratelimit-remaining-tokens", "5"),
        ("x-ratelimit-remaining-requests", "5"),
    ];
    let allowances = read(&tokens);
    let units: Vec<_> = allowances.iter().map(|it| it.unit).collect();
    assert_eq!(units, [Unit::Requests, Unit::Tokens]);
}

#[test]
fn what_is_malformed_in_a_list_is_ignored_and_the_rest_still_counts() {
    let good = (name("ok"), None, Some(5), Some(7_000), None);
    for broken in [
        r#""x";t=30"#,
        r#""x";r=-1;t=30"#,
        r#""x";r=1.5;t=30"#,
        r#""x";r="1";t=30"#,
        r#""x";r;t=30"#,
        r#""x";r=5;r=no"#,
        r#""x"y;r=0;t=30"#,
        "5;r=0;t=30",
        "=",
        ";;",
        ":YQ==:;r=0",
    ] {
        for line in [
            format!(r#"{broken}, "ok";r=5;t=7"#),
            format!(r#""ok";r=5;t=7, {broken}"#),
        ] {
            let lines = [("ratelimit", line.as_str())];
            assert_eq!(told(&lines), [good], "{line}");
            let why = read(&lines).oddity().unwrap().why;
            assert_eq!(why, Oddity::MEMBER, "{line}");
        }
    }
    for (member, expected) in [
        (r#""ok";r=5;t=-1"#, (name("ok"), None, Some(5), None, None)),
        (
            r#""ok";r=5;t=soon"#,
            (name("ok"), None, Some(5), None, None),
        ),
        (r#""ok";r=5;t=7;"#, good),
        (r#""ok";r=9;r=5;t=7;pk="#, good),
    ] {
        let lines = [("ratelimit", member)];
        assert_eq!(told(&lines), [expected], "{member}");
        assert!(read(&lines).oddity().is_some(), "{member}");
    }
}

#[test]
fn what_the_draft_allows_is_not_odd() {
    let good = (name("ok"), None, Some(5), Some(7_000), None);
    for (member, expected) in [
        (r#""ok";r=5;t=7;x=1;burst"#, Some(good)),
        (r#", "ok";r=5;t=7,,"#, Some(good)),
        ("", None),
        (" , ", None),
    ] {
        let lines = [("ratelimit", member)];
        assert_eq!(told(&lines), Vec::from_iter(expected), "{member}");
        assert_eq!(read(&lines).oddity(), None, "{member} is allowed");
    }
    let same = [("ratelimit", r#""ok";r=5;t=7, "ok";r=9;t=9"#)];
    assert_eq!(told(&same), [good], "the first of the same name");
}

#[test]
fn a_broken_policy_takes_nothing_from_what_is_left() {
    let limit = ("ratelimit", r#""d";r=5"#);
    for (policy, expected) in [
        (r#""d";w=60"#, None),
        (r#""d";q=-1;w=60"#, None),
        (r#"d;q=1;w=60"#, Some((1, Some(60)))),
        (r#"d d;q=1;w=60"#, None),
        (r#""d";q=8;w=0"#, Some((8, None))),
        (r#""d";q=8;w=x"#, Some((8, None))),
        (r#""d";q=0;w=60"#, Some((0, Some(60)))),
    ] {
        let allowances = read(&[("ratelimit-policy", policy), limit]);
        let all: Vec<_> = allowances.iter().collect();
        assert_eq!((all.len(), all[0].remaining), (1, Some(5)), "{policy}");
        let window = all[0].window.map(|window| window.as_secs());
        let told = all[0].limit.map(|limit| (limit, window));
        assert_eq!(told, expected, "{policy}");
    }
}

#[test]
fn the_drafts_before_names_are_one_unnamed_limit() {
    let six = [
        ("ratelimit-limit", "100, 100;w=10"),
        ("ratelimit-remaining", "50"),
        ("ratelimit-reset", "50"),
    ];
    let expected = unnamed(100, 50, Some(50_000), Some(10_000));
    assert_eq!(told(&six), expected);
    let comment = [
        ("ratelimit-limit", r#"100, 100;w=10;comment="a, b""#),
        six[1],
        six[2],
    ];
    assert_eq!(told(&comment), expected);
    let apart = [
        ("ratelimit-limit", "100"),
        ("ratelimit-policy", "100;w=10"),
        six[1],
        six[2],
    ];
    assert_eq!(told(&apart), expected);
    let docker = [
        ("ratelimit-limit", "100;w=21600"),
        ("ratelimit-remaining", "76;w=21600"),
    ];
    assert_eq!(told(&docker), unnamed(100, 76, None, Some(21_600_000)));

    let seven = ("ratelimit", "limit=100, remaining=50, reset=5");
    assert_eq!(told(&[seven]), unnamed(100, 50, Some(5_000), None));
    assert_eq!(
        told(&[seven, ("ratelimit-policy", "100;w=10")]),
        unnamed(100, 50, Some(5_000), Some(10_000))
    );
    let several = told(&[seven, ("ratelimit-policy", "10;w=1, 100;w=60, 1000;w=3600")]);
    assert_eq!(several[..1], unnamed(100, 50, Some(5_000), Some(60_000)));
    assert_eq!(several.len(), 3, "the other policies are limits too");
    assert_ne!(several[1].0, several[2].0);
    assert_eq!(
        told(&[("ratelimit-policy", "100;w=10")]),
        [(0, Some(100), None, None, Some(10_000))]
    );
    let twice = told(&[seven, ("ratelimit-policy", "100;w=1, 100;w=60")]);
    assert_eq!(twice[0].4, Some(1_000));
    assert_eq!((twice.len(), twice[1].4), (2, Some(60_000)));
    let less = [
        ("ratelimit", "remaining=50"),
        ("ratelimit-policy", "100;w=10"),
    ];
    assert_eq!(told(&less), unnamed(100, 50, None, Some(10_000)));
}

#[test]
fn zero_with_a_sign_is_a_number_of_the_draft_and_no_t_of_it_is_milliseconds() {
    let ten_years = LONGEST.as_millis();
    for (member, remaining, reset) in [
        (r#""ok";r=-0;t=7"#, 0, 7_000),
        (r#""ok";r=0;t=-0"#, 0, 0),
        (r#""ok";r=-00;t=-0.0"#, 0, 0),
        (r#""ok";r=5;t=1795446005000"#, 5, ten_years),
        (r#""ok";r=5;t=999999999999999"#, 5, ten_years),
    ] {
        let lines = [DATE, ("ratelimit", member)];
        let expected = (name("ok"), None, Some(remaining), Some(reset), None);
        assert_eq!(told(&lines), [expected], "{member}");
        assert_eq!(read(&lines).oddity(), None, "{member}");
    }
    let spent = [DATE, ("ratelimit", r#""ok";r=-0;t=1795446005000"#)];
    let hints = crate::hint::Hints::read_refusal(
        http::StatusCode::TOO_MANY_REQUESTS,
        &headers(&spent),
        no_clock,
    );
    assert!(hints.remaining_zero);
    assert_eq!(hints.retry_after.map(|asked| asked.wait), Some(LONGEST));
    let older = [("ratelimit-remaining", "-0"), ("ratelimit-limit", "9")];
    assert_eq!(told(&older), unnamed(9, 0, None, None));
}

/// What is proposed for the next draft (github.com/ietf-wg-httpapi/ratelimit-headers, pull request 166).
#[test]
fn what_is_proposed_for_the_next_draft_is_read_where_it_makes_sense() {
    let policy = ("ratelimit-policy", r#""d";q=100;w=60"#);
    let known = (name("d"), Some(100), Some(5), Some(7_000), Some(60_000));
    let cost = |lines: &[_]| read(lines).iter().next().unwrap().cost;
    for (member, paid) in [
        (r#""d";r=5;t=7"#, None),
        // Names without quotes.
        ("d;r=5;t=7", None),
        // `a` and `w` in the place of `r` and `t`, or beside them.
        (r#""d";a=5;w=7"#, None),
        (r#""d";a=5;t=7"#, None),
        (r#""d";r=5;t=7;a=5;w=7"#, None),
        ("d;a=5;w=7", None),
        // What this response cost.
        (r#""d";r=5;t=7;c=3"#, Some(3)),
        ("d;a=5;w=7;c=0", Some(0)),
    ] {
        let lines = [policy, ("ratelimit", member)];
        assert_eq!(told(&lines), [known], "{member}");
        assert_eq!(cost(&lines), paid, "{member}");
        assert_eq!(read(&lines).oddity(), None, "{member}");
        let partition = ("ratelimit-partition", r#""d";user_id;method="GET""#);
        let lines = [lines[0], lines[1], partition];
        assert_eq!(told(&lines), [known], "what it declares is said by `pk`");
        assert_eq!(read(&lines).oddity(), None);
    }
    for names in [
        ["d", "d"],
        ["d", r#""d""#],
        ["*d", "*d"],
        ["a.b/c:d", "a.b/c:d"],
    ] {
        let policy = format!("{};q=9;w=60", names[0]);
        let limit = format!("{};r=1;t=2", names[1]);
        let lines = [("ratelimit-policy", &*policy), ("ratelimit", &*limit)];
        assert_eq!(told(&lines).len(), 1, "one limit: {names:?}");
    }
    // Where there is no `a`, `w` is the window and nothing else.
    let window = [("ratelimit", r#""d";r=5;w=60"#)];
    let expected = (name("d"), None, Some(5), None, Some(60_000));
    assert_eq!(told(&window), [expected]);
    let spent = [("ratelimit", "d;a=0;w=7")];
    let hints = crate::hint::Hints::read_refusal(
        http::StatusCode::TOO_MANY_REQUESTS,
        &headers(&spent),
        no_clock,
    );
    assert_eq!(
        hints.retry_after.map(|asked| asked.wait),
        Some(Duration::from_secs(7))
    );
}
