//! The custodians' drill: who may record one, of which day, and that it stands in the ledger.

use amana_access::{DrillOutcome, Error, NewDrill, Role};

use crate::accounts::Ministry;

fn drill(held_on: &str, custodians: &[u8]) -> NewDrill {
    NewDrill {
        held_on: held_on.to_owned(),
        custodians: custodians.to_vec(),
        outcome: DrillOutcome::Rebuilt,
        note: Some("in the minister's office".to_owned()),
    }
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
    let everything = ministry.house.everything_recorded();
    assert!(everything.contains(r#""kind":"custodians.drill""#));
    assert!(everything.contains(r#"{"custodians":[1,3],"note":"in the minister's office"}"#));
    ministry.house.restarted().check_everything();
}
