//! How a server refuses, and what it tells.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::ruling::Ruling;

/// How a server refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The name in tables, in JSON and on the command line.
    pub name: &'static str,
    /// The status of a refusal.
    pub status: u16,
    /// What goes with it.
    pub hint: Hint,
}

/// What a server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing but the status.
    Nothing,
    /// `Retry-After: 1` on every refusal, whatever the limit would ask for.
    RetryAfter,
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset` (in seconds) on every answer, and a `Retry-After` that is true on
    /// refusals.
    Headers,
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) on every answer, as
    /// [`Says::RateLimit`](steadfast_testkit::Says::RateLimit) has them.
    Draft,
}

impl Answer {
    /// What nginx says when told to; its default is a bare 503.
    pub const ALL: [Self; 6] = [
        Self::BARE,
        Self::new("429 retry-after", 429, Hint::RetryAfter),
        Self::new("429 headers", 429, Hint::Headers),
        Self::new("429 ratelimit", 429, Hint::Draft),
        Self::new("503", 503, Hint::Nothing),
        Self::new("503 retry-after", 503, Hint::RetryAfter),
    ];
    /// A 429 that says nothing.
    pub const BARE: Self = Self::new("429", 429, Hint::Nothing);

    pub(super) const fn new(name: &'static str, status: u16, hint: Hint) -> Self {
        Self { name, status, hint }
    }

    /// Tells what is to be told about a request; so many per so many seconds is what the server says its limit is.
    pub(super) fn tell(
        self,
        (limit, seconds): (u32, u64),
        ruling: Ruling,
        headers: &mut HeaderMap,
    ) {
        const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
        const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
        const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
        let more_in = whole_seconds(ruling.more_in);
        let mut put = |name: &'static str, value: String| {
            let value = HeaderValue::try_from(value).expect("digits and ASCII around them");
            headers.insert(name, value);
        };
        match self.hint {
            Hint::Draft => {
                let more_in = if ruling.left == 0 { more_in } else { 0 };
                put(
                    "ratelimit-policy",
                    format!(r#""default";q={limit};w={seconds}"#),
                );
                put(
                    "ratelimit",
                    format!(r#""default";r={};t={more_in}"#, ruling.left),
                );
            }
            Hint::Nothing => {}
            Hint::RetryAfter if ruling.accepted => {}
            Hint::RetryAfter => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(1));
            }
            Hint::Headers => {
                headers.insert(LIMIT, limit.into());
                headers.insert(REMAINING, ruling.left.into());
                headers.insert(RESET, more_in.into());
                if !ruling.accepted {
                    headers.insert(header::RETRY_AFTER, more_in.into());
                }
            }
        }
    }
}

/// Rounded up, so that nobody is told to come too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_tells_what_its_name_says() {
        let ruling = |accepted| Ruling::at_once(accepted, 0, Duration::from_millis(4_001));
        let told = |answer: Answer, accepted| {
            let mut headers = HeaderMap::new();
            answer.tell((600, 10), ruling(accepted), &mut headers);
            let lines = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value:?}"));
            lines
                .collect::<Vec<_>>()
                .join(", ")
                .replace(['"', '\\'], "")
        };
        let all = "x-ratelimit-limit: 600, x-ratelimit-remaining: 0, x-ratelimit-reset: 5";
        let draft = "ratelimit-policy: default;q=600;w=10, ratelimit: default;r=0;t=5";
        for (answer, served, refused) in [
            (Answer::ALL[0], "", ""),
            (Answer::ALL[1], "", "retry-after: 1"),
            (Answer::ALL[2], all, &*format!("{all}, retry-after: 5")),
            (Answer::ALL[3], draft, draft),
            (Answer::ALL[4], "", ""),
            (Answer::ALL[5], "", "retry-after: 1"),
        ] {
            assert_eq!(
                (told(answer, true).as_str(), told(answer, false).as_str()),
                (served, refused)
            );
            assert!(answer.name.starts_with(&answer.status.to_string()));
        }
    }
}
