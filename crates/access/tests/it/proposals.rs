//! What takes two: appointing, recovering, removing.

use amana_access::{Actor, Error, Operation, Role, Subject};

use crate::BY;
use crate::accounts::{Ministry, Person, operator};

/// A director and a focal point, as the operator names them.
async fn two() -> (Ministry, Person, Person) {
    let ministry = Ministry::new().await;
    let ali = ministry.official("Ali", Role::Director).await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    (ministry, ali, fatima)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_approve_and_the_operator_names_nobody_more() {
    let (ministry, ali, _) = two().await;
    let access = ministry.access();
    let name = "Eve".parse().unwrap();
    let owner = ministry.owner();
    let own_matter = |error: Error| matches!(error, Error::OwnMatter);
    let named = access
        .name_official(&owner, &name, Role::FocalPoint, &operator())
        .await;
    assert!(own_matter(named.unwrap_err()));
    let invited = access.invite(&ali.account, &operator()).await;
    assert!(matches!(invited, Err(Error::OwnMatter)));
    let removed = access.remove_official(&ministry.name, 1, BY).await;
    assert!(own_matter(removed.unwrap_err()));
    let alone = Actor::Official(1);
    let named = access
        .name_official(&owner, &name, Role::Director, &alone)
        .await;
    assert!(matches!(named, Err(Error::NeedsTwo)));
    let (auditor, _) = access
        .name_official(&owner, &name, Role::Auditor, &alone)
        .await
        .unwrap();
    let by_auditor = Actor::Official(auditor);
    let named = access
        .name_official(&owner, &name, Role::Auditor, &by_auditor)
        .await;
    assert!(matches!(named, Err(Error::Forbidden)));
    let removed = access
        .remove_official(&ministry.name, 2, &alone.to_string())
        .await;
    assert!(matches!(removed, Err(Error::NeedsTwo)));
    let removed = access
        .remove_official(&ministry.name, auditor, &alone.to_string())
        .await;
    removed.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_proposes_another_approves_and_it_is_done() {
    let (ministry, ali, fatima) = two().await;
    let access = ministry.access();
    let [ali_in, fatima_in] = [&ali, &fatima].map(|person| ministry.session(person));
    let subject = Subject::Appoint("Omar Ali".parse().unwrap(), Role::Custodian);
    let (number, _) = access
        .propose(&ali_in, subject, Some("a third"))
        .await
        .unwrap();
    let own = access.approve(&ali_in, number).await;
    assert!(matches!(own, Err(Error::NeedsAnother)));
    assert!(!ministry.erasable(number));
    let approved = access.approve(&fatima_in, number).await.unwrap();
    let twice = access.approve(&fatima_in, number).await;
    assert!(matches!(twice, Err(Error::ProposalOver { .. })));
    let omar = ministry.enrol(&approved.invitation.unwrap()).await;
    let session = ministry.session(&omar);
    assert_eq!(
        (session.role, session.name.as_deref()),
        (Role::Custodian, Some("Omar Ali"))
    );
    assert!(!ministry.erasable(number), "who was appointed is in office");

    let (leaves, _) = access
        .propose(&ali_in, Subject::Remove(3), None)
        .await
        .unwrap();
    let concerned = access.approve(&session, leaves).await;
    assert!(matches!(concerned, Err(Error::NeedsAnother)));
    access.approve(&fatima_in, leaves).await.unwrap();
    assert!(!ministry.is_in(&omar.cookie));
    assert!(ministry.erasable(number));
    let shown = access.proposals(&ali_in).unwrap();
    assert_eq!(
        (shown[0].state.as_str(), shown[1].state.as_str()),
        ("done", "done")
    );
    assert_eq!(shown[1].ended_by.as_deref(), Some("official:2"));
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lost_everything_is_let_in_again_by_two() {
    let (ministry, ali, mut fatima) = two().await;
    let access = ministry.access();
    let ali_in = ministry.session(&ali);
    let subject = Subject::Appoint("Omar".parse().unwrap(), Role::Director);
    let (third, _) = access.propose(&ali_in, subject, None).await.unwrap();
    let approved = access
        .approve(&ministry.session(&fatima), third)
        .await
        .unwrap();
    let omar = ministry.enrol(&approved.invitation.unwrap()).await;

    let (number, _) = access
        .propose(&ali_in, Subject::Recover(2), None)
        .await
        .unwrap();
    let thief = access.approve(&ministry.session(&fatima), number).await;
    assert!(matches!(thief, Err(Error::NeedsAnother)));
    let alone = access.countersign(&ministry.name, number, BY).await;
    assert!(matches!(alone, Err(Error::OwnMatter)), "Omar is there");
    let approved = access
        .approve(&ministry.session(&omar), number)
        .await
        .unwrap();
    assert!(!ministry.is_in(&fatima.cookie));
    assert!(matches!(
        ministry.sign_in(&mut fatima).await,
        Err(Error::SignInRefused)
    ));
    let again = ministry.enrol(&approved.invitation.unwrap()).await;
    assert_eq!(again.account, fatima.account);
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_one_recovers_the_other_with_the_operator() {
    let (ministry, ali, fatima) = two().await;
    let access = ministry.access();
    let ali_in = ministry.session(&ali);
    let (removal, _) = access
        .propose(&ali_in, Subject::Remove(2), None)
        .await
        .unwrap();
    let meddling = access.countersign(&ministry.name, removal, BY).await;
    assert!(matches!(meddling, Err(Error::OwnMatter)));
    let (number, _) = access
        .propose(&ali_in, Subject::Recover(2), None)
        .await
        .unwrap();
    let approved = access
        .countersign(&ministry.name, number, BY)
        .await
        .unwrap();
    assert!(!ministry.is_in(&fatima.cookie));
    ministry.enrol(&approved.invitation.unwrap()).await;
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_ends_by_refusal_by_withdrawal_and_by_time() {
    let (ministry, ali, fatima) = two().await;
    let access = ministry.access();
    let [ali_in, fatima_in] = [&ali, &fatima].map(|person| ministry.session(person));
    let mut numbers = Vec::new();
    for name in ["One", "Two", "Three"] {
        let subject = Subject::Appoint(name.parse().unwrap(), Role::Auditor);
        numbers.push(access.propose(&ali_in, subject, None).await.unwrap().0);
    }
    access.end_proposal(&fatima_in, numbers[0]).await.unwrap();
    access.end_proposal(&ali_in, numbers[1]).await.unwrap();
    ministry.wait(amana_access::PROPOSAL_MS);
    let late = access.approve(&fatima_in, numbers[2]).await;
    assert!(matches!(late, Err(Error::ProposalOver { .. })));
    let states: Vec<String> = access
        .proposals(&ali_in)
        .unwrap()
        .into_iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(states, ["expired", "withdrawn", "refused"]);
    assert!(ministry.erasable(numbers[0]) && !ministry.erasable(numbers[2]));
    access.end_proposal(&fatima_in, numbers[2]).await.unwrap();
    assert!(ministry.erasable(numbers[2]));
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn auditors_propose_nothing() {
    let (ministry, ..) = two().await;
    let alone = Actor::Official(1);
    let name = "Zahra".parse().unwrap();
    let owner = ministry.owner();
    let access = ministry.access();
    let (number, _) = access
        .name_official(&owner, &name, Role::Auditor, &alone)
        .await
        .unwrap();
    let account = amana_access::AccountName {
        owner,
        official: number,
    };
    let link = access.invite(&account, &alone).await.unwrap();
    let zahra = ministry.enrol(&link).await;
    let session = ministry.session(&zahra);
    assert!(!session.may(Operation::Propose));
    let refused = access.propose(&session, Subject::Recover(1), None).await;
    assert!(matches!(refused, Err(Error::Forbidden)));
    let invited = access.invite(&account, &alone).await;
    assert!(
        matches!(invited, Err(Error::NeedsTwo)),
        "a second link takes two"
    );
}
