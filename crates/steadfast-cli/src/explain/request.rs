//! What a policy file does about one request.

use std::path::Path;

use http::Method;
use reqwest::Url;
use serde_json::{Value, json};
use steadfast::config::Config;
use steadfast::policy::{ConcurrencyLimit, Pacing};
use steadfast::record::Human;
use steadfast::redact::redact_url;
use steadfast::{Concurrency, LimitScope, Priority};
use steadfast_core::Prepared;

use super::plan::Planner;
use super::{table, why};
use crate::endpoint::{Chosen, Match};
use crate::exit::Exit;
use crate::output::{Colour, Output};
use crate::policies;
use crate::time::millis;

pub(super) fn explain(
    path: &Path,
    method: &str,
    url: &str,
    output: &Output,
) -> Result<Exit, String> {
    let method =
        Method::from_bytes(method.as_bytes()).map_err(|_| format!("`{method}` is no method"))?;
    let url = crate::url::parse(url)?;
    let file = match policies::read(path)? {
        Ok(file) => file,
        Err(mistakes) => return Ok(mistakes.tell(output)),
    };
    let chosen = Chosen::find(&file, &method, &url)?;
    let planner = Planner::new(chosen.policy, &method).map_err(|wrong| wrong.to_string())?;
    if output.json {
        output.line(as_json(&chosen, &planner, &method, &url));
    } else {
        tell(&file, &chosen, &planner, &method, &url, output);
    }
    Ok(Exit::Success)
}

fn tell(
    file: &Config,
    chosen: &Chosen<'_>,
    planner: &Planner,
    method: &Method,
    url: &Url,
    output: &Output,
) {
    let title = |text: &str| output.paint(text, Colour::Title);
    output.line(format_args!(
        "{} {}",
        title(method.as_str()),
        title(&redact_url(url.as_str()))
    ));
    why(file, chosen, output);
    output.line(format_args!("  {}", planner.repeatable));
    for line in numbers(&planner.policy) {
        output.line(format_args!("  {line}"));
    }
    output.line(title("\nEach attempt answered with"));
    for row in table::statuses(planner) {
        output.line(format_args!(
            "  {}\n      {}",
            table::in_short(&row.what),
            row.plan
        ));
    }
    output.line(title("\nEach attempt ended by"));
    for row in table::failures(planner) {
        output.line(format_args!("  {}\n      {}", row.names(), row.plan));
    }
    output.line(output.paint(
        "\nA Retry-After takes the place of these waits, unless it ends too late: then the answer is returned at once.\n\
         Not included: the time that attempts take, an empty retry budget, and what else a server says.",
        Colour::Quiet,
    ));
}

fn why(file: &Config, chosen: &Chosen<'_>, output: &Output) {
    let all = file.endpoints().count();
    match chosen.endpoint {
        None => output.line(format_args!(
            "  none of {all} endpoints matches: the default policy"
        )),
        Some(Match {
            written, policy, ..
        }) => {
            let most = if chosen.others.is_empty() {
                "only"
            } else {
                "most specific"
            };
            output.line(format_args!(
                "  endpoint `{written}`, policy `{policy}`: the {most} one that matches, of {all}"
            ));
        }
    }
    let winner = chosen.endpoint.map_or("", |winner| winner.pattern);
    for Match {
        pattern,
        written,
        policy,
    } in &chosen.others
    {
        output.line(format_args!(
            "  over `{written}`, policy `{policy}`: {}",
            why::reason(winner, pattern)
        ));
    }
    if let Some(identity) = chosen.identity {
        output.line(format_args!("  identity `{identity}`"));
    }
}

