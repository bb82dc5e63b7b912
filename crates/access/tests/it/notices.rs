//! What the operator tells everybody, and the institutions that let themselves be found.

use amana_access::{Error, Exercise, NewNotice, Role, Severity};
use amana_store::{LedgerInfo, Visibility};

use crate::accounts::Ministry;

fn maintenance(from_ms: i64, until_ms: Option<i64>) -> NewNotice<'static> {
    NewNotice {
        severity: Severity::Maintenance,
        from_ms,
        until_ms,
        french: "Coupure prévue.",
        english: "A planned break.",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_public_until_its_end() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let sara = ministry.official("Sara", Role::Operator).await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let [sara, fatima] = [&sara, &fatima].map(|person| ministry.session(person));
    let now_ms = ministry.now_ms();
    assert_eq!(access.notices().unwrap(), []);
    let not_staff = access
        .publish_notice(&fatima, &maintenance(now_ms, None))
        .await;
    assert!(matches!(not_staff, Err(Error::Forbidden)));
    let backwards = access
        .publish_notice(&sara, &maintenance(now_ms, Some(now_ms)))
        .await;
    assert!(matches!(backwards, Err(Error::Invalid { .. })));
    let planned = maintenance(now_ms + 1000, Some(now_ms + 3000));
    let (first, receipt) = access.publish_notice(&sara, &planned).await.unwrap();
    assert_eq!(receipt, "operator/notices/0");
    let ledger = ministry
        .house
        .store
        .read(|rows| LedgerInfo::named(rows, "operator/notices"));
    assert_eq!(ledger.unwrap().unwrap().visibility, Visibility::Public);
    assert_eq!(access.notices().unwrap()[0].state, "planned");
    assert_eq!(access.current_notices().unwrap(), []);
    ministry.wait(1000);
    let current = access.current_notices().unwrap();
    assert_eq!(current[0].fr.as_deref(), Some("Coupure prévue."));
    let (second, _) = access
        .publish_notice(&sara, &maintenance(now_ms, None))
        .await
        .unwrap();
    ministry.wait(2000);
    let numbers: Vec<_> = access
        .current_notices()
        .unwrap()
        .iter()
        .map(|one| one.number)
        .collect();
    assert_eq!(numbers, [second], "the first one ended by itself");
    access.end_notice(&sara, second).await.unwrap();
    for over in [first, second, 99] {
        let refused = access.end_notice(&sara, over).await;
        assert!(
            matches!(refused, Err(Error::UnknownNotice { .. })),
            "{over}"
        );
    }
    assert_eq!(access.current_notices().unwrap(), []);
    let record = access.record_exercise(&sara, Exercise::Restore, 3, "From the mirror in Anjouan");
    record.await.unwrap();
    assert_eq!(access.exercise_totals(Exercise::Restore).unwrap(), (1, 3));
    assert_eq!(access.exercise_totals(Exercise::Training).unwrap(), (0, 0));
    assert_eq!(access.exercises().unwrap()[0].people, 3);
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_has_who_let_itself_be_found() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let omar = ministry.official("Omar", Role::Auditor).await;
    let sara = ministry.official("Sara", Role::Operator).await;
    let [fatima, omar, sara] = [&fatima, &omar, &sara].map(|person| ministry.session(person));
    ministry.house.institution("justice").await;
    assert_eq!(access.directory("", 10).unwrap(), []);
    let said = Some(("Ministère des Finances", "dsi@finances.example, 773 00 00"));
    for not_theirs in [&omar, &sara] {
        let refused = access.publish_contact(not_theirs, said).await;
        assert!(matches!(refused, Err(Error::Forbidden)));
    }
    access.publish_contact(&fatima, said).await.unwrap();
    let listed = access.directory("", 10).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].name.as_deref(), Some("Ministère des Finances"));
    assert_eq!(access.directory("finances", 10).unwrap(), []);
    assert!(access.contact(&ministry.name).unwrap().is_some());
    access.publish_contact(&fatima, None).await.unwrap();
    assert_eq!(access.directory("", 10).unwrap(), []);
    ministry.house.restarted().check_everything();
}
