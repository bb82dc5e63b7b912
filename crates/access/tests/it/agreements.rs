//! The hosting agreement: proposed by the operator, signed by a director and a second official; and the operator's list.

use amana_access::{Error, Role};

use crate::accounts::{Ministry, operator};

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_binds_once_a_director_and_another_signed() {
    let ministry = Ministry::new().await;
    let (access, name) = (ministry.access(), &ministry.name);
    let sara = ministry.official("Sara", Role::Operator).await;
    let mut links = Vec::new();
    for (who, role) in [
        ("Fatima", Role::FocalPoint),
        ("Ali", Role::Director),
        ("Zahra", Role::Custodian),
    ] {
        let account = ministry.named(who, role).await;
        links.push(access.invite(&account, &operator()).await.unwrap());
    }
    let fatima = ministry.enrol(&links[0]).await;
    let ali = ministry.enrol(&links[1]).await;
    let zahra = ministry.enrol(&links[2]).await;
    let [sara, fatima, ali, zahra] =
        [&sara, &fatima, &ali, &zahra].map(|person| ministry.session(person));
    let not_theirs = access.propose_agreement(&ali, name, "Article 1").await;
    assert!(matches!(not_theirs, Err(Error::Forbidden)));
    let (old, _) = access
        .propose_agreement(&sara, name, "Article 0")
        .await
        .unwrap();
    let (number, _) = access
        .propose_agreement(&sara, name, "Article 1")
        .await
        .unwrap();
    let proposed = access.agreements(name).unwrap();
    let states: Vec<_> = proposed.iter().map(|one| (one.number, one.state)).collect();
    assert_eq!(states, [(number, "proposed"), (old, "replaced")]);
    let (digest, older) = (proposed[0].sha256.clone(), proposed[1].sha256.clone());
    for (which, text) in [(old, &older), (number, &older)] {
        let refused = access.sign_agreement(&ali, which, text).await;
        assert!(matches!(refused, Err(Error::UnknownAgreement { .. })));
    }
    access
        .sign_agreement(&fatima, number, &digest)
        .await
        .unwrap();
    let again = access.sign_agreement(&fatima, number, &digest).await;
    assert!(matches!(again, Err(Error::AgreementSigned { .. })));
    let no_director = access.sign_agreement(&zahra, number, &digest).await;
    assert!(matches!(no_director, Err(Error::NeedsDirector)));
    assert_eq!(access.agreements(name).unwrap()[0].state, "signed-once");
    access.sign_agreement(&ali, number, &digest).await.unwrap();
    let in_force = access.agreements(name).unwrap();
    assert_eq!(in_force[0].state, "in-force");
    assert_eq!(in_force[0].signatures.len(), 2);
    access
        .propose_agreement(&sara, name, "Article 2")
        .await
        .unwrap();
    let states: Vec<_> = access
        .agreements(name)
        .unwrap()
        .iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(
        states,
        ["proposed", "in-force", "replaced"],
        "a text in force stands until the next one is"
    );
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn institutions_are_found_and_cut_into_pages() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    for name in ["justice", "customs", "tax-office"] {
        ministry.house.institution(name).await;
    }
    ministry.official("Fatima", Role::FocalPoint).await;
    let names = |looked_for: &str, after: &str, max: u32| -> Vec<String> {
        let found = access.find_institutions(looked_for, after, max).unwrap();
        found.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(names("", "", 3), ["customs", "finances", "justice"]);
    assert_eq!(names("", "justice", 3), ["tax-office"]);
    assert_eq!(names("TIC", "", 3), ["justice"]);
    assert_eq!(names("%", "", 9).len(), 4, "no letter of a name");
    let found = access.find_institutions("finan", "", 1).unwrap();
    assert_eq!((found[0].officials, found[0].awaiting), (1, 0));
    access
        .suspend(&ministry.name, None, crate::BY)
        .await
        .unwrap();
    let counted = access.count_institutions().unwrap();
    assert_eq!((counted.institutions, counted.suspended), (4, 1));
    assert!(!access.keeps_itself(&ministry.name).unwrap());
    ministry.official("Ali", Role::Director).await;
    assert!(access.keeps_itself(&ministry.name).unwrap());
}
