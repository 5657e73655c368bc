//! `cargo xtask deps`: what a user of steadfast has to build beyond reqwest and tokio, and that we switch no TLS on.
//!
//! Who chose a TLS library for reqwest chose it with care; a middleware that switches on another one brings a second
//! set of roots and a C compiler into the build.

use crate::Outcome;
use crate::cargo::workspace;
use crate::graph::Graph;

/// The names as they stand in our own manifests, with the versions in front.
const BASE: &str = "reqwest = { version = \"0.13\", default-features = false }\ntokio = \"1\"\n";

/// The crates that do part of the same work together.
const PEERS: &str = "reqwest-retry = \"0.9\"\nreqwest-tracing = \"0.7\"\nreqwest-ratelimit = \"0.5\"\ngovernor = \"0.10\"\n";

/// Features and crates that would mean a choice of TLS library.
const TLS_FEATURES: &[&str] = &["default", "default-tls", "http3"];
const TLS_PREFIXES: &[&str] = &["rustls", "native-tls", "__rustls", "__native-tls", "__tls"];
const TLS_CRATES: &[&str] = &[
    "rustls",
    "native-tls",
    "openssl",
    "openssl-sys",
    "ring",
    "aws-lc-rs",
    "boring",
];

/// Prints the crates added, and fails where there are more than promised or TLS among them.
pub(crate) fn run() -> Outcome {
    let base = Graph::of("base", BASE)?;
    println!(
        "reqwest without TLS, and tokio: {} crates. What comes on top:",
        base.names().count()
    );
    let mut broken = Vec::new();
    for (default_features, limit) in [(false, 12), (true, 32)] {
        let ours = ours(default_features);
        let graph = Graph::of(
            &format!("default-{default_features}"),
            &(BASE.to_owned() + &ours),
        )?;
        let added = graph.added_to(&base);
        let label = format!("steadfast with default-features = {default_features}");
        print(&format!("{label} (at most {limit})"), &added);
        if added.len() > limit {
            broken.push(format!(
                "{label} adds {} crates, more than {limit}",
                added.len()
            ));
        }
        broken.extend(tls(&graph));
    }
    broken.extend(tls(&Graph::of_member("steadfast")?));
    match Graph::of("peers", &(BASE.to_owned() + PEERS)) {
        Ok(graph) => print(
            "reqwest-retry, -tracing, -ratelimit and governor",
            &graph.added_to(&base),
        ),
        Err(_) => println!("the peers could not be resolved here"),
    }
    if broken.is_empty() {
        Ok(())
    } else {
        Err(broken.join("; "))
    }
}

fn ours(default_features: bool) -> String {
    let folder = workspace().join("crates/steadfast");
    format!("steadfast = {{ path = {folder:?}, default-features = {default_features} }}\n")
}

fn print(label: &str, added: &[&str]) {
    println!("\n{label}: {}\n  {}", added.len(), added.join(" "));
}

/// One sentence for each sign that a graph holds a TLS library.
fn tls(graph: &Graph) -> impl Iterator<Item = String> {
    let features = graph.features("reqwest").filter(|feature| {
        TLS_FEATURES.contains(feature) || TLS_PREFIXES.iter().any(|tls| feature.starts_with(tls))
    });
    let crates = graph.names().filter(|name| TLS_CRATES.contains(name));
    features
        .map(|feature| format!("reqwest's feature {feature} is switched on"))
        .chain(crates.map(|name| format!("{name} is brought along")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_feature_of_reqwest_and_a_tls_crate_are_both_seen() {
        let graph = Graph::read("reqwest v0.13.4|__tls,json\nring v0.17.0|\nstrings v1.0.0|");
        assert_eq!(
            tls(&graph).collect::<Vec<_>>(),
            [
                "reqwest's feature __tls is switched on",
                "ring is brought along"
            ]
        );
    }
}
