//! Any text as a policy file, in both formats: it is taken or refused, and what is taken can be built.

#![no_main]

use steadfast::config::{Config, Format};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let env = |name: &str| (name != "NO").then(|| "example.com".to_owned());
    for format in [Format::Toml, Format::Json] {
        match Config::parse_with_env(&text, format, "fuzz", &env) {
            Ok(config) => drop(config.build().expect("what was read can be built")),
            Err(mistakes) => {
                let shown = mistakes.to_string();
                let obeyed = |letter: char| letter.is_control() && !"\n\t".contains(letter);
                assert!(!shown.is_empty() && !shown.contains(obeyed), "{shown:?}");
            }
        }
    }
});
