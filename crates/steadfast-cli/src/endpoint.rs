//! Which endpoint a request belongs to, and which others would have taken it.

use http::Method;
use reqwest::Url;
use serde_json::{Value, json};
use steadfast::Policy;
use steadfast::config::Config;
use steadfast::policy::Pattern;
use steadfast_core::{Routes, UrlParts};

/// The endpoint of a request.
#[derive(Debug)]
pub(crate) struct Chosen<'a> {
    /// The most specific pattern that matches; `None`: the default policy.
    pub(crate) endpoint: Option<Match<'a>>,
    pub(crate) policy: &'a Policy,
    /// For whom calls to the endpoint are made, as the file has it.
    pub(crate) identity: Option<&'a str>,
    /// The patterns that match too, and lost.
    pub(crate) others: Vec<Match<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) pattern: &'a str,
    /// As the file has it: the value of a variable may be a secret.
    pub(crate) written: &'a str,
    pub(crate) policy: &'a str,
}

impl<'a> Chosen<'a> {
    pub(crate) fn find(file: &'a Config, method: &Method, url: &Url) -> Result<Self, String> {
        let host = url.host_str().unwrap_or_default();
        let url = UrlParts::new(url.scheme(), host, url.port(), url.path(), url.query());
        let endpoints: Vec<_> = file.endpoints().collect();
        let written: Vec<_> = file.endpoints_as_written().collect();
        let parse = |text: &str| text.parse::<Pattern>().map_err(|wrong| wrong.to_string());
        let patterns = endpoints.iter().map(|(text, ..)| parse(text));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let routes = Routes::build(patterns.iter().cloned().zip(0..));
        let winner = routes
            .map_err(|wrong| wrong.to_string())?
            .find(method, &url)
            .copied();
        let others = (0..endpoints.len())
            .filter(|&index| Some(index) != winner && patterns[index].matches(method, &url));
        let named = |index: usize| Match {
            pattern: endpoints[index].0,
            written: written[index].0,
            policy: endpoints[index].1,
        };
        Ok(Self {
            endpoint: winner.map(named),
            identity: winner.and_then(|index| written[index].1),
            policy: winner.map_or(file.default_policy(), |index| endpoints[index].2),
            others: others.map(named).collect(),
        })
    }
}

impl Match<'_> {
    pub(crate) fn to_json(self) -> Value {
        json!({ "pattern": self.written, "policy": self.policy })
    }
}
