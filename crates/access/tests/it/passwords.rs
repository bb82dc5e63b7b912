//! Passwords with codes: set, used, guessed at.

use amana_access::{AccountName, Error, Leave, Password, Role, SignedIn, Typed};
use hmac::{Hmac, KeyInit as _, Mac as _};

use crate::accounts::{Ministry, Person, operator};

const PASSWORD: &str = "un mot de passe";

/// What the telephone shows (RFC 6238).
fn code(seed: &[u8], now_ms: i64) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(seed).unwrap();
    mac.update(&(now_ms / 30_000).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let from = usize::from(mac[19] & 15);
    let word = u32::from_be_bytes(mac[from..from + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

fn password(text: &str) -> Password {
    text.parse().unwrap()
}

/// An official with a password in place of a passkey; the seed of the codes.
async fn with_password(ministry: &Ministry) -> (AccountName, Vec<u8>) {
    let access = ministry.access();
    let account = ministry.named("Omar", Role::Auditor).await;
    let link = access.invite(&account, &operator()).await.unwrap();
    let flow = access.begin_flow().unwrap();
    let seed = flow.totp_seed().to_vec();
    let leave = Leave::Code(&link.code);
    let wrong = access
        .set_password(&leave, &flow, password(PASSWORD), "000000x")
        .await;
    assert!(matches!(wrong, Err(Error::SignInRefused)));
    let right = code(&seed, ministry.now_ms());
    access
        .set_password(&leave, &flow, password(PASSWORD), &right)
        .await
        .unwrap();
    (account, seed)
}

async fn sign_in(
    ministry: &Ministry,
    account: &AccountName,
    text: &str,
    code: String,
    device_cookie: Option<&str>,
) -> Result<SignedIn, Error> {
    let typed = Typed {
        account: account.clone(),
        password: password(text),
        code,
        device_cookie,
    };
    ministry
        .access()
        .sign_in_with_password(typed, "a browser")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_and_a_code_let_in_once() {
    let ministry = Ministry::new().await;
    let (account, seed) = with_password(&ministry).await;
    let at_set_up = code(&seed, ministry.now_ms());
    let used = sign_in(&ministry, &account, PASSWORD, at_set_up, None).await;
    assert!(
        matches!(used, Err(Error::CodeUsed)),
        "it was shown at set-up"
    );
    ministry.wait(30_000);
    let next = code(&seed, ministry.now_ms());
    let signed_in = sign_in(&ministry, &account, PASSWORD, next.clone(), None)
        .await
        .unwrap();
    assert!(ministry.is_in(&signed_in.cookie));
    let again = sign_in(&ministry, &account, PASSWORD, next, None).await;
    assert!(matches!(again, Err(Error::CodeUsed)));
    let recorded = ministry.house.everything_recorded();
    assert!(!recorded.contains(PASSWORD) && !recorded.contains(&hex::encode(&seed)));
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_wait_and_the_known_browser_does_not() {
    let ministry = Ministry::new().await;
    let (account, seed) = with_password(&ministry).await;
    ministry.wait(30_000);
    let next = code(&seed, ministry.now_ms());
    let home = sign_in(&ministry, &account, PASSWORD, next, None)
        .await
        .unwrap();
    let device = home.device_cookie.unwrap();
    let wrong = || {
        sign_in(
            &ministry,
            &account,
            "wrong wrong wrong",
            "000000".to_owned(),
            None,
        )
    };
    for _ in 0..5 {
        assert!(matches!(wrong().await, Err(Error::SignInRefused)));
    }
    let Err(Error::Wait { until_ms }) = wrong().await else {
        panic!("the sixth is not looked at");
    };
    assert_eq!(until_ms, ministry.now_ms() + 30_000);
    ministry.wait(30_000);
    let next = code(&seed, ministry.now_ms());
    assert!(matches!(wrong().await, Err(Error::SignInRefused)));
    let stranger = sign_in(&ministry, &account, PASSWORD, next.clone(), None).await;
    assert!(
        matches!(stranger, Err(Error::Wait { .. })),
        "even who knows it"
    );
    let other = ministry.access().sign_in_with_password(
        Typed {
            account: account.clone(),
            password: password(PASSWORD),
            code: next.clone(),
            device_cookie: Some("AAAA"),
        },
        "a browser",
    );
    assert!(
        matches!(other.await, Err(Error::Wait { .. })),
        "a cookie that isn't ours"
    );
    sign_in(&ministry, &account, PASSWORD, next, Some(&device))
        .await
        .unwrap();
    // Never longer than a quarter of an hour, however often it was tried.
    let mut longest = 0;
    for _ in 0..12 {
        match wrong().await {
            Err(Error::Wait { until_ms }) => {
                longest = longest.max(until_ms - ministry.now_ms());
                ministry.wait(until_ms - ministry.now_ms());
            }
            tried => assert!(matches!(tried, Err(Error::SignInRefused))),
        }
    }
    assert_eq!(longest, 15 * 60_000);
    ministry.house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_which_accounts_there_are() {
    let ministry = Ministry::new().await;
    let (account, _) = with_password(&ministry).await;
    for stranger in ["finances/99", "absent/1", "operator/1"] {
        let account = stranger.parse().unwrap();
        let tried = sign_in(&ministry, &account, PASSWORD, "123456".to_owned(), None);
        assert!(matches!(tried.await, Err(Error::SignInRefused)));
    }
    let known = sign_in(
        &ministry,
        &account,
        "wrong wrong wrong",
        "123456".to_owned(),
        None,
    )
    .await;
    assert!(matches!(known, Err(Error::SignInRefused)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_ends_what_the_former_opened() {
    let ministry = Ministry::new().await;
    let ali: Person = ministry.official("Ali", Role::Director).await;
    let session = ministry.session(&ali);
    let access = ministry.access();
    let mut opened = Vec::new();
    for text in ["the first of them", "the second of them"] {
        let flow = access.begin_flow().unwrap();
        let seed = flow.totp_seed();
        let leave = Leave::Session(&session);
        let now = code(&*seed, ministry.now_ms());
        access
            .set_password(&leave, &flow, password(text), &now)
            .await
            .unwrap();
        ministry.wait(30_000);
        let next = code(&*seed, ministry.now_ms());
        opened.push(
            sign_in(&ministry, &ali.account, text, next, None)
                .await
                .unwrap(),
        );
    }
    assert!(!ministry.is_in(&opened[0].cookie) && ministry.is_in(&opened[1].cookie));
    assert_eq!(access.credentials(&session).unwrap().len(), 2);
    ministry.house.check_everything();
}

#[test]
fn short_and_empty_passwords_are_refused() {
    for bad in ["", "short", "aaaaaaaaaaaa", &"x1".repeat(101)] {
        assert!(bad.parse::<Password>().is_err(), "{bad}");
    }
}
