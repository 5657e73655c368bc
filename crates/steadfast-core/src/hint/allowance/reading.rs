//! One pass over the headers, and what comes of it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderValue};

use super::fields::{Field, Group, Kind, Part};
use super::name::Name;
use super::numbers::Numbers;
use super::structured::{Named, Structured, window};
use super::{Allowance, Allowances, Oddity};
use crate::hint::asked::Asked;
use crate::hint::clock::Clock;
use crate::hint::few::Few;
use crate::hint::members::{Bare, Member, count, members};
use crate::hint::number::Number;

/// What the headers say, not yet joined nor related to a clock.
#[derive(Debug, Default)]
pub(super) struct Reading<'h> {
    structured: Structured<'h>,
    /// Policies without a name, to draft 07: quota and window.
    numbered: Few<(u64, Option<Duration>)>,
    groups: [Numbers; Group::COUNT],
    bucket: Option<&'h [u8]>,
    resource: Option<&'h [u8]>,
    global: bool,
    oddity: Option<Oddity>,
    date: Option<&'h HeaderValue>,
    age: Option<&'h HeaderValue>,
}

/// Whether what the headers tell is of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    Fresh,
    Cached,
}

/// Keeps the first bucket that has a name.
fn note<'h>(kept: &mut Option<&'h [u8]>, value: &'h [u8]) -> Option<&'static str> {
    if !value.is_empty() {
        kept.get_or_insert(value);
    }
    None
}

/// What is odd about a `Retry-After`, which is read elsewhere.
fn retry_after(value: &[u8]) -> Option<&'static str> {
    match (Asked::time(value), Number::parse(value)) {
        (None, _) => Some(Oddity::RETRY_AFTER),
        (Some(Asked::Until(_)), Some(_)) => Some(Oddity::EPOCH),
        _ => None,
    }
}

