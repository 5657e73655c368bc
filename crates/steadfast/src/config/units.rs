//! Numbers with units: times, sizes, rates.
//!
//! Every error says what is wrong in words that can stand after the offending text.

use std::time::Duration;

use steadfast_core::{Quota, Rate};

/// Longer times are refused: timers and clocks have an end.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

const TIMES: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const SIZES: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

const PERIODS: &[(&str, u64)] = &[
    ("s", 1),
    ("sec", 1),
    ("second", 1),
    ("m", 60),
    ("min", 60),
    ("minute", 60),
    ("h", 3600),
    ("hour", 3600),
    ("d", 86_400),
    ("day", 86_400),
];

/// `"1.5s"`, `"200ms"`, `"1h30m"`: units from large to small.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut nanos = 0_u128;
    let mut before = u64::MAX;
    while !rest.is_empty() {
        let (number, after) = leading_number(rest)?;
        let after = after.trim_start();
        let word_end = after.find(|letter: char| !letter.is_alphabetic() && letter != 'µ');
        let (word, after) = after.split_at(word_end.unwrap_or(after.len()));
        if word.is_empty() {
            return Err("has no unit: `ms`, `s`, `m`, `h` or `d`".to_owned());
        }
        let unit = unit(word, TIMES).ok_or_else(|| unknown(word, "ms`, `s`, `m`, `h` or `d"))?;
        if unit >= before {
            return Err("has its units not from large to small".to_owned());
        }
        before = unit;
        nanos += number.times(unit);
        rest = after.trim_start();
    }
    if before == u64::MAX {
        return Err("is empty".to_owned());
    }
    let time = u64::try_from(nanos).map(Duration::from_nanos);
    match time {
        Ok(time) if time <= LONGEST => Ok(time),
        _ => Err("is longer than 366 days".to_owned()),
    }
}

/// `"64KiB"`, `"1MB"`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (number, word) = leading_number(text.trim())?;
    let word = word.trim_start();
    if word.is_empty() {
        return Err("has no unit: `B`, `KiB`, `MiB`, `kB` or `MB`".to_owned());
    }
    let unit = unit(word, SIZES).ok_or_else(|| unknown(word, "B`, `KiB`, `MiB`, `kB` or `MB"))?;
    let bytes = number.times(unit);
    match usize::try_from(bytes) {
        Ok(bytes) if bytes <= isize::MAX as usize => Ok(bytes),
        _ => Err("is more than there can be".to_owned()),
    }
}

/// Reads a rate in the words of policy files: `5/s`, `100/min burst 20`, `100/10s`.
///
/// ```
/// use steadfast::Rate;
///
/// assert_eq!(steadfast::config::rate("100/min burst 20"), Ok(Rate::per_minute(100).burst(20)));
/// ```
///
/// # Errors
/// What is wrong, in words that can stand behind the text.
pub fn rate(text: &str) -> Result<Rate, String> {
    let (rate, burst) = match text.split_once("burst") {
        Some((rate, burst)) => (rate.trim_end().trim_end_matches(','), Some(burst.trim())),
        None => (text, None),
    };
    let (count, period) = rate.split_once('/').ok_or("has no period, as in `5/s`")?;
    let count = whole(count.trim(), "count")?;
    let period = self::period(period.trim())?;
    if count == 0 || period.is_zero() {
        return Err("lets nothing through".to_owned());
    }
    let rate = Rate::per(count, period);
    match burst {
        None => Ok(rate),
        Some(burst) => match whole(burst, "burst")? {
            0 => Err("has a burst of 0, which lets nothing through".to_owned()),
            burst => Ok(rate.burst(burst)),
        },
    }
}

/// `"s"`, `"minute"`, `"10s"`.
pub(crate) fn period(text: &str) -> Result<Duration, String> {
    match text.starts_with(|first: char| first.is_ascii_digit()) {
        true => time(text).map_err(|mistake| format!("has a period that {mistake}")),
        false => Ok(Duration::from_secs(period_unit(text)?)),
    }
}

/// `"1000/day"`, `"10000/month rolling"`.
pub(crate) fn quota(text: &str) -> Result<Quota, String> {
    let quota: Result<Quota, _> = text.parse();
    quota.map_err(|mistake| mistake.to_string())
}

/// `"0.2/s"`, in thousandths per second.
pub(crate) fn trickle(text: &str) -> Result<u32, String> {
    let (count, period) = text.split_once('/').ok_or("has no period, as in `0.2/s`")?;
    let (count, rest) = leading_number(count.trim())?;
    if !rest.trim().is_empty() {
        return Err("has something between its count and the `/`".to_owned());
    }
    let millis = count.times(1000) / u128::from(period_unit(period.trim())?);
    u32::try_from(millis).map_err(|_| "is more than `1000/s`".to_owned())
}

