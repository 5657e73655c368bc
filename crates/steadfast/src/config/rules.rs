//! `on` and `on_failure`: what to do about statuses and failed transports.

use steadfast_core::{FailureKind, Policy, Retry, Rule, StatusClass};

use crate::config::report::{Report, quoted};
use crate::config::source::{Name, Span};
use crate::config::suggest::among;
use crate::config::walk::{Item, Value};

/// The kinds of failed transports, by the names that they have in spans.
pub(crate) const FAILURES: [FailureKind; 13] = [
    FailureKind::Connect,
    FailureKind::ConnectTimeout,
    FailureKind::Dns,
    FailureKind::Tls,
    FailureKind::Unprocessed,
    FailureKind::Timeout,
    FailureKind::Reset,
    FailureKind::Truncated,
    FailureKind::InvalidRequest,
    FailureKind::Redirect,
    FailureKind::Decode,
    FailureKind::Foreign,
    FailureKind::Other,
];

/// The classes of statuses, by both of their names.
pub(crate) const CLASSES: [(&str, &str, StatusClass, u16); 4] = [
    ("2xx", "success", StatusClass::Success, 200),
    ("3xx", "redirection", StatusClass::Redirection, 300),
    ("4xx", "client-error", StatusClass::ClientError, 400),
    ("5xx", "server-error", StatusClass::ServerError, 500),
];

const FORMS: &str =
    "statuses are written `500`, `\"500..=599\"`, `\"600..\"`, `5xx` or `server-error`";

/// Statuses from the first to the last.
type Range = (u16, u16);

pub(crate) fn apply_statuses(
    mut policy: Policy,
    rules: Vec<(Name, Item)>,
    report: &mut Report<'_>,
) -> Policy {
    let mut ranges = Vec::with_capacity(rules.len());
    for (name, item) in rules {
        let (first, last) = match statuses(&name.text) {
            Ok(range) => range,
            Err((message, help)) => {
                report.error_with("status", name.span, message, help);
                continue;
            }
        };
        ranges.push((first, last, name));
        if let Some(rule) = rule(item) {
            policy = policy.on(first..=last, rule);
        }
    }
    ranges.sort_by_key(|(first, last, _)| (*first, *last));
    overlaps(&ranges, report);
    policy
}

/// Each range is compared with the one before it that reaches farthest, so this is not quadratic.
fn overlaps(ranges: &[(u16, u16, Name)], report: &mut Report<'_>) {
    let mut farthest: Option<&(u16, u16, Name)> = None;
    for range in ranges {
        if let Some(before) = farthest.filter(|before| before.1 >= range.0) {
            let (first, last) = (range.0, range.1.min(before.1));
            let both = match first == last {
                true => format!("the status {first} is"),
                false => format!("the statuses {first}..={last} are"),
            };
            let (early, late) = match before.2.span.start < range.2.span.start {
                true => (&before.2, &range.2),
                false => (&range.2, &before.2),
            };
            let line = report.source.position(early.span).line;
            let other = quoted(&early.text);
            let message = format!("{both} in two rules: here and in {other}, line {line}");
            let help = "a table has no order, so each status needs one rule: split the range";
            report.error_with("status-twice", late.span, message, help);
        }
        if farthest.is_none_or(|before| before.1 < range.1) {
            farthest = Some(range);
        }
    }
}

/// The statuses of a name, from the first to the last.
///
/// # Errors
/// What is wrong and what would be right.
pub(crate) fn statuses(name: &str) -> Result<Range, (String, String)> {
    let text = name.trim();
    let class = CLASSES.iter().find(|(short, long, ..)| {
        text.eq_ignore_ascii_case(short) || text.replace('_', "-") == *long
    });
    if let Some((.., first)) = class {
        return Ok((*first, *first + 99));
    }
    let (first, last) = match text.split_once("..") {
        None => (text, text),
        Some((first, "")) => (first, "999"),
        Some((first, last)) => match last.strip_prefix('=') {
            Some(last) => (first, last),
            None => return Err(exclusive(name, first, last)),
        },
    };
    let (Some(first), Some(last)) = (number(first), number(last)) else {
        let message = format!("{} is no status", quoted(text));
        let words = CLASSES.iter().map(|(_, long, ..)| *long);
        let near = crate::config::suggest::nearest(text, words);
        let help = near.map_or(FORMS.to_owned(), |word| format!("did you mean `{word}`?"));
        return Err((message, help));
    };
    let problem = if first > last {
        "is empty: its first status is above its last"
    } else if first < 100 || last > 999 {
        "leaves 100..=999"
    } else {
        return Ok((first, last));
    };
    Err((format!("{} {problem}", quoted(text)), FORMS.to_owned()))
}

fn exclusive(name: &str, first: &str, last: &str) -> (String, String) {
    let message = format!(
        "{} does not say whether its end belongs to it",
        quoted(name)
    );
    let right = match number(first).is_some() && number(last).is_some() {
        true => format!("did you mean `\"{first}..={last}\"`?"),
        false => FORMS.to_owned(),
    };
    (message, right)
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

pub(crate) fn apply_failures(
    mut policy: Policy,
    rules: Vec<(Name, Item)>,
    report: &mut Report<'_>,
) -> Policy {
    let mut seen: Vec<(FailureKind, Span)> = Vec::new();
    for (name, item) in rules {
        let kind = match failure(&name.text) {
            Ok(kind) => kind,
            Err((message, help)) => {
                report.error_with("failure", name.span, message, help);
                continue;
            }
        };
        if seen.iter().any(|(known, _)| *known == kind) {
            let message = format!("{} is in two rules", quoted(&name.text));
            report.error_with("failure", name.span, message, "keep one of them");
        }
        seen.push((kind, name.span));
        if let Value::Word("accept") = item.value {
            let message = "a failure cannot be accepted: there is no response to return";
            let help = "`fail-fast` hands the failure back at once";
            report.error_with("contradiction", item.span, message, help);
        } else if let Some(rule) = rule(item) {
            policy = policy.on_failure(kind, rule);
        }
    }
    policy
}

/// The kind of failed transports that has a name.
///
/// # Errors
/// What is wrong and what would be right.
pub(crate) fn failure(name: &str) -> Result<FailureKind, (String, String)> {
    let spelled = name.replace('-', "_");
    let kind = FAILURES.into_iter().find(|kind| kind.as_str() == spelled);
    kind.ok_or_else(|| {
        let message = format!("{} is no kind of failure", quoted(name));
        let help = among(name, FAILURES.iter().map(|kind| kind.as_str()));
        (message, help.unwrap_or_default())
    })
}

fn rule(item: Item) -> Option<Rule> {
    match item.value {
        Value::Word("accept") => Some(Rule::Accept),
        Value::Word("fail-fast") => Some(Rule::FailFast),
        Value::Word("retry") => Some(Rule::RETRY),
        Value::Word("back-off") => Some(Rule::RETRY_THROTTLED),
        Value::Table(table) => {
            let mut retry = match table.word("pace") {
                Some("throttled") => Retry::THROTTLED,
                _ => Retry::BACKOFF,
            };
            if table.flag("any_method") == Some(true) {
                retry = retry.any_method();
            }
            match table.whole("retry") {
                Some((0, _)) => Some(Rule::FailFast),
                Some((times, _)) => Some(retry.at_most(times).into()),
                None => Some(retry.into()),
            }
        }
        _ => None,
    }
}
