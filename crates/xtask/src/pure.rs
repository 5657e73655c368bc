//! `cargo xtask core-pure`: the deciding ring stays free of I/O, so that it runs in a simulator, a fuzzer and a table.

use crate::Outcome;
use crate::graph::Graph;

const FOREIGN: &[&str] = &["tokio", "tower", "reqwest", "tracing", "hyper", "governor"];

/// Fails where steadfast-core depends, however far away, on a crate that does I/O or reads a clock.
pub(crate) fn run() -> Outcome {
    let graph = Graph::of_member("steadfast-core")?;
    let found: Vec<_> = graph.names().filter(|name| is_foreign(name)).collect();
    if !found.is_empty() {
        return Err(format!("steadfast-core depends on {}", found.join(", ")));
    }
    let names: Vec<_> = graph.names().collect();
    println!("steadfast-core depends on no I/O: {}", names.join(" "));
    Ok(())
}

fn is_foreign(name: &str) -> bool {
    FOREIGN
        .iter()
        .any(|foreign| match name.strip_prefix(foreign) {
            Some(rest) => rest.is_empty() || rest.starts_with('-'),
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_an_io_family_is_foreign_and_a_namesake_is_not() {
        for name in [
            "tokio",
            "tower-service",
            "reqwest-middleware",
            "tracing-core",
        ] {
            assert!(is_foreign(name), "{name}");
        }
        for name in ["steadfast-core", "towering", "http", "fastrand"] {
            assert!(!is_foreign(name), "{name}");
        }
    }
}
