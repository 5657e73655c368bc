//! The router does what a slow and obvious matcher does.

use http::Method;
use proptest::prelude::*;

use super::*;
use crate::url::UrlParts;

const METHODS: [&str; 3] = ["GET", "POST", "PUT"];
const BELOW: [&str; 4] = ["*.x.com", "*.b.x.com", "*.b.x.com.", "*.com"];
const NAMES: [&str; 6] = [
    "x.com",
    "a.x.com",
    "A.b.X.com",
    "localhost",
    "[::1]",
    "x.com.",
];

/// A pattern in pieces, as its text is put together.
#[derive(Clone, Debug)]
struct Sketch {
    methods: Vec<&'static str>,
    scheme: Option<&'static str>,
    host: &'static str,
    port: Option<u16>,
    segments: Vec<&'static str>,
    open: bool,
}

/// A request in pieces.
#[derive(Clone, Debug)]
struct Asked {
    method: &'static str,
    scheme: &'static str,
    host: &'static str,
    port: Option<u16>,
    path: String,
}

// ===== the slow and obvious matcher =====

impl Sketch {
    fn text(&self) -> String {
        let mut text = self.methods.join(",");
        text += if self.methods.is_empty() { "" } else { " " };
        text += &self.scheme.map_or(String::new(), |s| format!("{s}://"));
        text += self.host;
        text += &self.port.map_or(String::new(), |port| format!(":{port}"));
        for segment in &self.segments {
            text += "/";
            text += segment;
        }
        text + if self.open { "/**" } else { "" }
    }

    /// The port, unless it is the one that the scheme has anyway.
    fn own_port(&self) -> Option<u16> {
        match (self.scheme, self.port) {
            (Some("http"), Some(80)) | (Some("https"), Some(443)) => None,
            (_, port) => port,
        }
    }

    fn matches(&self, asked: &Asked) -> bool {
        let default = if asked.scheme == "http" { 80 } else { 443 };
        let port = asked.port.unwrap_or(default);
        let host = asked.host.to_lowercase();
        let host = spelled(&host);
        let own = self.host.to_lowercase();
        let own = spelled(&own);
        let mut parts: Vec<&str> = asked.path.split('/').collect();
        let last = parts.pop();
        parts.retain(|part| !part.is_empty());
        parts.extend(last);
        (self.methods.is_empty() || self.methods.contains(&asked.method))
            && self.scheme.is_none_or(|scheme| scheme == asked.scheme)
            && port == self.own_port().unwrap_or(default)
            && match own.strip_prefix('*') {
                Some(below) => host.ends_with(below),
                None => host == own,
            }
            && covers(&self.segments, self.open, &parts)
    }

    /// Greater is more specific: the rule as the documentation has it.
    fn rank(&self) -> (usize, Vec<u8>, usize, bool, bool) {
        let host = match spelled(self.host).strip_prefix('*') {
            Some(below) => below.len(),
            None => 1_000,
        };
        let place = |segment: &&str| if segment.starts_with('{') { 2 } else { 3 };
        let mut path: Vec<u8> = self.segments.iter().map(place).collect();
        path.push(if self.open { 0 } else { 1 });
        let methods = match self.methods.len() {
            0 => 0,
            several => 1_000 - several,
        };
        let port = self.own_port().is_some();
        (host, path, methods, self.scheme.is_some(), port)
    }

    /// Whether some request is for both, if they have one rank.
    fn meets(&self, other: &Self) -> bool {
        let mut pairs = self.segments.iter().zip(&other.segments);
        spelled(&self.host.to_lowercase()) == spelled(&other.host.to_lowercase())
            && (self.methods.is_empty() || self.methods.iter().any(|m| other.methods.contains(m)))
            && self.scheme == other.scheme
            && self.own_port() == other.own_port()
            && pairs.all(|(a, b)| a.starts_with('{') || decoded(a) == decoded(b))
    }

    fn collides(&self, other: &Self) -> bool {
        self.rank() == other.rank() && self.meets(other)
    }
}

