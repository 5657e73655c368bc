//! What arbitrary headers do, and promises about all of them.

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::fields::FIELDS;
use super::name::Name;
use super::*;
use crate::hint::LONGEST;
use crate::hint::few::MOST;

/// Every header that is read, the two that decide how, and some that are not.
fn names() -> impl Strategy<Value = &'static str> {
    let others = ["date", "age", "server", "x-ratelimit-other", "ratelimits"];
    let all: Vec<_> = FIELDS
        .iter()
        .map(|(name, _)| *name)
        .chain(others)
        // The richest ones more often than one in sixty.
        .chain(["ratelimit", "ratelimit-policy"].repeat(10))
        .collect();
    prop::sample::select(all)
}

/// Arbitrary bytes, and bytes that look almost right.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "0",
        "1",
        "9",
        "40",
        "1795446000",
        "99999999999999999999",
        ".",
        ",",
        ";",
        ":",
        "/",
        "-",
        "=",
        " ",
        "\\",
        "\"",
        "\"a\"",
        "\"b\"",
        ";q=9",
        ";w=60",
        ";r=5",
        ";t=7",
        ";pk=:YQ==:",
        ";qu=\"content-bytes\"",
        "limit=",
        "remaining=",
        "reset=",
        "12ms",
        "6m0s",
        "true",
        "global",
        "2026-11-23T15:00:00Z",
        "Mon, 23 Nov 2026 15:00:00 GMT",
        "Mon Nov 23 2026 15:00:00 GMT+0000 (x)",
        "\u{663}",
    ];
    let pieces = prop::sample::select(pieces.to_vec());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat().into_bytes()),
    ]
}

fn responses() -> impl Strategy<Value = HeaderMap> {
    prop::collection::vec((names(), values()), 0..12).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        headers
    })
}

/// A limit as a server that speaks draft 10 knows it.
#[derive(Clone, Debug)]
struct Limit {
    name: String,
    partition: Option<String>,
    quota: u64,
    window: u32,
    remaining: Option<(u64, u32)>,
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    // Names with everything that could end a string, a member or a parameter too early.
    let limit = (
        "[a-c ,;=\"\\\\]{0,4}",
        prop::option::of("[A-D]{2}"),
        any::<u64>(),
        1_u32..300_000_000,
        prop::option::of((any::<u64>(), 0_u32..300_000_000)),
    )
        .prop_map(|(name, partition, quota, window, remaining)| Limit {
            name,
            partition,
            quota,
            window,
            remaining,
        });
    prop::collection::vec(limit, 0..=MOST).prop_map(|mut limits| {
        limits.sort_by(|a, b| (&a.name, &a.partition).cmp(&(&b.name, &b.partition)));
        limits.dedup_by(|a, b| (&a.name, &a.partition) == (&b.name, &b.partition));
        // What is left comes first.
        limits.sort_by_key(|limit| limit.remaining.is_none());
        limits
    })
}

// ===== impl Limit =====

