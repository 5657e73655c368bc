//! The members of `RateLimit` and `RateLimit-Policy`, one by one.
//!
//! Structured Fields (RFC 9651) are all or nothing: one wrong byte and a whole field is dropped.
//! That is right for what one writes and wrong for what one reads here: a server that spells one of
//! three limits wrongly still means the other two, and not knowing them costs a 429. So a field is
//! cut at its commas and semicolons, those inside of strings excepted, and each piece stands or
//! falls alone; a member remembers whether all its parameters could be read.
//!
//! This is why crate `sfv` is not used: it keeps to the RFC and drops a whole line for one member
//! that is broken, a comma at the end, an empty parameter, a blank before a semicolon, a number of
//! more than 15 digits or a name that is not ASCII. A test holds these lines beside each other.
//!
//! A member is never continued on the next header line (RFC 9651 section 4.2 warns of strings that
//! are), so lines are read one after the other and need not be joined.

use super::asked::Asked;
use super::number::Number;

/// What a member begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare<'h> {
    /// A String, between its quotes and with its escapes: the name of a policy since draft 08. Or a Token, which is
    /// proposed for the same.
    Text(&'h [u8]),
    /// A number: a quota in `RateLimit-Limit` (to draft 06) and `RateLimit-Policy` (to draft 07).
    Count(u64),
    /// `limit=100`, the form of draft 07.
    Entry(&'h [u8], &'h [u8]),
    /// Anything else.
    Other,
}

/// One member, with the parameters that are known in either field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'h> {
    pub(super) bare: Bare<'h>,
    /// `q`: the quota.
    pub(super) quota: Option<u64>,
    /// `w`: the window in seconds.
    pub(super) window: Option<Number>,
    /// `qu`: the unit of the quota.
    pub(super) unit: Option<&'h [u8]>,
    /// `pk`: the partition key, as it is written.
    pub(super) partition: Option<&'h [u8]>,
    /// `r`: what is left.
    remaining: Option<u64>,
    /// `a`, which is proposed in its place.
    available: Option<u64>,
    /// `t`: seconds until there is more.
    reset: Option<Number>,
    /// `c`, which is proposed: what the response cost.
    pub(super) cost: Option<u64>,
    /// Every parameter could be read.
    pub(super) sound: bool,
}

/// The members of one header line. Empty ones (`a, , b`) are passed over, as RFC 9110 section
/// 5.6.1.2 asks of whoever reads a list.
pub(super) fn members(line: &[u8]) -> impl Iterator<Item = Member<'_>> {
    Pieces::of(line, b',')
        .filter(|piece| !piece.is_empty())
        .map(Member::read)
}

/// The number that begins `value`: `100`, `100, 100;w=10` and `76;w=21600` (Docker Hub). Fractions
/// are cut off: half a request cannot be sent.
pub(super) fn count(value: &[u8]) -> Option<Number> {
    let value = value.trim_ascii();
    let (number, rest) = match value {
        [b'-', zero @ ..] => Number::prefix(zero).filter(|(zero, _)| zero.is_zero())?,
        value => Number::prefix(value)?,
    };
    match rest.trim_ascii_start() {
        [] | [b',' | b';', ..] => Some(number),
        _ => None,
    }
}

// ===== impl Member =====

impl<'h> Member<'h> {
    fn read(text: &'h [u8]) -> Self {
        let mut pieces = Pieces::of(text, b';');
        let mut member = Self {
            bare: Bare::read(pieces.next().unwrap_or_default()),
            quota: None,
            window: None,
            unit: None,
            partition: None,
            remaining: None,
            available: None,
            reset: None,
            cost: None,
            sound: true,
        };
        for piece in pieces {
            member.sound &= member.parameter(piece).is_some();
        }
        member
    }

    /// What is left of a limit: `r`, or `a`.
    pub(super) fn left(&self) -> Option<u64> {
        self.remaining.or(self.available)
    }

    /// Until there is more of a limit: `t`; beside `a`, also `w`.
    pub(super) fn until(&self) -> Option<Asked> {
        let window = self.window.filter(|_| self.available.is_some());
        self.reset.or(window).map(Asked::seconds_or_epoch_seconds)
    }

    /// The window of a limit: `w`, unless `a` stands beside it.
    pub(super) fn window_of_limit(&self) -> Option<Number> {
        self.window.filter(|_| self.available.is_none())
    }

