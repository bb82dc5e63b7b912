//! `amana receipt`: fetched from a running centre, verified without one.

use crate::binary::{Centre, Ran, run};

/// `amana receipt verify` of `file` under `policy`.
fn verify(file: &str, policy: &str, words: &[&str]) -> Ran {
    run(&[&["receipt", "verify", file, "--policy", policy], words].concat())
}

#[test]
fn a_receipt_outlives_the_centre() {
    let centre = Centre::start();
    centre.institution("finances");
    let file = centre.folder.path().join("receipt");
    let (file, policy) = (file.to_str().unwrap(), centre.data().join("policy"));
    let policy = policy.to_str().unwrap();
    centre
        .run(&["receipt", "get", "finances/vault/1", "--out", file])
        .done();
    let (_, folder) = centre.stop();

    // The centre has no witnesses: nothing calls the act witnessed.
    verify(file, policy, &[]).refused("recorded, not witnessed");
    let verdict = verify(file, policy, &["--allow-recorded", "--json"]).json();
    assert_eq!(
        (&verdict["state"], &verdict["ledger"]),
        (&"recorded".into(), &"finances/vault".into())
    );
    assert!(
        run(&["receipt", "show", file])
            .done()
            .contains("access-key.create")
    );

    // Another centre's policy doesn't know the log.
    let other = Centre::start();
    let foreign = other.data().join("policy");
    verify(file, foreign.to_str().unwrap(), &["--allow-recorded"]).refused("proves nothing");

    // A receipt with one letter changed is refused, and says where the chain broke.
    let bent = folder.path().join("bent");
    let text = std::fs::read_to_string(file).unwrap();
    std::fs::write(
        &bent,
        text.replace("access-key.create", "access-key.revoke"),
    )
    .unwrap();
    let refused = verify(
        bent.to_str().unwrap(),
        policy,
        &["--allow-recorded", "--json"],
    );
    assert_eq!(refused.code, 1);
    let said: serde_json::Value = serde_json::from_str(&refused.out).unwrap();
    assert_eq!(
        (&said["state"], &said["reason"]),
        (&"refused".into(), &"leaf-not-included".into())
    );
}

#[test]
fn receipts_that_were_never_given() {
    let centre = Centre::start();
    centre.institution("finances");
    let none = centre.folder.path().join("none");
    let get = |name: &str| centre.run(&["receipt", "get", name, "--out", none.to_str().unwrap()]);
    get("finances/vault/999").refused("finances/vault/999");
    get("absent/vault/0").refused("absent/vault/0");
    get("nonsense").refused("LEDGER/INDEX");
    assert!(!none.exists());
}

#[test]
fn an_institution_fetches_its_own_receipts() {
    let centre = Centre::start();
    let finances = centre.institution("finances");
    let justice = centre.institution("justice");
    let path = "/receipts/finances/vault/1";
    let (status, receipt) = centre.get(path, Some(&finances));
    assert!(status == 200 && receipt.starts_with("amana/receipt/v1\n"));
    let absent = centre.get("/receipts/absent/vault/1", Some(&justice));
    assert_eq!(centre.get(path, Some(&justice)), absent);
    assert_eq!(centre.get(path, None), absent);
    assert_eq!(absent.0, 404);
}
