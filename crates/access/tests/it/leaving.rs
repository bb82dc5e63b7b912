//! Leaving, and changing custodians: what one official proposes and another approves, and the operator has no word in.

use amana_access::{APPROVED_MS, Access, Error, Role, Session, Subject};
use amana_seal::keyring::{Bundle, Custodians, Draft, Signer};
use amana_seal::member::MemberKey;
use amana_seal::root::Root;
use amana_store::LedgerInfo;

use crate::BY;
use crate::accounts::Ministry;
use crate::enrolments::{confirm, first, json, next};

/// A ministry that keeps itself, with a director and a focal point who are in.
async fn ministry() -> (Ministry, Session, Session) {
    let ministry = Ministry::new().await;
    let ali = ministry.official("Ali", Role::Director).await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let [ali, fatima] = [&ali, &fatima].map(|person| ministry.session(person));
    (ministry, ali, fatima)
}

impl Ministry {
    fn takes_in(&self) -> bool {
        let name = self.name.vault_ledger();
        let taken = self.house.store.read(|rows| {
            let ledger = LedgerInfo::named(rows, &name)?.unwrap().id;
            let by_name = Access::takes_in_from(rows, self.name.as_str())?;
            assert_eq!(by_name, Access::takes_in(rows, ledger)?);
            Ok::<_, amana_store::Error>(by_name)
        });
        taken.unwrap()
    }

