//! The names of all headers that tell of a limit, and what each tells.
//!
//! One table for both questions that are asked of a name: may it tell of a limit (on the path of
//! every response), and what does it tell (on the few where the first answer was yes). So there is
//! no header that is read but not noticed.

use std::time::Duration;

use super::Unit;

/// What one header tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// `RateLimit`, in the form of draft 07 or any later one.
    RateLimit,
    /// `RateLimit-Policy`.
    Policy,
    /// A number of one limit.
    Part(Group, Part),
    /// The name of the server-side bucket.
    Bucket,
    /// GitHub's word for it.
    Resource,
    /// Discord: `true` when the limit is that of the whole API.
    Global,
    /// Discord: `user`, `global` or `shared`.
    Scope,
    /// No limit; but it is read wrongly so often that whoever warns wants to know.
    RetryAfter,
}

/// Which number of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Limit,
    Remaining,
    Used,
    Reset,
    /// Beats [`Part::Reset`], which the same server rounds.
    ResetAfter,
    /// The window in milliseconds.
    Interval,
    /// Used and size, `32/40`.
    UsedOfSize,
}

/// The headers that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// `RateLimit` of draft 07. The first six are dialects of the one unnamed limit, the better
    /// ones first.
    Draft7,
    Draft6,
    XRateLimit,
    XRateLimitHyphen,
    HubSpot,
    Shopify,
    Requests,
    Tokens,
    InputTokens,
    OutputTokens,
    Second,
    Minute,
    Hour,
    Day,
    Month,
    Year,
    Daily,
    Secondly,
}

/// What is known of a group before a header is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// Its dimension, as its headers call it; `None` for the one unnamed limit.
    pub(super) dimension: Option<&'static str>,
    pub(super) unit: Unit,
    pub(super) window: Option<Duration>,
}

use Group as G;
use Part::{Interval, Limit, Remaining, Reset, ResetAfter, Used, UsedOfSize};

/// In lower case, as an `http::HeaderName` is. A line for each header, however long.
#[rustfmt::skip]
pub(super) const FIELDS: &[(&str, Field)] = &[
    ("retry-after", Field::RetryAfter),
    // draft-ietf-httpapi-ratelimit-headers: one field since draft 07, three before.
    ("ratelimit", Field::RateLimit),
    ("ratelimit-policy", Field::Policy),
    ("ratelimit-limit", Field::Part(G::Draft6, Limit)),
    ("ratelimit-remaining", Field::Part(G::Draft6, Remaining)),
    ("ratelimit-reset", Field::Part(G::Draft6, Reset)),
    // GitHub, Discord and most others.
    ("x-ratelimit-limit", Field::Part(G::XRateLimit, Limit)),
    ("x-ratelimit-remaining", Field::Part(G::XRateLimit, Remaining)),
    ("x-ratelimit-used", Field::Part(G::XRateLimit, Used)),
    ("x-ratelimit-reset", Field::Part(G::XRateLimit, Reset)),
    ("x-ratelimit-reset-after", Field::Part(G::XRateLimit, ResetAfter)),
    ("x-ratelimit-bucket", Field::Bucket),
    ("x-ratelimit-resource", Field::Resource),
    ("x-ratelimit-global", Field::Global),
    ("x-ratelimit-scope", Field::Scope),
    // X.
    ("x-rate-limit-limit", Field::Part(G::XRateLimitHyphen, Limit)),
    ("x-rate-limit-remaining", Field::Part(G::XRateLimitHyphen, Remaining)),
    ("x-rate-limit-reset", Field::Part(G::XRateLimitHyphen, Reset)),
    // OpenAI.
    ("x-ratelimit-limit-requests", Field::Part(G::Requests, Limit)),
    ("x-ratelimit-remaining-requests", Field::Part(G::Requests, Remaining)),
    ("x-ratelimit-reset-requests", Field::Part(G::Requests, Reset)),
    ("x-ratelimit-limit-tokens", Field::Part(G::Tokens, Limit)),
    ("x-ratelimit-remaining-tokens", Field::Part(G::Tokens, Remaining)),
    ("x-ratelimit-reset-tokens", Field::Part(G::Tokens, Reset)),
    // Anthropic.
    ("anthropic-ratelimit-requests-limit", Field::Part(G::Requests, Limit)),
    ("anthropic-ratelimit-requests-remaining", Field::Part(G::Requests, Remaining)),
    ("anthropic-ratelimit-requests-reset", Field::Part(G::Requests, Reset)),
    ("anthropic-ratelimit-tokens-limit", Field::Part(G::Tokens, Limit)),
    ("anthropic-ratelimit-tokens-remaining", Field::Part(G::Tokens, Remaining)),
    ("anthropic-ratelimit-tokens-reset", Field::Part(G::Tokens, Reset)),
    ("anthropic-ratelimit-input-tokens-limit", Field::Part(G::InputTokens, Limit)),
    ("anthropic-ratelimit-input-tokens-remaining", Field::Part(G::InputTokens, Remaining)),
    ("anthropic-ratelimit-input-tokens-reset", Field::Part(G::InputTokens, Reset)),
    ("anthropic-ratelimit-output-tokens-limit", Field::Part(G::OutputTokens, Limit)),
    ("anthropic-ratelimit-output-tokens-remaining", Field::Part(G::OutputTokens, Remaining)),
    ("anthropic-ratelimit-output-tokens-reset", Field::Part(G::OutputTokens, Reset)),
    // Kong.
    ("x-ratelimit-limit-second", Field::Part(G::Second, Limit)),
    ("x-ratelimit-remaining-second", Field::Part(G::Second, Remaining)),
    ("x-ratelimit-limit-minute", Field::Part(G::Minute, Limit)),
    ("x-ratelimit-remaining-minute", Field::Part(G::Minute, Remaining)),
    ("x-ratelimit-limit-hour", Field::Part(G::Hour, Limit)),
    ("x-ratelimit-remaining-hour", Field::Part(G::Hour, Remaining)),
    ("x-ratelimit-limit-day", Field::Part(G::Day, Limit)),
    ("x-ratelimit-remaining-day", Field::Part(G::Day, Remaining)),
    ("x-ratelimit-limit-month", Field::Part(G::Month, Limit)),
    ("x-ratelimit-remaining-month", Field::Part(G::Month, Remaining)),
    ("x-ratelimit-limit-year", Field::Part(G::Year, Limit)),
    ("x-ratelimit-remaining-year", Field::Part(G::Year, Remaining)),
    // HubSpot; the interval is that of either pair without a dimension.
    ("x-hubspot-ratelimit-daily", Field::Part(G::Daily, Limit)),
    ("x-hubspot-ratelimit-daily-remaining", Field::Part(G::Daily, Remaining)),
    ("x-hubspot-ratelimit-secondly", Field::Part(G::Secondly, Limit)),
    ("x-hubspot-ratelimit-secondly-remaining", Field::Part(G::Secondly, Remaining)),
    ("x-hubspot-ratelimit-max", Field::Part(G::HubSpot, Limit)),
    ("x-hubspot-ratelimit-remaining", Field::Part(G::HubSpot, Remaining)),
    ("x-hubspot-ratelimit-interval-milliseconds", Field::Part(G::HubSpot, Interval)),
    // Shopify.
    ("x-shopify-shop-api-call-limit", Field::Part(G::Shopify, UsedOfSize)),
];