/// The numbers that bound a call, in words; what is not set is not shown.
fn numbers(policy: &Prepared) -> Vec<String> {
    let attempts = match policy.retry().attempts {
        1 => "1 attempt".to_owned(),
        most => format!("at most {most} attempts"),
    };
    let mut lines = vec![format!(
        "{attempts}, started within {}",
        Human(policy.retry().retry_for)
    )];
    let mut note = |what: Option<String>| lines.extend(what);
    let within = |what: &str, time| format!("{what} at most {}", Human(time));
    note(
        policy
            .timeouts()
            .attempt
            .map(|time| within("each attempt takes", time)),
    );
    note(
        policy
            .timeouts()
            .deadline
            .map(|time| within("the whole call takes", time)),
    );
    limits(policy).into_iter().for_each(|line| note(Some(line)));
    note(
        policy
            .body()
            .buffer
            .map(|bytes| format!("bodies of up to {bytes} bytes are read inside the attempt")),
    );
    note(Some(match policy.retry().budget {
        Some(budget) => format!(
            "retries add {} % load at most, {} at once",
            budget.percent(),
            budget.bucket()
        ),
        None => "retries may add any load".to_owned(),
    }));
    let redirect = policy.retry().posts_may_redirect;
    note(redirect.then(|| "a POST that may have been redirected is sent once".to_owned()));
    let waits = policy.retry().waits_for_budget;
    note(waits.then(|| "one more retry waits until that allows it".to_owned()));
    let key = policy.retry().idempotency_key.as_ref();
    note(key.map(|key| format!("POST and PATCH get an idempotency key ({key})")));
    note(
        policy
            .answer()
            .fallback
            .as_ref()
            .map(|fallback| match fallback.fixed() {
                Some(response) => format!(
                    "a call that has failed is answered with {}",
                    response.status()
                ),
                None => "a call that has failed is answered by a closure".to_owned(),
            }),
    );
    lines
}

/// What bounds how much is sent.
fn limits(policy: &Prepared) -> Vec<String> {
    let scope = |scope| match scope {
        LimitScope::Endpoint => String::new(),
        scope => format!(", counted per {scope}"),
    };
    let rates = policy.rates().iter().map(|rate| {
        let (every, burst) = (Human(rate.interval()), rate.burst());
        let scope = scope(rate.scope());
        format!("this client sends one attempt every {every}, {burst} at once{scope}")
    });
    let mut lines: Vec<_> = rates.collect();
    let mut note = |line: Option<String>| lines.extend(line);
    note(
        policy
            .limits()
            .max_wait
            .map(|time| format!("the wait for that is at most {}", Human(time))),
    );
    note(
        policy
            .limits()
            .max_queue
            .map(|most| format!("at most {most} attempts wait for that")),
    );
    if let Some(concurrency) = policy.limits().concurrency {
        concurrency_lines(&concurrency, policy)
            .into_iter()
            .for_each(|line| note(Some(line)));
    }
    for quota in policy.quotas() {
        note(Some(format!(
            "the plan allows {quota}{}",
            scope(quota.scope())
        )));
    }
    let cost = policy.limits().cost.fixed().filter(|cost| *cost != 1);
    note(cost.map(|cost| format!("each attempt costs {cost}")));
    note(match policy.limits().priority {
        Priority::Normal => None,
        priority => Some(format!("calls wait with {priority} priority")),
    });
    note(
        (policy.limits().pacing == Pacing::Off)
            .then(|| "headers about limits pace nothing".to_owned()),
    );
    note(
        (!policy.limits().gate)
            .then(|| "nobody waits because somebody else was refused".to_owned()),
    );
    lines
}

/// How much is under way at once.
fn concurrency_lines(concurrency: &Concurrency, policy: &Prepared) -> [String; 2] {
    let limit = match concurrency.limit {
        ConcurrencyLimit::Adaptive { least, most } => {
            format!("{least} to {most} attempts are under way at once, as many as the server bears")
        }
        ConcurrencyLimit::Fixed(1) => "one attempt is under way at a time".to_owned(),
        ConcurrencyLimit::Fixed(most) => format!("at most {most} attempts are under way at once"),
        _ => concurrency.to_string(),
    };
    let wait = concurrency.max_wait.unwrap_or(policy.retry().retry_for);
    let wait = match concurrency.max_queue {
        None => format!("others wait at most {}", Human(wait)),
        Some(most) => format!("at most {most} others wait, at most {}", Human(wait)),
    };
    [
        format!("{limit}, until their bodies were read or dropped"),
        wait,
    ]
}