    /// `None` when it cannot be read. Of two with the same key the last one counts (RFC 9651
    /// section 4.2.3.2), also when it is the broken one; unknown ones are let pass.
    fn parameter(&mut self, text: &'h [u8]) -> Option<()> {
        let (key, value) = match text.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&text[..equals], &text[equals + 1..]),
            None => (text, &b""[..]),
        };
        let read = match key {
            b"" => false,
            b"q" => keep(&mut self.quota, integer(value)),
            b"r" => keep(&mut self.remaining, integer(value)),
            b"a" => keep(&mut self.available, integer(value)),
            b"c" => keep(&mut self.cost, integer(value)),
            b"w" => keep(&mut self.window, number(value)),
            b"t" => keep(&mut self.reset, number(value)),
            b"qu" => keep(&mut self.unit, opaque(value)),
            b"pk" => keep(&mut self.partition, opaque(value)),
            _ => true,
        };
        read.then_some(())
    }
}

fn keep<T>(kept: &mut Option<T>, value: Option<T>) -> bool {
    *kept = value;
    kept.is_some()
}

/// An Integer that is not negative, without a fraction. Too many digits are a very large number.
fn integer(value: &[u8]) -> Option<u64> {
    let number = number(value)?;
    (!value.contains(&b'.')).then_some(number.whole)
}

/// An Integer or a Decimal that is not negative; `-0` is zero (RFC 9651 section 3.3.1).
fn number(value: &[u8]) -> Option<Number> {
    match value {
        [b'-', zero @ ..] => Number::parse(zero).filter(|zero| zero.is_zero()),
        value => Number::parse(value),
    }
}

/// A value that is only compared: a Byte Sequence (`:...:`, its padding may be missing) or a
/// String; bare, since servers forget the quotes.
fn opaque(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', inside @ .., b'"'] => Some(inside),
        [b':', inside @ .., b':'] => {
            let padding = inside.iter().rev().take_while(|byte| **byte == b'=');
            Some(&inside[..inside.len() - padding.count()])
        }
        [] | [b'"' | b':', ..] => None,
        bare => Some(bare),
    }
}

// ===== impl Bare =====

impl<'h> Bare<'h> {
    fn read(text: &'h [u8]) -> Self {
        if let [b'"', inside @ .., b'"'] = text {
            return match end_of_string(inside) {
                None => Self::Text(inside),
                Some(_) => Self::Other,
            };
        }
        if let Some(count) = integer(text) {
            return Self::Count(count);
        }
        match text.iter().position(|byte| *byte == b'=') {
            Some(equals) if text[0].is_ascii_alphabetic() => {
                Self::Entry(&text[..equals], &text[equals + 1..])
            }
            None if is_token(text) => Self::Text(text),
            _ => Self::Other,
        }
    }
}

/// A Token (RFC 9651 section 3.3.4).
fn is_token(text: &[u8]) -> bool {
    let starts = matches!(text.first(), Some(b'*' | b'a'..=b'z' | b'A'..=b'Z'));
    let is_of_token =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(byte);
    starts && text.iter().all(is_of_token)
}

/// Where the quote stands that ends a string, of which this is all behind the first quote.
fn end_of_string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

/// A line, cut at each separator outside of strings. A string without an end goes on to the end of
/// the line.
struct Pieces<'h> {
    rest: Option<&'h [u8]>,
    separator: u8,
}

// ===== impl Pieces =====

impl<'h> Pieces<'h> {
    fn of(text: &'h [u8], separator: u8) -> Self {
        Self {
            rest: Some(text),
            separator,
        }
    }

    /// Where the first piece of `text` ends.
    fn end(&self, text: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            let found = text[at..]
                .iter()
                .position(|byte| *byte == self.separator || *byte == b'"')?;
            at += found + 1;
            if text[at - 1] == self.separator {
                return Some(at - 1);
            }
            at += end_of_string(&text[at..])? + 1;
        }
    }
}

impl<'h> Iterator for Pieces<'h> {
    type Item = &'h [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.rest?;
        let piece = match self.end(text) {
            Some(end) => {
                self.rest = Some(&text[end + 1..]);
                &text[..end]
            }
            None => {
                self.rest = None;
                text
            }
        };
        Some(piece.trim_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        Pieces::of(text.as_bytes(), b',')
            .map(|piece| std::str::from_utf8(piece).unwrap())
            .collect()
    }

