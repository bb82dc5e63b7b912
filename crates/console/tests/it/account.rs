//! Signing in, over HTTP: every role on every route, forms without their token, and what cookies say.

use amana_access::{Access, AccountName, Actor, Leave, Operation, Owner, Role, may};
use amana_console::operations;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};

use crate::house::House;

/// What a telephone shows (RFC 6238).
fn code(seed: &[u8], now_ms: i64) -> String {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(seed).unwrap();
    mac.update(&(now_ms / 30_000).to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let from = usize::from(mac[19] & 15);
    let word = u32::from_be_bytes(mac[from..from + 4].try_into().unwrap());
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// The cookie of an official of that role, who was named, invited, and let in.
pub(crate) async fn signed_in(access: &Access, now_ms: i64, role: Role) -> String {
    let owner = match role {
        Role::Operator => Owner::Operator,
        _ => Owner::Institution("finances".parse().unwrap()),
    };
    let by = Actor::of_socket("operator:test");
    let name = role.as_str().parse().unwrap();
    let (official, _) = access
        .name_official(&owner, &name, role, &by)
        .await
        .unwrap();
    let account = AccountName { owner, official };
    let link = access.invite(&account, &by).await.unwrap();
    let flow = access.begin_flow().unwrap();
    let code = code(&*flow.totp_seed(), now_ms);
    let password = "une phrase de passe".parse().unwrap();
    let leave = Leave::Code(&link.code);
    let added = access
        .set_password(&leave, &flow, password, &code)
        .await
        .unwrap();
    let signed_in = access.sign_in_after(&added, "a test").await.unwrap();
    format!("amana-session={}", *signed_in.cookie)
}

/// Each method on each path, with something where a name goes.
pub(crate) fn paths() -> Vec<(Method, String, Operation)> {
    let filled = |path: &str| {
        let parts = path.split('/').map(|part| match part {
            "{number}" | "{index}" => "1",
            name if name.starts_with('{') => "archive",
            other => other,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    operations()
        .into_iter()
        .map(|guard| (guard.method, filled(guard.path), guard.operation))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_on_every_route() {
    for role in Role::ALL {
        let house = House::new().await;
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        for (method, path, operation) in paths() {
            let cookies = [("cookie", cookie.as_str())];
            let answer = house.send(method.as_str(), &path, &cookies, "").await;
            let what = format!("{role:?} {method} {path}: {}", answer.status);
            let refused = ["<code>forbidden</code>", "\"code\":\"forbidden\""];
            let refused = refused.iter().any(|mark| answer.says(mark));
            assert_eq!(refused, !may(role, operation), "{what}");
            assert!(!refused || answer.status == StatusCode::FORBIDDEN, "{what}");
            assert!(!answer.status.is_server_error(), "{what}");
            let shown = answer.status.is_success();
            assert!(
                !shown || answer.header("cache-control") == "no-store",
                "{what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_to_the_way_in() {
    let house = House::new().await;
    for (method, path, _) in paths() {
        for cookie in ["", "amana-session=1.2.AAAA.3.AAAA", "amana-session=x"] {
            let cookies = [("cookie", cookie)];
            let asked = house.send(method.as_str(), &path, &cookies, "").await;
            if method == Method::GET && !path.starts_with("/api/") {
                assert_eq!(asked.status, StatusCode::SEE_OTHER, "{path}");
                let location = asked.header("location");
                assert!(
                    location.starts_with("/account/sign-in"),
                    "{path}: {location}"
                );
            } else {
                assert_eq!(asked.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            }
        }
    }
}

/// Whatever changes something asks for the token: of a form, or in a header.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_without_a_token() {
    for role in [Role::FocalPoint, Role::Director, Role::Operator] {
        let house = House::new().await;
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        let before = house.acts();
        for (method, path, operation) in paths() {
            if method == Method::GET || !may(role, operation) {
                continue;
            }
            for kind in ["application/x-www-form-urlencoded", "application/json"] {
                let headers = [("cookie", cookie.as_str()), ("content-type", kind)];
                let answer = house.send(method.as_str(), &path, &headers, "{}").await;
                let what = format!("{role:?} {method} {path}: {}", answer.status);
                assert!(answer.status.is_client_error(), "{what}");
            }
        }
        assert_eq!(house.acts(), before, "{role:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_is_taken_without_its_token() {
    let house = House::new().await;
    let now_ms = house.store.now_ms();
    let cookie = signed_in(&house.access, now_ms, Role::Director).await;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let headers = [("cookie", cookie.as_str()), form];
    for body in ["", "token=", "token=AAAA", "&&&=%zz"] {
        let refused = house
            .send("POST", "/account/sign-out", &headers, body)
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{body}");
        let over = refused.says("session précédente") || refused.says("<code>form</code>");
        assert!(over, "{body}: {}", refused.text());
    }
    let flowless = house
        .send("POST", "/account/sign-in/password", &[form], "token=A")
        .await;
    assert!(flowless.text().contains("<code>form</code>"));
    let page = house.ask("/account", &[("cookie", &cookie)]).await.text();
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let body = format!("token={token}");
    let out = house
        .send("POST", "/account/sign-out", &headers, body)
        .await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.text());
    assert!(
        out.header("set-cookie")
            .starts_with("amana-session=; Path=/; Max-Age=0")
    );
    let after = house.ask("/account", &[("cookie", &cookie)]).await;
    assert_eq!(after.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_from_scripts_and_from_other_sites() {
    let house = House::new().await;
    let page = house.ask("/account/sign-in", &[]).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("amana-flow="), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Strict"), "{cookie}");
    let behind_tls = House::at("https://console.example").await;
    let page = behind_tls.ask("/account/sign-in", &[]).await;
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("__Host-amana-flow="), "{cookie}");
    assert!(
        cookie.contains("; Path=/;") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_in_the_askers_language() {
    let house = House::new().await;
    let page = house.ask("/account/sign-in?lang=en", &[]).await;
    let flow = page
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let token = page.text();
    let token = token.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let body = format!("token={token}&account=finances/1&password=not+that+one+at+all&code=123456");
    for (language, told) in [
        ("en", "role=\"alert\">Nobody"),
        ("fr", "role=\"alert\">Personne"),
    ] {
        let headers = [
            ("cookie", flow.as_str()),
            ("accept-language", language),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = house
            .send("POST", "/account/sign-in/password", &headers, body.clone())
            .await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.text().contains(told), "{}", answer.text());
    }
}