fn concurrency_as_json(policy: &Prepared) -> Value {
    let Some(concurrency) = policy.limits().concurrency else {
        return Value::Null;
    };
    let (min, max) = match concurrency.limit {
        ConcurrencyLimit::Adaptive { least, most } => (least, most),
        ConcurrencyLimit::Fixed(limit) => (limit, limit),
        _ => return Value::Null,
    };
    json!({
        "adaptive": concurrency.is_adaptive(),
        "min": min,
        "max": max,
        "max_wait_ms": millis(concurrency.max_wait.unwrap_or(policy.retry().retry_for)),
        "max_queue": concurrency.max_queue,
    })
}

fn rates_as_json(policy: &Prepared) -> Value {
    let rates = policy.rates().iter().map(|rate| {
        json!({
            "interval_ms": millis(rate.interval()),
            "burst": rate.burst().get(),
            "scope": rate.scope().as_str(),
        })
    });
    rates.collect()
}

fn quotas_as_json(policy: &Prepared) -> Value {
    let quotas = policy.quotas().iter().map(|quota| {
        json!({
            "limit": quota.limit(),
            "window": quota.window().to_string(),
            "zone": quota.zone().to_string(),
            "scope": quota.scope().as_str(),
        })
    });
    quotas.collect()
}

fn as_json(chosen: &Chosen<'_>, planner: &Planner, method: &Method, url: &Url) -> Value {
    let policy = &planner.policy;
    let budget = policy
        .retry()
        .budget
        .map(|budget| json!({ "percent": budget.percent(), "bucket": budget.bucket() }));
    let statuses: Vec<_> = table::statuses(planner)
        .iter()
        .map(table::Row::<u16>::to_json)
        .collect();
    let failures = table::failures(planner);
    let winner = chosen.endpoint.map_or("", |winner| winner.pattern);
    let others = chosen.others.iter().map(|other| {
        let mut json = other.to_json();
        json["beaten_because"] = why::reason(winner, other.pattern).into();
        json
    });
    let others: Vec<_> = others.collect();
    json!({
        "method": method.as_str(),
        "url": redact_url(url.as_str()),
        "endpoint": chosen.endpoint.map(Match::to_json),
        "identity": chosen.identity,
        "matches_too": others,
        "repeatable": planner.repeatable.is_yes(),
        "idempotency_key": planner.keyed,
        "fallback": policy.answer().fallback.as_ref().and_then(|fallback| fallback.fixed()).map(|response| response.status().as_u16()),
        "limits": {
            "attempts": policy.retry().attempts,
            "retry_for_ms": millis(policy.retry().retry_for),
            "attempt_timeout_ms": policy.timeouts().attempt.map(millis),
            "deadline_ms": policy.timeouts().deadline.map(millis),
            "max_wait_ms": policy.limits().max_wait.map(millis),
            "buffer": policy.body().buffer,
            "max_queue": policy.limits().max_queue,
            "concurrency": concurrency_as_json(policy),
            "rates": rates_as_json(policy),
            "quotas": quotas_as_json(policy),
            "cost": policy.limits().cost.fixed(),
            "priority": policy.limits().priority.as_str(),
            "gate": policy.limits().gate,
            "budget": budget,
            "posts_may_redirect": policy.retry().posts_may_redirect,
            "wait_for_budget": policy.retry().waits_for_budget,
        },
        "statuses": statuses,
        "failures": failures.iter().map(|row| row.to_json()).collect::<Vec<_>>(),
    })
}
