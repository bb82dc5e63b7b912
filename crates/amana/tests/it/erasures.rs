//! `amana ledger erase`: a person's name goes on the institution's word, and all that was proven stays so.

use std::fs;

use amana_ledger::{Note, SigningKey};

use crate::binary::{Centre, run};

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_seed("finances.example/director", [seed; 32]).unwrap()
}

#[test]
fn a_name_is_erased_on_the_directors_word() {
    let centre = Centre::start();
    let path = |name: &str| centre.folder.path().join(name).to_str().unwrap().to_owned();
    let (request, receipt, policy) = (path("request"), path("receipt"), path("data/policy"));
    centre.institution("finances");
    let add = |name: &str, role: &str, key: &str| {
        centre
            .run(&[
                "official",
                "add",
                name,
                "--role",
                role,
                "--key",
                key,
                "--institution",
                "finances",
            ])
            .done();
    };
    add("Ali Said", "director", &signer(1).verifier().to_string());
    add("Fatima Ahmed", "auditor", &signer(2).verifier().to_string());
    centre
        .run(&["receipt", "get", "finances/vault/3", "--out", &receipt])
        .done();

    let erase = |signer: &SigningKey, entry: &str| {
        let text = centre
            .run(&["ledger", "erasure-request", entry, "--json"])
            .json();
        let note = Note::sign(text["request"].as_str().unwrap(), signer).unwrap();
        fs::write(&request, note.to_string()).unwrap();
        centre.run(&[
            "ledger",
            "erase",
            entry,
            "--request",
            &request,
            "--reason",
            "she left",
        ])
    };
    erase(&signer(1), "finances/vault/3").refused("still in force");
    centre
        .run(&["official", "remove", "2", "--institution", "finances"])
        .done();
    // Only a director's word counts, and only on what it was given for.
    erase(&signer(2), "finances/vault/3").refused("no director of finances");
    erase(&signer(1), "finances/vault/4").refused("has no body");
    centre
        .run(&[
            "ledger",
            "erase",
            "finances/vault/3",
            "--request",
            &request,
            "--reason",
            "she left",
        ])
        .refused("something else");

    let shown = || centre.run(&["ledger", "show", "finances/vault"]).done();
    assert!(shown().contains("Fatima Ahmed"));
    erase(&signer(1), "finances/vault/3").done();
    assert!(
        !shown().contains("Fatima Ahmed") && shown().contains("official:1  body.erase"),
        "{}",
        shown()
    );
    erase(&signer(1), "finances/vault/3").refused("has no body");

    centre.run(&["ledger", "verify", "finances/vault"]).done();
    centre.run(&["check"]).done();
    let verify = |file: &str| {
        run(&[
            "receipt",
            "verify",
            file,
            "--policy",
            &policy,
            "--allow-recorded",
        ])
        .done()
    };
    assert!(verify(&receipt).contains("Fatima Ahmed"));
    centre
        .run(&["receipt", "get", "finances/vault/3", "--out", &receipt])
        .done();
    assert!(!verify(&receipt).contains("Fatima Ahmed"));
}
