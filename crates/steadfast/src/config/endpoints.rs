//! Which requests get which policy.

use std::collections::HashMap;
use std::sync::Arc;

use steadfast_core::{Pattern, Routes};

use crate::config::names::{Known, Named};
use crate::config::policy::Maker;
use crate::config::report::quoted;
use crate::config::source::Span;
use crate::config::walk::{Item, Table, Value};

/// The most endpoints of a file.
const MOST: usize = 100_000;

/// The keys of an endpoint that are not those of a policy.
const OWN_KEYS: [&str; 3] = ["match", "policy", "identity"];

/// An endpoint that was checked.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) pattern: String,
    pub(crate) identity: Option<String>,
    /// As the file has them, where a variable stands in them.
    pub(crate) written_pattern: Option<String>,
    pub(crate) written_identity: Option<String>,
    /// With the endpoint's own keys put over it.
    pub(crate) policy: Named,
}

/// A pattern, where it stands and how it was written.
struct Placed {
    pattern: Pattern,
    span: Span,
}

pub(crate) fn make(
    endpoints: Option<Item>,
    default: &Named,
    known: &Known,
    maker: &mut Maker<'_, '_>,
) -> Vec<Endpoint> {
    let Some(Item {
        value: Value::List(tables),
        span,
    }) = endpoints
    else {
        return Vec::new();
    };
    if tables.len() > MOST {
        let message = format!("{} endpoints; at most {MOST} are taken", tables.len());
        maker.report.error("limit", span, message);
        return Vec::new();
    }
    let mut made = Vec::with_capacity(tables.len());
    let mut placed = Vec::with_capacity(tables.len());
    for item in tables {
        let Value::Table(table) = item.value else {
            continue;
        };
        placed.extend(pattern(&table, maker));
        made.extend(endpoint(table, item.span, default, known, maker));
    }
    check_patterns(placed, maker);
    made
}

fn endpoint(
    table: Table,
    span: Span,
    default: &Named,
    known: &Known,
    maker: &mut Maker<'_, '_>,
) -> Option<Endpoint> {
    let mut policy = default.clone();
    if let Some((name, span)) = table.text("policy") {
        match known.find(&name.text) {
            Some(named) => policy = named.clone(),
            None => {
                let unknown = known.unknown(&name.text, span, name.secret, maker);
                let (message, help) = unknown.into_parts();
                maker
                    .report
                    .error_with("unknown-policy", span, message, help);
            }
        }
    }
    let pattern = table.text("match").map(|(text, _)| text.text.clone());
    let written_pattern = written(&table, "match", maker);
    let written_identity = written(&table, "identity", maker);
    let identity = table.text("identity");
    if let Some((_, span)) = identity.filter(|(identity, _)| identity.text.is_empty()) {
        let help = "leave it out";
        maker
            .report
            .error_with("value", span, "an identity without a name", help);
    }
    let identity = identity.map(|(identity, _)| identity.text.clone());
    let own = table
        .entries
        .iter()
        .any(|(name, ..)| !OWN_KEYS.contains(name));
    policy.rules += table.rules();
    if !maker.affords(policy.rules, span) {
        return None;
    }
    if own {
        policy.policy = Arc::new(maker.make(&policy.policy, &policy.name, table));
    }
    Some(Endpoint {
        pattern: pattern?,
        identity,
        written_pattern,
        written_identity,
        policy,
    })
}

/// A text as the file has it, if a variable stands in it.
fn written(table: &Table, name: &str, maker: &Maker<'_, '_>) -> Option<String> {
    let (_, span) = table.text(name).filter(|(text, _)| text.secret)?;
    let written = maker.report.source.written(span);
    Some(written.trim_matches(['"', '\'']).to_owned())
}

fn pattern(table: &Table, maker: &mut Maker<'_, '_>) -> Option<Placed> {
    let (text, span) = table.text("match")?;
    match text.text.parse::<Pattern>() {
        Ok(pattern) => Some(Placed { pattern, span }),
        Err(mistake) => {
            let written = maker.report.source.written(span).trim_matches(['"', '\'']);
            let message = match text.secret {
                true => format!(
                    "{} is no pattern once its variables are filled in",
                    quoted(written)
                ),
                false => mistake.to_string(),
            };
            let help = "`[METHOD ][scheme://]host[:port][/path]`, as in `GET https://api.example.com/v1/items/{id}`";
            maker.report.error_with("pattern", span, message, help);
            None
        }
    }
}

fn check_patterns(placed: Vec<Placed>, maker: &mut Maker<'_, '_>) {
    let mut known: HashMap<String, Span> = HashMap::with_capacity(placed.len());
    let mut once = Vec::with_capacity(placed.len());
    for Placed { pattern, span } in placed {
        let text = pattern.to_string();
        if let Some(first) = known.get(&text) {
            let line = maker.report.source.position(*first).line;
            let message = format!("these requests have an endpoint already, in line {line}");
            let help = "which of the two policies is meant? Keep one";
            maker.report.error_with("duplicate", span, message, help);
            continue;
        }
        known.insert(text, span);
        once.push(Placed { pattern, span });
    }
    for (text, span) in covered(&known) {
        let message = "no request can reach this endpoint: others take its requests";
        let help = format!(
            "there is one for `https` and one for `http` beside {}",
            hidden(&text, maker)
        );
        maker.report.error_with("unreachable", span, message, help);
    }
    check_routes(&once, maker);
}

fn hidden(text: &str, maker: &Maker<'_, '_>) -> String {
    match maker.secrets {
        true => "it".to_owned(),
        false => quoted(text),
    }
}

/// Patterns without a scheme that have a twin for either.
fn covered(known: &HashMap<String, Span>) -> Vec<(String, Span)> {
    let with = |method: &str, scheme: &str, rest: &str| {
        known.contains_key(&format!("{method}{scheme}{rest}"))
    };
    let mut covered: Vec<_> = known
        .iter()
        .filter(|(text, _)| !text.contains("://"))
        .filter(|(text, _)| {
            let (method, rest) = text.split_at(text.find(' ').map_or(0, |at| at + 1));
            with(method, "http://", rest) && with(method, "https://", rest)
        })
        .map(|(text, span)| (text.clone(), *span))
        .collect();
    covered.sort_by_key(|(_, span)| span.start);
    covered
}

/// What only the router can see: patterns that match the same requests equally well. It stops at the first, so it is
/// asked again without that one, a few times.
fn check_routes(placed: &[Placed], maker: &mut Maker<'_, '_>) {
    const MOST: usize = 10;
    let texts = placed.iter().map(|placed| placed.pattern.to_string());
    let spans: HashMap<String, Span> = texts.zip(placed.iter().map(|placed| placed.span)).collect();
    let mut skip: Vec<Span> = Vec::new();
    while skip.len() < MOST {
        let patterns = placed.iter().filter(|placed| !skip.contains(&placed.span));
        let Err(mistake) = Routes::build(patterns.map(|placed| (placed.pattern.clone(), ())))
        else {
            return;
        };
        let span = spans.get(mistake.pattern()).copied();
        let rival = mistake.rival().and_then(|rival| spans.get(rival));
        let help = match rival {
            Some(rival) => {
                let line = maker.report.source.position(*rival).line;
                format!("the other stands in line {line}; make one of them more specific")
            }
            None => "make one of them more specific".to_owned(),
        };
        let message = match maker.secrets {
            true => "another endpoint matches the same requests equally well".to_owned(),
            false => mistake.to_string(),
        };
        maker
            .report
            .error_with("ambiguous", span.unwrap_or_default(), message, help);
        let Some(span) = span else {
            return;
        };
        skip.push(span);
    }
}
