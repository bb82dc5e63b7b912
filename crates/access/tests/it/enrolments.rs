//! Enrolment codes, the root that is pinned once, and the keyrings that follow it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amana_access::{
    Access, ENROLMENT_MS, Enrolled, EnrolmentCode, EnrolmentState, Error, InstitutionName,
    KeyringBundle,
};
use amana_ledger::{KeyType, Note, Signature, VerifierKey};
use amana_seal::keyring::{Bundle, Custodians, Draft, Holder, Kind, NewMember, Role, Signer};
use amana_seal::member::MemberKey;
use amana_seal::root::Root;
use amana_store::{Options, Store};
use tempfile::TempDir;

use crate::{BY, House, catalog};

fn newcomer(key: &MemberKey, role: Role) -> NewMember {
    NewMember {
        role,
        kind: Kind::Gateway,
        name: "gateway".to_owned(),
        key: key.verifying_key(),
        recipient: key.identity().recipient(),
    }
}

pub(crate) fn first(institution: &str, root: &Root, admin: &MemberKey) -> Bundle {
    shared(institution, root, admin, "1-of-1")
}

/// The first keyring, of a root that is shared by that plan.
pub(crate) fn shared(institution: &str, root: &Root, admin: &MemberKey, plan: &str) -> Bundle {
    let custodians = Custodians {
        plan: plan.parse().unwrap(),
        set: 1,
    };
    let mut draft = Draft::first(institution, root, custodians).unwrap();
    draft.add(newcomer(admin, Role::Admin)).unwrap();
    draft.sign(&[Signer::Root(root)]).unwrap().0
}

pub(crate) fn next(
    bundle: &Bundle,
    root: &Root,
    signer: Signer<'_>,
    change: impl FnOnce(&mut Draft),
) -> Bundle {
    let secrets = bundle.open(Holder::Root, root.identity()).unwrap();
    let mut draft = Draft::next(bundle, secrets);
    change(&mut draft);
    draft.sign(&[signer]).unwrap().0
}

pub(crate) fn json(bundle: &Bundle) -> KeyringBundle {
    serde_json::from_str(&bundle.to_json()).unwrap()
}

fn enrolled(root: &Root, admin: &MemberKey) -> Enrolled {
    Enrolled {
        root: root.key(),
        member: admin.id(),
        witness: None,
    }
}

/// A note signed by a member, under its id.
fn signed(text: &str, key: &MemberKey) -> Note {
    let name = key.id().to_string();
    let bytes = key.verifying_key();
    let verifier = VerifierKey::new(&name, KeyType::Ed25519, bytes.as_bytes()).unwrap();
    Note {
        text: text.to_owned(),
        signatures: vec![Signature {
            name,
            key_id: verifier.key_id(),
            bytes: key.sign(text.as_bytes()).to_vec(),
        }],
    }
}

