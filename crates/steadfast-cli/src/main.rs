//! The binary `steadfast`; everything is in the library, so that it has a page on docs.rs.

use std::process::ExitCode;

fn main() -> ExitCode {
    steadfast_cli::main()
}
