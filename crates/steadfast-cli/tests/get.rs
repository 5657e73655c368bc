//! `steadfast get`: the body and nothing else on standard output, the rest beside it, the exit status for scripts.

mod common;

use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use common::{command, file, steadfast};
use steadfast_testkit::{Script, Server, real_time, refused_port, script};

/// Runs `get` against a server with this script.
fn get(script: impl Into<Script>, args: &[&str]) -> (common::Run, Server) {
    // The runtime is left to the server, which stops when the process ends.
    let runtime = Box::leak(Box::new(real_time()));
    let server = runtime.block_on(Server::start(script));
    let url = server.url("/a?api_key=s3cret&page=2");
    (steadfast(&[&["get", &url], args].concat()), server)
}

#[test]
fn the_body_goes_to_standard_output_and_each_attempt_beside_it() {
    let (run, server) = get(
        script![503.retry_after_ms(1), 429.retry_after_ms(1), 200.body("ok")],
        &[],
    );
    assert_eq!(
        (run.code, run.stdout.as_str(), server.requests()),
        (0, "ok", 3),
        "{run:?}"
    );
    let told: Vec<_> = run
        .stderr
        .lines()
        .map(|line| line.split(" (").next().unwrap())
        .collect();
    let url = server.url("/a?api_key=REDACTED&page=2");
    let host = server.address();
    assert_eq!(told[0], format!("attempt 1: GET {url} -> 503"));
    assert!(
        told[1].starts_with(&format!("503 from {host}, attempt 2 of 3 in ")),
        "{run:?}"
    );
    assert_eq!(told[2], format!("attempt 2: GET {url} -> 429"));
    assert!(
        told[3].starts_with(&format!("429 from {host}, attempt 3 of 3 in ")),
        "{run:?}"
    );
    assert_eq!(told[4], format!("attempt 3: GET {url} -> 200"));
    assert!(told[5].starts_with("200: 3 attempts in "), "{run:?}");
}