fn covers(pattern: &[&str], open: bool, parts: &[&str]) -> bool {
    match (pattern, parts) {
        ([], []) => true,
        ([], _) => open,
        (_, []) => false,
        ([first, pattern @ ..], [part, parts @ ..]) => {
            let same = match first.starts_with('{') {
                true => !part.is_empty(),
                false => decoded(first) == decoded(part),
            };
            same && covers(pattern, open, parts)
        }
    }
}

fn spelled(host: &str) -> &str {
    match host {
        "[0:0::1]" => "[::1]",
        host => host.strip_suffix('.').unwrap_or(host),
    }
}

/// Only `%2F` stays apart from what it encodes, of those that are generated.
fn decoded(segment: &str) -> String {
    let spellings = [("%61", "a"), ("%7e", "~"), ("%7E", "~")];
    let letters = [("\u{e9}", "%C3%A9"), ("%c3%a9", "%C3%A9"), ("%2f", "%2F")];
    let all = spellings.into_iter().chain(letters);
    all.fold(segment.to_owned(), |text, (from, to)| {
        text.replace(from, to)
    })
}

// ===== what is generated: few letters, so that much matches =====

fn sketch() -> impl Strategy<Value = Sketch> {
    let methods = prop::sample::subsequence(METHODS.to_vec(), 0..=2);
    let host = prop_oneof![
        3 => Just("x.com"),
        3 => prop::sample::select(BELOW.to_vec()),
        2 => prop::sample::select([&NAMES[..], &["[0:0::1]"]].concat()),
    ];
    let port = prop::sample::select(vec![None, None, None, Some(80), Some(443), Some(8080)]);
    let literals = [
        "a", "b", "~", "%7e", "%61", "\u{e9}", "%c3%a9", "%2f", "a.b",
    ];
    let segment = prop_oneof![
        2 => Just("a"),
        2 => prop::sample::select(vec!["{id}", "{name}"]),
        1 => prop::sample::select(literals.to_vec()),
    ];
    let path = (prop::collection::vec(segment, 0..4), 0..4_u8);
    let scheme = prop::sample::select(vec![None, None, Some("http"), Some("https")]);
    (methods, scheme, host, port, path).prop_map(
        |(methods, scheme, host, port, (segments, end))| {
            let mut segments = segments;
            if end == 0 || (segments.is_empty() && end == 1) {
                segments.push("");
            }
            let open = end > 1 && (end == 2 || segments.is_empty());
            Sketch {
                methods,
                scheme,
                host,
                port,
                segments,
                open,
            }
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let hosts = [
        &NAMES[..],
        &[
            "X.com",
            "c.a.x.com",
            "c.a.x.com.",
            "[0:0::1]",
            "b.x.com",
            "ax.com",
        ],
    ]
    .concat();
    let host = prop_oneof![
        Just("x.com"),
        Just("a.b.x.com"),
        prop::sample::select(hosts),
    ];
    let parts = [
        "a", "a", "b", "~", "%7E", "%61", "%C3%A9", "\u{e9}", "%2F", "a.b", "", "..", "7",
    ];
    let path = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..5);
    let port = prop::sample::select(vec![None, None, None, Some(80), Some(443), Some(8080)]);
    let scheme = prop::sample::select(vec!["http", "https"]);
    let method = prop::sample::select(METHODS.to_vec());
    (method, scheme, host, port, path).prop_map(|(method, scheme, host, port, parts)| Asked {
        method,
        scheme,
        host,
        port,
        path: parts.iter().map(|part| format!("/{part}")).collect(),
    })
}

fn build(sketches: &[Sketch]) -> Result<Routes<String>, InvalidPattern> {
    Routes::build(sketches.iter().map(|sketch| {
        let text = sketch.text();
        (text.parse().unwrap(), text)
    }))
}

fn find<'a>(routes: &'a Routes<String>, asked: &Asked) -> Option<&'a String> {
    let url = UrlParts::new(asked.scheme, asked.host, asked.port, &asked.path, None);
    routes.find(&asked.method.parse().unwrap(), &url)
}

