//! `amana institution` and `amana official`.

use crate::binary::Centre;

#[test]
fn an_institution_is_added_once() {
    let centre = Centre::start();
    let added = centre
        .run(&["institution", "add", "finances", "--json"])
        .json();
    assert_eq!(added["name"], "finances");
    assert_eq!(added["canonical_id"].as_str().unwrap().len(), 64);
    centre
        .run(&["institution", "add", "finances"])
        .refused("exists already");
    centre
        .run(&["institution", "add", "Finances"])
        .refused("lower-case letters");
    centre
        .run(&["institution", "show", "absent"])
        .refused("no institution is named absent");
    centre
        .run(&["access-key", "create", "--institution", "absent"])
        .refused("no institution is named absent");
}

#[test]
fn officials_come_and_go() {
    let centre = Centre::start();
    centre.institution("finances");
    let add = |name: &str, role: &str| {
        centre
            .run(&[
                "official",
                "add",
                name,
                "--role",
                role,
                "--institution",
                "finances",
                "--json",
            ])
            .json()
    };
    assert_eq!(add("Ali Said", "director")["number"], 1);
    assert_eq!(add("Fatima Ahmed", "focal-point")["number"], 2);
    let list = || {
        centre
            .run(&["official", "list", "--institution", "finances"])
            .done()
    };
    assert!(list().contains("Ali Said") && list().contains("focal-point"));
    centre
        .run(&["official", "remove", "1", "--institution", "finances"])
        .done();
    assert!(!list().contains("Ali Said"));
    centre
        .run(&["official", "remove", "1", "--institution", "finances"])
        .refused("no official number 1");
}

#[test]
fn the_operator_signs_by_name() {
    let centre = Centre::start();
    centre.institution("finances");
    let shown = centre
        .run(&["ledger", "show", "finances/vault", "--json"])
        .json();
    let by = shown["entries"][0]["core"]["by"].as_str().unwrap();
    assert!(
        by.strip_prefix("operator:")
            .is_some_and(|user| !user.is_empty()),
        "{by}"
    );
}
