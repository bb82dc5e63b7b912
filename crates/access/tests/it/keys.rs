//! Who holds a key, and when nobody does.

use amana_access::{Error, GivenKey, Grant, KeyLabel, Right};

use crate::{BY, House};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_names_its_institution_and_survives_a_restart() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let (id, secret) = house.key(&finances).await;
    let house = house.restarted();
    // Twice: from rows, then from memory.
    for _ in 0..2 {
        let (caller, known) = house.access.caller(&id).unwrap().unwrap();
        assert_eq!(*known, secret);
        assert_eq!(
            (&*caller.name, &*caller.actor),
            ("finances", &*format!("key:{id}"))
        );
        assert_eq!(caller.canonical_id.len(), 64);
        assert!(caller.may("any-bucket", Right::Own));
    }
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_revoked_and_suspended_answer_alike() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let (revoked, _) = house.key(&finances).await;
    let (kept, _) = house.key(&finances).await;
    let access = &house.access;
    assert!(access.caller("AMANNOBODY").unwrap().is_none());

    assert!(access.caller(&revoked).unwrap().is_some());
    let id = revoked.parse().unwrap();
    access.revoke_access_key(None, &id, BY).await.unwrap();
    assert!(access.caller(&revoked).unwrap().is_none());
    assert!(access.caller(&kept).unwrap().is_some());

    access
        .suspend(&finances, Some("an inquiry"), BY)
        .await
        .unwrap();
    assert!(access.caller(&kept).unwrap().is_none());
    access.resume(&finances, None, BY).await.unwrap();
    assert!(access.caller(&kept).unwrap().is_some());
    assert!(access.caller(&revoked).unwrap().is_none());
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_revoked_once_and_by_its_institution() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let justice = house.institution("justice").await;
    let (id, _) = house.key(&finances).await;
    let id = id.parse().unwrap();
    let access = &house.access;
    let other = access.revoke_access_key(Some(&justice), &id, BY).await;
    assert!(matches!(other, Err(Error::UnknownAccessKey { .. })));
    access
        .revoke_access_key(Some(&finances), &id, BY)
        .await
        .unwrap();
    let again = access.revoke_access_key(None, &id, BY).await;
    assert!(matches!(again, Err(Error::UnknownAccessKey { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_elsewhere_keeps_its_id_and_its_secret() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let justice = house.institution("justice").await;
    let given = || GivenKey {
        id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".parse().unwrap(),
    };
    let grant = Grant {
        buckets: Some(vec!["exports".to_owned()]),
        right: Right::Write,
    };
    let access = &house.access;
    access
        .create_access_key(&finances, Some(given()), grant, None, BY)
        .await
        .unwrap();
    let (caller, secret) = access.caller("AKIAIOSFODNN7EXAMPLE").unwrap().unwrap();
    assert_eq!(*secret, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    assert!(caller.may("exports", Right::Read) && !caller.may("exports", Right::Own));
    assert!(!caller.may("archives", Right::Read));

    // An id is one key's for ever, in all institutions, even after it was revoked.
    let id = given().id;
    access.revoke_access_key(None, &id, BY).await.unwrap();
    let again = access.create_access_key(&justice, Some(given()), Grant::everything(), None, BY);
    assert!(matches!(again.await, Err(Error::AccessKeyExists { .. })));
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_in_no_act() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let (id, secret) = house.key(&finances).await;
    let recorded = house.everything_recorded();
    assert!(recorded.contains(&id) && !recorded.contains(&secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_keys_look_as_s3_programs_expect() {
    let house = House::new();
    let finances = house.institution("finances").await;
    let (id, secret) = house.key(&finances).await;
    assert_eq!((id.len(), secret.len()), (20, 40));
    assert!(
        id.strip_prefix("AMAN")
            .unwrap()
            .bytes()
            .all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'))
    );
    assert_ne!(house.key(&finances).await, (id, secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_says_what_it_is_for() {
    let house = House::new();
    let (access, finances) = (&house.access, house.institution("finances").await);
    let label = "sauvegarde de la paie".parse().unwrap();
    let everything = Grant::everything;
    let made = access.create_access_key(&finances, None, everything(), Some(&label), BY);
    let id = made.await.unwrap().id;
    access
        .create_access_key(&finances, None, everything(), None, BY)
        .await
        .unwrap();
    let labels: Vec<_> = access
        .access_keys(&finances)
        .unwrap()
        .into_iter()
        .map(|key| key.label)
        .collect();
    assert_eq!(
        labels.iter().flatten().collect::<Vec<_>>(),
        ["sauvegarde de la paie"]
    );
    assert_eq!(labels.len(), 2);
    for wrong in ["", " ", "a\nb", &"x".repeat(81)] {
        assert!(wrong.parse::<KeyLabel>().is_err(), "{wrong}");
    }
    assert!("é".repeat(80).parse::<KeyLabel>().is_ok());
    access.revoke_access_key(None, &id, BY).await.unwrap();
    let everything = house.everything_recorded();
    assert!(everything.contains(r#""label":"sauvegarde de la paie""#));
    assert_eq!(
        everything.matches("\"label\"").count(),
        1,
        "a key without one says nothing"
    );
    house.check_everything();
}
