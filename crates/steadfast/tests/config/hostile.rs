//! Files that nobody writes by hand: handled, or refused with a message, never a hang or a crash.

use std::fmt::Write as _;

use steadfast::config::{Config, Format};

use crate::{env, root};

const FORMATS: [Format; 2] = [Format::Toml, Format::Json];

/// The code of the first mistake.
fn refused(text: &str, format: Format) -> &'static str {
    let mistakes = Config::parse_with_env(text, format, "hostile", &env).unwrap_err();
    assert!(mistakes.len() <= 101, "{}", mistakes.len());
    assert!(mistakes.to_string().len() < 1 << 20);
    mistakes.iter().next().unwrap().code
}

#[test]
fn the_corpus_of_the_fuzz_target_is_read() {
    let mut files = 0;
    for file in std::fs::read_dir(root().join("fuzz/corpus/policy_file")).unwrap() {
        let data = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&data);
        for format in FORMATS {
            match Config::parse_with_env(&text, format, "corpus", &env) {
                Ok(config) => drop(config.build().unwrap()),
                Err(mistakes) => assert!(!mistakes.to_string().is_empty()),
            }
        }
        files += 1;
    }
    assert!(files >= 15, "{files}");
}

#[test]
fn every_beginning_of_a_file_is_read_or_refused() {
    for (name, format) in [
        ("policies.toml", Format::Toml),
        ("policies.json", Format::Json),
    ] {
        let text = std::fs::read_to_string(root().join("examples").join(name)).unwrap();
        for end in (0..text.len())
            .step_by(7)
            .filter(|end| text.is_char_boundary(*end))
        {
            if let Err(mistakes) = Config::parse_with_env(&text[..end], format, name, &env) {
                assert!(!mistakes.is_empty());
            }
        }
    }
}

