//! Patterns that have host and path in common, in the order in which they are tried.

use std::collections::HashMap;

use http::Method;

use super::filter::{Asked, Filter, Scheme, Specificity};

/// A pattern's filter, and the pattern's number.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) filter: Filter,
    pub(super) number: usize,
}

/// Two patterns that match some same request and are equally specific.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Collision {
    pub(super) first: usize,
    pub(super) second: usize,
    /// A method that both have, where they name methods.
    pub(super) method: Option<Method>,
}

/// Equally specific filters have some same request exactly when they agree on one of these.
type Claim<'a> = (Specificity, Option<&'a Method>, Option<Scheme>, Option<u16>);

/// Puts the most specific first.
pub(super) fn order(choices: &mut [Choice]) -> Result<(), Collision> {
    if choices.len() > 1 {
        tell_apart(choices)?;
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.filter.specificity()));
    }
    Ok(())
}

/// The number of the first that accepts.
pub(super) fn pick(choices: &[Choice], asked: &Asked<'_>) -> Option<usize> {
    let found = choices.iter().find(|choice| choice.filter.accepts(asked));
    found.map(|choice| choice.number)
}

fn tell_apart(choices: &[Choice]) -> Result<(), Collision> {
    let mut claims: HashMap<Claim<'_>, usize> = HashMap::new();
    for Choice { filter, number } in choices {
        let any = filter.methods.is_empty().then_some(None);
        for method in filter.methods.iter().map(Some).chain(any) {
            let claim = (filter.specificity(), method, filter.scheme, filter.port);
            if let Some(other) = claims.insert(claim, *number) {
                return Err(Collision {
                    first: other.min(*number),
                    second: other.max(*number),
                    method: method.cloned(),
                });
            }
        }
    }
    Ok(())
}
