//! Durations as people read them.

use std::fmt;
use std::time::Duration;

/// Shows a duration with two digits that matter: `180 ms`, `1.4 s`, `3 min`, `26 h`, `10 d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Human(pub Duration);

impl fmt::Display for Human {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            0 if self.0.is_zero() => f.write_str("0 ms"),
            0 if self.0.subsec_nanos() < 1_000_000 => f.write_str("<1 ms"),
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..=99 => {
                let tenths = self.0.subsec_millis() / 100;
                match tenths {
                    0 => write!(f, "{seconds} s"),
                    _ => write!(f, "{seconds}.{tenths} s"),
                }
            }
            100..=5_999 => write!(f, "{} min", seconds.div_ceil(60)),
            6_000..=359_999 => write!(f, "{} h", seconds.div_ceil(3600)),
            _ => write!(f, "{} d", seconds.div_ceil(86_400)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_speech() {
        for (millis, expected) in [
            (0, "0 ms"),
            (180, "180 ms"),
            (1_000, "1 s"),
            (1_449, "1.4 s"),
            (180_000, "3 min"),
            (7_200_000, "2 h"),
            (864_000_000, "10 d"),
        ] {
            assert_eq!(Human(Duration::from_millis(millis)).to_string(), expected);
        }
        assert_eq!(Human(Duration::from_nanos(5)).to_string(), "<1 ms");
        assert!(!Human(Duration::MAX).to_string().is_empty());
    }
}
