//! Nothing of one machine in the repository, and every room where the map says.

use crate::sources;

#[test]
fn no_file_names_one_machine() {
    // Each is written in two halves, so that this file does not hold what it forbids.
    let forbidden = [
        ["/wor", "k/"],
        ["/var/tmp/", "target"],
        ["/roo", "t/"],
        ["index.cra", "tes.io"],
        ["pypi", ".org"],
        ["deb.debian", ".org"],
        ["registry.npm", "js"],
    ]
    .map(|halves| halves.concat());
    let mut bad = Vec::new();
    for source in sources::texts(|path| !path.starts_with("vectors/")) {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(word) = forbidden.iter().find(|word| line.contains(word.as_str())) {
                bad.push(format!("{}:{}: {word}", source.path, number + 1));
            }
        }
    }
    assert!(bad.is_empty(), "paths and hosts of one machine: {bad:#?}");
}

#[test]
fn each_crate_has_one_integration_binary() {
    for path in sources::tracked() {
        let parts: Vec<&str> = path.split('/').collect();
        if let ["crates", _, "tests", file] = parts[..] {
            panic!("{path}: one integration binary a crate, so {file} belongs in tests/it/");
        }
    }
}

#[test]
fn no_work_is_left_as_a_note() {
    let words = ["TO", "FIX", "XX"].map(|half| {
        format!(
            "{half}{}",
            if half == "TO" {
                "DO"
            } else if half == "FIX" {
                "ME"
            } else {
                "X"
            }
        )
    });
    let mut bad = Vec::new();
    for source in sources::texts(|path| {
        path.ends_with(".rs") || path.ends_with(".py") || path.ends_with(".sh")
    }) {
        for (number, line) in source.text.lines().enumerate() {
            if words.iter().any(|word| {
                line.split(|c: char| !c.is_alphanumeric())
                    .any(|part| part == word)
            }) {
                bad.push(format!("{}:{}", source.path, number + 1));
            }
        }
    }
    assert!(
        bad.is_empty(),
        "notes of work left, to be done or filed as issues: {bad:#?}"
    );
}
