//! The school's sandboxes: who opens one, how many, when it is over; and whom a certificate names.

use amana_access::{Error, Lesson, Role, SCHOOL_MS, Session};

use crate::accounts::{Ministry, Person};

async fn pass_all(ministry: &Ministry, session: &Session) {
    let access = ministry.access();
    for lesson in Lesson::ALL {
        let school = access.as_trainee(session).unwrap().0;
        access
            .pass_lesson(&school, lesson, Some(0), None)
            .await
            .unwrap();
    }
}

async fn pupil(ministry: &Ministry, name: &str, role: Role) -> (Person, Session) {
    let person = ministry.official(name, role).await;
    let session = ministry.session(&person);
    (person, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_its_persons_alone_and_ends() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let (_, ali) = pupil(&ministry, "Ali", Role::Director).await;
    let (_, zahra) = pupil(&ministry, "Zahra", Role::Auditor).await;
    assert!(matches!(access.as_trainee(&ali), Err(Error::NoSchool)));
    access.open_school(&ali).await.unwrap();
    let again = access.open_school(&ali).await;
    assert!(matches!(again, Err(Error::SchoolFull { .. })));
    let (school, caller) = access.as_trainee(&ali).unwrap();
    assert!(school.name.is_sandbox());
    assert_eq!(&*caller.actor, "trainee:finances/1");
    assert!(matches!(access.as_trainee(&zahra), Err(Error::NoSchool)));
    access
        .pass_lesson(&school, Lesson::Deposit, Some(3), None)
        .await
        .unwrap();
    let twice = access.pass_lesson(&school, Lesson::Deposit, Some(3), None);
    assert!(matches!(twice.await, Err(Error::LessonPassed)));
    let early = access.certify(&ali, &school, false).await;
    assert!(matches!(early, Err(Error::LessonsMissing)));

    assert!(access.expired_schools(9).unwrap().is_empty());
    ministry.wait(SCHOOL_MS);
    let over = access.pass_lesson(&school, Lesson::Lose, None, None).await;
    assert!(matches!(over, Err(Error::NoSchool)));
    let expired = access.expired_schools(9).unwrap();
    let [(expired, sweeper)] = &expired[..] else {
        panic!("{} are over", expired.len());
    };
    assert_eq!(&*sweeper.actor, "operator");
    access.close_school(expired).await.unwrap();
    assert!(access.expired_schools(9).unwrap().is_empty());
    let closed = access.close_school(expired).await;
    assert!(matches!(closed, Err(Error::NoSchool)));

    // Three a year, and more the year after.
    for _ in 0..2 {
        access.open_school(&ali).await.unwrap();
        let school = access.as_trainee(&ali).unwrap().0;
        access.close_school(&school).await.unwrap();
    }
    let fourth = access.open_school(&ali).await;
    assert!(matches!(fourth, Err(Error::SchoolFull { .. })));
    ministry.wait(365 * 24 * 60 * 60 * 1000);
    access.open_school(&ali).await.unwrap();
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_no_institution() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let (_, ali) = pupil(&ministry, "Ali", Role::FocalPoint).await;
    access.open_school(&ali).await.unwrap();
    let school = access.as_trainee(&ali).unwrap().0;
    assert_eq!(access.count_institutions().unwrap().institutions, 1);
    let listed = access.find_institutions("school", "", 9).unwrap();
    assert!(listed.len() == 1 && listed[0].sandbox);
    let by = "operator:test";
    let name = "Omar".parse().unwrap();
    let official = access.add_official(&school.name, &name, Role::Director, None, by);
    assert!(matches!(official.await, Err(Error::Invalid { .. })));
    let name = "school-of-law".parse().unwrap();
    let made = access.add_institution(&name, by);
    assert!(matches!(made.await, Err(Error::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_names_its_person_where_the_institution_can_erase_it() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let (_, ali) = pupil(&ministry, "Ali", Role::Custodian).await;
    let (_, zahra) = pupil(&ministry, "Zahra", Role::Auditor).await;
    access.open_school(&ali).await.unwrap();
    pass_all(&ministry, &ali).await;
    let school = access.as_trainee(&ali).unwrap().0;
    let others = access.certify(&zahra, &school, true).await;
    assert!(
        matches!(others, Err(Error::NoSchool)),
        "another's exercises"
    );
    let receipt = access.certify(&ali, &school, false).await.unwrap();
    assert!(receipt.starts_with("finances/vault/"));
    let twice = access.certify(&ali, &school, false).await;
    assert!(matches!(twice, Err(Error::LessonPassed)));
    let certificate = access.certificate(&ali).unwrap().unwrap();
    assert_eq!(certificate.name.as_deref(), Some("Ali"));
    assert_eq!(certificate.lessons.len(), 6);
    assert_eq!(access.certified_people().unwrap(), 1);
    assert_eq!(access.shown_certificate(&certificate.code).unwrap(), None);
    access.show_certificate(&ali, true).await.unwrap();
    let shown = access.shown_certificate(&certificate.code).unwrap();
    assert_eq!(shown.unwrap().receipt, receipt);
    assert!(access.show_certificate(&zahra, true).await.is_err());
    // The name stands in a body, and in no ledger of a sandbox.
    let recorded = ministry.house.everything_recorded();
    assert_eq!(
        recorded.matches("\"name\":\"Ali\"").count(),
        2,
        "official and certificate"
    );
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn training_shares_are_a_secret_beside_the_act() {
    let ministry = Ministry::new().await;
    let access = ministry.access();
    let (_, ali) = pupil(&ministry, "Ali", Role::Custodian).await;
    access.open_school(&ali).await.unwrap();
    let school = access.as_trainee(&ali).unwrap().0;
    let shares = ["one two", "three four"].map(|words| words.to_owned().into());
    for _ in 0..5 {
        access
            .keep_training_keys(&school, &shares, "00".to_owned(), 1)
            .await
            .unwrap();
    }
    let sixth = access.keep_training_keys(&school, &shares, "00".to_owned(), 1);
    assert!(matches!(sixth.await, Err(Error::SchoolFull { .. })));
    let keys = access.as_trainee(&ali).unwrap().0.keys.unwrap();
    let kept = access.training_shares(&keys).unwrap();
    assert_eq!(
        kept.iter().map(|one| one.as_str()).collect::<Vec<_>>(),
        ["one two", "three four"]
    );
    assert!(!ministry.house.everything_recorded().contains("three four"));
    ministry.house.restarted().check_everything();
}