    #[test]
    fn separators_inside_of_strings_do_not_separate() {
        assert_eq!(pieces(r#""a,b" , c"#), [r#""a,b""#, "c"]);
        assert_eq!(pieces(r#""a\",b",c"#), [r#""a\",b""#, "c"]);
        assert_eq!(pieces(r#"a,"b,c"#), ["a", r#""b,c"#]);
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn the_beginning_of_a_member_says_which_draft_it_is_of() {
        for (text, bare) in [
            (r#""d""#, Bare::Text(b"d")),
            (r#""""#, Bare::Text(b"")),
            (r#""a\"b""#, Bare::Text(br#"a\"b"#)),
            (r#""a"b""#, Bare::Other),
            (r#"""#, Bare::Other),
            ("100", Bare::Count(100)),
            ("99999999999999999999", Bare::Count(u64::MAX)),
            ("-1", Bare::Other),
            ("1.5", Bare::Other),
            ("limit=100", Bare::Entry(b"limit", b"100")),
            ("=", Bare::Other),
            ("default", Bare::Text(b"default")),
            ("*a.b/c:d", Bare::Text(b"*a.b/c:d")),
            ("a b", Bare::Other),
            ("a\"b", Bare::Other),
            ("-0", Bare::Count(0)),
            (":YQ==:", Bare::Other),
        ] {
            assert_eq!(Bare::read(text.as_bytes()), bare, "{text}");
        }
    }

    #[test]
    fn keys_and_units_are_read_in_any_type_and_without_their_padding() {
        for (value, read) in [
            (":YQ==:", Some("YQ")),
            (":YQ:", Some("YQ")),
            (r#""YQ""#, Some("YQ")),
            ("YQ", Some("YQ")),
            ("::", Some("")),
            (":YQ", None),
            (r#"""#, None),
            ("", None),
        ] {
            assert_eq!(opaque(value.as_bytes()), read.map(str::as_bytes), "{value}");
        }
    }

    #[test]
    fn a_broken_parameter_falls_alone() {
        let text = br#""d";r=-1;t=1.5;;q=5;w=x;q=6"#;
        let member = members(text).next().unwrap();
        assert_eq!((member.remaining, member.quota), (None, Some(6)));
        assert!(member.reset.is_some() && member.window.is_none() && !member.sound);
        let unknown = members(br#""d";r=1;burst;x=?1"#).next().unwrap();
        assert!(unknown.sound && unknown.remaining == Some(1));
    }

    /// What our reader finds in a line of `RateLimit-Policy` or `RateLimit`: names, quotas and remainders.
    fn ours(line: &str) -> Vec<(Bare<'_>, Option<u64>, Option<u64>)> {
        let read = members(line.as_bytes());
        read.map(|it| (it.bare, it.quota, it.remaining)).collect()
    }

    #[test]
    fn a_parser_of_structured_fields_drops_what_can_be_read() {
        let parses = |line: &str| sfv::Parser::new(line).parse::<sfv::List>().is_ok();
        assert!(parses(r#""d";r=5;t=7, "e";r=-1"#), "it reads what is right");
        let d = (Bare::Text(b"d"), None, Some(5));
        for (line, read) in [
            // One member in the wrong form takes the others along.
            (r#""d";r=5, "broken"#, vec![d, (Bare::Other, None, None)]),
            (
                r#""d";r=5, "e";r=6 left"#,
                vec![d, (Bare::Text(b"e"), None, None)],
            ),
            (r#""d";r=5,"#, vec![d]),
            (r#", "d";r=5"#, vec![d]),
            (r#""d";r=5;"#, vec![d]),
            // A blank before a semicolon.
            (r#""d" ;r=5"#, vec![d]),
            // A partition key that is none at all.
            (r#""d";r=5;pk="#, vec![d]),
            // More than 15 digits.
            (
                "99999999999999999",
                vec![(Bare::Count(99_999_999_999_999_999), None, None)],
            ),
            // The dictionary of draft 07 is no list. UTF-8 in a name.
            (
                "limit=100",
                vec![(Bare::Entry(b"limit", b"100"), None, None)],
            ),
            (
                "\"\u{fc}\";r=5",
                vec![(Bare::Text("\u{fc}".as_bytes()), None, Some(5))],
            ),
        ] {
            assert!(!parses(line), "{line}");
            assert_eq!(ours(line), read, "{line}");
        }
    }
}