// ===== impl Field =====

impl Field {
    /// What the header with this name tells, and the name as a constant.
    #[inline]
    pub(super) fn of(name: &str) -> Option<(&'static str, Self)> {
        if Self::likely(name) {
            Self::find(name)
        } else {
            None
        }
    }

    /// Apart, so that a look at other names need not save what this one works with.
    #[inline(never)]
    fn find(name: &str) -> Option<(&'static str, Self)> {
        FIELDS.iter().find(|(known, _)| *known == name).copied()
    }

    /// Whether the name begins like one of the table. Ends nearly every name of an ordinary
    /// response in a handful of instructions.
    #[inline]
    fn likely(name: &str) -> bool {
        match name.as_bytes() {
            [b'r', b'a' | b'e', b't', ..] => true,
            [b'x', b'-', b'r', b'a', b't', b'e', ..] => true,
            [b'x', b'-', b'h' | b's', rest @ ..] => {
                rest.starts_with(b"ubspot-ratelimit-") || rest.starts_with(b"hopify-shop-api-")
            }
            [b'a', b'n', b't', b'h', b'r', ..] => true,
            _ => false,
        }
    }
}

// ===== impl Group =====

impl Group {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Secondly as usize + 1;

    /// The dialects of the one unnamed limit, the better ones first.
    pub(super) const UNNAMED: [Self; 6] = [
        Self::Draft7,
        Self::Draft6,
        Self::XRateLimit,
        Self::XRateLimitHyphen,
        Self::HubSpot,
        Self::Shopify,
    ];

    /// The limits that have a name of their own.
    pub(super) const NAMED: [Self; 12] = [
        Self::Requests,
        Self::Tokens,
        Self::InputTokens,
        Self::OutputTokens,
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Month,
        Self::Year,
        Self::Daily,
        Self::Secondly,
    ];

    /// What is known of it beforehand.
    pub(super) const fn kind(self) -> Kind {
        const DAY: u64 = 86_400;
        match self {
            Self::Draft7
            | Self::Draft6
            | Self::XRateLimit
            | Self::XRateLimitHyphen
            | Self::HubSpot => Kind::UNNAMED,
            // Whatever the plan, a bucket of Shopify's leaks a twentieth of its size per second.
            Self::Shopify => Kind::new(None, Some(20)),
            Self::Requests => Kind::new(Some("requests"), None),
            Self::Tokens => Kind::new(Some("tokens"), None).of(Unit::Tokens),
            Self::InputTokens => Kind::new(Some("input-tokens"), None).of(Unit::Tokens),
            Self::OutputTokens => Kind::new(Some("output-tokens"), None).of(Unit::Tokens),
            Self::Second => Kind::new(Some("second"), Some(1)),
            Self::Minute => Kind::new(Some("minute"), Some(60)),
            Self::Hour => Kind::new(Some("hour"), Some(3_600)),
            Self::Day => Kind::new(Some("day"), Some(DAY)),
            Self::Month => Kind::new(Some("month"), Some(30 * DAY)),
            Self::Year => Kind::new(Some("year"), Some(365 * DAY)),
            Self::Daily => Kind::new(Some("daily"), Some(DAY)),
            Self::Secondly => Kind::new(Some("secondly"), Some(1)),
        }
    }
}

// ===== impl Kind =====

impl Kind {
    /// What is known of the one unnamed limit, whatever its dialect.
    pub(super) const UNNAMED: Self = Self::new(None, None);

    const fn new(dimension: Option<&'static str>, window: Option<u64>) -> Self {
        Self {
            dimension,
            unit: Unit::Requests,
            window: match window {
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => None,
            },
        }
    }

    const fn of(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }
}
