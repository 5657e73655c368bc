//! What servers say about coming back, in every form, with what it means.

use std::fmt::Display;
use std::time::Duration;

use fastrand::Rng;

use crate::{MILLISECOND, SECOND, wall};

/// The headers of one refusal, and what they mean.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) means: Means,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Means {
    /// Come back after this long.
    For(Duration),
    /// Come back at this time of day, by the clock on the wall.
    Until(Duration),
    /// Come back later; nobody can read when.
    Unreadable,
}

const JUNK: [&str; 16] = [
    "",
    "-1",
    "-0.5",
    "+5",
    "inf",
    "nan",
    "120junk",
    "1e3",
    ".5",
    "1.",
    "0x10",
    "soon",
    "١٢",
    "1 2",
    "Sun, 32 Nov 2026 08:49:37 GMT",
    "2026-11-23T12:00:00",
];

pub(crate) fn said(rng: &mut Rng) -> Said {
    match rng.u32(..11) {
        0 => {
            let seconds = rng.u32(..45);
            one("retry-after", &seconds, Means::For(seconds * SECOND))
        }
        1 => decimal(rng),
        2 => {
            // A day, twelve days, and integers beyond any type.
            let value = ["86400", "1000000", "99999999999999999999999999"];
            let means = Means::For(86_400 * SECOND);
            one("retry-after", &rng.choice(value).unwrap(), means)
        }
        3 => one("retry-after", &rng.choice(JUNK).unwrap(), Means::Unreadable),
        4 | 5 => dated(rng),
        6 => on_the_wall(rng),
        7 => twin(rng),
        8 => epoch(rng),
        9 => twice(rng),
        _ => {
            // A proxy joined two lines.
            let (a, b) = (rng.u32(..45), rng.u32(..45));
            one(
                "retry-after",
                &format!(" {a} , {b}"),
                Means::For(a * SECOND),
            )
        }
    }
}

fn one(name: &'static str, value: &dyn Display, means: Means) -> Said {
    let headers = vec![(name, value.to_string())];
    Said { headers, means }
}

fn decimal(rng: &mut Rng) -> Said {
    let whole = rng.u32(..40);
    let digits: String = (0..rng.usize(1..13)).map(|_| rng.digit(10)).collect();
    let (nanos, beyond) = digits.split_at(digits.len().min(9));
    let nanos: u32 = format!("{nanos:0<9}").parse().unwrap();
    let up = u32::from(beyond.contains(|digit| digit != '0'));
    let means = whole * SECOND + Duration::from_nanos(1) * (nanos + up);
    one(
        "retry-after",
        &format!("{whole}.{digits}"),
        Means::For(means),
    )
}

/// Read against the response's own `Date`, however wrong that is; what is past means now.
fn dated(rng: &mut Rng) -> Said {
    let (date, later) = (rng.u32(1_700_000_000..1_900_000_000), rng.i32(-10..45));
    let moment = date.checked_add_signed(later).unwrap();
    let headers = vec![
        ("date", http_date(date.into(), rng)),
        ("retry-after", http_date(moment.into(), rng)),
    ];
    let means = Means::For(u32::try_from(later).unwrap_or(0) * SECOND);
    Said { headers, means }
}

/// Without a `Date`, or with one that a cache has kept for a while.
fn on_the_wall(rng: &mut Rng) -> Said {
    let moment = wall().as_secs() + rng.u64(..45);
    let mut headers = vec![("retry-after", http_date(moment, rng))];
    if rng.bool() {
        headers.push(("date", http_date(moment - 7, rng)));
        headers.push(("age", "5".to_owned()));
    }
    let means = Means::Until(Duration::from_secs(moment));
    Said { headers, means }
}

fn twin(rng: &mut Rng) -> Said {
    let names = ["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after"];
    let (name, millis, seconds) = (rng.choice(names).unwrap(), rng.u32(..45_000), rng.u32(..45));
    let (value, means) = match rng.u32(..3) {
        0 => ("soon".to_owned(), Means::For(seconds * SECOND)),
        1 => (format!("{millis}.0"), Means::For(millis * MILLISECOND)),
        _ => (millis.to_string(), Means::For(millis * MILLISECOND)),
    };
    let headers = vec![("retry-after", seconds.to_string()), (name, value)];
    Said { headers, means }
}

/// In seconds or milliseconds, by the server's clock or by the one on the wall.
fn epoch(rng: &mut Rng) -> Said {
    let later = rng.u32(..45);
    let digits = |seconds: u64, rng: &mut Rng| match rng.bool() {
        true => seconds.to_string(),
        false => format!("{seconds}000"),
    };
    if rng.bool() {
        let moment = wall().as_secs() + u64::from(later);
        let means = Means::Until(Duration::from_secs(moment));
        return one("retry-after", &digits(moment, rng), means);
    }
    let date = rng.u64(1_700_000_000..1_900_000_000);
    let headers = vec![
        ("retry-after", digits(date + u64::from(later), rng)),
        ("date", http_date(date, rng)),
    ];
    let means = Means::For(later * SECOND);
    Said { headers, means }
}

/// On two lines: the first that can be read.
fn twice(rng: &mut Rng) -> Said {
    let (a, b) = (rng.u32(..45), rng.u32(..45));
    let (first, means) = match rng.bool() {
        true => (a.to_string(), Means::For(a * SECOND)),
        false => ("120junk".to_owned(), Means::For(b * SECOND)),
    };
    let headers = vec![("retry-after", first), ("retry-after", b.to_string())];
    Said { headers, means }
}

/// One of the three forms of RFC 9110, 5.6.7, or one that Go, PHP, Python, JavaScript or an old cookie writer makes.
fn http_date(epoch: u64, rng: &mut Rng) -> String {
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (mut days, of_day) = (epoch / 86_400, epoch % 86_400);
    let name = DAYS[usize::try_from(days % 7).unwrap()];
    let time = format!(
        "{:02}:{:02}:{:02}",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    );
    // No leap year is left out between 1970 and 2099.
    let mut year = 1970;
    while days >= 365 + u64::from(year % 4 == 0) {
        days -= 365 + u64::from(year % 4 == 0);
        year += 1;
    }
    let february = 28 + u64::from(year % 4 == 0);
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (day, month) = (days + 1, MONTHS[month]);
    let short = &name[..3];
    let (year_2, lower) = (year % 100, name.to_lowercase());
    match rng.u32(..10) {
        0 => format!("{short}, {day:02} {month} {year} {time} GMT"),
        1 => format!("{name}, {day:02}-{month}-{year_2:02} {time} GMT"),
        2 => format!("{short} {month} {day:2} {time} {year}"),
        3 => format!("{short}, {day:02} {month} {year} {time} UTC"),
        4 => format!("{short}, {day:02} {month} {year} {time} +0000"),
        5 => format!("{short}, {day:02} {month} {year} {time} -0000"),
        6 => format!("{short}, {day}-{month}-{year} {time} GMT"),
        7 => format!("{lower},  {day}  {month}  {year} {time} gmt"),
        8 => format!("{day} {month} {year} {time} GMT"),
        _ => {
            format!("{short} {month} {day:02} {year} {time} GMT+0000 (Coordinated Universal Time)")
        }
    }
}
