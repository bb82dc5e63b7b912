//! Keyrings: what follows what, who may sign what, and what a dishonest data centre or a dishonest admin tries.

use amana_seal::Error;
use amana_seal::age::{Recipient, seal_all};
use amana_seal::keyring::*;
use amana_seal::member::{MemberId, MemberKey};
use amana_seal::root::Root;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

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

/// The next keyring with a change, signed by some.
fn next(change: impl FnOnce(&mut Draft), signers: &[Signer<'_>]) -> Result<Bundle, KeyringRefusal> {
    let (bundle, secrets, accepted) = first();
    let mut draft = Draft::next(&bundle, secrets);
    change(&mut draft);
    let (bundle, _) = draft.sign(signers).expect("signed");
    let bundle = Bundle::parse(bundle.to_json().as_bytes()).expect("its own JSON");
    accept(Some(&accepted), bundle.signed().clone(), &root().key()).map_err(refusal)?;
    Ok(bundle)
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
fn an_admin_takes_members_in_and_out() {
    let admin = key(ADMIN);
    let by_admin = [Signer::Admin(&admin)];
    let bundle = next(
        |draft| {
            draft
                .add(newcomer(OTHER, Role::Member, Kind::Gateway, "gateway-2"))
                .expect("new");
            draft.remove(key(PLAIN).id()).expect("there");
        },
        &by_admin,
    )
    .expect("accepted");
    let keyring = bundle.keyring();
    assert_eq!((keyring.number, keyring.epoch().number), (2, 2));
    assert!(keyring.member(key(PLAIN).id()).is_none());
    let newcomer = Holder::Member(key(OTHER).id());
    let opened = bundle
        .open(newcomer, key(OTHER).identity())
        .expect("the newcomer's file");
    assert_eq!(opened.epochs.len(), 2);
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

#[test]
fn only_the_root_makes_an_admin() {
    let admin = key(ADMIN);
    let add = |draft: &mut Draft| {
        draft
            .add(newcomer(OTHER, Role::Admin, Kind::Official, "Ali"))
            .expect("new");
    };
    let refused = next(add, &[Signer::Admin(&admin)]).expect_err("an admin's admin");
    assert_eq!(
        refused,
        KeyringRefusal::AdminWithoutRoot {
            member: key(OTHER).id()
        }
    );
    next(add, &[Signer::Root(&root())]).expect("the root's admin");
    next(add, &[Signer::Root(&root()), Signer::Admin(&admin)]).expect("both");

    // Nor may an admin raise a member who is in already.
    let promote = |draft: &mut Draft| {
        draft.remove(key(PLAIN).id()).expect("there");
        draft
            .add(newcomer(PLAIN, Role::Admin, Kind::Official, "Moina Saïd"))
            .expect("new");
    };
    let refused = next(promote, &[Signer::Admin(&admin)]).expect_err("a promotion");
    assert_eq!(
        refused,
        KeyringRefusal::AdminWithoutRoot {
            member: key(PLAIN).id()
        }
    );
}

#[test]
fn only_the_root_changes_the_custodians() {
    let admin = key(ADMIN);
    let reshare = |draft: &mut Draft| draft.reshare(custodians("2(a:2-of-3,b:2-of-3)", 2));
    let refused = next(reshare, &[Signer::Admin(&admin)]).expect_err("an admin's note");
    assert_eq!(refused, KeyringRefusal::CustodiansWithoutRoot);
    let bundle = next(reshare, &[Signer::Root(&root())]).expect("the root's note");
    assert_eq!(
        bundle.keyring().custodians,
        custodians("2(a:2-of-3,b:2-of-3)", 2)
    );
}

#[test]
fn a_member_an_outsider_and_a_revoked_one_sign_nothing() {
    for byte in [PLAIN, OTHER] {
        let signer = key(byte);
        let refused = next(|_| (), &[Signer::Admin(&signer)]).expect_err("no right");
        assert_eq!(
            refused,
            KeyringRefusal::NotAnAdmin {
                member: signer.id()
            }
        );
    }
    // An admin that was revoked signs the keyring after its revocation.
    let (bundle, secrets, held) = first();
    let mut draft = Draft::next(&bundle, secrets);
    draft.remove(key(ADMIN).id()).expect("there");
    let (bundle, secrets) = draft.sign(&[Signer::Root(&root())]).expect("signed");
    let held = accept(Some(&held), bundle.signed().clone(), &root().key()).expect("a revocation");
    let (bundle, _) = Draft::next(&bundle, secrets)
        .sign(&[Signer::Admin(&key(ADMIN))])
        .expect("signed");
    let refused = refused(accept(Some(&held), bundle.signed().clone(), &root().key()));
    assert_eq!(
        refused,
        KeyringRefusal::NotAnAdmin {
            member: key(ADMIN).id()
        }
    );
}

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

/// The next keyring with its text changed by an admin who doesn't keep to our builder.
fn rewritten(change: impl Fn(&mut Keyring), by_root: bool) -> KeyringRefusal {
    let (bundle, _, held) = first();
    let mut keyring = bundle.keyring().clone();
    keyring.number = 2;
    keyring.previous = Some(*held.digest());
    change(&mut keyring);
    let text = keyring.text();
    let (signer, signature) = if by_root {
        (Holder::Root, root().sign(text.as_bytes()))
    } else {
        (
            Holder::Member(key(ADMIN).id()),
            key(ADMIN).sign(text.as_bytes()),
        )
    };
    let signature = base64(&signature);
    let signed = parsed(&format!("{text}\u{2014} {signer} {signature}\n"));
    refused(accept(Some(&held), signed, &root().key()))
}

#[test]
fn what_no_admin_may_change_stays() {
    let epoch = |byte: u8| KeyringEpoch {
        number: 1,
        commitment: [byte; 32],
    };
    for by_root in [false, true] {
        assert_eq!(
            rewritten(|keyring| keyring.epochs = vec![epoch(0xEE)], by_root),
            KeyringRefusal::EpochLost { epoch: 1 }
        );
        assert_eq!(
            rewritten(|keyring| keyring.name_key = [1; 32], by_root),
            KeyringRefusal::NameKeyChanged
        );
        let renamed = rewritten(
            |keyring| "customs".clone_into(&mut keyring.institution),
            by_root,
        );
        assert!(matches!(renamed, KeyringRefusal::OtherInstitution { .. }));
        assert_eq!(
            rewritten(|keyring| keyring.previous = Some([0; 32]), by_root),
            KeyringRefusal::Previous { number: 2 }
        );
    }
    assert_eq!(
        rewritten(|keyring| keyring.root_recipient_sha256 = [0; 32], false),
        KeyringRefusal::RootRecipientWithoutRoot
    );
    let admin = key(ADMIN).id();
    let swap = |keyring: &mut Keyring| {
        let line = keyring.members.get_mut(&admin).expect("the admin");
        line.recipient_sha256 = [0; 32];
    };
    assert_eq!(
        rewritten(swap, false),
        KeyringRefusal::AdminWithoutRoot { member: admin }
    );
}

#[test]
fn an_epoch_is_not_removed() {
    let (bundle, secrets, held) = first();
    let mut draft = Draft::next(&bundle, secrets);
    draft.rotate().expect("an epoch");
    draft.rotate().expect("the same epoch");
    let (second, secrets) = draft.sign(&[Signer::Admin(&key(ADMIN))]).expect("signed");
    assert_eq!(second.keyring().epochs.len(), 2);
    let held = accept(Some(&held), second.signed().clone(), &root().key()).expect("accepted");
    // The third keyring is made from the first's epochs.
    let mut secrets = secrets;
    secrets.epochs.pop();
    let (third, _) = Draft::next(&bundle, secrets)
        .sign(&[Signer::Root(&root())])
        .expect("signed");
    let mut keyring = third.keyring().clone();
    (keyring.number, keyring.previous) = (3, Some(*held.digest()));
    let text = keyring.text();
    let signature = base64(&root().sign(text.as_bytes()));
    let signed = parsed(&format!("{text}\u{2014} root {signature}\n"));
    let result = accept(Some(&held), signed, &root().key());
    assert_eq!(refused(result), KeyringRefusal::EpochLost { epoch: 2 });
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
}
