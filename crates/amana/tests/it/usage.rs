//! Exit codes and what is printed where.

use crate::binary::{Centre, run, run_on};

#[test]
fn wrong_usage_is_two() {
    for words in [
        &["frobnicate"][..],
        &[],
        &["access-key", "create"],
        &["receipt", "verify", "x"],
        &["access-key", "create", "--institution", "a", "--id", "x"],
    ] {
        let ran = run(words);
        assert_eq!(ran.code, 2, "{words:?}");
        assert!(!ran.err.is_empty() && ran.out.is_empty(), "{words:?}");
    }
}

#[test]
fn help_names_every_command() {
    let help = run(&["--help"]).done();
    for command in [
        "serve",
        "institution",
        "official",
        "access-key",
        "bucket",
        "receipt",
        "ledger",
        "policy",
        "check",
    ] {
        assert!(help.contains(command), "{command}");
    }
}

#[test]
fn lists_are_tables_for_people_and_json_for_scripts() {
    let centre = Centre::start();
    centre.institution("justice");
    centre.institution("finances");
    let table = centre.run(&["institution", "list"]).done();
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("NAME")
            && lines[1].starts_with("finances")
            && lines[2].starts_with("justice")
    );
    let list = centre.run(&["institution", "list", "--json"]).json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[0]["name"], "finances");
}

#[test]
fn a_folder_of_something_else_is_not_offered_to_serve() {
    let folder = tempfile::tempdir().unwrap();
    for verb in [&["institution", "list"][..], &["ledger", "list"]] {
        let ran = run_on(folder.path(), verb);
        assert!(!ran.err.contains("amana serve"), "{}", ran.err);
        ran.refused("neither a data centre nor a gateway is in");
    }
}
