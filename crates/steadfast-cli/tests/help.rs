//! What the help promises.

mod common;

use common::steadfast;

#[test]
fn help_names_every_command_and_every_exit_status() {
    let help = steadfast(&["--help"]);
    assert_eq!(help.code, 0);
    for command in ["check", "explain", "plan", "get", "serve", "schema"] {
        assert!(
            help.stdout.contains(&format!("\n  {command} ")),
            "{command}: {}",
            help.stdout
        );
    }
    for command in ["", "check", "explain", "plan", "get"] {
        let args: Vec<_> = [command, "--help"]
            .into_iter()
            .filter(|arg| !arg.is_empty())
            .collect();
        let help = steadfast(&args).stdout;
        for status in 0..=5 {
            assert!(
                help.contains(&format!("\n  {status}  ")),
                "{status} in {help}"
            );
        }
    }
}

#[test]
fn a_wrong_command_line_is_exit_status_2() {
    for args in [
        &["frobnicate"][..],
        &["get"],
        &["serve"],
        &["get", "--repeat", "0", "http://x/"],
    ] {
        assert_eq!(steadfast(args).code, 2, "{args:?}");
    }
}

#[test]
fn the_help_of_serve_shows_an_example_with_a_section() {
    let help = steadfast(&["serve", "--help"]).stdout;
    let example = help
        .lines()
        .find(|line| line.contains("steadfast serve 404"));
    assert!(example.unwrap().contains("'[POST /orders]'"), "{help}");
}
