//! Reading a pattern. Everything that is wrong is said with the pattern and with what would be right.

use std::str::FromStr;

use http::Method;

use super::filter::{Filter, Scheme};
use super::host::Host;
use super::invalid::InvalidPattern;
use super::path::Path;
use super::pattern::Pattern;

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).map_err(|problem| InvalidPattern::new(text, problem))
    }
}

fn parse(text: &str) -> Result<Pattern, String> {
    let form = || {
        "has to be `[METHOD[,METHOD] ][scheme://]host[:port][/path]`, with a space after the methods only"
            .to_owned()
    };
    let (methods, rest) = match text.split_once(char::is_whitespace) {
        Some((methods, _)) if methods.contains(['.', ':', '/']) => return Err(form()),
        Some((methods, rest)) => (parse_methods(methods)?, rest.trim_start()),
        None => (Box::default(), text),
    };
    if rest.is_empty() || rest.contains(char::is_whitespace) {
        return Err(form());
    }
    let (scheme, rest) = match rest.split_once("://") {
        Some((scheme, rest)) => (Some(parse_scheme(scheme)?), rest),
        None => (None, rest),
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let (host, port) = parse_authority(authority)?;
    let port = port.filter(|port| scheme.map(Scheme::default_port) != Some(*port));
    Ok(Pattern {
        filter: Filter {
            methods,
            scheme,
            port,
        },
        host,
        path: Path::parse(path)?,
    })
}

fn parse_methods(text: &str) -> Result<Box<[Method]>, String> {
    let mut methods = Vec::new();
    for name in text.split(',') {
        let method = parse_method(name)?;
        if methods.contains(&method) {
            return Err(format!("names the method `{method}` twice; once is enough"));
        }
        methods.push(method);
    }
    methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    Ok(methods.into())
}

fn parse_method(name: &str) -> Result<Method, String> {
    if name.is_empty() {
        let problem =
            "has to begin with a method or a host; several methods are `GET,HEAD`, without spaces";
        return Err(problem.to_owned());
    }
    let capital = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    let method = Method::from_bytes(name.as_bytes()).ok();
    let method = method.filter(|_| name.bytes().all(capital));
    method.ok_or_else(|| format!("has the method `{name}`; write it in capitals, as in `GET`"))
}

fn parse_scheme(name: &str) -> Result<Scheme, String> {
    let scheme = Scheme::read(name);
    scheme.ok_or_else(|| format!("has the scheme `{name}`; `http` and `https` are known"))
}

fn parse_authority(authority: &str) -> Result<(Host, Option<u16>), String> {
    if authority.contains('@') {
        let problem = "has a user name in it; credentials do not belong there, take them out";
        return Err(problem.to_owned());
    }
    let colon = authority.rfind(':');
    let colon = colon.filter(|at| !authority[*at..].contains(']'));
    let Some(at) = colon else {
        return Ok((Host::parse(authority)?, None));
    };
    let port = parse_port(&authority[at + 1..])?;
    Ok((Host::parse(&authority[..at])?, Some(port)))
}

fn parse_port(text: &str) -> Result<u16, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|port| digits && *port > 0);
    port.ok_or_else(|| format!("has the port `{text}`, which is not within 1 to 65535"))
}
