//! The golden vectors of what this crate signs: made here from fixed seeds, kept in `vectors/`, compared byte for byte. With
//! `AMANA_BLESS=1` they are written anew, which only a deliberate change of a format justifies.

use std::collections::BTreeMap;
use std::path::Path;

use amana_seal::Error;
use amana_seal::keyring::*;
use amana_seal::statement::SignedStatement;
use amana_seal::words::{Commitment, Nonce, SixWords, Transcript};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::keyrings::{custodians, key, newcomer, root};
use crate::statements::{member, smallest, whole};

#[test]
fn the_vectors_are_those_that_this_code_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let bless = std::env::var("AMANA_BLESS").is_ok_and(|bless| bless == "1");
    for (name, bytes) in all() {
        let path = folder.join(&name);
        if bless {
            std::fs::create_dir_all(path.parent().expect("below vectors"))
                .expect("a writable folder");
            std::fs::write(&path, &bytes).expect("a writable file");
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == bytes.as_bytes(), "vectors/{name} differs");
    }
}

fn all() -> BTreeMap<String, String> {
    let [first, second] = chain();
    let files = [
        ("keys/keys.json", keys()),
        ("words/words.json", words()),
        ("statements/whole.statement", signed(&whole())),
        ("statements/smallest.statement", signed(&smallest())),
        ("statements/malformed.json", pretty(&malformed_statements())),
        ("keyrings/first.keyring", first.clone()),
        ("keyrings/second.keyring", second.clone()),
        (
            "keyrings/malformed.json",
            pretty(&malformed_keyrings(&first)),
        ),
        (
            "keyrings/refused.json",
            pretty(&refused_keyrings(&first, &second)),
        ),
    ];
    files.map(|(name, text)| (name.to_owned(), text)).into()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON") + "\n"
}

fn signed(statement: &amana_seal::statement::Statement) -> String {
    let signed = statement.sign(&member(0x21)).expect("a good statement");
    String::from_utf8(signed.bytes().to_vec()).expect("UTF-8")
}

/// From a seed to everything public that is derived from it.
fn keys() -> String {
    let (root, member) = (root(), key(0x61));
    pretty(&json!({
        "root": {
            "seed": hex::encode(root.seed()),
            "signing_key": root.key().to_string(),
            "recipient": root.identity().recipient().encode(),
        },
        "member": {
            "seed": hex::encode(member.seed()),
            "id": member.id().to_string(),
            "signing_key": member.verifying_key().to_string(),
            "recipient": member.identity().recipient().encode(),
        },
    }))
}

fn words() -> String {
    let parts: [&[u8]; 3] = [b"centre.example", b"finances", &[7; 32]];
    let transcript = Transcript::of(&parts);
    let (committed, answered) = (Nonce::from_bytes([1; 32]), Nonce::from_bytes([2; 32]));
    let words = SixWords::of(&committed, &answered, &transcript);
    pretty(&json!({
        "transcript_parts": parts.map(hex::encode),
        "committed_nonce": committed.to_string(),
        "answered_nonce": answered.to_string(),
        "commitment": Commitment::of(&committed, &transcript).to_string(),
        "words": words.to_string(),
        "numbers": words.numbers(),
    }))
}

/// Texts with one thing changed, and why each is refused.
fn changed(good: &str, changes: &[(&str, &str)], parse: impl Fn(&str) -> Option<Error>) -> Value {
    let refused = changes.iter().map(|(from, to)| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let error = parse(&text).expect(to);
        json!({ "rule": error.to_string(), "text": text })
    });
    refused.collect()
}

fn malformed_statements() -> Value {
    let slots = ["31", "32"].map(|byte| format!("touch {}", byte.repeat(32)));
    let changes = [
        ("amana.sealed/v1", "amana.sealed/v2"),
        ("ledger centre", "ledger  centre"),
        ("keyring 3", "keyring 03"),
        ("epoch 2", "epoch 4294967296"),
        ("act a1", "act A1"),
        ("verb object.put", "verb objectput"),
        ("taxes-2026 4 9", "taxes-2026 - 9"),
        ("taxes-2026 4 9", "taxes-2026 4 3"),
        (&slots[0], &slots[1]),
        ("piece 41", "piece  41"),
        ("envelope 11 ", "envelope 8388609 "),
        ("\n\n", "\n"),
        ("==\n", "==\n\n"),
        ("==\n", "=="),
    ];
    changed(&signed(&whole()), &changes, |text| {
        SignedStatement::parse(text.as_bytes()).err()
    })
}

