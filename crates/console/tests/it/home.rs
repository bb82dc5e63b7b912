//! The institution's own side, as far as a data centre knows it: a root, and a keyring that names its custodians.

use amana_access::Enrolled;
use amana_seal::keyring::{Bundle, Custodians, Draft, Kind, NewMember, Role, Signer};
use amana_seal::member::MemberKey;
use amana_seal::root::Root;

use crate::house::House;

const BY: &str = "operator:test";

/// Enrols a gateway of `finances`, whose root is shared by that plan.
pub(crate) async fn enrol(house: &House, plan: &str) {
    let (root, gateway) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
    let custodians = Custodians {
        plan: plan.parse().unwrap(),
        set: 1,
    };
    let mut draft = Draft::first("finances", &root, custodians).unwrap();
    let member = NewMember {
        role: Role::Admin,
        kind: Kind::Gateway,
        name: "gateway".to_owned(),
        key: gateway.verifying_key(),
        recipient: gateway.identity().recipient(),
    };
    draft.add(member).unwrap();
    let bundle: Bundle = draft.sign(&[Signer::Root(&root)]).unwrap().0;
    let (access, name) = (&house.access, "finances".parse().unwrap());
    let issued = access.issue_enrolment(&name, BY).await.unwrap();
    let enrolled = Enrolled {
        root: root.key(),
        member: gateway.id(),
        witness: None,
    };
    let confirmed = access.confirm_enrolment(&name, issued.number, enrolled, BY);
    confirmed.await.unwrap();
    let bundle = serde_json::from_str(&bundle.to_json()).unwrap();
    access.publish_keyring(&name, bundle, BY).await.unwrap();
}
