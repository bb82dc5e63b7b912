//! What travels beside a keyring: who opens it, and what is put in its place.

use amana_seal::Error;
use amana_seal::age::{Recipient, seal_all};
use amana_seal::keyring::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{ADMIN, OTHER, PLAIN, base64, first, key, refusal, refused, root};

#[test]
fn everybody_in_a_keyring_opens_it() {
    let (bundle, secrets, _) = first();
    for (holder, identity) in [
        (Holder::Root, root().identity()),
        (Holder::Member(key(ADMIN).id()), key(ADMIN).identity()),
        (Holder::Member(key(PLAIN).id()), key(PLAIN).identity()),
    ] {
        let opened = bundle.open(holder, identity).expect("one's own file");
        assert_eq!(opened.name_key.as_bytes(), secrets.name_key.as_bytes());
        assert_eq!(opened.current().seed(), secrets.current().seed());
        assert_eq!(opened.epoch(1).expect("epoch 1").number(), 1);
        assert!(opened.epoch(0).is_none() && opened.epoch(2).is_none());
    }
    let other = bundle.open(Holder::Root, key(OTHER).identity());
    assert!(matches!(other, Err(Error::NotForUs)));
    let stranger = Holder::Member(key(OTHER).id());
    let none = bundle.open(stranger, key(OTHER).identity());
    assert_eq!(
        refused(none),
        KeyringRefusal::WrongFile { holder: stranger }
    );
}

/// A bundle's JSON with something beside the keyring changed.
fn tampered(change: impl Fn(&mut Value)) -> Error {
    let (bundle, ..) = first();
    let mut json: Value = serde_json::from_str(&bundle.to_json()).expect("JSON");
    change(&mut json);
    Bundle::parse(json.to_string().as_bytes()).expect_err("a refusal")
}

#[test]
fn a_file_is_not_swapped() {
    let (admin, plain) = (key(ADMIN).id(), key(PLAIN).id());
    let swap = |part: &'static str| {
        move |json: &mut Value| {
            let other = json[part][plain.to_string()].clone();
            json[part][admin.to_string()] = other;
        }
    };
    let holder = Holder::Member(admin);
    assert_eq!(
        refusal(tampered(swap("files"))),
        KeyringRefusal::WrongFile { holder }
    );
    assert_eq!(
        refusal(tampered(swap("recipients"))),
        KeyringRefusal::WrongRecipient { holder }
    );
    let remove = |part: &'static str| {
        move |json: &mut Value| {
            json[part]
                .as_object_mut()
                .expect("an object")
                .remove("root");
        }
    };
    let holder = Holder::Root;
    assert_eq!(
        refusal(tampered(remove("files"))),
        KeyringRefusal::WrongFile { holder }
    );
    assert_eq!(
        refusal(tampered(remove("recipients"))),
        KeyringRefusal::WrongRecipient { holder }
    );
    let stranger = key(OTHER).id();
    let added = tampered(|json| json["files"][stranger.to_string()] = "AAAA".into());
    let holder = Holder::Member(stranger);
    assert_eq!(refusal(added), KeyringRefusal::Stranger { holder });
    let classic = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";
    let weak = tampered(|json| json["recipients"]["root"] = classic.into());
    assert!(matches!(weak, Error::Malformed { .. }));
    assert!(matches!(
        tampered(|json| json["more"] = 1.into()),
        Error::Malformed { .. }
    ));
}

#[test]
fn secrets_that_were_not_committed_to_are_not_used() {
    let (bundle, ..) = first();
    // An admin seals other secrets under the commitments of the true ones.
    let json = |name_key: &str, seed: &str, number: u64| {
        format!(
            r#"{{"institution":"finances","number":{number},"name_key":"{name_key}","epochs":[{{"number":1,"seed":"{seed}"}}]}}"#
        )
    };
    let zeroes = "A".repeat(43) + "=";
    let resealed = |json: &str| {
        let recipient = Recipient::Hybrid(root().identity().recipient());
        let file = seal_all(&[recipient], json.as_bytes()).expect("sealed");
        let mut keyring = bundle.keyring().clone();
        keyring.files.insert(Holder::Root, sha256(&file));
        let text = keyring.text();
        let signed = format!(
            "{text}\u{2014} root {}\n",
            base64(&root().sign(text.as_bytes()))
        );
        let mut value: Value = serde_json::from_str(&bundle.to_json()).expect("JSON");
        value["keyring"] = signed.into();
        value["files"]["root"] = base64(&file).into();
        let bundle = Bundle::parse(value.to_string().as_bytes()).expect("a bundle");
        refused(bundle.open(Holder::Root, root().identity()))
    };
    assert_eq!(
        resealed(&json(&zeroes, &zeroes, 1)),
        KeyringRefusal::WrongNameKey
    );
    assert_eq!(
        resealed(&json(&zeroes, &zeroes, 2)),
        KeyringRefusal::SecretsOfAnother
    );
    let (own, secrets, _) = first();
    drop(own);
    drop(secrets);
    let true_name_key = {
        let opened = bundle
            .open(Holder::Root, root().identity())
            .expect("the root's file");
        base64(opened.name_key.as_bytes())
    };
    assert_eq!(
        resealed(&json(&true_name_key, &zeroes, 1)),
        KeyringRefusal::WrongEpoch { epoch: 1 }
    );
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