/// Issues a code and confirms it for that root.
pub(crate) async fn confirm(
    access: &Access,
    name: &InstitutionName,
    root: &Root,
    admin: &MemberKey,
) -> Result<String, Error> {
    let issued = access.issue_enrolment(name, BY).await.unwrap();
    access
        .confirm_enrolment(name, issued.number, enrolled(root, admin), BY)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_for_one_enrolment_and_seven_days() {
    let folder = TempDir::new().unwrap();
    let now_ms = Arc::new(AtomicI64::new(1_000_000));
    let clock = now_ms.clone();
    let options = Options {
        clock: Arc::new(move || clock.load(Ordering::Relaxed)),
        ..crate::options(folder.path())
    };
    let store = Arc::new(Store::open(folder.path(), catalog(), options).unwrap());
    let access = Access::new(store);
    let name: InstitutionName = "finances".parse().unwrap();
    access.add_institution(&name, BY).await.unwrap();
    let issued = access.issue_enrolment(&name, BY).await.unwrap();
    let shown = issued.code.reveal();
    assert_eq!(shown.len(), 24, "five groups of four");
    let dictated: EnrolmentCode = shown.to_lowercase().replace('-', " ").parse().unwrap();
    assert_eq!(
        access.enrolment_of(&dictated).unwrap().number,
        issued.number
    );
    for wrong in ["", "AAAA", "ACDE-FGHJ-KMNP-QRTW-XYZ0"] {
        assert!(wrong.parse::<EnrolmentCode>().is_err(), "{wrong}");
    }

    now_ms.fetch_add(ENROLMENT_MS, Ordering::Relaxed);
    assert!(matches!(
        access.enrolment_of(&dictated),
        Err(Error::UnknownCode)
    ));
    let (root, admin) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
    let late = access.confirm_enrolment(&name, issued.number, enrolled(&root, &admin), BY);
    assert!(matches!(late.await, Err(Error::EnrolmentOver { .. })));
    assert_eq!(
        access.enrolments().unwrap()[0].state,
        EnrolmentState::Expired
    );
    access
        .refuse_enrolment(&name, issued.number, Some("too late"), BY)
        .await
        .unwrap();
    let twice = access.refuse_enrolment(&name, issued.number, None, BY);
    assert!(matches!(twice.await, Err(Error::EnrolmentOver { .. })));
    let unknown = access.refuse_enrolment(&name, 99, None, BY).await;
    assert!(matches!(
        unknown,
        Err(Error::UnknownEnrolment { number: 99 })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_nowhere_on_disk() {
    let house = House::new();
    let name = house.institution("finances").await;
    let issued = house.access.issue_enrolment(&name, BY).await.unwrap();
    let code = issued.code.reveal();
    let recorded = house.everything_recorded();
    assert!(recorded.contains("enrolment.issue"));
    assert!(!recorded.contains(code.as_str()) && !recorded.contains(&code.replace('-', "")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_is_pinned_once() {
    let house = House::new();
    let name = house.institution("finances").await;
    let (root, admin) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
    let bundle = json(&first("finances", &root, &admin));
    let early = house
        .access
        .publish_keyring(&name, bundle.clone(), BY)
        .await;
    assert!(matches!(early, Err(Error::NotEnrolled { .. })));
    confirm(&house.access, &name, &root, &admin).await.unwrap();
    let other = Root::generate().unwrap();
    let replaced = confirm(&house.access, &name, &other, &admin).await;
    assert!(matches!(replaced, Err(Error::OtherRoot)));
    // The same root again: its custodians rebuilt it for a new gateway.
    confirm(&house.access, &name, &root, &admin).await.unwrap();
    for wrong in [
        json(&first("finances", &other, &admin)),
        json(&first("customs", &root, &admin)),
    ] {
        let refused = house.access.publish_keyring(&name, wrong, BY).await;
        assert!(matches!(refused, Err(Error::Keyring(_))));
    }
    let (number, _) = house
        .access
        .publish_keyring(&name, bundle, BY)
        .await
        .unwrap();
    assert_eq!(number, 1);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_those_of_the_newest_keyring() {
    let house = House::new();
    let name = house.institution("finances").await;
    let (root, admin) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
    let (second, stranger) = (
        MemberKey::generate().unwrap(),
        MemberKey::generate().unwrap(),
    );
    confirm(&house.access, &name, &root, &admin).await.unwrap();
    let one = first("finances", &root, &admin);
    let publish = |bundle: &Bundle| house.access.publish_keyring(&name, json(bundle), BY);
    publish(&one).await.unwrap();
    let member = |key: &MemberKey| house.access.member("finances", key.id()).unwrap();
    assert!(member(&admin).is_some_and(|found| found.admin && found.kind == "gateway"));
    assert!(
        house
            .access
            .member("customs", admin.id())
            .unwrap()
            .is_none()
    );

    let by_stranger = next(&one, &root, Signer::Admin(&stranger), |_| {});
    assert!(matches!(
        publish(&by_stranger).await,
        Err(Error::Keyring(_))
    ));
    let an_admin_more = |draft: &mut Draft| {
        draft.add(newcomer(&second, Role::Admin)).unwrap();
    };
    let raised = next(&one, &root, Signer::Admin(&admin), an_admin_more);
    assert!(matches!(publish(&raised).await, Err(Error::Keyring(_))));
    let two = next(&one, &root, Signer::Root(&root), an_admin_more);
    publish(&two).await.unwrap();
    assert!(
        matches!(publish(&two).await, Err(Error::Keyring(_))),
        "once"
    );
    assert!(member(&second).is_some());
    let three = next(&two, &root, Signer::Admin(&second), |draft| {
        draft.remove(admin.id()).unwrap();
    });
    publish(&three).await.unwrap();
    assert!(member(&admin).is_none() && member(&second).is_some());
    assert_eq!(house.access.keyring(&name).unwrap(), Some(json(&three)));

    let word_of = |key: &MemberKey| {
        let note = signed("amana.erase/v1\n", key);
        house.access.admin_who_signed(&name, &note).unwrap()
    };
    assert_eq!(word_of(&second), Some(second.id()));
    assert_eq!(word_of(&admin), None, "it was left out");

    house.access.suspend(&name, None, BY).await.unwrap();
    assert!(member(&second).is_none());
    let house = house.restarted();
    house.access.resume(&name, None, BY).await.unwrap();
    assert!(
        house
            .access
            .member("finances", second.id())
            .unwrap()
            .is_some()
    );
    house.check_everything();
}