/// What people write for a unit who mean another word.
const MEANT: &[(&str, &str)] = &[
    ("millis", "ms"),
    ("msec", "ms"),
    ("seconds", "s"),
    ("second", "s"),
    ("secs", "s"),
    ("sec", "s"),
    ("minutes", "m"),
    ("minute", "m"),
    ("mins", "m"),
    ("hours", "h"),
    ("hour", "h"),
    ("hrs", "h"),
    ("days", "d"),
    ("day", "d"),
    ("per", "/"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gib", "GiB"),
    ("kb", "kB"),
    ("mb", "MB"),
    ("gb", "GB"),
    ("k", "KiB"),
    ("m", "MiB"),
    ("g", "GiB"),
];

/// The text with its unit put right, if that is all that is wrong with it.
pub(crate) fn repaired<T>(
    text: &str,
    missing: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Option<String> {
    // Long words are no unit, and this runs for every mistake.
    let text = Some(text.trim()).filter(|text| text.len() <= 40)?;
    let bare = text.ends_with(|last: char| last.is_ascii_digit());
    let with_unit = bare.then(|| format!("{text}{missing}"));
    let reads = |text: &String| read(text).is_ok();
    let lower = text.to_lowercase();
    let with_another =
        MEANT
            .iter()
            .filter(|(said, _)| lower.contains(said))
            .map(|(said, meant)| {
                let spaced = lower.replacen(said, &format!(" {meant} "), 1);
                spaced.split_whitespace().collect::<String>()
            });
    with_unit.into_iter().chain(with_another).find(reads)
}

fn whole(text: &str, what: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|_| !text.starts_with('+'));
    number.ok_or_else(|| {
        format!(
            "has a {what} that is not a whole number from 1 to {}",
            u32::MAX
        )
    })
}

fn period_unit(word: &str) -> Result<u64, String> {
    unit(word, PERIODS).ok_or_else(|| match word {
        "" => "has no period, as in `5/s`".to_owned(),
        _ => unknown(word, "s`, `min`, `h` or `day"),
    })
}

fn unit(word: &str, units: &[(&str, u64)]) -> Option<u64> {
    units
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, unit)| *unit)
}

fn unknown(word: &str, known: &str) -> String {
    let word: String = word.chars().take(20).collect();
    format!("has the unknown unit `{word}`: known are `{known}`")
}

/// A decimal number, exact to nine digits behind the point.
struct Decimal {
    whole: u64,
    billionths: u64,
}

impl Decimal {
    fn times(&self, unit: u64) -> u128 {
        let unit = u128::from(unit);
        u128::from(self.whole) * unit + u128::from(self.billionths) * unit / 1_000_000_000
    }
}

fn leading_number(text: &str) -> Result<(Decimal, &str), String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, rest) = text.split_at(end.unwrap_or(text.len()));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(match text.starts_with('-') {
            true => "is negative".to_owned(),
            false => "does not start with a number".to_owned(),
        });
    }
    let whole = whole.parse().map_err(|_| "is a number beyond all limits")?;
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let billionths = digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    Ok((Decimal { whole, billionths }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_exactly() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("1.5s", ms(1500)),
            ("200ms", ms(200)),
            ("2m", ms(120_000)),
            ("1h30m", ms(5_400_000)),
            ("1h 30m 0.25s", ms(5_400_250)),
            ("0s", ms(0)),
            ("366d", LONGEST),
        ] {
            assert_eq!(time(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "-1s",
            "1.s",
            "1..5s",
            "1s1m",
            "1s2s",
            "367d",
            "1x",
            "1s!",
            "99999999999999999999s",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_exactly() {
        for (text, expected) in [
            ("64KiB", 65_536),
            ("1MB", 1_000_000),
            ("1.5 MiB", 1_572_864),
            ("7B", 7),
        ] {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for text in ["", "5", "KiB", "1KIB", "-1B", "99999999999GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_read_as_the_builder_takes_them() {
        assert_eq!(rate("5/s"), Ok(Rate::per_second(5)));
        assert_eq!(
            rate("100/min burst 20"),
            Ok(Rate::per_minute(100).burst(20))
        );
        assert_eq!(
            rate("100 / 10s, burst 3"),
            Ok(Rate::per(100, Duration::from_secs(10)).burst(3))
        );
        for text in [
            "",
            "5",
            "/s",
            "5/",
            "0/s",
            "5/0s",
            "1.5/s",
            "5/s burst",
            "5/s burst 0",
            "5/week",
        ] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(trickle("0.2/s"), Ok(200));
        assert_eq!(trickle("12/min"), Ok(200));
        assert!(trickle("99999999/s").is_err());
    }

    #[test]
    fn a_unit_that_is_missing_or_misspelled_is_put_right() {
        let time_of = |text| repaired(text, "s", time);
        assert_eq!(time_of("30").as_deref(), Some("30s"));
        assert_eq!(time_of("5 Seconds").as_deref(), Some("5s"));
        assert_eq!(time_of("1 fortnight"), None);
        assert_eq!(repaired("10mb", "B", size).as_deref(), Some("10MB"));
        assert_eq!(
            repaired("5 per second", "/s", rate).as_deref(),
            Some("5/second")
        );
        assert_eq!(time_of("30s1m"), None);
    }
}
