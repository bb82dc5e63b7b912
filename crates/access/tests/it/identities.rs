//! Identities: bound, signed in by, taken away, and what their sessions may not.

use amana_access::{
    CredentialKind, Errand, Error, Identity, Leave, NewInvitation, Operation, Role, Session,
    SignedIn, Subject, TokenFault,
};

use crate::accounts::{Ministry, Person, operator};
use crate::issuer::{Issuer, Key};

struct State {
    ministry: Ministry,
    issuer: Issuer,
}

impl State {
    async fn new() -> Self {
        Self {
            ministry: Ministry::new().await,
            issuer: Issuer::new(Key::es256()),
        }
    }

    fn identity(&self, errand: Errand, subject: &str) -> Identity {
        let access = self.ministry.access();
        let flow = access.begin_flow().unwrap();
        self.issuer.identity(access, &flow, errand, subject)
    }

    async fn bind(&self, session: &Session, subject: &str) -> Result<u64, Error> {
        let identity = self.identity(Errand::Bind, subject);
        let leave = Leave::Session(session);
        let bound = self.ministry.access().bind_identity(&leave, &identity);
        Ok(bound.await?.number)
    }

    async fn sign_in(&self, subject: &str) -> Result<SignedIn, Error> {
        let identity = self.identity(Errand::SignIn, subject);
        let access = self.ministry.access();
        access.sign_in_with_identity(&identity, "a browser").await
    }

    /// Follows a link with an identity in place of a passkey.
    async fn enrol(&self, link: &NewInvitation, subject: &str) -> Result<SignedIn, Error> {
        let identity = self.identity(Errand::Enrol, subject);
        let leave = Leave::Code(&link.code);
        let access = self.ministry.access();
        let added = access.bind_identity(&leave, &identity).await?;
        access.sign_in_after(&added, "a browser").await
    }

    fn session(&self, signed_in: &SignedIn) -> Session {
        let found = self.ministry.access().session(&signed_in.cookie);
        found.unwrap().unwrap()
    }