#[test]
fn a_file_with_pieces_exchanged_at_random_is_read_or_refused() {
    let mut rng = fastrand::Rng::with_seed(7);
    let corpus = std::fs::read_dir(root().join("fuzz/corpus/policy_file")).unwrap();
    let mut files: Vec<_> = corpus.map(|file| file.unwrap().path()).collect();
    files.sort();
    let files: Vec<_> = files
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect();
    for turn in 0..steadfast_testkit::cases(3_000) as usize {
        let mut data = files[turn % files.len()].clone();
        for _ in 0..rng.usize(1..6) {
            let other = &files[rng.usize(..files.len())];
            let (from, at) = (rng.usize(..=other.len()), rng.usize(..=data.len()));
            let piece = &other[from..(from + rng.usize(..20)).min(other.len())];
            let end = (at + rng.usize(..20)).min(data.len());
            data.splice(at..end, piece.iter().copied());
        }
        let text = String::from_utf8_lossy(&data);
        for format in FORMATS {
            match Config::parse_with_env(&text, format, "random", &env) {
                Ok(config) => drop(config.build().unwrap()),
                Err(mistakes) => assert!(!mistakes.to_string().contains("hush"), "{text}"),
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [100, 1_000, 300_000] {
        let nested = |open: &str, close: &str| open.repeat(depth) + &close.repeat(depth);
        assert_eq!(
            refused(&format!("a = {}", nested("[", "]")), Format::Toml),
            "syntax"
        );
        assert_eq!(
            refused(&format!("a = {}", nested("{a=", "}")), Format::Toml),
            "syntax"
        );
        assert_eq!(
            refused(&format!("{} = 1", vec!["a"; depth].join(".")), Format::Toml),
            "syntax"
        );
        refused(&format!("{{\"a\":{}}}", nested("[", "]")), Format::Json);
        refused(&nested("{\"a\":", "}"), Format::Json);
        refused(&"[".repeat(depth), Format::Json);
        for hidden in ["'\"' ", "// \"\n", "\"\\\"\" "] {
            refused(&format!("[{hidden}{}", "[".repeat(depth)), Format::Json);
        }
    }
}

#[test]
fn a_file_beyond_16_mib_is_refused_unread() {
    let text = "#".repeat((16 << 20) + 1);
    assert_eq!(refused(&text, Format::Toml), "limit");
}

#[test]
fn ten_mb_of_mistakes_are_counted_and_the_first_hundred_shown() {
    let mut keys = String::with_capacity(11 << 20);
    let mut n = 0;
    while keys.len() < 10 << 20 {
        writeln!(
            keys,
            "unknown_key_with_a_long_name_{n} = '{}'",
            "x".repeat(200)
        )
        .unwrap();
        n += 1;
    }
    let mistakes = Config::parse(&keys, Format::Toml, "many.toml").unwrap_err();
    assert_eq!(mistakes.len(), 101);
    let last = mistakes.iter().last().unwrap();
    assert_eq!(
        last.message,
        format!("{} more mistakes are not shown", n - 100)
    );
    let one_line = format!("a = [{}]", "1,".repeat(5 << 20));
    assert_eq!(refused(&one_line, Format::Toml), "unknown-key");
}

#[test]
fn a_hundred_thousand_endpoints_are_taken_and_one_more_is_refused() {
    let file = |count: usize| {
        let mut text = "[policies.a]\nattempts = 2\n".to_owned();
        for n in 0..count {
            let host = n % 100;
            writeln!(
                text,
                "[[endpoints]]\nmatch='h{host}.com/v1/{n}/**'\npolicy='a'"
            )
            .unwrap();
        }
        text
    };
    let config = Config::parse(&file(100_000), Format::Toml, "many.toml").unwrap();
    assert_eq!(config.endpoints().count(), 100_000);
    assert_eq!(refused(&file(100_001), Format::Toml), "limit");
}

#[test]
fn a_small_file_does_not_grow_without_end() {
    let mut text = "[policies.a.on]\n".to_owned();
    for status in 100..1000 {
        writeln!(text, "{status} = 'retry'").unwrap();
    }
    for n in 0..3_000 {
        writeln!(
            text,
            "[[endpoints]]\nmatch='a.com/{n}'\npolicy='a'\nattempts=2"
        )
        .unwrap();
    }
    assert_eq!(refused(&text, Format::Toml), "limit");
}

#[test]
fn a_chain_of_policies_that_is_too_long_is_refused_whatever_its_length() {
    let chain = |length: usize| {
        let mut text = String::new();
        for n in 0..length {
            writeln!(text, "[policies.p{n}]\nextends = 'p{}'", n + 1).unwrap();
        }
        writeln!(text, "[policies.p{length}]\nattempts = 2").unwrap();
        text
    };
    assert!(Config::parse(&chain(31), Format::Toml, "chain.toml").is_ok());
    assert_eq!(refused(&chain(32), Format::Toml), "limit");
    assert_eq!(refused(&chain(9_000), Format::Toml), "limit");
    assert_eq!(refused(&chain(10_000), Format::Toml), "limit");
}

#[test]
fn what_a_terminal_would_obey_is_not_in_a_message() {
    let text =
        "\"\u{202e}\\u001b[2Jattempts\" = 1\nattempts = '\\u001b]0;x\\u0007'\n[policies.'\u{1b}']";
    let mistakes = Config::parse(text, Format::Toml, "colours.toml")
        .unwrap_err()
        .to_string();
    let obeyed = |letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}';
    assert!(!mistakes.contains(obeyed), "{mistakes:?}");
}

#[test]
fn a_file_that_is_not_there_is_a_diagnostic_too() {
    let mistakes = Config::read("no/such/policies.toml".as_ref()).unwrap_err();
    assert!(
        mistakes
            .to_string()
            .starts_with("no/such/policies.toml:1:1: error: the file cannot be read")
    );
    let mistakes = Config::read("policies.yaml".as_ref()).unwrap_err();
    assert!(
        mistakes.to_string().contains("`.toml` or `.json`"),
        "{mistakes}"
    );
}