fn malformed_keyrings(first: &str) -> Value {
    let changes = [
        ("amana.keyring/v1", "amana.keyring/v2"),
        ("number 1", "number 2"),
        ("epoch 1", "epoch 2"),
        (" admin ", " owner "),
        (" official ", " person "),
        ("custodians 3-of-5 1", "custodians 1 of {x 3-of-5} 1"),
        ("\nfile root", "\nfile  root"),
        ("\n\n", "\n"),
        ("\u{2014} root", "- root"),
    ];
    changed(first, &changes, |text| {
        SignedKeyring::parse(text.as_bytes()).err()
    })
}

/// A keyring's text signed by some, with digests instead of true files, which are never the same twice.
fn sign_as(keyring: &Keyring, signers: &[Signer<'_>]) -> String {
    let text = keyring.text();
    let line = |signer: &Signer<'_>| {
        let (holder, signature) = match signer {
            Signer::Root(root) => (Holder::Root, root.sign(text.as_bytes())),
            Signer::Admin(key) => (Holder::Member(key.id()), key.sign(text.as_bytes())),
        };
        format!("\u{2014} {holder} {}\n", STANDARD.encode(signature))
    };
    let lines: String = signers.iter().map(line).collect();
    text.clone() + &lines
}

fn chain() -> [String; 2] {
    let mut draft = Draft::first("finances", &root(), custodians("3-of-5", 1)).expect("a draft");
    draft
        .add(newcomer(0x61, Role::Admin, Kind::Gateway, "gateway-1"))
        .expect("new");
    draft
        .add(newcomer(0x62, Role::Member, Kind::Official, "Moina Saïd"))
        .expect("new");
    let mut keyring = draft.keyring().clone();
    keyring.name_key = [0x0A; 32];
    keyring.epochs[0].commitment = [0x0B; 32];
    keyring.files = keyring
        .holders()
        .map(|holder| (holder, [0x0C; 32]))
        .collect();
    let first = sign_as(&keyring, &[Signer::Root(&root())]);

    let digest = parsed(&first).digest();
    keyring.number = 2;
    keyring.previous = Some(digest);
    keyring.epochs.push(KeyringEpoch {
        number: 2,
        commitment: [0x0D; 32],
    });
    keyring.members.remove(&key(0x62).id());
    keyring.files = keyring
        .holders()
        .map(|holder| (holder, [0x0E; 32]))
        .collect();
    let second = sign_as(&keyring, &[Signer::Admin(&key(0x61))]);
    [first, second]
}

fn parsed(text: &str) -> SignedKeyring {
    SignedKeyring::parse(text.as_bytes()).expect("well-formed")
}

/// Keyrings that are well-formed and follow `first.keyring` against a rule.
fn refused_keyrings(first: &str, second: &str) -> Value {
    let (root, admin) = (root(), key(0x61));
    let held = accept(None, parsed(first), &root.key()).expect("the first");
    accept(Some(&held), parsed(second), &root.key()).expect("the second");
    let by_admin = |change: &dyn Fn(&mut Keyring)| {
        let mut keyring = parsed(second).keyring().clone();
        change(&mut keyring);
        sign_as(&keyring, &[Signer::Admin(&admin)])
    };
    let good = parsed(second).keyring().clone();
    let cases = [
        first.to_owned(),
        by_admin(&|keyring| keyring.previous = Some([0; 32])),
        by_admin(&|keyring| "customs".clone_into(&mut keyring.institution)),
        by_admin(&|keyring| keyring.name_key = [0; 32]),
        by_admin(&|keyring| keyring.epochs[0].commitment = [0; 32]),
        by_admin(&|keyring| keyring.root_recipient_sha256 = [0; 32]),
        by_admin(&|keyring| keyring.custodians = custodians("1-of-1", 2)),
        by_admin(&|keyring| {
            let line = keyring.members.get_mut(&admin.id()).expect("the admin");
            line.recipient_sha256 = [0; 32];
        }),
        sign_as(&good, &[Signer::Admin(&key(0x62))]),
        sign_as(&good, &[Signer::Admin(&key(0x63))]),
        second.replacen("gateway-1", "gateway-9", 1),
    ];
    let refused = cases.iter().map(|text| {
        let refused = accept(Some(&held), parsed(text), &root.key()).expect_err("a rule broken");
        json!({ "rule": refused.to_string(), "text": text })
    });
    refused.collect()
}
