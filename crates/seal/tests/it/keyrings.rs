//! Keyrings: their text and their makers. What a dishonest data centre or a dishonest admin tries is in the files below.

use amana_seal::Error;
use amana_seal::keyring::*;
use amana_seal::member::{MemberId, MemberKey};
use amana_seal::root::Root;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use zeroize::Zeroizing;

mod files;
mod forged;
mod rules;

pub(crate) fn root() -> Root {
    Root::from_seed(Zeroizing::new([0x51; 32]))
}

pub(crate) fn key(byte: u8) -> MemberKey {
    MemberKey::from_seed(Zeroizing::new([byte; 32]))
}

pub(crate) fn newcomer(byte: u8, role: Role, kind: Kind, name: &str) -> NewMember {
    let key = key(byte);
    NewMember {
        role,
        kind,
        name: name.to_owned(),
        key: key.verifying_key(),
        recipient: key.identity().recipient(),
    }
}

pub(crate) fn custodians(plan: &str, set: u32) -> Custodians {
    Custodians {
        plan: plan.parse().expect("a plan"),
        set,
    }
}

const ADMIN: u8 = 0x61;
const PLAIN: u8 = 0x62;
const OTHER: u8 = 0x63;

/// An institution with an admin gateway and a plain official.
fn first() -> (Bundle, Secrets, Accepted) {
    let mut draft = Draft::first("finances", &root(), custodians("3-of-5", 1)).expect("a draft");
    draft
        .add(newcomer(ADMIN, Role::Admin, Kind::Gateway, "gateway-1"))
        .expect("new");
    draft
        .add(newcomer(PLAIN, Role::Member, Kind::Official, "Moina Saïd"))
        .expect("new");
    let (bundle, secrets) = draft.sign(&[Signer::Root(&root())]).expect("signed");
    let accepted = accept(None, bundle.signed().clone(), &root().key()).expect("accepted");
    (bundle, secrets, accepted)
}

fn refusal(error: Error) -> KeyringRefusal {
    match error {
        Error::Keyring(refusal) => refusal,
        other => panic!("not a refusal: {other}"),
    }
}

fn refused<T>(result: amana_seal::Result<T>) -> KeyringRefusal {
    refusal(result.err().expect("a refusal"))
}

fn parsed(text: &str) -> SignedKeyring {
    SignedKeyring::parse(text.as_bytes()).expect("well-formed")
}

#[test]
fn a_keyring_is_read_as_it_was_written() {
    let (bundle, ..) = first();
    let text = bundle.signed().text();
    assert_eq!(parsed(&text).text(), text);
    assert_eq!(parsed(&text), *bundle.signed());
    let again = Bundle::parse(bundle.to_json().as_bytes()).expect("its own JSON");
    assert_eq!(again.to_json(), bundle.to_json());
}

#[test]
fn a_draft_refuses_what_it_can_not_do() {
    let (bundle, secrets, _) = first();
    let mut draft = Draft::next(&bundle, secrets);
    let member = key(OTHER).id();
    assert_eq!(
        refused(draft.remove(member)),
        KeyringRefusal::NoSuchMember { member }
    );
    let twice = draft.add(newcomer(PLAIN, Role::Member, Kind::Official, "again"));
    assert_eq!(
        refused(twice),
        KeyringRefusal::MemberTwice {
            member: key(PLAIN).id()
        }
    );
    let mut draft = Draft::first("finances", &root(), custodians("1-of-1", 1)).expect("a draft");
    draft
        .add(newcomer(OTHER, Role::Member, Kind::Official, "two\nlines"))
        .expect("checked later");
    assert!(matches!(
        draft.sign(&[Signer::Root(&root())]),
        Err(Error::Malformed { .. })
    ));
}

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[test]
fn a_keyring_has_one_spelling() {
    let (bundle, ..) = first();
    let good = bundle.signed().text();
    for (from, to) in [
        ("amana.keyring/v1", "amana.keyring/v2"),
        ("institution finances", "institution  finances"),
        ("number 1", "number 01"),
        ("number 1", "number 0"),
        ("number 1", "number 2"),
        ("previous -", &format!("previous {}", "00".repeat(32))),
        ("epoch 1", "epoch 2"),
        (" admin ", " owner "),
        (" official ", " person "),
        ("custodians 3-of-5 1", "custodians 3-of-5 0"),
        ("custodians 3-of-5 1", "custodians 1(x:3-of-5)"),
        ("custodians 3-of-5 1", "custodians 1 of {x 3-of-5} 1"),
        ("\nfile root", "\nfile  root"),
        ("\n\n", "\n"),
        ("\u{2014} root", "- root"),
        ("\n", "\r\n"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(
            SignedKeyring::parse(changed.as_bytes()).is_err(),
            "{from:?} -> {to:?}"
        );
    }
    let (text, signature) = good.split_once("\n\n").expect("an empty line");
    assert!(SignedKeyring::parse(format!("{text}\n\n").as_bytes()).is_err());
    assert!(SignedKeyring::parse(format!("{good}{signature}").as_bytes()).is_err());
    let long = vec![b'a'; MAX_KEYRING_BYTES + 1];
    assert!(matches!(
        SignedKeyring::parse(&long),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn the_largest_keyring_is_within_its_bounds() {
    let mut draft = Draft::first("finances", &root(), custodians("3-of-5", 1)).expect("a draft");
    for n in 0..64 {
        let name = "n".repeat(MAX_NAME_BYTES);
        draft
            .add(newcomer(n, Role::Admin, Kind::Gateway, &name))
            .expect("new");
    }
    let (bundle, _) = draft.sign(&[Signer::Root(&root())]).expect("at its bounds");
    assert_eq!(bundle.keyring().members.len(), MAX_MEMBERS);
    let mut keyring = bundle.keyring().clone();
    let epoch = |number| KeyringEpoch {
        number,
        commitment: [7; 32],
    };
    keyring.epochs = (1..=512).map(epoch).collect();
    assert!(keyring.text().len() < MAX_KEYRING_BYTES);

    let mut draft = Draft::first("finances", &root(), custodians("3-of-5", 1)).expect("a draft");
    for n in 0..65 {
        draft
            .add(newcomer(n, Role::Member, Kind::Gateway, "x"))
            .expect("new");
    }
    assert!(matches!(
        draft.sign(&[Signer::Root(&root())]),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn a_holder_has_one_text() {
    let id: MemberId = key(ADMIN).id();
    for holder in [Holder::Root, Holder::Member(id)] {
        assert_eq!(
            holder.to_string().parse::<Holder>().expect("its own text"),
            holder
        );
    }
    assert!("Root".parse::<Holder>().is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = SignedKeyring::parse(&bytes);
        let _ = Bundle::parse(&bytes);
    }

    #[test]
    fn what_is_read_is_said_again(at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = include_bytes!("../../../../vectors/keyrings/second.keyring").to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(parsed) = SignedKeyring::parse(&bytes) {
            let text = parsed.text();
            prop_assert_eq!(text.as_bytes(), bytes.as_slice());
        }
    }
}
