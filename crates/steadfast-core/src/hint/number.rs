//! Non-negative decimal numbers, as servers write them, without floating point.
//!
//! A float would round `0.1` and overflow to infinity; and its parser accepts `inf`, `nan` and
//! `1e9`, which have all been seen in headers and mean nothing there.

/// How many parts [`Number::billionths`] divides one into.
const BILLION: u64 = 1_000_000_000;

/// A non-negative number, rounded up to a billionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Saturates: more digits than fit are a very large number, not a malformed one.
    pub(super) whole: u64,
    /// 0 to 1,000,000,000, the upper end by rounding up.
    billionths: u64,
}

// ===== impl Number =====

impl Number {
    /// The number that `text` begins with, and what follows it: ASCII digits, then perhaps a point
    /// and more digits. `None` when it does not begin with a digit.
    pub(super) fn prefix(text: &[u8]) -> Option<(Self, &[u8])> {
        let (digits, rest) = digits(text);
        if digits.is_empty() {
            return None;
        }
        let whole = digits.iter().fold(0_u64, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        });
        let fraction = rest.strip_prefix(b".").and_then(billionths);
        let (billionths, rest) = fraction.unwrap_or((0, rest));
        Some((Self { whole, billionths }, rest))
    }

    /// The number that is all of `text`.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        match Self::prefix(text)? {
            (number, []) => Some(number),
            _ => None,
        }
    }

    /// This many units of so many nanoseconds, in nanoseconds, rounded up.
    pub(super) fn nanos(self, unit: u64) -> u128 {
        let whole = u128::from(self.whole) * u128::from(unit);
        let part = u128::from(self.billionths) * u128::from(unit);
        whole + part.div_ceil(u128::from(BILLION))
    }

    /// Is it zero?
    pub(super) const fn is_zero(self) -> bool {
        self.whole == 0 && self.billionths == 0
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        Self {
            whole,
            billionths: 0,
        }
    }
}

/// The ASCII digits that `text` begins with, and the rest.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// The digits behind a decimal point in billionths, rounded up (so 1,000,000,000 at most), and what
/// follows them. `None` when there are no digits.
pub(super) fn billionths(text: &[u8]) -> Option<(u64, &[u8])> {
    let (fraction, rest) = digits(text);
    if fraction.is_empty() {
        return None;
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(9));
    let sum = kept
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let up = u64::from(beyond.iter().any(|digit| *digit != b'0'));
    Some((sum * 10_u64.pow(9 - kept.len() as u32) + up, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_and_decimals_are_read_and_rounded_up() {
        const SECOND: u64 = 1_000_000_000;
        for (text, nanos) in [
            ("0", 0),
            ("007", 7_000_000_000),
            ("2.0", 2_000_000_000),
            ("0.1", 100_000_000),
            ("1.0000000001", 1_000_000_001),
            ("0.9999999999", 1_000_000_000),
        ] {
            let number = Number::parse(text.as_bytes()).unwrap();
            assert_eq!(number.nanos(SECOND), nanos, "{text}");
        }
        assert_eq!(Number::parse(b"0.0001").unwrap().nanos(1_000), 1, "0.1 ns");
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "", "-1", "+1", ".5", "1.", "1e9", "inf", "nan", "120junk", "0x10", "1,5",
        ] {
            assert_eq!(Number::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            Number::parse("\u{0661}\u{0662}".as_bytes()),
            None,
            "Arabic digits"
        );
    }

    #[test]
    fn too_many_digits_are_a_very_large_number() {
        let number = Number::parse(b"99999999999999999999999999").unwrap();
        assert_eq!(number.whole, u64::MAX);
        assert!(number.nanos(3_600_000_000_000) > u128::from(u64::MAX));
    }
}
