//! The path of a pattern: literal segments, `{name}`, and `/**` at the end.

use super::segment::{LONGEST, Segment};

/// More cannot be meant; walking them is a recursion.
const MOST_SEGMENTS: usize = 128;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Path {
    /// As it was written.
    pub(super) template: Box<str>,
    pub(super) segments: Box<[Segment]>,
    /// Whether anything may follow.
    pub(super) open: bool,
}

impl Path {
    /// Reads `/…`, or nothing for everything; says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let template = if text.is_empty() { "/**" } else { text };
        let (inner, open) = match template.strip_suffix("/**") {
            Some(inner) => (inner, true),
            None => (template, false),
        };
        if template.contains(['?', '#']) {
            return Err("has a query or a fragment; it has to end with its path".to_owned());
        }
        if inner.contains("//") || (open && inner.ends_with('/')) {
            let problem = "has `//` in its path, which no request is meant to have; take one out";
            return Err(problem.to_owned());
        }
        let segments: Vec<Segment> = match inner.strip_prefix('/') {
            Some(inner) => inner.split('/').map(segment).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        if segments.len() > MOST_SEGMENTS {
            return Err(format!(
                "has {} segments in its path, {MOST_SEGMENTS} are the most; end it with `/**`",
                segments.len()
            ));
        }
        Ok(Self {
            template: template.into(),
            segments: segments.into(),
            open,
        })
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        let (mut own, mut rest) = (self.segments.iter(), Some(path));
        while let Some(path) = rest {
            let (part, further) = first_segment(path);
            match own.next() {
                Some(own) if own.matches(part) => rest = further,
                Some(_) => return false,
                None => return self.open,
            }
        }
        own.next().is_none()
    }
}

/// The first segment of a URL's path, and what follows the slash behind it. Several slashes are one; behind the last
/// one is an empty segment.
#[inline]
pub(super) fn first_segment(path: &str) -> (&str, Option<&str>) {
    let path = path.trim_start_matches('/');
    match path.split_once('/') {
        Some((segment, rest)) => (segment, Some(rest)),
        None => (path, None),
    }
}

fn segment(text: &str) -> Result<Segment, String> {
    if let Some(name) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        return parameter(text, name);
    }
    if text.contains('*') {
        return Err(format!(
            "has `{text}` in its path; `{{name}}` stands for one segment, `/**` for any rest and only at the end"
        ));
    }
    if text.contains(['{', '}']) {
        return Err(format!(
            "has `{text}` in its path, but `{{name}}` has to be a whole segment between two slashes"
        ));
    }
    let literal = Segment::literal(text);
    match &literal {
        Segment::Literal(long) if long.len() > LONGEST => Err(format!(
            "has a segment of {} bytes in its path, {LONGEST} are the most; put `{{name}}` or `/**` there",
            long.len()
        )),
        Segment::Literal(dots) if matches!(&**dots, "." | "..") => Err(format!(
            "has `{text}` in its path, which clients resolve before they send; write the path that is meant"
        )),
        _ => Ok(literal),
    }
}

fn parameter(text: &str, name: &str) -> Result<Segment, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    match !name.is_empty() && name.bytes().all(plain) {
        true => Ok(Segment::One),
        false => Err(format!(
            "has `{text}` in its path; a name in braces has letters, digits, `_`, `-` and `.`, as in `{{id}}`, and any \
             rest is `/**`"
        )),
    }
}
