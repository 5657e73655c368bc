//! Problem details (RFC 9457): what a server itself says about an error.

use std::fmt;

use http::HeaderMap;
use steadfast_core::one_line;

/// The members of an `application/problem+json` body. All of them are the server's words: show them, but do not decide
/// by them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// A URI that names the kind of problem.
    pub type_uri: Option<String>,
    /// A short text for the kind of problem.
    pub title: Option<String>,
    /// The status that the server meant.
    pub status: Option<u16>,
    /// What is wrong this time.
    pub detail: Option<String>,
    /// A URI that names this occurrence.
    pub instance: Option<String>,
    /// The other members, as JSON texts by name.
    pub extensions: Vec<(String, String)>,
}

impl Problem {
    pub(crate) fn is_empty(&self) -> bool {
        self.title.is_none() && self.detail.is_none()
    }

    #[cfg(not(feature = "json"))]
    pub(crate) fn read(_: &HeaderMap, _: &[u8]) -> Option<Self> {
        None
    }

    /// Reads a body with the content type `application/problem+json`. A member of the wrong type is ignored
    /// (RFC 9457 3.1).
    #[cfg(feature = "json")]
    pub(crate) fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let content_type = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/problem+json") {
            return None;
        }
        let serde_json::Value::Object(members) = serde_json::from_slice(body).ok()? else {
            return None;
        };
        let mut problem = Self::default();
        for (name, value) in members {
            let text = value.as_str().map(str::to_owned);
            match name.as_str() {
                "type" => problem.type_uri = text,
                "title" => problem.title = text,
                "detail" => problem.detail = text,
                "instance" => problem.instance = text,
                "status" => problem.status = value.as_u64().and_then(|code| code.try_into().ok()),
                _ => problem.extensions.push((name, value.to_string())),
            }
        }
        Some(problem)
    }
}

/// `title: detail`, on one line, harmless for a terminal, and bounded.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = [self.title.as_deref(), self.detail.as_deref()];
        for (index, text) in texts.into_iter().flatten().enumerate() {
            if index > 0 {
                f.write_str(": ")?;
            }
            for character in one_line(text).take(300) {
                write!(f, "{character}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_of_a_problem_cannot_steer_a_terminal() {
        let problem = Problem {
            title: Some("a\u{202e}b\u{1b}[2J".to_owned()),
            detail: Some("c\r\nd\u{2028}e\u{2066}".to_owned()),
            ..Problem::default()
        };
        let shown = "a\u{fffd}b\u{fffd}[2J: c  d e\u{fffd}";
        assert_eq!(problem.to_string(), shown);
    }
}
