//! `steadfast serve` plays its script and prints what arrives.

#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use common::{command, file, steadfast};

struct Serving {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    url: String,
}

/// Starts a server and reads where it listens.
fn serve(args: &[&str]) -> Serving {
    let mut child = command()
        .arg("serve")
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let url = match serde_json::from_str::<serde_json::Value>(&first) {
        Ok(json) => json["listening"].as_str().unwrap().to_owned(),
        Err(_) => first.strip_prefix("listening on ").unwrap().to_owned(),
    };
    Serving { child, lines, url }
}

impl Serving {
    /// Its exit status and what it printed, when all requests were made.
    fn end(mut self) -> (i32, Vec<String>) {
        let lines = self.lines.map(Result::unwrap).collect();
        (self.child.wait().unwrap().code().unwrap(), lines)
    }
}

#[test]
fn steps_are_played_in_order_and_told_as_they_are() {
    let serving = serve(&[
        "503 retry-after-ms=1",
        "reset",
        "200 body=ok",
        "--requests",
        "3",
    ]);
    let run = steadfast(&["get", &format!("{}/a?token=s3cret", serving.url)]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "ok"), "{run:?}");
    let (code, lines) = serving.end();
    assert_eq!(code, 0);
    assert_eq!(
        lines,
        [
            "#1 GET /a?token=REDACTED -> 503 retry-after-ms=1",
            "#2 GET /a?token=REDACTED -> reset",
            "#3 GET /a?token=REDACTED -> 200 body=ok",
        ]
    );
}

#[test]
fn a_script_file_has_sections_for_paths() {
    let script = file(
        "serve.txt",
        "# all others\n404\n[POST /orders]\n201 header=\"x-id: a b\" json={\"id\": 1}\n[/files/**]\n200 body=f\n204\ncycle\n",
    );
    let serving = serve(&["--script", &script, "--requests", "5"]);
    let get = |args: &[&str], path: &str| {
        let url = format!("{}{path}", serving.url);
        steadfast(&[&["get", &url, "--json"], args].concat())
    };
    assert_eq!(get(&["-d", "tea"], "/orders").stdout, "{\"id\": 1}");
    assert_eq!(get(&[], "/orders").code, 3);
    let files = ["", "", ""].map(|_| get(&[], "/files/x").stdout);
    assert_eq!(files, ["f", "", "f"]);
    let (code, lines) = serving.end();
    assert_eq!(
        (code, lines[0].as_str()),
        (
            0,
            "#1 POST /orders (3 bytes) -> 201 header=\"x-id: a b\" json={\"id\": 1}"
        )
    );
}

#[test]
fn a_script_that_makes_no_sense_is_exit_status_2_with_its_line() {
    let script = file("serve-wrong.txt", "200\nbanana\n");
    let run = steadfast(&["serve", "--script", &script]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr
            .contains("serve-wrong.txt:2: `banana` is no step"),
        "{run:?}"
    );
}

#[test]
fn a_port_that_is_taken_is_exit_status_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = steadfast(&["serve", "200", "--port", &port]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(&format!("port {port}")), "{run:?}");
}

#[test]
fn as_json_each_request_is_an_object() {
    let serving = serve(&["201", "--requests", "1", "--json"]);
    steadfast(&["get", "-d", "tea", &format!("{}/a", serving.url)]);
    let (code, lines) = serving.end();
    let request: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (code, &request["method"], &request["body_bytes"]),
        (0, &"POST".into(), &3.into())
    );
}

#[test]
fn a_request_whose_client_leaves_counts_too() {
    for (step, request) in [
        ("200 delay=1h", "GET /a HTTP/1.1\r\nhost: x\r\n\r\n"),
        (
            "200 body-len=10 drip=1/1h",
            "GET /a HTTP/1.1\r\nhost: x\r\n\r\n",
        ),
        ("silence", "GET /a HTTP/1.1\r\nhost: x\r\n\r\n"),
        (
            "200",
            "POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf",
        ),
    ] {
        let serving = serve(&[step, "--requests", "1"]);
        let address = serving.url.strip_prefix("http://").unwrap();
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.write_all(request.as_bytes()).unwrap();
        drop(client);
        assert_eq!(serving.end().0, 0, "{step}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_well() {
    let serving = serve(&["200"]);
    common::interrupt(&serving.child);
    assert_eq!(serving.end(), (0, Vec::new()));
}
