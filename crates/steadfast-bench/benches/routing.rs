//! `cargo bench -p steadfast-bench --bench routing [-- --json] [--check]`: what it costs to find the policy of a request
//! among 1,000 endpoints. With `--check`, exit status 1 when a lookup takes 300 ns or more, or allocates.

use std::env;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use http::Method;
use steadfast_bench::allocations;
use steadfast_core::{Pattern, Routes, UrlParts};

/// Endpoints in each set.
const ENDPOINTS: usize = 1_000;
/// What a lookup may take, in nanoseconds.
const MOST_NS: f64 = 300.0;
/// Different requests; an odd step below visits them in an order that no cache foresees.
const REQUESTS: usize = 1_024;
/// The median of these leaves out those that were disturbed.
const BATCHES: usize = 401;

/// A set of endpoints and the requests that look into it.
struct Row {
    name: &'static str,
    pattern: fn(usize) -> String,
    /// Scheme, host and path.
    request: fn(usize) -> (String, String),
    /// Whether the requests belong to an endpoint.
    found: bool,
}

const ROWS: [Row; 9] = [
    Row {
        name: "one host, literal paths",
        pattern: |n| format!("https://api.example.com/v1/resource-{n}/list"),
        request: |n| at("api.example.com", format!("/v1/resource-{n}/list")),
        found: true,
    },
    Row {
        name: "one host, templates",
        pattern: |n| format!("GET https://api.example.com/v1/resource-{n}/{{id}}/parts/{{part}}"),
        request: |n| {
            at(
                "api.example.com",
                format!("/v1/resource-{n}/8213/parts/{n}"),
            )
        },
        found: true,
    },
    Row {
        name: "one host, templates and any rest",
        pattern: |n| format!("api.example.com/v1/{{tenant}}/resource-{n}/**"),
        request: |n| at("api.example.com", format!("/v1/acme/resource-{n}/a/b/c")),
        found: true,
    },
    Row {
        name: "one host, percent-encoded paths",
        pattern: |n| format!("api.example.com/v1/caf\u{e9}-{n}/**"),
        request: |n| at("api.example.com", format!("/v1/caf%c3%a9-{n}/menu")),
        found: true,
    },
    Row {
        name: "one host, no endpoint found",
        pattern: |n| format!("api.example.com/v1/resource-{n}/{{id}}"),
        request: |n| at("api.example.com", format!("/v1/resource-{n}/8213/parts")),
        found: false,
    },
    Row {
        name: "1,000 hosts",
        pattern: |n| format!("https://service-{n}.example.com/v1/**"),
        request: |n| {
            at(
                &format!("service-{n}.example.com"),
                "/v1/items/7".to_owned(),
            )
        },
        found: true,
    },
    Row {
        name: "1,000 hosts, in capitals",
        pattern: |n| format!("https://service-{n}.example.com/v1/**"),
        request: |n| at(&format!("SERVICE-{n}.Example.com"), "/v1/items".to_owned()),
        found: true,
    },
    Row {
        name: "1,000 wildcard hosts",
        pattern: |n| format!("*.service-{n}.example.com/v1/{{id}}"),
        request: |n| {
            at(
                &format!("eu.api.service-{n}.example.com"),
                "/v1/7".to_owned(),
            )
        },
        found: true,
    },
    Row {
        name: "1,000 hosts, another asked",
        pattern: |n| format!("https://service-{n}.example.com/v1/**"),
        request: |n| {
            at(
                &format!("elsewhere-{n}.example.org"),
                "/v1/items".to_owned(),
            )
        },
        found: false,
    },
];

struct Measured {
    name: &'static str,
    ns: f64,
    allocs: f64,
}

fn at(host: &str, path: String) -> (String, String) {
    (host.to_owned(), path)
}

fn main() -> ExitCode {
    // Cargo itself passes `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|a| a != "--bench").collect();
    let known = ["--json", "--check"];
    if let Some(unknown) = arguments.iter().find(|a| !known.contains(&a.as_str())) {
        eprintln!(
            "unknown argument {unknown}; known are --json (one object on stdout) and --check"
        );
        return ExitCode::from(2);
    }
    let asked = |name: &str| arguments.iter().any(|a| a == name);
    let measured: Vec<Measured> = ROWS.iter().map(measure).collect();
    match asked("--json") {
        true => println!("{}", json(&measured)),
        false => print!("{}", table(&measured)),
    }
    let mut status = ExitCode::SUCCESS;
    for broken in measured.iter().filter_map(broken) {
        if asked("--check") {
            eprintln!("broken promise: {broken}");
            status = ExitCode::FAILURE;
        }
    }
    status
}

fn measure(row: &Row) -> Measured {
    let patterns = (0..ENDPOINTS).map(|n| {
        let pattern = (row.pattern)(n).parse::<Pattern>();
        (
            pattern.expect("the rows above have patterns that can be read"),
            n,
        )
    });
    let routes = Routes::build(patterns).expect("the rows above have no two that collide");
    let requests: Vec<(String, String)> = (0..REQUESTS)
        .map(|n| (row.request)(n * 389 % ENDPOINTS))
        .collect();
    let urls: Vec<UrlParts<'_>> = requests
        .iter()
        .map(|(host, path)| UrlParts::new("https", host, None, path, None))
        .collect();
    let batch = || {
        for url in &urls {
            let found = routes.find(&Method::GET, black_box(url));
            assert_eq!(black_box(found).is_some(), row.found, "{}: {url}", row.name);
        }
    };
    batch();
    let allocs = allocations::during(batch) as f64 / REQUESTS as f64;
    let mut ns: Vec<f64> = (0..BATCHES).map(|_| time(batch)).collect();
    ns.sort_by(f64::total_cmp);
    Measured {
        name: row.name,
        ns: ns[BATCHES / 2],
        allocs,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "measures how long lookups really take"
)]
fn time(batch: impl Fn()) -> f64 {
    let begin = Instant::now();
    batch();
    begin.elapsed().as_nanos() as f64 / REQUESTS as f64
}

fn broken(one: &Measured) -> Option<String> {
    let Measured { name, ns, allocs } = one;
    if *allocs > 0.0 {
        return Some(format!("{name}: a lookup allocates {allocs:.2} times"));
    }
    let slow = *ns >= MOST_NS;
    slow.then(|| format!("{name}: a lookup takes {ns:.0} ns, {MOST_NS:.0} are too many"))
}

fn table(all: &[Measured]) -> String {
    let mut table = format!("{:<34}{:>8}{:>8}\n", "per lookup", "ns", "allocs");
    for Measured { name, ns, allocs } in all {
        table += &format!("{name:<34}{ns:>8.0}{allocs:>8.2}\n");
    }
    table
}

/// One JSON object: `{"endpoints","rows":[{"name","ns","allocs"}]}`.
fn json(all: &[Measured]) -> String {
    let row = |one: &Measured| {
        let Measured { name, ns, allocs } = one;
        format!(r#"{{"name":"{name}","ns":{ns:.1},"allocs":{allocs}}}"#)
    };
    let rows: Vec<String> = all.iter().map(row).collect();
    format!(r#"{{"endpoints":{ENDPOINTS},"rows":[{}]}}"#, rows.join(","))
}
