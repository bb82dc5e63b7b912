//! `amana access-key`: handed out, seen to work, and ended.

use std::fs;

use crate::binary::Centre;

const OWN: &str = "/ledgers/finances/vault/checkpoint";

#[test]
fn a_key_opens_its_institutions_ledger_and_no_other() {
    let centre = Centre::start();
    let finances = centre.institution("finances");
    let justice = centre.institution("justice");
    let own = centre.get(OWN, Some(&finances));
    assert_eq!(own.0, 200);
    assert!(own.1.contains("/ledgers/finances/vault\n2\n"));
    let refused = centre.get("/ledgers/absent/vault/checkpoint", Some(&justice));
    let wrong_secret = (finances.0.clone(), justice.1.clone());
    assert_eq!(refused.0, 404);
    // Unknown and forbidden answer alike.
    assert_eq!(centre.get(OWN, Some(&justice)), refused);
    assert_eq!(centre.get(OWN, Some(&wrong_secret)), refused);
    assert_eq!(centre.get(OWN, None), refused);
}

#[test]
fn a_revoked_key_is_refused() {
    let centre = Centre::start();
    let key = centre.institution("finances");
    assert_eq!(centre.get(OWN, Some(&key)).0, 200);
    let revoked = centre
        .run(&["access-key", "revoke", &key.0, "--json"])
        .json();
    assert_eq!(revoked["receipt"], "finances/vault/2");
    assert_eq!(centre.get(OWN, Some(&key)).0, 404);
    centre
        .run(&["access-key", "revoke", &key.0])
        .refused("no access key");
    let list = centre
        .run(&["access-key", "list", "--institution", "finances", "--json"])
        .json();
    assert_eq!(list[0]["access_key_id"], key.0.as_str());
    assert!(list[0]["revoked_ms"].is_i64());
}

#[test]
fn a_suspended_institution_waits() {
    let centre = Centre::start();
    let key = centre.institution("finances");
    centre
        .run(&[
            "institution",
            "suspend",
            "finances",
            "--reason",
            "an inquiry",
        ])
        .done();
    assert_eq!(centre.get(OWN, Some(&key)).0, 404);
    assert_eq!(
        centre
            .run(&["institution", "show", "finances", "--json"])
            .json()["suspended"],
        true
    );
    centre
        .run(&["institution", "suspend", "finances"])
        .refused("suspended already");
    centre.run(&["institution", "resume", "finances"]).done();
    assert_eq!(centre.get(OWN, Some(&key)).0, 200);
}

#[test]
fn a_key_of_another_store_is_taken_over() {
    let centre = Centre::start();
    centre.run(&["institution", "add", "finances"]).done();
    let file = centre.folder.path().join("secret");
    fs::write(&file, "the-secret-that-the-software-has\n").unwrap();
    let words = [
        "access-key",
        "create",
        "--institution",
        "finances",
        "--id",
        "backup.server-3",
        "--secret-file",
        file.to_str().unwrap(),
        "--right",
        "read",
        "--bucket",
        "exports",
    ];
    centre.run(&words).done();
    let key = (
        "backup.server-3".to_owned(),
        "the-secret-that-the-software-has".to_owned(),
    );
    assert_eq!(centre.get(OWN, Some(&key)).0, 200);
    let list = centre
        .run(&["access-key", "list", "--institution", "finances"])
        .done();
    let line = list.lines().find(|line| line.contains("backup.server-3"));
    let shown: Vec<&str> = line.expect("it is listed").split_whitespace().collect();
    assert!(
        shown.contains(&"read") && shown.contains(&"exports"),
        "{list}"
    );
    centre.run(&words).refused("ids are never reused");
}

#[test]
fn secrets_are_shown_once() {
    let centre = Centre::start();
    let (_, secret) = centre.institution("finances");
    let list = centre
        .run(&["access-key", "list", "--institution", "finances", "--json"])
        .done();
    let ledger = centre
        .run(&["ledger", "show", "finances/vault", "--json"])
        .done();
    assert!(ledger.contains("access-key.create"));
    assert!(!list.contains(&secret) && !ledger.contains(&secret));
    // Nor do they lie in the rows as they are: they are sealed under the data centre's own key.
    for file in ["amana.db", "amana.db-wal"] {
        let bytes = fs::read(centre.data().join(file)).unwrap_or_default();
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes()),
            "{file}"
        );
    }
}