/// What is odd about a member that told something, or did not.
fn oddity(told: bool, member: &Member<'_>) -> Option<&'static str> {
    match member.until() {
        _ if !told || !member.sound => Some(Oddity::MEMBER),
        Some(Asked::Until(_)) => Some(Oddity::EPOCH_IN_MEMBER),
        _ => None,
    }
}

// ===== impl Reading =====

impl<'h> Reading<'h> {
    /// Reads all headers; those of a cached answer not to their end.
    pub(super) fn scan(&mut self, headers: &'h HeaderMap) -> Freshness {
        for (name, value) in headers {
            match name.as_str() {
                "date" => self.date = self.date.or(Some(value)),
                "age" => {
                    self.age = self.age.or(Some(value));
                    // RFC 9111 section 5.1: what is no number is ignored.
                    let age = Number::parse(value.as_bytes().trim_ascii());
                    if age.is_some_and(|age| !age.is_zero()) {
                        return Freshness::Cached;
                    }
                }
                name => {
                    if let Some((header, field)) = Field::of(name) {
                        if let Some(why) = self.take(field, value.as_bytes().trim_ascii()) {
                            self.note(Oddity { header, why });
                        }
                    }
                }
            }
        }
        Freshness::Fresh
    }

    /// Keeps the first oddity, or the first that hides a wait.
    fn note(&mut self, oddity: Oddity) {
        let hides = |kept: Oddity| kept.hides_a_wait() || !oddity.hides_a_wait();
        if !self.oddity.is_some_and(hides) {
            self.oddity = Some(oddity);
        }
    }

    /// Reads one header, and says what is odd about it.
    fn take(&mut self, field: Field, value: &'h [u8]) -> Option<&'static str> {
        match field {
            Field::RateLimit => self.rate_limit(value),
            Field::Policy => self.policy(value),
            Field::Part(Group::Draft6, Part::Limit) => self.draft_6_limit(value),
            Field::Part(group, part) => self.groups[group as usize].take(part, value),
            Field::Bucket => note(&mut self.bucket, value),
            Field::Resource => note(&mut self.resource, value),
            Field::Global => self.say_global(value, b"true"),
            Field::Scope => self.say_global(value, b"global"),
            Field::RetryAfter => retry_after(value),
        }
    }

    fn say_global(&mut self, value: &[u8], word: &[u8]) -> Option<&'static str> {
        self.global |= value.eq_ignore_ascii_case(word);
        None
    }

    /// `RateLimit`: a list since draft 08; in draft 07 a dictionary, which is one limit.
    fn rate_limit(&mut self, value: &'h [u8]) -> Option<&'static str> {
        let mut odd = None;
        for member in members(value) {
            let why = match member.bare {
                Bare::Text(name) => {
                    let told = self.structured.limit(Named::limit(name, &member));
                    oddity(told, &member)
                }
                Bare::Entry(key, value) => {
                    let part = match key {
                        b"limit" => Part::Limit,
                        b"remaining" => Part::Remaining,
                        b"reset" => Part::Reset,
                        _ => continue,
                    };
                    self.groups[Group::Draft7 as usize].take(part, value)
                }
                Bare::Count(_) | Bare::Other => Some(Oddity::MEMBER),
            };
            odd = odd.or(why);
        }
        odd
    }

    /// `RateLimit-Policy`: with names since draft 08, before that `100;w=10`.
    fn policy(&mut self, value: &'h [u8]) -> Option<&'static str> {
        let mut odd = None;
        for member in members(value) {
            let why = match member.bare {
                Bare::Text(name) => {
                    let told = self.structured.policy(Named::policy(name, &member));
                    oddity(told, &member)
                }
                Bare::Count(quota) => {
                    self.numbered.push((quota, member.window.and_then(window)));
                    oddity(true, &member)
                }
                Bare::Entry(..) | Bare::Other => Some(Oddity::MEMBER),
            };
            odd = odd.or(why);
        }
        odd
    }

    /// `RateLimit-Limit` to draft 06: the limit that is nearest to its end, and then all policies.
    /// Docker Hub puts the window at the limit itself.
    fn draft_6_limit(&mut self, value: &'h [u8]) -> Option<&'static str> {
        let (Some(limit), mut members) = (count(value), members(value)) else {
            return Some(Oddity::NUMBER);
        };
        let numbers = &mut self.groups[Group::Draft6 as usize];
        let first = members.next();
        if numbers.limit.is_none() {
            numbers.limit = Some(limit.whole);
            numbers.window = first.and_then(|first| first.window).and_then(window);
        }
        let mut odd = None;
        for member in members {
            match member.bare {
                Bare::Count(quota) if member.sound => {
                    self.numbered.push((quota, member.window.and_then(window)));
                }
                _ => odd = Some(Oddity::MEMBER),
            }
        }
        odd
    }

    /// Joins what belongs together. What is left of limits comes first, so that it is kept when
    /// there is more than can be.
    pub(super) fn resolve(&self, wall: impl FnOnce() -> SystemTime) -> Allowances {
        let mut clock = Clock::new(self.date, self.age, wall);
        let (mut all, mut policies) = (Few::default(), Few::default());
        let partition = self.structured.resolve(
            |asked| clock.wait(asked),
            |allowance| match allowance.remaining {
                Some(_) => insert(&mut all, allowance),
                None => policies.push(allowance),
            },
        );
        let unnamed = self.unnamed(|policy| policies.push(policy));
        if let Some(allowance) = unnamed.and_then(|it| it.allowance(Kind::UNNAMED, &mut clock)) {
            insert(&mut all, allowance);
        }
        for group in Group::NAMED {
            let numbers = &self.groups[group as usize];
            if let Some(allowance) = numbers.allowance(group.kind(), &mut clock) {
                insert(&mut all, allowance);
            }
        }
        for policy in policies.as_slice() {
            insert(&mut all, *policy);
        }
        let bucket = self.bucket.or(self.resource);
        Allowances {
            items: all,
            bucket: bucket.map(|name| Name::of(name).get()).or(partition),
            global: self.global,
            oddity: self.oddity,
        }
    }

    /// The one unnamed limit, with what its policy says; the policies that are not its own go to
    /// `others`.
    fn unnamed(&self, mut others: impl FnMut(Allowance)) -> Option<Numbers> {
        let best = |tells: fn(&Numbers) -> bool| {
            let fits = |group: &Group| tells(&self.groups[*group as usize]);
            Group::UNNAMED.into_iter().find(fits)
        };
        let group = best(|numbers| numbers.left().is_some())
            .or_else(|| best(|numbers| numbers.limit.is_some()));
        let mut unnamed = group.map(|group| {
            let mut numbers = self.groups[group as usize];
            if matches!(group, Group::XRateLimit) {
                numbers.window = self.groups[Group::HubSpot as usize].window;
            }
            numbers.window = numbers.window.or(group.kind().window);
            numbers
        });
        let policies = self.numbered.as_slice();
        if let [(quota, _)] = policies {
            let only = unnamed.get_or_insert_default();
            only.limit = only.limit.or(Some(*quota));
        }
        for &(quota, window) in policies {
            match &mut unnamed {
                Some(own) if own.is_under(quota, window) => {
                    own.window = own.window.or(window);
                }
                _ => others(Allowance {
                    name: Name::numbers(quota, window).get(),
                    limit: Some(quota),
                    window,
                    ..Allowance::default()
                }),
            }
        }
        unnamed
    }
}

/// Keeps the first of each name.
fn insert(all: &mut Few<Allowance>, allowance: Allowance) {
    if !all
        .as_slice()
        .iter()
        .any(|other| other.name == allowance.name)
    {
        all.push(allowance);
    }
}
