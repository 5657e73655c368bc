//! `steadfast plan`: does the load that somebody intends fit what was bought?
//!
//! A quota that is too small shows on the first day in production, at five past nine. What a file says of rates and
//! quotas is enough to know it before.

mod fit;
mod load;
mod tell;

use std::path::PathBuf;

use clap::Args;
use http::Method;
use reqwest::Url;
use steadfast::Policy;
use steadfast::config::Config;
use steadfast::policy::Pattern;

use self::fit::Fit;
use self::load::{Hours, Load};
use crate::endpoint::Chosen;
use crate::exit::Exit;
use crate::output::Output;
use crate::policies;

/// Calculate whether a load fits the rates and quotas of a policy file
///
/// Each endpoint is taken by itself, with the load alone on it. Says how much of each rate and each quota the load uses,
/// or when the quota is used up and how large it would have to be. Retries count too: leave room for them.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// A TOML or JSON file; also a pipe, or standard input as `-`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The load, as rates are written in files: `3/s`, `100/min`, `5000/day`
    #[arg(long, value_name = "RATE")]
    rate: String,
    /// The hours of the day in which it runs, in the time zone of each quota: `9-17`, `8:30-18`; left out: all day
    #[arg(long, value_name = "FROM-UNTIL")]
    hours: Option<Hours>,
    /// Only this endpoint: its pattern, or a method and a URL that belong to it; can be given several times
    #[arg(long, value_name = "ENDPOINT")]
    endpoint: Vec<String>,
}

/// An endpoint of the file; without a pattern, what belongs to none.
#[derive(Clone, Copy, Debug)]
struct Target<'a> {
    pattern: Option<&'a str>,
    policy: &'a Policy,
}

/// How the load fares there.
#[derive(Debug)]
struct Planned<'a> {
    pattern: Option<&'a str>,
    fit: Fit,
}

pub(crate) fn run(args: &PlanArgs, output: &Output) -> Result<Exit, String> {
    let load = Load::new(&args.rate, args.hours)?;
    let file = match policies::read(&args.file)? {
        Ok(file) => file,
        Err(mistakes) => return Ok(mistakes.tell(output)),
    };
    let targets = targets(&file, &args.endpoint)?;
    let planned = targets.into_iter().map(|target| {
        let policy = target.policy.prepare().map_err(|wrong| wrong.to_string())?;
        let fit = Fit::new(&load, &policy)?;
        let pattern = target.pattern.map(|pattern| written(&file, pattern));
        Ok(Planned { pattern, fit })
    });
    let planned: Vec<_> = planned.collect::<Result<_, String>>()?;
    match output.json {
        true => output.line(tell::as_json(&load, &planned)),
        false => tell::tell(&load, &planned, output),
    }
    let fits = planned.iter().all(|planned| planned.fit.misses() == 0);
    Ok(if fits { Exit::Success } else { Exit::Mistakes })
}

/// A pattern as the file has it: the value of a variable may be a secret.
fn written<'a>(file: &'a Config, pattern: &'a str) -> &'a str {
    let mut both = file.endpoints().zip(file.endpoints_as_written());
    let found = both.find(|((known, ..), _)| *known == pattern);
    found.map_or(pattern, |(_, (written, _))| written)
}

/// The endpoints that were asked for; otherwise all of them, and the default policy.
fn targets<'a>(file: &'a Config, asked: &[String]) -> Result<Vec<Target<'a>>, String> {
    let all = file.endpoints().map(|(pattern, _, policy)| Target {
        pattern: Some(pattern),
        policy,
    });
    if asked.is_empty() {
        let others = Target {
            pattern: None,
            policy: file.default_policy(),
        };
        return Ok(all.chain([others]).collect());
    }
    let all: Vec<_> = all.collect();
    let mut chosen: Vec<Target<'a>> = Vec::new();
    for text in asked {
        let target = match all.iter().find(|target| same(target.pattern, text)) {
            Some(target) => *target,
            None => owner(file, text)?,
        };
        if !chosen.iter().any(|known| known.pattern == target.pattern) {
            chosen.push(target);
        }
    }
    Ok(chosen)
}

/// Whether a text is a pattern of the file, however it is written.
fn same(pattern: Option<&str>, text: &str) -> bool {
    let read = |text: &str| text.parse::<Pattern>().ok();
    match (pattern.and_then(read), read(text)) {
        (Some(one), Some(other)) => one.to_string() == other.to_string(),
        _ => false,
    }
}

/// The endpoint that a request belongs to.
fn owner<'a>(file: &'a Config, text: &str) -> Result<Target<'a>, String> {
    let none = || format!("no endpoint of the file has the pattern `{text}`");
    // What looks like a pattern and is none of the file's may belong to another one by chance.
    if text.contains(['*', '{']) {
        return Err(none());
    }
    let (method, url) = text.trim().rsplit_once(' ').unwrap_or(("GET", text.trim()));
    let method = Method::from_bytes(method.trim().as_bytes()).map_err(|_| none())?;
    let url: Url = url.parse().map_err(|_| none())?;
    let chosen = Chosen::find(file, &method, &url)?;
    match chosen.endpoint {
        Some(winner) => Ok(Target {
            pattern: Some(winner.pattern),
            policy: chosen.policy,
        }),
        None => Err(format!("no endpoint of the file takes `{text}`")),
    }
}
