//! Spans of time as people write them.

use std::time::Duration;

/// Reads `250ms`, `1.5s`, `2m`.
///
/// # Errors
/// What would have been right.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; write `250ms`, `1.5s` or `2m`");
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(unit_at.ok_or_else(wrong)?);
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// Whole milliseconds, for JSON.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_speech_and_all_else_is_refused() {
        for (text, expected) in [("250ms", 250), ("1.5s", 1500), ("2m", 120_000), ("0s", 0)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1 fortnight", "nans", "1e400s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
