//! Passkeys: each kind of key, and each way in which an answer is refused.

use amana_access::{PasskeyFault, PublicKey, RelyingParty};

use proptest::prelude::*;

use crate::authenticator::{
    Authenticator, ORIGIN, PRESENT, VERIFIED, assertion, bytes, registration, text,
};

const CHALLENGE: [u8; 32] = [9; 32];

fn console() -> RelyingParty {
    RelyingParty::of_origin(ORIGIN).unwrap()
}

#[test]
fn each_kind_of_key_registers_and_signs() {
    for mut authenticator in [
        Authenticator::es256(),
        Authenticator::eddsa(),
        Authenticator::rs256(),
    ] {
        let made = authenticator
            .register(&CHALLENGE)
            .verify(&console(), &CHALLENGE)
            .unwrap();
        assert_eq!(made.id, authenticator.id);
        let kept = PublicKey::from_bytes(made.key.to_bytes()).unwrap();
        authenticator.counter = 7;
        let signed = authenticator.sign(&CHALLENGE);
        assert_eq!(signed.verify(&console(), &CHALLENGE, &kept), Ok(7));
    }
}

type Bend = fn(&mut Authenticator);

/// What both ceremonies refuse, and why.
const BENT: [(Bend, PasskeyFault); 7] = [
    (
        |it| it.origin = "https://evil.example".to_owned(),
        PasskeyFault::Origin,
    ),
    (
        |it| it.origin = "http://console.example".to_owned(),
        PasskeyFault::Origin,
    ),
    (|it| it.cross_origin = true, PasskeyFault::CrossOrigin),
    (
        |it| it.ceremony = Some("payment.get"),
        PasskeyFault::Ceremony,
    ),
    (
        |it| it.party = "evil.example".to_owned(),
        PasskeyFault::RelyingParty,
    ),
    (|it| it.flags = VERIFIED, PasskeyFault::NotPresent),
    (|it| it.flags = PRESENT, PasskeyFault::NotVerified),
];

#[test]
fn a_bent_answer_is_refused_by_name() {
    for (bend, fault) in BENT {
        let mut authenticator = Authenticator::es256();
        let made = authenticator
            .register(&CHALLENGE)
            .verify(&console(), &CHALLENGE)
            .unwrap();
        bend(&mut authenticator);
        let registered = authenticator
            .register(&CHALLENGE)
            .verify(&console(), &CHALLENGE);
        assert_eq!(registered.unwrap_err(), fault);
        let signed = authenticator.sign(&CHALLENGE);
        assert_eq!(signed.verify(&console(), &CHALLENGE, &made.key), Err(fault));
    }
}

#[test]
fn another_challenge_another_key_and_another_ceremony_are_refused() {
    let (mut one, mut other) = (Authenticator::es256(), Authenticator::es256());
    let made = one
        .register(&CHALLENGE)
        .verify(&console(), &CHALLENGE)
        .unwrap();
    let verified =
        |answer: amana_access::Assertion| answer.verify(&console(), &CHALLENGE, &made.key);
    assert_eq!(verified(one.sign(&[8; 32])), Err(PasskeyFault::Challenge));
    assert_eq!(
        verified(other.sign(&CHALLENGE)),
        Err(PasskeyFault::Signature)
    );
    one.ceremony = Some("webauthn.create");
    assert_eq!(verified(one.sign(&CHALLENGE)), Err(PasskeyFault::Ceremony));
}

/// Every prefix of an attestation, and every byte of it changed: an error, never a panic, and never another key's name.
#[test]
fn malformed_attestations_are_refused() {
    let authenticator = Authenticator::es256();
    let client = authenticator.client_data_of_registration(&CHALLENGE);
    let whole = authenticator.attestation();
    for end in 0..whole.len() {
        let cut = registration(&client, &whole[..end]).verify(&console(), &CHALLENGE);
        assert!(cut.is_err(), "cut at {end}");
    }
    let longer = [&whole[..], &[0]].concat();
    let faults = [
        (longer, PasskeyFault::Attestation),
        (vec![0xa0], PasskeyFault::Attestation),
        (vec![0x9f; 4000], PasskeyFault::Attestation),
        (vec![0x81; 4000], PasskeyFault::Attestation),
    ];
    for (bytes, fault) in faults {
        let refused = registration(&client, &bytes).verify(&console(), &CHALLENGE);
        assert_eq!(refused.unwrap_err(), fault);
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x41;
        // Some bytes mean nothing to us (the authenticator's make, its name for the key): no panic is all.
        let _ = registration(&client, &changed).verify(&console(), &CHALLENGE);
    }
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let good = Authenticator::es256().cose();
    let mut off_the_curve = good.clone();
    *off_the_curve.last_mut().unwrap() ^= 1;
    let mut another_algorithm = good.clone();
    another_algorithm[4] = 0x27;
    let mut another_curve = good.clone();
    another_curve[6] = 2;
    let twice = [&[0xa2, 1, 2, 1, 2][..], &good[3..]].concat();
    let longer = [&good[..], &[0]].concat();
    for bad in [
        off_the_curve,
        another_algorithm,
        another_curve,
        twice,
        longer,
        Vec::new(),
    ] {
        assert_eq!(PublicKey::from_bytes(&bad), Err(PasskeyFault::Key));
    }
    assert!(PublicKey::from_bytes(&good).is_ok());
}

#[test]
fn origins_are_read_as_browsers_read_them() {
    for (origin, id) in [
        ("https://console.example", Some("console.example")),
        ("https://console.example:7400", Some("console.example")),
        ("http://localhost:7400", Some("localhost")),
        ("http://console.example", None),
        ("https://10.0.0.5:7400", None),
        ("https://[::1]:7400", None),
    ] {
        assert_eq!(
            RelyingParty::of_origin(origin).unwrap().id(),
            id,
            "{origin}"
        );
    }
    for bad in [
        "",
        "console.example",
        "ftp://a.example",
        "https://",
        "https://a.example/",
        "https://A.example",
    ] {
        assert!(RelyingParty::of_origin(bad).is_err(), "{bad}");
    }
}

proptest! {
    /// Whatever a browser sends is an answer or a refusal, also behind a head that is right.
    #[test]
    fn any_bytes_are_judged(any in proptest::collection::vec(any::<u8>(), 0..300)) {
        let authenticator = Authenticator::eddsa();
        let client = authenticator.client_data_of_registration(&CHALLENGE);
        let head = &authenticator.attestation()[..];
        let within = [&[0xa3][..], &text("fmt"), &text("none"), &text("attStmt"), &[0xa0]].concat();
        let within = [within, text("authData"), bytes(&any)].concat();
        for attestation in [any.clone(), within, [&head[..head.len() - 40], &any].concat()] {
            prop_assert!(registration(&client, &attestation).verify(&console(), &CHALLENGE).is_err());
        }
        let key = PublicKey::from_bytes(&authenticator.cose()).unwrap();
        let answer = assertion(b"id", &client, &any, &any);
        prop_assert!(answer.verify(&console(), &CHALLENGE, &key).is_err());
        let _ = PublicKey::from_bytes(&any);
    }
}