    async fn official(&self, name: &str, role: Role) -> (Person, Session) {
        let person = self.ministry.official(name, role).await;
        let session = self.ministry.session(&person);
        (person, session)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_bound_signs_in_and_is_taken_away() {
    let state = State::new().await;
    let (_, ali) = state.official("Ali", Role::Director).await;
    assert!(matches!(
        state.sign_in("ali").await,
        Err(Error::IdentityUnbound)
    ));
    let number = state.bind(&ali, "ali").await.unwrap();
    let access = state.ministry.access();
    let held = access.credentials(&ali).unwrap();
    assert_eq!(held.len(), 2);
    assert_eq!(held[1].kind, CredentialKind::Identity);
    assert_eq!(held[1].label.as_deref(), Some("ali.said (id.example)"));

    let signed_in = state.sign_in("ali").await.unwrap();
    let session = state.session(&signed_in);
    assert_eq!(session.account, ali.account);
    assert!(session.is_lent && session.may(Operation::ReadJournal));
    let (_, fatima) = state.official("Fatima", Role::FocalPoint).await;
    let taken = state.bind(&fatima, "ali").await;
    assert!(matches!(taken, Err(Error::IdentityTaken)));

    assert!(!state.ministry.erasable(number), "while it is in force");
    access.remove_credential(&ali, number).await.unwrap();
    assert!(state.ministry.erasable(number));
    assert!(
        !state.ministry.is_in(&signed_in.cookie),
        "what it opened ends"
    );
    assert!(matches!(
        state.sign_in("ali").await,
        Err(Error::IdentityUnbound)
    ));
    state.bind(&fatima, "ali").await.unwrap();
    let recorded = state.ministry.house.everything_recorded();
    assert!(recorded.contains("\"method\":\"identity\""));
    assert!(
        !recorded.contains("\"ali\""),
        "the subject itself is kept nowhere"
    );
    state.ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_brought_once_is_not_taken_again() {
    let state = State::new().await;
    let access = state.ministry.access();
    let (_, ali) = state.official("Ali", Role::Director).await;
    state.bind(&ali, "ali").await.unwrap();
    let identity = state.identity(Errand::SignIn, "ali");
    let sign_in = || access.sign_in_with_identity(&identity, "a browser");
    sign_in().await.unwrap();
    let replayed = sign_in().await;
    assert!(matches!(replayed, Err(Error::Identity(TokenFault::Replay))));
    let identity = state.identity(Errand::Bind, "another");
    let leave = Leave::Session(&ali);
    access.bind_identity(&leave, &identity).await.unwrap();
    let replayed = access.bind_identity(&leave, &identity).await;
    assert!(matches!(replayed, Err(Error::Identity(TokenFault::Replay))));
}

/// The provider could sign in as all whom it knows: so by its word alone nobody lets anybody in.
#[tokio::test(flavor = "multi_thread")]
async fn a_lent_session_lets_nobody_in() {
    let state = State::new().await;
    let access = state.ministry.access();
    let (_, ali) = state.official("Ali", Role::Director).await;
    let (_, fatima) = state.official("Fatima", Role::FocalPoint).await;
    state.bind(&fatima, "fatima").await.unwrap();
    let lent = state.session(&state.sign_in("fatima").await.unwrap());
    for operation in amana_access::RIGHTS.map(|row| row.operation) {
        let may = fatima.may(operation) && !operation.admits();
        assert_eq!(lent.may(operation), may, "{operation:?}");
    }
    let needs_own = |tried: Result<(), Error>| assert!(matches!(tried, Err(Error::NeedsOwn)));
    let appoint = || Subject::Appoint("Omar".parse().unwrap(), Role::Director);
    needs_own(access.propose(&lent, appoint(), None).await.map(drop));
    let (number, _) = access.propose(&ali, appoint(), None).await.unwrap();
    needs_own(access.approve(&lent, number).await.map(drop));
    needs_own(access.end_proposal(&lent, number).await.map(drop));
    needs_own(access.allow_support(&lent, Some(1), None).await.map(drop));
    needs_own(state.bind(&lent, "another").await.map(drop));
    let first = access.credentials(&lent).unwrap()[0].number;
    needs_own(access.remove_credential(&lent, first).await.map(drop));
    access.end_session(&lent, fatima.number).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_an_identity_and_its_session_is_the_links() {
    let state = State::new().await;
    let access = state.ministry.access();
    let account = state.ministry.named("Ali", Role::Director).await;
    let link = access.invite(&account, &operator()).await.unwrap();
    let signed_in = state.enrol(&link, "ali").await.unwrap();
    let session = state.session(&signed_in);
    assert!(!session.is_lent, "the link was the person's own");
    let used = state.enrol(&link, "another").await;
    assert!(matches!(used, Err(Error::UnknownCode)));
    let identity = access.credentials(&session).unwrap()[0].number;
    let last = access.remove_credential(&session, identity).await;
    assert!(matches!(last, Err(Error::LastCredential)));

    // Whoever has an identity alone can't approve, so the institution doesn't keep itself yet.
    state.official("Fatima", Role::FocalPoint).await;
    let third = state.ministry.named("Omar", Role::Custodian).await;
    access.invite(&third, &operator()).await.unwrap();
    let own = state.ministry.add_passkey(&session).await;
    let refused = access.invite(&third, &operator()).await;
    assert!(matches!(refused, Err(Error::OwnMatter)));
    let last = access.remove_credential(&session, own).await;
    assert!(
        matches!(last, Err(Error::LastCredential)),
        "the last of one's own stays"
    );
    access.remove_credential(&session, identity).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_by_two_ends_an_identity_too() {
    let state = State::new().await;
    let access = state.ministry.access();
    let (_, ali) = state.official("Ali", Role::Director).await;
    let account = state.ministry.named("Fatima", Role::FocalPoint).await;
    let link = access.invite(&account, &operator()).await.unwrap();
    let (omar, omars) = state.official("Omar", Role::Custodian).await;
    let fatima = state.ministry.session(&state.ministry.enrol(&link).await);
    state.bind(&omars, "omar").await.unwrap();
    let lent = state.sign_in("omar").await.unwrap();
    let subject = Subject::Recover(omar.account.official);
    let (number, _) = access.propose(&ali, subject, None).await.unwrap();
    let link = access.approve(&fatima, number).await.unwrap().invitation;
    assert!(!state.ministry.is_in(&lent.cookie));
    assert!(matches!(
        state.sign_in("omar").await,
        Err(Error::IdentityUnbound)
    ));
    let again = state.enrol(&link.unwrap(), "omar").await.unwrap();
    assert_eq!(again.account, omar.account);
    state.ministry.house.restarted().check_everything();
}
