//! TLS on demand: no steadfast crate switches a TLS library on, so the first build of this tour needs none either.

use std::error::Error;
use std::process::Command;

/// Tells the program that it was built with TLS.
const MARK: &str = "STEADFAST_QUICKSTART_TLS";

/// Whether `https` works in this build.
pub(crate) fn is_there() -> bool {
    std::env::var_os(MARK).is_some()
}

/// Builds and runs this example with reqwest's TLS.
pub(crate) fn run_again_with_it(arguments: &[String]) -> Result<(), Box<dyn Error>> {
    let words = [
        "run",
        "--quiet",
        "--example",
        "quickstart",
        "--features",
        "reqwest/rustls",
        "--",
    ];
    eprintln!("https needs TLS: building once more, with `--features reqwest/rustls` (a minute)\n");
    let status = Command::new(env!("CARGO"))
        .args(words)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env(MARK, "1")
        .status()?;
    std::process::exit(status.code().unwrap_or(1));
}
