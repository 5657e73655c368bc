//! How a load fares, in words and as JSON.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use steadfast::LimitScope;
use steadfast::quota::{QuotaWindow, Zone};
use steadfast::record::Human;

use super::Planned;
use super::fit::{QuotaFit, RateFit};
use super::load::{Clock, Load};
use crate::output::{Colour, Output};

pub(super) fn tell(load: &Load, planned: &[Planned<'_>], output: &Output) {
    let day = Grouped(load.requests(load.runs()));
    let title = output.paint(load, Colour::Title);
    output.line(format_args!("{title}: {day} requests a day"));
    for Planned { pattern, fit } in planned {
        let name = pattern.unwrap_or("what belongs to no endpoint");
        let cost = match fit.cost {
            1 => String::new(),
            cost => format!(" at a cost of {cost}"),
        };
        for rate in &fit.rates {
            output.line(painted(
                rate.used.fits(),
                &rate_line(rate, name, &cost),
                output,
            ));
        }
        for quota in &fit.quotas {
            output.line(painted(
                quota.used.fits(),
                &quota_line(quota, name, &cost),
                output,
            ));
        }
        if fit.limits() == 0 && pattern.is_some() {
            output.line(format_args!("{name} has neither a rate nor a quota"));
        }
    }
    let limits: usize = planned.iter().map(|planned| planned.fit.limits()).sum();
    let misses: usize = planned.iter().map(|planned| planned.fit.misses()).sum();
    output.line(match (limits, misses) {
        (0, _) => output.paint("fits: there is no limit", Colour::Good),
        (_, 0) => output.paint(format_args!("fits: all of {limits} limits"), Colour::Good),
        _ => output.paint(
            format_args!("does not fit: {misses} of {limits} limits"),
            Colour::Bad,
        ),
    });
    output.line(output.paint(
        "Not included: retries, which count too, and what else counts against a limit.",
        Colour::Quiet,
    ));
}

fn painted(fits: bool, line: &str, output: &Output) -> String {
    match fits {
        true => line.to_owned(),
        false => output.paint(line, Colour::Bad),
    }
}

fn rate_line(fit: &RateFit, name: &str, cost: &str) -> String {
    let rate = PerTime(fit.rate.interval());
    let (used, scope) = (fit.used, scope(fit.rate.scope()));
    match used.fits() {
        true => format!("rate {rate} of {name}{scope}: fits, uses {used}{cost}"),
        false => {
            let needed = PerTime(fit.needed);
            format!(
                "rate {rate} of {name}{scope} is too slow; you need {needed}, {used} of it{cost}"
            )
        }
    }
}

fn quota_line(fit: &QuotaFit, name: &str, cost: &str) -> String {
    let (quota, used, scope) = (&fit.quota, fit.used, scope(fit.quota.scope()));
    let Some(spent) = fit.spent else {
        return format!("quota {quota} of {name}{scope}: fits, uses {used}{cost}");
    };
    let zone = match (quota.window(), quota.zone()) {
        (QuotaWindow::Rolling(_), _) => String::new(),
        (_, zone) if *zone == Zone::utc() => String::new(),
        (_, zone) => format!(" in {zone}"),
    };
    let (needed, window) = (Grouped(fit.needed), quota.window());
    format!(
        "quota {quota} of {name}{scope} is used up {spent}{zone}; you need {needed}/{window}{cost}"
    )
}

fn scope(scope: LimitScope) -> String {
    match scope {
        LimitScope::Endpoint => String::new(),
        scope => format!(" (counted per {scope})"),
    }
}

pub(super) fn as_json(load: &Load, planned: &[Planned<'_>]) -> Value {
    let endpoints = planned.iter().map(|Planned { pattern, fit }| {
        json!({
            "endpoint": pattern,
            "cost": fit.cost,
            "fits": fit.misses() == 0,
            "rates": fit.rates.iter().map(rate_as_json).collect::<Value>(),
            "quotas": fit.quotas.iter().map(quota_as_json).collect::<Value>(),
        })
    });
    let endpoints: Vec<_> = endpoints.collect();
    json!({
        "fits": planned.iter().all(|planned| planned.fit.misses() == 0),
        "rate": load.rate(),
        "hours": load.hours().map(|hours| hours.to_string()),
        "requests_per_day": number(load.requests(load.runs())),
        "endpoints": endpoints,
    })
}

fn rate_as_json(fit: &RateFit) -> Value {
    json!({
        "rate": PerTime(fit.rate.interval()).to_string(),
        "scope": fit.rate.scope().as_str(),
        "fits": fit.used.fits(),
        "used_percent": number(fit.used.percent()),
        "needed": PerTime(fit.needed).to_string(),
    })
}

fn quota_as_json(fit: &QuotaFit) -> Value {
    let spent = fit.spent.map(|spent| {
        let calendar = !matches!(fit.quota.window(), QuotaWindow::Rolling(_));
        json!({
            "after_s": number(spent.after / 1_000_000_000),
            "day": calendar.then(|| number(spent.day + 1)),
            "time": calendar.then(|| Clock(spent.clock).to_string()),
        })
    });
    json!({
        "limit": fit.quota.limit(),
        "window": fit.quota.window().to_string(),
        "zone": fit.quota.zone().to_string(),
        "scope": fit.quota.scope().as_str(),
        "fits": fit.used.fits(),
        "used_percent": number(fit.used.percent()),
        "needed": number(fit.needed),
        "spent": spent,
    })
}

/// A number of JSON; what is beyond 64 bits is the greatest of them.
fn number(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// `97,200`
struct Grouped(u128);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// A time between two attempts as a rate: `5/s`, `100/min`, `7/h`.
struct PerTime(Duration);

impl fmt::Display for PerTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u128); 4] = [
            ("s", 1_000_000_000),
            ("min", 60_000_000_000),
            ("h", 3_600_000_000_000),
            ("day", 86_400_000_000_000),
        ];
        let interval = self.0.as_nanos().max(1);
        for (name, unit) in UNITS {
            // An interval was cut to whole nanoseconds, so that many are missing at most.
            let count = unit / interval;
            if count > 0 && unit % interval < count {
                return write!(f, "{}/{name}", Grouped(count));
            }
        }
        write!(f, "1 every {}", Human(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        for (number, expected) in [(7, "7"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(Grouped(number).to_string(), expected);
        }
    }

    #[test]
    fn a_rate_reads_in_the_unit_in_which_it_is_whole() {
        let rate = |nanos| PerTime(Duration::from_nanos(nanos)).to_string();
        assert_eq!(rate(200_000_000), "5/s");
        assert_eq!(rate(333_333_333), "3/s");
        assert_eq!(rate(600_000_000), "100/min");
        assert_eq!(rate(17_280_000_000), "5,000/day");
        assert_eq!(rate(7_000_000_000), "1 every 7 s");
    }
}
