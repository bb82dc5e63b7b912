//! Who may sign what, and what nobody may change.

use amana_seal::keyring::*;

use super::{
    ADMIN, OTHER, PLAIN, base64, custodians, first, key, newcomer, parsed, refusal, refused, root,
};

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