#[test]
fn an_http_error_is_exit_status_3_with_advice_and_its_body() {
    let (run, _) = get(script![404.body("no such thing")], &[]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (3, "no such thing"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("404 Not Found") && run.stderr.contains("next:"),
        "{run:?}"
    );
}

#[test]
fn a_status_above_599_is_told_as_the_error_that_its_exit_status_says() {
    let (run, _) = get(script![999], &[]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("999 Invalid Status"), "{run:?}");
    assert!(!run.stderr.contains("No error"), "{run:?}");
}

#[test]
fn a_transport_error_is_exit_status_5_and_a_post_is_not_repeated() {
    let (run, server) = get(script![reset], &["-d", "tea"]);
    assert_eq!((run.code, server.requests()), (5, 1), "{run:?}");
    assert!(
        run.stderr
            .contains("not retried: its method is not idempotent"),
        "{run:?}"
    );
    let run = steadfast(&["get", &format!("http://{}/", refused_port())]);
    assert_eq!((run.code, run.stdout.as_str()), (5, ""), "{run:?}");
    assert!(run.stderr.contains("no connection"), "{run:?}");
}

#[test]
fn an_answer_that_breaks_off_is_exit_status_5() {
    let (run, _) = get(script![200.body_len(1000).half_body().rst()], &[]);
    assert_eq!(run.code, 5, "{run:?}");
}

#[test]
fn what_the_policy_refuses_is_exit_status_4() {
    let slow = file(
        "get-slow.toml",
        "default = \"slow\"\n[policies.slow]\nrate = \"1/h burst 1\"\nmax_wait = \"1ms\"\n",
    );
    let (run, server) = get(script![200], &["--policy", &slow, "--repeat", "2"]);
    assert_eq!((run.code, server.requests()), (4, 1), "{run:?}");
    let short = file(
        "get-short.toml",
        "default = \"short\"\n[policies.short]\ndeadline = \"300ms\"\n",
    );
    let (run, _) = get(script![silence], &["--policy", &short]);
    assert_eq!(run.code, 4, "{run:?}");
}

#[test]
fn a_policy_file_decides_and_one_with_mistakes_stops_everything() {
    let once = file(
        "get-once.toml",
        "default = \"once\"\n[policies.once]\nattempts = 1\n",
    );
    let (run, server) = get(script![503, 200], &["--policy", &once]);
    assert_eq!((run.code, server.requests()), (3, 1), "{run:?}");
    let wrong = file("get-wrong.toml", "[policies.once]\natempts = 1\n");
    let (run, server) = get(script![200], &["--policy", &wrong]);
    assert_eq!((run.code, server.requests()), (1, 0), "{run:?}");
}

#[test]
fn secrets_are_sent_and_never_shown() {
    let secrets = ["-H", "Authorization: Bearer t0ken", "-H", "x-api-key: k3y"];
    for more in [&["--json"][..], &["-v"], &[]] {
        let script = script![503.retry_after_ms(1), 401];
        let (run, server) = get(script, &[&secrets[..], more].concat());
        assert_eq!(run.code, 3, "{run:?}");
        let sent = server.log().last().unwrap();
        assert_eq!(sent.header("authorization"), Some("Bearer t0ken"));
        assert!(sent.path.contains("s3cret"));
        let shown = run.stdout + &run.stderr;
        for secret in ["t0ken", "k3y", "s3cret"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

#[test]
fn method_body_and_headers_are_those_of_the_command_line() {
    let body = file("get-body.bin", "from a file");
    let (run, server) = get(
        script![201],
        &[
            "-X",
            "PUT",
            "--data-file",
            &body,
            "-H",
            "x-a: 1",
            "-H",
            "x-a: 2",
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let sent = server.log().last().unwrap();
    assert_eq!(
        (sent.method.as_str(), &sent.body[..]),
        ("PUT", &b"from a file"[..])
    );
    assert_eq!(sent.headers.get_all("x-a").iter().count(), 2);
    let (_, server) = get(script![201], &["-d", "tea"]);
    assert_eq!(server.log().last().unwrap().method, "POST");
}

#[test]
fn repeatable_is_what_the_command_line_says() {
    let script = || script![503.retry_after_ms(1), 200];
    let (run, server) = get(script(), &["-d", "tea", "--repeatable", "yes"]);
    assert_eq!((run.code, server.requests()), (0, 2), "{run:?}");
    let (run, server) = get(script(), &["--repeatable", "no"]);
    assert_eq!((run.code, server.requests()), (3, 1), "{run:?}");
}

#[test]
fn a_file_takes_the_body_and_a_failed_call_leaves_it_as_it_was() {
    let path = file("get-out.txt", "before");
    let (run, _) = get(script![reset], &["-X", "POST", "-o", &path]);
    assert_eq!(
        (run.code, std::fs::read_to_string(&path).unwrap().as_str()),
        (5, "before")
    );
    let (run, _) = get(script![200.body("after")], &["-o", &path]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "after");
}

#[test]
fn an_output_that_cannot_be_written_is_told_before_anything_is_sent() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    for path in [folder, "/nowhere/out.txt"] {
        let (run, server) = get(script![200.body("ok")], &["-d", "tea", "-o", path]);
        assert_eq!((run.code, server.requests()), (2, 0), "{run:?}");
        assert!(run.stderr.contains(path), "{run:?}");
    }
    let new = format!("{folder}/get-new.txt");
    let _ = std::fs::remove_file(&new);
    let (run, _) = get(script![reset], &["-X", "POST", "-o", &new]);
    assert_eq!(run.code, 5, "{run:?}");
    assert!(!std::path::Path::new(&new).exists());
    let (run, _) = get(script![200.body("ok")], &["-o", "/dev/null"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn many_calls_are_summed_up() {
    let args = ["--repeat", "40", "--concurrency", "4", "--json"];
    let (run, server) = get(script![200.body("ok")], &args);
    assert_eq!(
        (run.code, run.stdout.as_str(), server.requests()),
        (0, "", 40),
        "{run:?}"
    );
    let summary = &run.events("summary")[0];
    assert_eq!(
        (&summary["calls"], &summary["ends"]["200"]),
        (&40.into(), &40.into())
    );
    assert_eq!(
        (&summary["attempts"], &summary["body_bytes"]),
        (&40.into(), &80.into())
    );
    assert!(summary["p50_ms"].as_u64() <= summary["p99_ms"].as_u64());
    let (run, _) = get(script![200, 404].cycle(), &["--repeat", "20"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("20 calls in ") && run.stderr.contains("10 x 200, 10 x 404"),
        "{run:?}"
    );
    assert_eq!(
        run.stderr.matches("404 Not Found").count(),
        1,
        "told once: {run:?}"
    );
}

#[test]
fn bodies_of_calls_at_the_same_time_do_not_mix() {
    // In pieces, so that they would mix.
    let every = Duration::from_millis(2);
    let runtime = real_time();
    let server = runtime.block_on(
        Server::builder()
            .on(
                "/a",
                script![200.body("a".repeat(50_000)).drip(5_000, every)],
            )
            .on(
                "/b",
                script![200.body("b".repeat(50_000)).drip(5_000, every)],
            )
            .start(),
    );
    let run = steadfast(&[
        "get",
        "--concurrency",
        "2",
        &server.url("/a"),
        &server.url("/b"),
    ]);
    let (a, b) = ("a".repeat(50_000), "b".repeat(50_000));
    assert!(
        [format!("{a}{b}"), format!("{b}{a}")].contains(&run.stdout),
        "{}",
        run.stderr
    );
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let runtime = real_time();
    let server = runtime.block_on(Server::start(script![200.body_len(4 << 20)]));
    let mut child = command()
        .args(["get", &server.url("/")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let run: common::Run = child.wait_with_output().unwrap().into();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stderr.contains("panicked"), "{run:?}");
}

#[test]
fn a_url_that_makes_no_sense_is_exit_status_2() {
    for url in ["nonsense", "ftp://x.com/?token=s3cret"] {
        let run = steadfast(&["get", url]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(!run.stderr.contains("s3cret"), "{run:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_a_summary_of_what_was_done() {
    let runtime = real_time();
    let server = runtime.block_on(Server::start(script![200, silence]));
    let child = command()
        .args(["get", "--repeat", "20", "--json", &server.url("/")])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    runtime.block_on(server.log().wait_for(2));
    common::interrupt(&child);
    let run: common::Run = child.wait_with_output().unwrap().into();
    assert_eq!(
        (run.code, &run.events("summary")[0]["calls"]),
        (130, &1.into()),
        "{run:?}"
    );
}
