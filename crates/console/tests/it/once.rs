//! What is sent twice acts once, and what is heavy isn't done by one click.

use amana_access::Role;
use http::StatusCode;

use crate::again::{Browser, field};
use crate::house::House;
use crate::markup::tags;

/// The field that a page puts into its forms.
fn nonce(html: &str) -> String {
    let once = tags(html)
        .into_iter()
        .find(|tag| tag.attribute("name") == Some("once"));
    once.unwrap().attribute("value").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_sent_twice_acts_once() {
    let house = House::furnished().await;
    let browser = Browser::of(&house, Role::FocalPoint, "fr").await;
    let once = nonce(&browser.get("/keys").await.text());
    let fields = format!("once={once}&right=read&for=all");
    let first = browser.post("/keys", &fields).await;
    assert_eq!(first.status, StatusCode::OK);
    let acts = house.acts();
    let again = browser.post("/keys", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.says("Déjà fait\u{a0}; la page a été rechargée."));
    assert!(again.says("href=\"/keys\">Voir la liste</a>") && again.says("href=\"/buckets\""));
    assert_eq!(house.acts(), acts);
    // Other words from the same page are another form, and so are the same from a new page.
    let other = browser
        .post("/keys", &format!("once={once}&right=write&for=all"))
        .await;
    assert_eq!(other.status, StatusCode::OK);
    let fresh = nonce(&browser.get("/keys").await.text());
    assert_ne!(fresh, once);
    let fresh = browser
        .post("/keys", &format!("once={fresh}&right=read&for=all"))
        .await;
    assert_eq!(fresh.status, StatusCode::OK);
    assert_eq!(house.acts(), acts + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_refused_may_come_again() {
    let house = House::new().await;
    let browser = Browser::of(&house, Role::FocalPoint, "en").await;
    let once = nonce(&browser.get("/messages").await.text());
    let refused = browser
        .post("/messages/open", &format!("once={once}&subject=&text=x"))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // The page that came back has a field of its own.
    assert_ne!(nonce(&refused.text()), once);
    let refused = browser
        .post("/messages/open", &format!("once={once}&subject=&text=x"))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let both = format!("once={once}&subject=s&text=x");
    let (one, two) = tokio::join!(
        browser.post("/messages/open", &both),
        browser.post("/messages/open", &both)
    );
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
}

/// What can't be undone, or is heavy: where, what is sent, and who may.
const HEAVY: [(Role, &str, &str, &str); 4] = [
    (
        Role::FocalPoint,
        "/buckets/archive/lock",
        "mode=&count=1&unit=days",
        "/buckets/archive",
    ),
    (Role::FocalPoint, "/keys/revoke", "", "/keys"),
    (
        Role::Director,
        "/account/officials/leave",
        "act=leave",
        "/account/officials",
    ),
    (
        Role::Operator,
        "/operator/institutions/finances/suspend",
        "reason=+",
        "/operator/institutions/finances",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heavy_is_not_done_by_one_click() {
    let house = House::furnished().await;
    let mut browsers = Vec::new();
    for role in [Role::Operator, Role::FocalPoint, Role::Director] {
        browsers.push((role, Browser::of(&house, role, "en").await));
    }
    for (role, path, fields, page) in HEAVY {
        let (_, browser) = browsers.iter().find(|(one, _)| *one == role).unwrap();
        let html = browser.get(page).await.text();
        let key = html
            .split("name=\"key\" value=\"")
            .nth(1)
            .unwrap_or_default();
        let key = key.split('"').next().unwrap_or_default();
        let fields = format!("{fields}&key={key}");
        let needed = if path.ends_with("suspend") {
            "reason"
        } else {
            "sure"
        };
        assert!(
            field(&html, needed).attribute("required").is_some(),
            "{path}"
        );
        let before = house.acts();
        let refused = browser.post(path, &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(
            field(&refused.text(), needed).attribute("aria-invalid"),
            Some("true")
        );
        assert_eq!(house.acts(), before, "{path}");
        let done = browser
            .post(
                path,
                &format!("{fields}&sure=1").replace("reason=+", "reason=Loi"),
            )
            .await;
        assert_eq!(
            done.status,
            StatusCode::SEE_OTHER,
            "{path}: {}",
            done.text()
        );
        assert_eq!(house.acts(), before + 1, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_that_is_none_locks_nothing() {
    let house = House::furnished().await;
    let browser = Browser::of(&house, Role::FocalPoint, "en").await;
    let before = house.acts();
    for fields in [
        "mode=&count=abc&unit=days&sure=1",
        "mode=governance&count=&unit=days&sure=1",
    ] {
        let refused = browser.post("/buckets/archive/lock", fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{fields}");
        assert_eq!(
            field(&refused.text(), "count").attribute("aria-invalid"),
            Some("true")
        );
    }
    assert_eq!(house.acts(), before);
}
