//! The README shows no code that nobody runs.

/// Doc tests compile the README; a function in it runs because an example has it and is run.
#[test]
fn every_function_of_the_readme_stands_in_an_example() {
    let readme = include_str!("../README.md");
    let examples = [
        include_str!("../examples/first_minute.rs"),
        include_str!("../examples/wrap_existing_client.rs"),
        include_str!("../examples/own_layers.rs"),
        include_str!("../examples/policy_file.rs"),
        include_str!("../examples/redirects.rs"),
        include_str!("../examples/throttle.rs"),
        include_str!("../examples/concurrency.rs"),
    ];
    let blocks = readme.split("```rust\n").skip(1);
    let blocks = blocks.map(|rest| rest.split_once("```").unwrap().0);
    let mut functions = 0;
    for block in blocks.filter(|block| block.contains("fn ")) {
        let lines = block.lines().filter(|line| !line.starts_with("use "));
        let block = lines.collect::<Vec<_>>().join("\n");
        assert!(
            examples
                .iter()
                .any(|example| example.contains(block.trim())),
            "not in an example:\n{block}"
        );
        functions += 1;
    }
    assert!(functions > 0, "the README has lost its code");
}

#[test]
fn the_policy_file_of_the_readme_is_the_one_that_is_read() {
    let file = include_str!("../examples/careful.toml");
    assert!(include_str!("../README.md").contains(file.trim()));
}

#[test]
fn every_example_is_named_in_the_readme() {
    let readme = include_str!("../README.md");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(readme.contains(name), "{name}");
    }
}
