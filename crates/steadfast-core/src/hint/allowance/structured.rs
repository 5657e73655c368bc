//! Policies and what is left of them: `RateLimit-Policy` and `RateLimit`
//! (draft-ietf-httpapi-ratelimit-headers-10).
//!
//! One field says how much there is, the other one how much is left, and a limit is both. They are
//! joined by name and partition key. A partition key may stand in only one of the two (the policy
//! of every partition, or a server that says it once): then the name decides, as long as it is not
//! ambiguous.

use std::time::Duration;

use super::name::Name;
use super::{Allowance, Unit};
use crate::hint::asked::Asked;
use crate::hint::few::{Few, MOST};
use crate::hint::members::Member;
use crate::hint::number::Number;
use crate::hint::retry_after::LONGEST;

/// One member of either field whose item is a String.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Named<'h> {
    name: &'h [u8],
    partition: Option<&'h [u8]>,
    unit: Unit,
    quota: Option<u64>,
    window: Option<Duration>,
    remaining: Option<u64>,
    reset: Option<Asked>,
    cost: Option<u64>,
}

/// What both fields say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Structured<'h> {
    policies: Few<Named<'h>>,
    limits: Few<Named<'h>>,
}

/// `w`; a window of zero means nothing.
pub(super) fn window(number: Number) -> Option<Duration> {
    let window = Asked::seconds(number).min(LONGEST);
    (!window.is_zero()).then_some(window)
}

fn unit(name: &[u8]) -> Unit {
    match name {
        b"requests" => Unit::Requests,
        b"content-bytes" => Unit::Bytes,
        b"concurrent-requests" => Unit::Concurrent,
        _ => Unit::Other,
    }
}

// ===== impl Named =====

impl<'h> Named<'h> {
    /// A member of `RateLimit-Policy`.
    pub(super) fn policy(name: &'h [u8], member: &Member<'h>) -> Self {
        Self {
            name,
            partition: member.partition,
            unit: member.unit.map(unit).unwrap_or_default(),
            quota: member.quota,
            window: member.window.and_then(window),
            remaining: None,
            reset: None,
            cost: None,
        }
    }

    /// A member of `RateLimit`.
    pub(super) fn limit(name: &'h [u8], member: &Member<'h>) -> Self {
        Self {
            window: member.window_of_limit().and_then(window),
            remaining: member.left(),
            reset: member.until(),
            cost: member.cost,
            ..Self::policy(name, member)
        }
    }

    /// What is left, with what its policy says.
    fn under(mut self, policy: Option<&Self>) -> Self {
        if let Some(policy) = policy {
            self.partition = self.partition.or(policy.partition);
            self.quota = policy.quota.or(self.quota);
            self.window = policy.window.or(self.window);
            self.unit = policy.unit;
        }
        self
    }

    fn allowance(&self, wait: impl FnOnce(Asked) -> Duration) -> Allowance {
        let name = Name::of(self.name);
        Allowance {
            name: self.partition.map_or(name, |key| name.partition(key)).get(),
            unit: self.unit,
            limit: self.quota,
            remaining: self.remaining,
            reset: self.reset.map(wait),
            window: self.window,
            cost: self.cost,
        }
    }
}

// ===== impl Structured =====

impl<'h> Structured<'h> {
    /// A member of `RateLimit-Policy`. Without `q` it tells nothing.
    pub(super) fn policy(&mut self, policy: Named<'h>) -> bool {
        let tells = policy.quota.is_some();
        if tells {
            self.policies.push(policy);
        }
        tells
    }

    /// A member of `RateLimit`. Without `r`, which the draft requires, it tells nothing.
    pub(super) fn limit(&mut self, limit: Named<'h>) -> bool {
        let tells = limit.remaining.is_some();
        if tells {
            self.limits.push(limit);
        }
        tells
    }

    /// Every limit once, those of which only the policy is known last; and the partition key that
    /// all of them share.
    pub(super) fn resolve(
        &self,
        mut wait: impl FnMut(Asked) -> Duration,
        mut found: impl FnMut(Allowance),
    ) -> Option<u64> {
        let mut joined = [false; MOST];
        let mut shared = Shared::Nothing;
        for limit in self.limits.as_slice() {
            let policy = self.policy_of(limit);
            if let Some(at) = policy {
                joined[at] = true;
            }
            let limit = limit.under(policy.map(|at| &self.policies.as_slice()[at]));
            shared = shared.with(limit.partition);
            found(limit.allowance(&mut wait));
        }
        for (policy, joined) in self.policies.as_slice().iter().zip(joined) {
            if !joined {
                shared = shared.with(policy.partition);
                found(policy.allowance(&mut wait));
            }
        }
        match shared {
            Shared::Key(key) => Some(Name::of(key).get()),
            Shared::Nothing | Shared::Mixed => None,
        }
    }

    /// Where the policy of a limit stands.
    fn policy_of(&self, limit: &Named<'_>) -> Option<usize> {
        let policies = self.policies.as_slice();
        let find = |fits: &dyn Fn(&Named<'_>) -> bool| {
            let mut found = (0..policies.len())
                .filter(|at| policies[*at].name == limit.name && fits(&policies[*at]));
            (found.next(), found.next())
        };
        if let (Some(exact), _) = find(&|policy| policy.partition == limit.partition) {
            return Some(exact);
        }
        match find(&|policy| policy.partition.is_none() || limit.partition.is_none()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }
}

/// The partition key of all limits, as far as they were looked at.
#[derive(Clone, Copy, Debug)]
enum Shared<'h> {
    Nothing,
    Key(&'h [u8]),
    Mixed,
}

// ===== impl Shared =====

impl<'h> Shared<'h> {
    fn with(self, key: Option<&'h [u8]>) -> Self {
        match (self, key) {
            (Self::Nothing, Some(key)) => Self::Key(key),
            (Self::Key(shared), Some(key)) if shared == key => self,
            _ => Self::Mixed,
        }
    }
}
