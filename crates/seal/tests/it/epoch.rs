//! Epochs: known answers, made by Python's `hmac`, and keys of their own for each use.

use amana_seal::epoch::EpochSecret;
use amana_seal::{envelope, names::NameKey};
use zeroize::Zeroizing;

fn epoch(number: u32) -> EpochSecret {
    EpochSecret::new(number, Zeroizing::new([2; 32]))
}

#[test]
fn known_answers() {
    let epoch = epoch(3);
    assert_eq!(
        hex::encode(epoch.commitment()),
        "b493ea42f0b570025f6284008d5c42511070bd79fb8287d8447e1f7ac987d583"
    );
    let recipient = epoch.bucket_identity("tax").recipient();
    assert_eq!(
        hex::encode(recipient.as_bytes()),
        "e22970f9273562e1bfe74b95d80fd01c345cce26089157621c1432471ee2197b"
    );
}

#[test]
fn every_bucket_and_every_epoch_has_a_key_of_its_own() {
    let recipient = |number, bucket| epoch(number).bucket_identity(bucket).recipient();
    assert_eq!(recipient(1, "tax"), recipient(1, "tax"));
    assert_ne!(recipient(1, "tax"), recipient(1, "customs"));
    assert_ne!(recipient(1, "tax"), recipient(2, "tax"));
    assert_ne!(epoch(1).commitment(), epoch(2).commitment());
}

#[test]
fn envelopes_open_in_their_epoch_alone() {
    let sealed = envelope::seal(&epoch(1).envelope_key(), b"", b"content").unwrap();
    assert!(envelope::open(&epoch(1).envelope_key(), b"", &sealed).is_ok());
    assert!(envelope::open(&epoch(2).envelope_key(), b"", &sealed).is_err());
}

#[test]
fn new_secrets_differ() {
    let seeds = [1, 1].map(|number| *EpochSecret::generate(number).unwrap().seed());
    assert_ne!(seeds[0], seeds[1]);
    let keys = [0, 1].map(|_| *NameKey::generate().unwrap().as_bytes());
    assert_ne!(keys[0], keys[1]);
}
