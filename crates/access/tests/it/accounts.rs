//! Accounts: links, passkeys, sessions; and a small ministry whose people have them, for the other tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amana_access::{
    Access, AccountName, Actor, EnrolmentCode, Error, IDLE_MS, INVITATION_MS, InstitutionName,
    Leave, NewInvitation, Operation, Owner, PasskeyFault, Purpose, RelyingParty, Role, SESSION_MS,
    Session, SignedIn,
};
use amana_store::{EntryId, Options, Store};
use tempfile::TempDir;

use crate::authenticator::{Authenticator, ORIGIN};
use crate::{BY, House, catalog};

/// A data centre with a clock that a test turns.
pub(crate) struct Ministry {
    pub(crate) house: House,
    now_ms: Arc<AtomicI64>,
    pub(crate) name: InstitutionName,
}

/// One of its people: the account, the passkey, and the cookie of an open session.
pub(crate) struct Person {
    pub(crate) account: AccountName,
    pub(crate) authenticator: Authenticator,
    pub(crate) cookie: String,
}

pub(crate) fn operator() -> Actor {
    Actor::of_socket(BY)
}

pub(crate) fn console() -> RelyingParty {
    RelyingParty::of_origin(ORIGIN).unwrap()
}

impl Ministry {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let now_ms = Arc::new(AtomicI64::new(1_800_000_000_000));
        let clock = now_ms.clone();
        let options = Options {
            clock: Arc::new(move || clock.load(Ordering::Relaxed)),
            ..crate::options(folder.path())
        };
        let store = Arc::new(Store::open(folder.path(), catalog(), options).unwrap());
        let access = Access::new(store.clone());
        let house = House {
            access,
            store,
            folder,
        };
        let name = house.institution("finances").await;
        Self {
            house,
            now_ms,
            name,
        }
    }

    pub(crate) fn access(&self) -> &Access {
        &self.house.access
    }

    pub(crate) fn owner(&self) -> Owner {
        Owner::Institution(self.name.clone())
    }

    pub(crate) fn wait(&self, for_ms: i64) {
        self.now_ms.fetch_add(for_ms, Ordering::Relaxed);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms.load(Ordering::Relaxed)
    }

    /// Named and invited by the operator, as the first two are.
    pub(crate) async fn official(&self, name: &str, role: Role) -> Person {
        let account = self.named(name, role).await;
        let link = self.access().invite(&account, &operator()).await.unwrap();
        self.enrol(&link).await
    }

    /// Named by the operator.
    pub(crate) async fn named(&self, name: &str, role: Role) -> AccountName {
        let owner = match role {
            Role::Operator => Owner::Operator,
            _ => self.owner(),
        };
        let (name, by) = (name.parse().unwrap(), operator());
        let named = self.access().name_official(&owner, &name, role, &by).await;
        AccountName {
            owner,
            official: named.unwrap().0,
        }
    }

    /// Follows a link with a new passkey.
    pub(crate) async fn enrol(&self, link: &NewInvitation) -> Person {
        let authenticator = Authenticator::es256();
        let signed_in = self.try_enrol(&link.code, &authenticator).await.unwrap();
        Person {
            account: signed_in.account,
            authenticator,
            cookie: signed_in.cookie.to_string(),
        }
    }

    pub(crate) async fn try_enrol(
        &self,
        code: &EnrolmentCode,
        authenticator: &Authenticator,
    ) -> Result<SignedIn, Error> {
        let flow = self.access().begin_flow().unwrap();
        let answer = authenticator.register(&flow.challenge(Purpose::Register));
        let leave = Leave::Code(code);
        let added = self
            .access()
            .add_passkey(&leave, &flow, &console(), &answer, "telephone")
            .await?;
        self.access().sign_in_after(&added, "a browser").await
    }

    pub(crate) async fn sign_in(&self, person: &mut Person) -> Result<SignedIn, Error> {
        let flow = self.access().begin_flow().unwrap();
        let answer = person.authenticator.sign(&flow.challenge(Purpose::SignIn));
        self.access()
            .sign_in_with_passkey(&flow, &console(), &answer, "a browser")
            .await
    }

    /// Another passkey for who is signed in; its number.
    pub(crate) async fn add_passkey(&self, session: &Session) -> u64 {
        let flow = self.access().begin_flow().unwrap();
        let answer = Authenticator::es256().register(&flow.challenge(Purpose::Register));
        let leave = Leave::Session(session);
        let console = console();
        let added = self
            .access()
            .add_passkey(&leave, &flow, &console, &answer, "another");
        added.await.unwrap().number
    }

    pub(crate) fn session(&self, person: &Person) -> Session {
        self.access().session(&person.cookie).unwrap().unwrap()
    }

    pub(crate) fn is_in(&self, cookie: &str) -> bool {
        self.access().session(cookie).unwrap().is_some()
    }

    /// Whether the body of an entry may be erased.
    pub(crate) fn erasable(&self, index: u64) -> bool {
        self.house
            .store
            .read(|rows| {
                let info = amana_store::LedgerInfo::named(rows, "finances/vault")?.unwrap();
                let id = EntryId::new(info.id, index).unwrap();
                let entry = amana_store::entries::entry(rows, id)?.unwrap();
                Access::erasable(rows, &entry)
            })
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_a_passkey_and_the_passkey_in() {
    let ministry = Ministry::new().await;
    let mut ali = ministry.official("Ali Said", Role::Director).await;
    assert_eq!(ali.account.to_string(), "finances/1");
    let session = ministry.session(&ali);
    assert_eq!(
        (session.role, session.name.as_deref()),
        (Role::Director, Some("Ali Said"))
    );
    assert!(session.may(Operation::ReadJournal) && !session.may(Operation::Deposit));
    let signed_in = ministry.sign_in(&mut ali).await.unwrap();
    let listed = ministry.access().sessions(&session).unwrap();
    assert_eq!(listed.len(), 2);
    let other = listed[0].number;
    assert_ne!(other, session.number);
    ministry
        .access()
        .end_session(&session, other)
        .await
        .unwrap();
    assert!(!ministry.is_in(&signed_in.cookie) && ministry.is_in(&ali.cookie));
    let again = ministry.access().end_session(&session, other).await;
    assert!(matches!(again, Err(Error::UnknownSession { .. })));
    let recorded = ministry.house.everything_recorded();
    for kind in [
        "official.invite",
        "credential.add",
        "session.open",
        "session.end",
    ] {
        assert!(recorded.contains(kind), "{kind}");
    }
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_used_once_and_in_time() {
    let ministry = Ministry::new().await;
    let account = ministry.named("Ali", Role::Director).await;
    let first = ministry
        .access()
        .invite(&account, &operator())
        .await
        .unwrap();
    let second = ministry
        .access()
        .invite(&account, &operator())
        .await
        .unwrap();
    let unknown = |tried: Result<SignedIn, Error>| matches!(tried, Err(Error::UnknownCode));
    assert!(unknown(
        ministry
            .try_enrol(&first.code, &Authenticator::es256())
            .await
    ));
    ministry.wait(INVITATION_MS);
    assert!(unknown(
        ministry
            .try_enrol(&second.code, &Authenticator::es256())
            .await
    ));
    let third = ministry
        .access()
        .invite(&account, &operator())
        .await
        .unwrap();
    ministry.enrol(&third).await;
    assert!(unknown(
        ministry
            .try_enrol(&third.code, &Authenticator::es256())
            .await
    ));
    let code = third.code.reveal().replace('-', "");
    assert!(!ministry.house.everything_recorded().contains(&code));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_once_and_in_time() {
    let ministry = Ministry::new().await;
    let mut ali = ministry.official("Ali", Role::Director).await;
    let access = ministry.access();
    let flow = access.begin_flow().unwrap();
    let cookie = flow.cookie();
    assert!(
        access
            .flow(&cookie)
            .is_some_and(|known| known.is_form(&flow.form_token()))
    );
    assert!(access.flow(&cookie[1..]).is_none() && access.flow("").is_none());
    let answer = ali.authenticator.sign(&flow.challenge(Purpose::SignIn));
    let sign_in = || access.sign_in_with_passkey(&flow, &RP, &answer, "a browser");
    sign_in().await.unwrap();
    let replayed = sign_in().await;
    assert!(matches!(
        replayed,
        Err(Error::Passkey(PasskeyFault::Replay))
    ));
    let other = access.begin_flow().unwrap();
    let elsewhere = access
        .sign_in_with_passkey(&other, &RP, &answer, "a browser")
        .await;
    assert!(matches!(
        elsewhere,
        Err(Error::Passkey(PasskeyFault::Challenge))
    ));
    ministry.wait(amana_access::FLOW_MS);
    assert!(access.flow(&cookie).is_none());
}

static RP: std::sync::LazyLock<RelyingParty> = std::sync::LazyLock::new(console);

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_authenticator_is_found_out() {
    let ministry = Ministry::new().await;
    let mut ali = ministry.official("Ali", Role::Director).await;
    for counter in [5, 6] {
        ali.authenticator.counter = counter;
        ministry.sign_in(&mut ali).await.unwrap();
    }
    for counter in [6, 3, 0] {
        ali.authenticator.counter = counter;
        let refused = ministry.sign_in(&mut ali).await;
        assert!(matches!(
            refused,
            Err(Error::Passkey(PasskeyFault::Counter))
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_by_age_by_idleness_and_by_number() {
    let ministry = Ministry::new().await;
    let mut ali = ministry.official("Ali", Role::Director).await;
    assert_eq!(ministry.session(&ali).next_cookie, None);
    ministry.wait(IDLE_MS);
    let stamped = ministry.session(&ali).next_cookie.unwrap();
    ministry.wait(1);
    assert!(!ministry.is_in(&ali.cookie) && ministry.is_in(&stamped));
    let forged = stamped.replace(&ministry.now_ms().to_string(), "0");
    for bad in ["", "1.2.3", &stamped[2..], &forged[..forged.len() - 1]] {
        assert!(!ministry.is_in(bad), "{bad}");
    }
    let mut cookies = vec![stamped];
    for _ in 0..10 {
        cookies.push(ministry.sign_in(&mut ali).await.unwrap().cookie.to_string());
    }
    let still: Vec<bool> = cookies
        .iter()
        .map(|cookie| ministry.is_in(cookie))
        .collect();
    assert!(
        !still[0] && still[1..].iter().all(|is_in| *is_in),
        "{still:?}"
    );
    let mut newest = cookies[10].clone();
    for _ in 0..SESSION_MS / IDLE_MS - 1 {
        ministry.wait(IDLE_MS);
        newest = ministry
            .access()
            .session(&newest)
            .unwrap()
            .unwrap()
            .next_cookie
            .unwrap();
    }
    ministry.wait(IDLE_MS);
    assert!(!ministry.is_in(&newest));
    ministry.sign_in(&mut ali).await.unwrap();
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_added_and_taken_away_but_not_the_last() {
    let ministry = Ministry::new().await;
    let ali = ministry.official("Ali", Role::Director).await;
    let access = ministry.access();
    let session = ministry.session(&ali);
    let only = access.credentials(&session).unwrap()[0].number;
    let last = access.remove_credential(&session, only).await;
    assert!(matches!(last, Err(Error::LastCredential)));
    let flow = access.begin_flow().unwrap();
    let second = Authenticator::eddsa();
    let challenge = flow.challenge(Purpose::Register);
    let leave = Leave::Session(&session);
    let add = |answer| async move {
        let flow = access.flow(&flow.cookie()).unwrap();
        access
            .add_passkey(&leave, &flow, &RP, &answer, "a key ring")
            .await
    };
    add(second.register(&challenge)).await.unwrap();
    let flow = access.begin_flow().unwrap();
    let answer = second.register(&flow.challenge(Purpose::Register));
    let leave = Leave::Session(&session);
    let twice = access
        .add_passkey(&leave, &flow, &RP, &answer, "again")
        .await;
    assert!(matches!(twice, Err(Error::PasskeyExists)));
    assert!(!ministry.erasable(only));
    access.remove_credential(&session, only).await.unwrap();
    assert!(ministry.erasable(only));
    assert!(!ministry.is_in(&ali.cookie), "what it opened ended with it");
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_out_at_once() {
    let ministry = Ministry::new().await;
    let mut ali = ministry.official("Ali", Role::Director).await;
    let removed = ministry.access().remove_official(&ministry.name, 1, BY);
    removed.await.unwrap();
    assert!(!ministry.is_in(&ali.cookie));
    let again = ministry.sign_in(&mut ali).await;
    assert!(matches!(again, Err(Error::SignInRefused)));
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_institution_reads_on() {
    let ministry = Ministry::new().await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    ministry
        .access()
        .suspend(&ministry.name, None, BY)
        .await
        .unwrap();
    let session = ministry.session(&fatima);
    assert!(session.may(Operation::ReadJournal) && !session.may(Operation::Deposit));
}
