//! Institutions and their officials.

use amana_access::{Error, InstitutionName, Role};
use amana_ledger::SigningKey;

use crate::{BY, House};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_given_once() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let again = house.access.add_institution(&finances, BY).await;
    assert!(matches!(again, Err(Error::InstitutionExists { .. })));
    assert_eq!(house.access.institutions().unwrap().len(), 1);
}

/// Two rivals in one group of the commit: one wins, the other is told so.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_rivals_for_a_name_one_wins() {
    let house = House::new();
    let name: InstitutionName = "finances".parse().unwrap();
    let (one, other) = tokio::join!(
        house.access.add_institution(&name, BY),
        house.access.add_institution(&name, BY)
    );
    assert_eq!(u8::from(one.is_ok()) + u8::from(other.is_ok()), 1);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_in_the_institutions_own_ledger() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let shown = house.access.institution(&finances).unwrap();
    assert_eq!(shown.ledger, "finances/vault");
    let receipt = house
        .access
        .suspend(&finances, Some("an inquiry"), BY)
        .await;
    assert_eq!(receipt.unwrap(), "finances/vault/1");
    let again = house.access.suspend(&finances, None, BY).await;
    assert!(matches!(again, Err(Error::AlreadySuspended { .. })));
    assert!(house.everything_recorded().contains("an inquiry"));
}

#[tokio::test(flavor = "multi_thread")]
async fn officials_are_numbered_and_never_renumbered() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let access = &house.access;
    let key = SigningKey::from_seed("finances.example/ali", [7; 32]).unwrap();
    let key = key.verifier();
    let (ali, _) = access
        .add_official(
            &finances,
            &"Ali Said".parse().unwrap(),
            Role::Director,
            Some(&key),
            BY,
        )
        .await
        .unwrap();
    let (fatima, _) = access
        .add_official(
            &finances,
            &"Fatima Ahmed".parse().unwrap(),
            Role::Auditor,
            None,
            BY,
        )
        .await
        .unwrap();
    assert_eq!((ali, fatima), (1, 2));
    access.remove_official(&finances, fatima, BY).await.unwrap();
    let gone = access.remove_official(&finances, fatima, BY).await;
    assert!(matches!(
        gone,
        Err(Error::UnknownOfficial { number: 2, .. })
    ));
    let (next, _) = access
        .add_official(
            &finances,
            &"Omar".parse().unwrap(),
            Role::Custodian,
            None,
            BY,
        )
        .await
        .unwrap();
    assert_eq!(next, 3);
    let listed = access.officials(&finances).unwrap();
    let names: Vec<_> = listed
        .iter()
        .filter_map(|official| official.name.as_deref())
        .collect();
    assert_eq!(names, ["Ali Said", "Omar"]);
    assert_eq!(listed[0].key, Some(key.to_string()));
    house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_institutions_have_nothing() {
    let house = House::new();
    let absent: InstitutionName = "absent".parse().unwrap();
    let unknown = |error: Error| matches!(error, Error::UnknownInstitution { .. });
    assert!(unknown(house.access.institution(&absent).unwrap_err()));
    assert!(unknown(house.access.access_keys(&absent).unwrap_err()));
    assert!(unknown(house.access.officials(&absent).unwrap_err()));
    assert!(unknown(
        house.access.suspend(&absent, None, BY).await.unwrap_err()
    ));
}
