//! One version of the policies: what a call runs under, whatever is exchanged meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use steadfast_core::{Pattern, Policy, Prepared, Routes};
use steadfast_tower::Scope;

use crate::invalid::InvalidPolicies;
use crate::policies::PoliciesBuilder;
use crate::scopes::Slot;

/// One version of the policies: a call runs under exactly one.
pub(crate) struct Version {
    pub(crate) routes: Routes<Arc<Endpoint>>,
    pub(crate) default: Arc<Endpoint>,
    pub(crate) named: Vec<Arc<Named>>,
}

/// A policy with a name.
pub(crate) struct Named {
    /// Never 0, never used for another.
    pub(crate) number: u64,
    pub(crate) name: String,
    /// The policy as it was given.
    pub(crate) given: Policy,
    pub(crate) policy: Arc<Prepared>,
}

/// An endpoint with its policy and, by its number, its state. One that a new version leaves as it was is carried over.
pub(crate) struct Endpoint {
    pub(crate) number: u64,
    /// The policy as it was given.
    pub(crate) given: Policy,
    /// The pattern; empty for requests that match none.
    pub(crate) name: Arc<str>,
    pub(crate) policy: Arc<Prepared>,
    pub(crate) template: Option<Arc<str>>,
    pub(crate) first: OnceLock<Slot>,
}

impl Version {
    /// Checks a set of policies and makes a version of it, with the endpoints of `before` that are still the same.
    pub(crate) fn new(
        builder: PoliciesBuilder,
        before: Option<&Self>,
        numbers: &AtomicU64,
    ) -> Result<Self, InvalidPolicies> {
        let number = || numbers.fetch_add(1, Ordering::Relaxed);
        let known = before.map(Self::endpoints).unwrap_or_default();
        let endpoint =
            |name: String, given: Policy, policy: Arc<Prepared>, template: Option<Arc<str>>| {
                let same = known.get(name.as_str()).filter(|same| same.given == given);
                same.map(|same| Arc::clone(same)).unwrap_or_else(|| {
                    Arc::new(Endpoint {
                        number: number(),
                        given,
                        name: name.into(),
                        policy,
                        template,
                        first: OnceLock::new(),
                    })
                })
            };
        let default = Scope::prepare(&builder.default).map_err(InvalidPolicies::Default)?;
        let default = endpoint(String::new(), builder.default, default, None);
        let mut patterns = Vec::with_capacity(builder.endpoints.len());
        for (text, policy) in builder.endpoints {
            let pattern: Pattern = text.parse()?;
            let prepared = Scope::prepare(&policy);
            let prepared = prepared.map_err(|mistake| InvalidPolicies::Endpoint {
                endpoint: text,
                mistake,
            })?;
            let (name, template) = (pattern.to_string(), Some(pattern.template().into()));
            patterns.push((pattern, endpoint(name, policy, prepared, template)));
        }
        let before = before.map(|before| before.named.as_slice());
        let known = before.unwrap_or_default().iter();
        let known: HashMap<_, _> = known.map(|named| (named.name.as_str(), named)).collect();
        let mut names = HashSet::new();
        let mut named: Vec<Arc<Named>> = Vec::with_capacity(builder.named.len());
        for (name, policy) in builder.named {
            if !names.insert(name.clone()) {
                return Err(InvalidPolicies::NamedTwice { name });
            }
            let same = known.get(name.as_str()).filter(|same| same.given == policy);
            let prepared = Scope::prepare(&policy);
            let prepared = prepared.map_err(|mistake| InvalidPolicies::Named {
                name: name.clone(),
                mistake,
            })?;
            named.push(same.map(|same| Arc::clone(same)).unwrap_or_else(|| {
                Arc::new(Named {
                    number: number(),
                    name,
                    given: policy,
                    policy: prepared,
                })
            }));
        }
        Ok(Self {
            routes: Routes::build(patterns)?,
            default,
            named,
        })
    }

    /// By their patterns; the default has none.
    fn endpoints(&self) -> HashMap<&str, &Arc<Endpoint>> {
        let all = self.routes.values().chain([&self.default]);
        all.map(|endpoint| (&*endpoint.name, endpoint)).collect()
    }

    /// `one of careful, quick`
    pub(crate) fn known_names(&self) -> String {
        let names: Vec<_> = self.named.iter().map(|named| named.name.as_str()).collect();
        match names.is_empty() {
            true => "left out: no policy has a name".to_owned(),
            false => format!("one of {}", names.join(", ")),
        }
    }
}
