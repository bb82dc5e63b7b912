//! One or more examples of each format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use amana_ledger::*;

use super::judged::{other_national, own_quorum};
use super::{Files, close};
use crate::country::{Case, Country, TWO_OF_THREE};

pub(super) fn policies() -> BTreeMap<&'static str, String> {
    let country = Country::new();
    let other = other_national();
    let text = |quorum: &str| country.policy_text(&country.genesis(), quorum);
    let nested = "group peers any court university\ngroup institution-and-peer all finances peers\n\
        quorum institution-and-peer\n";
    BTreeMap::from([
        ("two-of-three.policy", text(TWO_OF_THREE)),
        ("nested.policy", text(nested)),
        ("no-quorum.policy", text("quorum none\n")),
        ("one-witness.policy", text("quorum court\n")),
        (
            "other-log.policy",
            text(TWO_OF_THREE).replace(
                &country.national.verifier().to_string(),
                &country.ledger.verifier().to_string(),
            ),
        ),
        (
            "national-by-another-name.policy",
            other.policy_text(&other.genesis(), TWO_OF_THREE),
        ),
        ("shortest.policy", "quorum none\n".to_owned()),
    ])
}

pub(super) fn well_formed() -> Files {
    let country = Country::new();
    let receipt = Case::deposit().receipt(&country);
    let epoch = receipt.epoch.as_ref().expect("it has an epoch");
    let mut many_signatures =
        Note::sign("A text\n\nwith an empty line: é\n", &country.national).expect("a text");
    let unknown = Signature {
        name: "unknown.example".to_owned(),
        key_id: [0xff; 4],
        bytes: vec![0x42; 100],
    };
    many_signatures
        .signatures
        .extend([country.ledger.sign(&many_signatures.text), unknown]);
    let request = AddCheckpoint {
        old_size: 0,
        proof: vec![],
        checkpoint: Note {
            signatures: receipt.ledger.checkpoint.signatures[..1].to_vec(),
            ..receipt.ledger.checkpoint.clone()
        },
    };
    let with_extra = TlogProof {
        extra: Some(b"anything".to_vec()),
        ..epoch.national.clone()
    };
    let mut frontier = Frontier::new();
    (0..7u8).for_each(|n| frontier.push(leaf_hash(&[n])));

    let mut files = Files::new();
    let mut add = |name: &str, bytes: &dyn ToString| {
        files.insert(name.to_owned(), bytes.to_string().into_bytes());
    };
    add("vkeys/national.vkey", &country.national.verifier());
    add("vkeys/ledger.vkey", &country.ledger.verifier());
    for (witness, name) in country.witnesses.iter().zip(crate::country::WITNESSES) {
        add(&format!("vkeys/{name}.vkey"), &witness.verifier());
    }
    add(
        "notes/one-signature.note",
        &Note::sign("A text\n", &country.national).expect("a text"),
    );
    add("notes/many-signatures.note", &many_signatures);
    add("checkpoints/ledger.checkpoint", &request.checkpoint);
    add(
        "checkpoints/ledger-cosigned.checkpoint",
        &receipt.ledger.checkpoint,
    );
    add(
        "checkpoints/national-cosigned.checkpoint",
        &epoch.national.checkpoint,
    );
    add("witness/first.witness-request", &request);
    add(
        "witness/answer.cosignatures",
        &encode_cosignatures(&receipt.ledger.checkpoint.signatures[1..]),
    );
    add("tlog-proofs/act.tlog-proof", &receipt.ledger);
    add("tlog-proofs/with-extra.tlog-proof", &with_extra);
    add(
        "rows/national-quorum.registry-row",
        &Case::deposit().row(&country),
    );
    add(
        "rows/own-quorum.registry-row",
        &own_quorum(&country).row(&country),
    );
    add("rows/signed.note", &receipt.registry);
    add("epochs/twelfth.epoch", &epoch.leaf);
    for (name, policy) in policies() {
        add(&format!("policies/{name}"), &policy);
    }
    let bundle =
        encode_bundle([receipt.act.entry().as_slice(), b"", &epoch.leaf.entry()]).expect("small");
    files.insert("bundles/three.bundle".to_owned(), bundle);
    files.insert(
        "frontiers/empty.frontier".to_owned(),
        Frontier::new().to_bytes(),
    );
    files.insert("frontiers/seven.frontier".to_owned(), frontier.to_bytes());
    files
}

/// The hashes of two acts, step by step.
pub(super) fn leaves() -> String {
    let mut json = String::from("[\n");
    for act in [Case::deposit().act, Case::first().act] {
        let body = act.body.as_ref().expect("a body");
        let escape = |text: &str| text.replace('"', "\\\"");
        let salt = Hash::from_bytes(body.salt);
        let leaf: String = act
            .entry()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let hashes = format!(
            "\"body_hash\": \"{}\", \"entry_hex\": \"{leaf}\"",
            act.body_hash
        );
        let inputs = format!(
            "\"core\": \"{}\", \"salt\": \"{salt}\", \"body\": \"{}\"",
            escape(&act.core),
            escape(&body.text)
        );
        writeln!(
            json,
            "  {{{inputs}, {hashes}, \"leaf_hash\": \"{}\"}},",
            leaf_hash(&act.entry())
        )
        .expect("a string");
    }
    String::from_utf8(close(json)).expect("text")
}
