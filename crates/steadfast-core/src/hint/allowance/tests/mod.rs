//! Every dialect, and every way to get one wrong.

mod draft;
mod edges;
mod vendors;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::name::Name;
use super::*;
use crate::hint::LONGEST;
use crate::hint::few::MOST;

/// Mon, 23 Nov 2026 15:00:00 GMT, in every response that needs a clock.
const NOW: u64 = 1_795_446_000;
const DATE: (&str, &str) = ("date", "Mon, 23 Nov 2026 15:00:00 GMT");

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        headers.append(HeaderName::from_static(name), value);
    }
    headers
}

fn no_clock() -> SystemTime {
    panic!("the wall clock was asked without need")
}

fn read(lines: &[(&'static str, &str)]) -> Allowances {
    let headers = headers(lines);
    let allowances = Allowances::read(&headers, no_clock);
    let tells =
        !allowances.is_empty() || allowances.oddity().is_some() || allowances.bucket().is_some();
    assert!(!tells || tells_of_limits(&headers), "{lines:?}");
    allowances
}

fn name(text: &str) -> u64 {
    Name::of(text.as_bytes()).get()
}

/// Name, limit, remaining, reset in ms, window in ms. Units have a test of their own.
type Told = (u64, Option<u64>, Option<u64>, Option<u128>, Option<u128>);

fn told(lines: &[(&'static str, &str)]) -> Vec<Told> {
    let millis = |time: Option<Duration>| time.map(|time| time.as_millis());
    read(lines)
        .iter()
        .map(|it| {
            let (reset, window) = (millis(it.reset), millis(it.window));
            (it.name, it.limit, it.remaining, reset, window)
        })
        .collect()
}

/// The one unnamed limit.
fn unnamed(limit: u64, remaining: u64, reset: Option<u128>, window: Option<u128>) -> Vec<Told> {
    vec![(0, Some(limit), Some(remaining), reset, window)]
}
