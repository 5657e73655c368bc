//! Why one pattern wins over another: the first of the rules in [`steadfast::policy::Pattern`]'s order that tells them apart.

/// A pattern taken apart as it is written; both matched the same request, so only what is written can differ.
#[derive(Debug, PartialEq, Eq)]
struct Parts<'a> {
    methods: Option<&'a str>,
    scheme: Option<&'a str>,
    host: &'a str,
    port: Option<&'a str>,
    path: &'a str,
}

/// What the winner has over the loser; reads on after "it wins because".
pub(super) fn reason(winner: &str, loser: &str) -> &'static str {
    let (winner, loser) = (Parts::of(winner), Parts::of(loser));
    if !winner.host.eq_ignore_ascii_case(loser.host) {
        match winner.host.starts_with("*.") {
            true => "its host is longer",
            false => "its host is exact",
        }
    } else if unnamed(winner.path) != unnamed(loser.path) {
        "its path says more, read from the left"
    } else if winner.methods != loser.methods {
        match loser.methods {
            None => "it names methods",
            Some(_) => "it names fewer methods",
        }
    } else if winner.scheme != loser.scheme {
        "it names the scheme"
    } else {
        "it names the port"
    }
}

impl<'a> Parts<'a> {
    fn of(pattern: &'a str) -> Self {
        let (methods, rest) = match pattern.trim().split_once(char::is_whitespace) {
            Some((methods, rest)) => (Some(methods), rest.trim_start()),
            None => (None, pattern.trim()),
        };
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, rest),
        };
        let (authority, path) = rest.find('/').map_or((rest, "/**"), |at| rest.split_at(at));
        let colon = authority
            .rfind(':')
            .filter(|at| !authority[*at..].contains(']'));
        let (host, port) = match colon {
            Some(at) => (&authority[..at], Some(&authority[at + 1..])),
            None => (authority, None),
        };
        let host = host.strip_suffix('.').unwrap_or(host);
        Self {
            methods,
            scheme,
            host,
            port,
            path,
        }
    }
}

/// A path whose placeholders have lost their names, since these decide nothing.
fn unnamed(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "{}",
            false => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use http::Method;
    use steadfast::policy::Pattern;
    use steadfast_core::{Routes, UrlParts};

    use super::*;

    #[test]
    fn each_rule_is_named_where_it_decides() {
        for (winner, loser, expected) in [
            ("api.x.com", "*.x.com/v1/me", "its host is exact"),
            ("*.x.com", "*.com/v1/me", "its host is longer"),
            (
                "api.x.com/v1/me",
                "GET api.x.com/v1/{id}",
                "its path says more, read from the left",
            ),
            (
                "api.x.com/v1/{id}",
                "https://api.x.com/v1/**",
                "its path says more, read from the left",
            ),
            (
                "GET api.x.com/v1/{a}",
                "https://api.x.com/v1/{b}",
                "it names methods",
            ),
            (
                "GET api.x.com/v1/me",
                "GET,PUT api.x.com/v1/me",
                "it names fewer methods",
            ),
            ("https://api.x.com", "api.x.com:443", "it names the scheme"),
            ("https://api.x.com.", "api.x.com", "it names the scheme"),
            ("api.x.com:443", "api.x.com", "it names the port"),
        ] {
            // The rule that is named has to be the one by which the router decides.
            let patterns = [loser, winner].map(|text| (text.parse::<Pattern>().unwrap(), text));
            let url = UrlParts::new("https", "api.x.com", None, "/v1/me", None);
            let found = Routes::build(patterns)
                .unwrap()
                .find(&Method::GET, &url)
                .copied();
            assert_eq!(found, Some(winner), "{winner} against {loser}");
            assert_eq!(reason(winner, loser), expected, "{winner} against {loser}");
        }
    }
}
