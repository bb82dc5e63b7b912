//! The custodians' drill: who may record one, of which day, and that it stands in the ledger.

use amana_access::{DrillOutcome, Error, NewDrill, Role};

use amana_seal::member::MemberKey;
use amana_seal::root::Root;

use crate::BY;
use crate::accounts::Ministry;
use crate::enrolments::{confirm, json, shared};

fn drill(held_on: &str, custodians: &[u8]) -> NewDrill {
    NewDrill {
        held_on: held_on.to_owned(),
        custodians: custodians.to_vec(),
        outcome: DrillOutcome::Rebuilt,
        note: Some("in the minister's office".to_owned()),
    }
}

/// Has the institution make its keys, shared by that plan.
async fn share(ministry: &Ministry, plan: &str) {
    let (access, name) = (ministry.access(), &ministry.name);
    let (root, admin) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
    confirm(access, name, &root, &admin).await.unwrap();
    let keyring = json(&shared("finances", &root, &admin, plan));
    access.publish_keyring(name, keyring, BY).await.unwrap();
}

/// The pages of several groups bear their numbers within each: the same number twice is no mistake.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_counted_within_their_groups() {
    let ministry = Ministry::new().await;
    let ali = ministry.official("Ali", Role::Director).await;
    let ali_in = ministry.session(&ali);
    share(&ministry, "2 of {cabinet 2-of-3, court 3-of-5}").await;
    let today = &amana_store::clock::rfc3339(ministry.house.store.now_ms())[..10];
    let access = ministry.access();
    for taken in [&[1_u8, 2, 3] as &[u8], &[5]] {
        access
            .record_drill(&ali_in, drill(today, taken))
            .await
            .unwrap();
    }
    let refused = access.record_drill(&ali_in, drill(today, &[6])).await;
    assert!(matches!(refused, Err(Error::NoSuchShare { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn directors_and_custodians_record_drills_of_the_last_year() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let ali = ministry.official("Ali", Role::Director).await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let [ali_in, fatima_in] = [&ali, &fatima].map(|person| ministry.session(person));
    let today = amana_store::clock::rfc3339(ministry.house.store.now_ms());
    let today = &today[..10];
    let without_keys = access.record_drill(&ali_in, drill(today, &[1])).await;
    assert!(matches!(without_keys, Err(Error::NotEnrolled { .. })));
    share(&ministry, "2-of-3").await;
    let recorded = access.record_drill(&ali_in, drill(today, &[3, 1, 3])).await;
    assert!(recorded.unwrap().starts_with("finances/vault/"));
    let refused = access.record_drill(&fatima_in, drill(today, &[1])).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    for (day, custodians) in [
        ("1999-01-01", &[1_u8] as &[u8]),
        ("9999-01-01", &[1]),
        ("yesterday", &[1]),
        (today, &[]),
        (today, &[0]),
        (today, &[65]),
    ] {
        let refused = access.record_drill(&ali_in, drill(day, custodians)).await;
        assert!(
            matches!(refused, Err(Error::Invalid { .. })),
            "{day} {custodians:?}"
        );
    }
    let beyond = access.record_drill(&ali_in, drill(today, &[1, 2, 4])).await;
    assert!(matches!(
        beyond,
        Err(Error::NoSuchShare {
            number: 4,
            shares: 3
        })
    ));
    let too_few = access.record_drill(&ali_in, drill(today, &[2, 2])).await;
    assert!(matches!(
        too_few,
        Err(Error::TooFewShares {
            given: 1,
            needed: 2
        })
    ));
    let failed = NewDrill {
        outcome: DrillOutcome::Failed,
        ..drill(today, &[2])
    };
    access.record_drill(&ali_in, failed).await.unwrap();
    let everything = ministry.house.everything_recorded();
    assert!(everything.contains(r#""kind":"custodians.drill""#));
    assert!(everything.contains(r#"{"custodians":[1,3],"note":"in the minister's office"}"#));
    ministry.house.restarted().check_everything();
}
