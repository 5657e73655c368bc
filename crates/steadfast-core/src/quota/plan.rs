//! What a user's plan allows: plain data, checked once.

use std::time::Duration;

use super::prepared::PreparedQuota;
use super::window::{QuotaWindow, Span};
use super::zone::Zone;
use crate::limit_scope::LimitScope;

/// So many requests per day, week, month or any time.
///
/// ```
/// use std::time::Duration;
/// use steadfast_core::quota::{Quota, Zone};
///
/// let day = Quota::per_day(1000).zone(Zone::offset_minutes(-480));
/// assert_eq!(day.to_string(), "1000/day in -08:00");
/// assert_eq!("10000/month rolling".parse(), Ok(Quota::per_month(10_000).rolling()));
/// assert_eq!(Quota::per(500, Duration::from_secs(36 * 3600)).to_string(), "500/36h");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    pub(super) count: u64,
    pub(super) unit: Unit,
    pub(super) rolling: bool,
    pub(super) zone: Zone,
    warn_at: u8,
    share: (u32, u32),
    scope: LimitScope,
}

/// What the count is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Week,
    Month,
    Time(Duration),
}

/// One quota or several: `1000/day` and `10000/month` of the same plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas(pub(crate) Vec<Quota>);

// ===== impl Quota =====

impl Quota {
    /// The longest window: shorter than any license, longer than any plan.
    const LONGEST: Duration = Duration::from_secs(366 * 86_400);
    /// A shorter one is a rate.
    const SHORTEST: Duration = Duration::from_secs(1);

    /// So many per day, from midnight to midnight.
    #[must_use]
    pub const fn per_day(count: u64) -> Self {
        Self::of(count, Unit::Day)
    }

    /// So many per week, from Monday to Monday.
    #[must_use]
    pub const fn per_week(count: u64) -> Self {
        Self::of(count, Unit::Week)
    }

    /// So many per month, from the first to the first.
    #[must_use]
    pub const fn per_month(count: u64) -> Self {
        Self::of(count, Unit::Month)
    }

    /// So many in any time of this length: always rolling. From a second to a year.
    #[must_use]
    pub const fn per(count: u64, time: Duration) -> Self {
        Self::of(count, Unit::Time(time))
    }

    pub(super) const fn of(count: u64, unit: Unit) -> Self {
        Self {
            count,
            unit,
            rolling: matches!(unit, Unit::Time(_)),
            zone: Zone::utc(),
            warn_at: 80,
            share: (1, 1),
            scope: LimitScope::Endpoint,
        }
    }

    /// Instead of the calendar's, any 24 hours, 7 days or 30 days.
    #[must_use]
    pub fn rolling(mut self) -> Self {
        self.rolling = true;
        self
    }

    /// Where its midnights are. Nothing to a rolling one. Default: UTC.
    #[must_use]
    pub fn zone(mut self, zone: Zone) -> Self {
        self.zone = zone;
        self
    }

    /// When this much of it is used, it is worth a warning, which shows the origin, the endpoint and the
    /// [identity](crate::Policy::identity) as it is, but of a credential only a number of this process. Default: 80 %.
    #[must_use]
    pub const fn warn_at(mut self, percent: u8) -> Self {
        self.warn_at = percent;
        self
    }

    /// This process may use so many parts of so many: `share(1, 6)` for one of six workers. Rounded down, but at least
    /// one request. Default: all of it.
    #[must_use]
    pub const fn share(mut self, part: u32, of: u32) -> Self {
        self.share = (part, of);
        self
    }

    /// Whose requests count. Default: those of the endpoint.
    #[must_use]
    pub const fn scope(mut self, scope: LimitScope) -> Self {
        self.scope = scope;
        self
    }

    pub(super) fn window(&self) -> QuotaWindow {
        let days = |days: u64| QuotaWindow::Rolling(Duration::from_secs(days * 86_400));
        match (self.unit, self.rolling) {
            (Unit::Day, false) => QuotaWindow::Day,
            (Unit::Week, false) => QuotaWindow::Week,
            (Unit::Month, false) => QuotaWindow::Month,
            (Unit::Day, true) => days(1),
            (Unit::Week, true) => days(7),
            (Unit::Month, true) => days(30),
            (Unit::Time(time), _) => QuotaWindow::Rolling(time),
        }
    }

    /// The quota with its numbers checked.
    ///
    /// # Errors
    /// What is wrong, in words that can stand behind the quota.
    pub fn prepare(&self) -> Result<PreparedQuota, String> {
        if self.count == 0 {
            return Err("the count is 0".to_owned());
        }
        if let Unit::Time(time) = self.unit {
            if time < Self::SHORTEST {
                return Err("the window is shorter than a second: that is a rate".to_owned());
            }
            if time > Self::LONGEST {
                return Err(format!("the window is longer than a year: {}", Span(time)));
            }
        }
        if self.warn_at > 100 {
            return Err(format!("a warning at {} %", self.warn_at));
        }
        if !self.zone.is_sane() {
            return Err(format!("a clock {} from UTC", self.zone));
        }
        let (part, of) = self.share;
        if part == 0 {
            return Err("a share of nothing".to_owned());
        }
        if part > of {
            return Err(format!("a share of {part} of {of}"));
        }
        let parts = u128::from(self.count) * u128::from(part) / u128::from(of);
        let limit = u64::try_from(parts).unwrap_or(u64::MAX).max(1);
        let warn = (u128::from(limit) * u128::from(self.warn_at)).div_ceil(100);
        Ok(PreparedQuota {
            limit,
            window: self.window(),
            zone: self.zone.clone(),
            warn: u64::try_from(warn).unwrap_or(u64::MAX),
            scope: self.scope,
        })
    }
}

// ===== impl Quotas =====

impl From<Quota> for Quotas {
    fn from(quota: Quota) -> Self {
        Self(vec![quota])
    }
}

impl<const N: usize> From<[Quota; N]> for Quotas {
    fn from(quotas: [Quota; N]) -> Self {
        Self(quotas.into())
    }
}

impl From<Vec<Quota>> for Quotas {
    fn from(quotas: Vec<Quota>) -> Self {
        Self(quotas)
    }
}
