//! What the data centre tries: a keyring of its own, an old one, one of another branch.

use amana_seal::keyring::*;
use amana_seal::root::Root;
use zeroize::Zeroizing;

use super::{ADMIN, OTHER, PLAIN, custodians, first, key, parsed, refused, root};

#[test]
fn a_forged_keyring_is_refused() {
    // By somebody with a root of their own.
    let theirs = Root::from_seed(Zeroizing::new([0x99; 32]));
    let draft = Draft::first("finances", &theirs, custodians("1-of-1", 1)).expect("a draft");
    let (forged, _) = draft.sign(&[Signer::Root(&theirs)]).expect("signed");
    let result = accept(None, forged.signed().clone(), &root().key());
    assert_eq!(refused(result), KeyringRefusal::OtherRoot);
    assert_eq!(
        refused(Accepted::kept(forged.signed().clone(), &root().key())),
        KeyringRefusal::OtherRoot
    );

    // With the true root's name, and without its signature.
    let draft = Draft::first("finances", &root(), custodians("1-of-1", 1)).expect("a draft");
    let (forged, _) = draft.sign(&[Signer::Root(&theirs)]).expect("signed");
    let result = accept(None, forged.signed().clone(), &root().key());
    assert_eq!(
        refused(result),
        KeyringRefusal::BadSignature {
            signer: Holder::Root
        }
    );
    let draft = Draft::first("finances", &root(), custodians("1-of-1", 1)).expect("a draft");
    let (forged, _) = draft.sign(&[Signer::Admin(&key(OTHER))]).expect("signed");
    let result = accept(None, forged.signed().clone(), &root().key());
    assert_eq!(refused(result), KeyringRefusal::FirstNotByRoot);

    // With one letter changed, by the data centre.
    let (bundle, ..) = first();
    let changed = bundle.signed().text().replacen("gateway-1", "gateway-9", 1);
    let result = accept(None, parsed(&changed), &root().key());
    assert_eq!(
        refused(result),
        KeyringRefusal::BadSignature {
            signer: Holder::Root
        }
    );

    // With an official slipped in before a rotation.
    let (bundle, secrets, held) = first();
    let mut draft = Draft::next(&bundle, secrets);
    draft.rotate().expect("an epoch");
    let (second, _) = draft.sign(&[Signer::Admin(&key(ADMIN))]).expect("signed");
    let slipped = inserted(&second.signed().text(), OTHER);
    let result = accept(Some(&held), parsed(&slipped), &root().key());
    let signer = Holder::Member(key(ADMIN).id());
    assert_eq!(refused(result), KeyringRefusal::BadSignature { signer });
}

/// A keyring's text with a member that nobody signed for, in its right place.
fn inserted(text: &str, byte: u8) -> String {
    let id = key(byte).id();
    let digest = "ab".repeat(32);
    let member = format!(
        "member {id} member official Intruder {} {digest}",
        key(byte).verifying_key()
    );
    let file = format!("file {id} {digest}");
    let mut lines: Vec<&str> = text.lines().collect();
    for (label, line) in [("member ", &member), ("file ", &file)] {
        let of_another = |other: &&str| {
            other.starts_with(label) && (**other < **line || other.starts_with("file root"))
        };
        let last_before = lines.iter().rposition(of_another);
        let first_of_all = || lines.iter().position(|other| other.starts_with(label));
        let at = last_before.map_or_else(|| first_of_all().expect("such lines"), |at| at + 1);
        lines.insert(at, line);
    }
    lines.join("\n") + "\n"
}

#[test]
fn an_old_keyring_is_not_taken_again() {
    let (bundle, secrets, held) = first();
    let mut draft = Draft::next(&bundle, secrets);
    draft.remove(key(PLAIN).id()).expect("there");
    let (second, secrets) = draft.sign(&[Signer::Admin(&key(ADMIN))]).expect("signed");
    let now = accept(Some(&held), second.signed().clone(), &root().key()).expect("accepted");

    let replayed = accept(Some(&now), bundle.signed().clone(), &root().key());
    assert_eq!(
        refused(replayed),
        KeyringRefusal::Number {
            expected: 3,
            found: 1
        }
    );
    let again = accept(Some(&now), second.signed().clone(), &root().key());
    assert_eq!(
        refused(again),
        KeyringRefusal::Number {
            expected: 3,
            found: 2
        }
    );
    let (third, _) = Draft::next(&second, secrets)
        .sign(&[Signer::Admin(&key(ADMIN))])
        .expect("signed");
    let skipped = accept(Some(&held), third.signed().clone(), &root().key());
    assert_eq!(
        refused(skipped),
        KeyringRefusal::Number {
            expected: 2,
            found: 3
        }
    );
}

#[test]
fn a_keyring_of_another_branch_is_refused() {
    let (_, _, held) = first();
    // The same institution made twice: other secrets, so another digest.
    let (bundle, secrets, _) = first();
    let (second, _) = Draft::next(&bundle, secrets)
        .sign(&[Signer::Root(&root())])
        .expect("signed");
    let result = accept(Some(&held), second.signed().clone(), &root().key());
    assert_eq!(refused(result), KeyringRefusal::Previous { number: 2 });
}