    fn leaving_ms(&self) -> Option<i64> {
        self.access().institution(&self.name).unwrap().leaving_ms
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_leave_and_two_stay_and_the_operator_does_neither() {
    let (ministry, ali, fatima) = ministry().await;
    let access = ministry.access();
    let stays = access.propose(&ali, Subject::Stay, None).await;
    assert!(matches!(stays, Err(Error::NotLeaving { .. })));
    let leave = Subject::Leave;
    let (number, _) = access
        .propose(&ali, leave, Some("another centre"))
        .await
        .unwrap();
    assert!(ministry.takes_in(), "one alone closes nothing");
    let meddling = access.countersign(&ministry.name, number, BY).await;
    assert!(matches!(meddling, Err(Error::OwnMatter)));
    let own = access.approve(&ali, number).await;
    assert!(matches!(own, Err(Error::NeedsAnother)));
    let (twice, _) = access.propose(&fatima, Subject::Leave, None).await.unwrap();
    let approved = access.approve(&fatima, number).await.unwrap();
    assert!(approved.invitation.is_none());
    assert!(!ministry.takes_in());
    assert_eq!(ministry.leaving_ms(), Some(ministry.now_ms()));
    let late = access.approve(&ali, twice).await;
    assert!(matches!(late, Err(Error::AlreadyLeaving { .. })));
    access.end_proposal(&fatima, twice).await.unwrap();
    let listed = access.find_institutions("", "", 10).unwrap();
    assert_eq!(listed[0].leaving_ms, ministry.leaving_ms());
    let shown = access.proposals(&ali).unwrap();
    assert_eq!((shown[1].state.as_str(), shown[1].official), ("done", None));

    let (number, _) = access.propose(&fatima, Subject::Stay, None).await.unwrap();
    access.approve(&ali, number).await.unwrap();
    assert!(ministry.takes_in() && ministry.leaving_ms().is_none());
    ministry.house.check_everything();
}

/// The institution's root and keyrings, as its gateway makes them.
struct Home {
    root: Root,
    admin: MemberKey,
    newest: Bundle,
}

impl Home {
    async fn of(ministry: &Ministry) -> Self {
        let (root, admin) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
        confirm(ministry.access(), &ministry.name, &root, &admin)
            .await
            .unwrap();
        let newest = first("finances", &root, &admin);
        let home = Self {
            root,
            admin,
            newest,
        };
        home.publish(ministry, &home.newest).await.unwrap();
        home
    }

    async fn publish(&self, ministry: &Ministry, bundle: &Bundle) -> Result<u64, Error> {
        let access = ministry.access();
        let published = access
            .publish_keyring(&ministry.name, json(bundle), BY)
            .await;
        Ok(published?.0)
    }

    /// The next keyring, with other custodians.
    fn shared(&self, custodians: &Custodians) -> Bundle {
        let by = Signer::Root(&self.root);
        next(&self.newest, &self.root, by, |draft: &mut Draft| {
            draft.reshare(custodians.clone());
        })
    }
}

fn custodians(words: &str) -> Custodians {
    words.parse().unwrap()
}

fn needs_two<T>(done: &Result<T, Error>) -> bool {
    matches!(done, Err(Error::CustodiansNeedTwo { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn custodians_change_once_two_officials_approved_them() {
    let (ministry, ali, fatima) = ministry().await;
    let access = ministry.access();
    let plan = || Subject::ChangeCustodians("3-of-5".parse().unwrap());
    let early = access.propose(&ali, plan(), None).await;
    assert!(matches!(early, Err(Error::NotEnrolled { .. })));
    let mut home = Home::of(&ministry).await;
    let wanted = custodians("3-of-5 2");
    let shared = home.shared(&wanted);
    assert!(needs_two(&home.publish(&ministry, &shared).await));
    let asked = || access.may_change_custodians(&ministry.name, &wanted);
    assert!(needs_two(&asked()));
    assert!(needs_two(
        &access.would_follow(&ministry.name, &json(&shared))
    ));

    let (number, _) = access.propose(&ali, plan(), None).await.unwrap();
    assert!(needs_two(&asked()), "one alone decides nothing");
    let meddling = access.countersign(&ministry.name, number, BY).await;
    assert!(matches!(meddling, Err(Error::OwnMatter)));
    access.approve(&fatima, number).await.unwrap();
    let shown = access.proposals(&ali).unwrap().remove(0);
    assert_eq!(shown.state, "approved");
    assert_eq!(shown.name.as_deref(), Some("3-of-5 2"));
    assert_eq!(shown.until_ms, ministry.now_ms() + APPROVED_MS);
    assert!(!ministry.erasable(number), "it is still to be done");
    asked().unwrap();
    let other = home.shared(&custodians("2-of-3 2"));
    assert!(needs_two(&home.publish(&ministry, &other).await));

    // A member is put out meanwhile without anybody's word; then the approval is used, once.
    let by = Signer::Admin(&home.admin);
    home.newest = next(&home.newest, &home.root, by, |draft| {
        draft.rotate().unwrap()
    });
    home.publish(&ministry, &home.newest).await.unwrap();
    home.newest = home.shared(&wanted);
    assert_eq!(home.publish(&ministry, &home.newest).await.unwrap(), 3);
    let done = access.proposals(&ali).unwrap().remove(0);
    assert_eq!((done.state.as_str(), done.name), ("done", None));
    assert_eq!(done.ended_by.as_deref(), Some("official:2"));
    assert!(ministry.erasable(number));
    let again = home.shared(&custodians("3-of-5 3"));
    assert!(needs_two(&home.publish(&ministry, &again).await));
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_of_custodians_ends_by_time_by_refusal_and_with_its_officials() {
    let (ministry, ali, fatima) = ministry().await;
    let access = ministry.access();
    Home::of(&ministry).await;
    let wanted = custodians("2-of-3 2");
    let asked = || access.may_change_custodians(&ministry.name, &wanted);
    let approved = async || {
        let plan = Subject::ChangeCustodians("2-of-3".parse().unwrap());
        let (number, _) = access.propose(&ali, plan, None).await.unwrap();
        access.approve(&fatima, number).await.unwrap();
        asked().unwrap();
        number
    };
    let number = approved().await;
    ministry.wait(APPROVED_MS);
    assert!(needs_two(&asked()));
    assert_eq!(access.proposals(&ali).unwrap()[0].state, "expired");
    access.end_proposal(&fatima, number).await.unwrap();
    assert!(ministry.erasable(number));

    let number = approved().await;
    access.end_proposal(&fatima, number).await.unwrap();
    assert!(needs_two(&asked()));
    assert_eq!(access.proposals(&ali).unwrap()[0].state, "refused");

    let number = approved().await;
    let third = Subject::Appoint("Omar".parse().unwrap(), Role::Director);
    let (appoints, _) = access.propose(&ali, third, None).await.unwrap();
    let link = access.approve(&fatima, appoints).await.unwrap();
    let omar = ministry.enrol(&link.invitation.unwrap()).await;
    let (removes, _) = access
        .propose(&ali, Subject::Remove(2), None)
        .await
        .unwrap();
    access
        .approve(&ministry.session(&omar), removes)
        .await
        .unwrap();
    assert!(
        needs_two(&asked()),
        "who approved proposal {number} has left"
    );
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_alone_does_not_change_custodians_while_the_other_is_recovered() {
    let (ministry, ali, _) = ministry().await;
    let access = ministry.access();
    let home = Home::of(&ministry).await;
    let shared = home.shared(&custodians("1-of-1 2"));
    let (number, _) = access
        .propose(&ali, Subject::Recover(2), None)
        .await
        .unwrap();
    access
        .countersign(&ministry.name, number, BY)
        .await
        .unwrap();
    assert!(!access.keeps_itself(&ministry.name).unwrap());
    assert!(needs_two(&home.publish(&ministry, &shared).await));
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_keep_itself_changes_custodians_as_before() {
    let ministry = Ministry::new().await;
    ministry.official("Ali", Role::Director).await;
    let mut home = Home::of(&ministry).await;
    home.newest = home.shared(&custodians("3-of-5 2"));
    home.publish(&ministry, &home.newest).await.unwrap();
    ministry.official("Fatima", Role::FocalPoint).await;
    let again = home.shared(&custodians("1-of-1 3"));
    assert!(needs_two(&home.publish(&ministry, &again).await));
    ministry.house.check_everything();
}