impl Limit {
    fn quoted(&self) -> String {
        self.name.replace('\\', r"\\").replace('"', r#"\""#)
    }

    /// The item and its partition key.
    fn item(&self) -> String {
        let key = self.partition.as_ref();
        let key = key.map_or(String::new(), |key| format!(";pk=:{key}==:"));
        format!("\"{}\"{key}", self.quoted())
    }

    fn policy(&self) -> String {
        format!("{};q={};w={}", self.item(), self.quota, self.window)
    }

    fn left(&self) -> Option<String> {
        let (remaining, reset) = self.remaining?;
        Some(format!("{};r={remaining};t={reset}", self.item()))
    }

    fn expected(&self) -> Allowance {
        let name = Name::of(self.quoted().as_bytes());
        let key = self.partition.as_ref();
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        Allowance {
            name: key.map_or(name, |key| name.partition(key.as_bytes())).get(),
            unit: Unit::Requests,
            limit: Some(self.quota),
            remaining: self.remaining.map(|(remaining, _)| remaining),
            reset: self.remaining.map(|(_, reset)| seconds(reset)),
            window: Some(seconds(self.window)),
            cost: None,
        }
    }
}

/// Puts members into lines: a comma where there is `true`, else a new line.
fn in_lines(
    headers: &mut HeaderMap,
    name: &'static str,
    members: impl IntoIterator<Item = String>,
    joined: &[bool],
) {
    let mut lines: Vec<String> = Vec::new();
    for (member, joined) in members.into_iter().zip(joined) {
        match lines.last_mut() {
            Some(line) if *joined => {
                line.push_str(" ,\t");
                line.push_str(&member);
            }
            _ => lines.push(member),
        }
    }
    for line in lines {
        headers.append(name, HeaderValue::from_str(&line).unwrap());
    }
}

fn read(headers: &HeaderMap) -> Allowances {
    Allowances::read(headers, || UNIX_EPOCH)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(steadfast_testkit::cases(2048)))]

    #[test]
    fn no_headers_panic_and_every_number_keeps_its_bounds(headers in responses()) {
        let allowances = read(&headers);
        let mut names: Vec<_> = allowances.iter().map(|it| it.name).collect();
        prop_assert!(names.len() <= MOST && names.is_empty() == allowances.is_empty());
        for it in allowances.iter() {
            prop_assert!(it.limit.is_some() || it.remaining.is_some());
            prop_assert!(it.reset.is_none_or(|reset| reset <= LONGEST));
            prop_assert!(it.window.is_none_or(|window| window <= LONGEST && !window.is_zero()));
        }
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), allowances.iter().count(), "each name once");
    }

    #[test]
    fn whatever_is_read_was_noticed_before(headers in responses()) {
        prop_assert!(tells_of_limits(&headers) || read(&headers) == Allowances::default());
    }

    #[test]
    fn what_a_server_writes_as_draft_10_is_what_is_read(limits in limits()) {
        let mut headers = HeaderMap::new();
        let all = [true; MOST];
        in_lines(&mut headers, "ratelimit-policy", limits.iter().map(Limit::policy), &all);
        in_lines(&mut headers, "ratelimit", limits.iter().filter_map(Limit::left), &all);
        let allowances = read(&headers);
        let expected: Vec<_> = limits.iter().map(Limit::expected).collect();
        prop_assert_eq!(allowances.iter().copied().collect::<Vec<_>>(), expected);
        prop_assert_eq!(allowances.oddity(), None);
    }

    #[test]
    fn where_lines_are_split_changes_nothing(
        limits in limits(), broken in prop::option::of(0..MOST),
        one in any::<[bool; MOST]>(), two in any::<[bool; MOST]>(),
    ) {
        let with = |joined: &[bool]| {
            let mut headers = HeaderMap::new();
            let mut left: Vec<_> = limits.iter().filter_map(Limit::left).collect();
            if let Some(member) = broken.and_then(|at| left.get_mut(at)) {
                member.push_str(";r=-1;;");
            }
            in_lines(&mut headers, "ratelimit-policy", limits.iter().map(Limit::policy), joined);
            in_lines(&mut headers, "ratelimit", left, joined);
            read(&headers)
        };
        prop_assert_eq!(with(&one), with(&two));
    }

    #[test]
    fn a_skewed_client_clock_changes_no_reset(
        server in 1_000_000_000_u64..4_000_000_000, later in 0_u64..300_000_000,
        client in any::<u32>(),
    ) {
        let mut headers = HeaderMap::new();
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(server));
        headers.insert("date", HeaderValue::from_str(&date).unwrap());
        headers.insert("x-ratelimit-remaining", HeaderValue::from(1_u64));
        headers.insert("x-ratelimit-reset", HeaderValue::from(server + later));
        let wall = || UNIX_EPOCH + Duration::from_secs(client.into());
        let allowances = Allowances::read(&headers, wall);
        let reset = allowances.iter().next().and_then(|it| it.reset);
        prop_assert_eq!(reset, Some(Duration::from_secs(later)));
    }
}