/// Leaves those out that collide with one before.
fn apart(sketches: &[Sketch]) -> Vec<Sketch> {
    let mut apart: Vec<Sketch> = Vec::new();
    for sketch in sketches {
        if !apart.iter().any(|known| known.collides(sketch)) {
            apart.push(sketch.clone());
        }
    }
    apart
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: steadfast_testkit::cases(2_500),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_request_finds_what_a_slow_and_obvious_matcher_finds(
        sketches in prop::collection::vec(sketch(), 0..12),
        requests in prop::collection::vec(asked(), 8),
    ) {
        let apart = apart(&sketches);
        let routes = build(&apart).unwrap();
        for asked in &requests {
            let matching = apart.iter().filter(|sketch| sketch.matches(asked));
            let mut ranked: Vec<&Sketch> = matching.collect();
            ranked.sort_by_key(|sketch| std::cmp::Reverse(sketch.rank()));
            if let [first, second, ..] = ranked[..] {
                prop_assert!(first.rank() > second.rank(), "{first:?} {second:?}");
            }
            let best = ranked.first().map(|sketch| sketch.text());
            prop_assert_eq!(find(&routes, asked), best.as_ref(), "{:?}", asked);
        }
    }

    #[test]
    fn a_pattern_matches_what_a_slow_and_obvious_matcher_matches(
        sketch in sketch(),
        requests in prop::collection::vec(asked(), 8),
    ) {
        let pattern: Pattern = sketch.text().parse().unwrap();
        for asked in &requests {
            let url = UrlParts::new(asked.scheme, asked.host, asked.port, &asked.path, None);
            let method: Method = asked.method.parse().unwrap();
            prop_assert_eq!(pattern.matches(&method, &url), sketch.matches(asked), "{:?}", asked);
        }
        prop_assert_eq!(&pattern.to_string().parse::<Pattern>().unwrap(), &pattern);
    }

    #[test]
    fn patterns_are_refused_exactly_when_two_of_them_collide(
        sketches in prop::collection::vec(sketch(), 0..12),
    ) {
        let collide = apart(&sketches).len() < sketches.len();
        match build(&sketches) {
            Ok(_) => prop_assert!(!collide, "a collision was not seen"),
            Err(mistake) => {
                let shown = |shown: &str| {
                    let is_it = |s: &&Sketch| s.text().parse::<Pattern>().unwrap().to_string() == shown;
                    sketches.iter().find(is_it).unwrap()
                };
                let (one, other) = (shown(mistake.pattern()), shown(mistake.rival().unwrap()));
                prop_assert!(one.collides(other), "{mistake}");
            }
        }
    }

    #[test]
    fn the_order_in_which_patterns_are_given_decides_nothing(
        sketches in prop::collection::vec(sketch(), 0..12),
        requests in prop::collection::vec(asked(), 8),
        swaps in prop::collection::vec((0..12_usize, 0..12_usize), 12),
    ) {
        let mut shuffled = sketches.clone();
        for (one, other) in swaps {
            if one.max(other) < shuffled.len() {
                shuffled.swap(one, other);
            }
        }
        match (build(&sketches), build(&shuffled)) {
            (Ok(routes), Ok(same)) => for asked in &requests {
                prop_assert_eq!(find(&routes, asked), find(&same, asked), "{:?}", asked);
            },
            (routes, same) => prop_assert_eq!(routes.is_ok(), same.is_ok()),
        }
    }

    #[test]
    fn no_text_makes_the_parser_or_the_router_panic(
        text in "[GT ,/:.*{}@%\\[\\]?#ax1\u{e9}-]{0,24}",
        path in "[/.*{}%ax1\u{e9}]{0,12}",
    ) {
        if let Ok(pattern) = text.parse::<Pattern>() {
            prop_assert_eq!(&pattern.to_string().parse::<Pattern>().unwrap(), &pattern);
            let routes = Routes::build([(pattern.clone(), ())]).unwrap();
            for host in ["x1", "a.x1", "[::1]", &text] {
                let url = UrlParts::new("https", host, None, &path, None);
                let found = routes.find(&Method::GET, &url).is_some();
                prop_assert_eq!(found, pattern.matches(&Method::GET, &url), "{}", url);
            }
        }
    }
}
