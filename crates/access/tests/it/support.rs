//! The operator's staff in an institution's space: by its leave, for a time, each use an entry.

use amana_access::{Error, Operation, Owner, Role};

use crate::accounts::Ministry;

#[tokio::test(flavor = "multi_thread")]
async fn staff_come_in_only_while_they_are_let_in() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let sara = ministry.official("Sara", Role::Operator).await;
    assert_eq!(sara.account.owner, Owner::Operator);
    let [fatima_in, sara_in] = [&fatima, &sara].map(|person| ministry.session(person));
    assert!(!sara_in.may(Operation::ReadJournal));
    let read = || access.use_support(&sara_in, &ministry.name, Operation::ReadJournal);
    assert!(matches!(read().await, Err(Error::NoConsent)));
    access
        .allow_support(&fatima_in, Some(3_600_000), Some("a deposit that fails"))
        .await
        .unwrap();
    assert!(read().await.unwrap().starts_with("finances/vault/"));
    for never in [
        Operation::ReadObjects,
        Operation::Deposit,
        Operation::Approve,
    ] {
        let refused = access.use_support(&sara_in, &ministry.name, never).await;
        assert!(matches!(refused, Err(Error::NoConsent)), "{never:?}");
    }
    let not_staff = access
        .use_support(&fatima_in, &ministry.name, Operation::ReadJournal)
        .await;
    assert!(matches!(not_staff, Err(Error::Forbidden)));
    assert_eq!(access.support(&ministry.name).unwrap().unwrap().official, 1);
    access.allow_support(&fatima_in, None, None).await.unwrap();
    ministry.wait(1);
    assert!(matches!(read().await, Err(Error::NoConsent)));
    access
        .allow_support(&fatima_in, Some(1000), None)
        .await
        .unwrap();
    ministry.wait(1000);
    assert!(matches!(read().await, Err(Error::NoConsent)));
    let forever = access.allow_support(&fatima_in, Some(i64::MAX), None).await;
    assert!(matches!(forever, Err(Error::Invalid { .. })));
    let by_staff = access.allow_support(&sara_in, Some(1000), None).await;
    assert!(matches!(by_staff, Err(Error::Forbidden)));
    let recorded = ministry.house.everything_recorded();
    assert!(
        recorded
            .contains(r#""by":"operator:staff-1","links":{"staff":1,"operation":"read-journal"}"#)
    );
    ministry.house.restarted().check_everything();
}
