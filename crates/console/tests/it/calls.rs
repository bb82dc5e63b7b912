//! What pages change, calls change alike: each form has its call, with the same right, and is described.

use std::collections::BTreeSet;

use amana_access::{Role, may};
use amana_console::api::document;
use amana_console::operations;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::account::{paths, signed_in};
use crate::house::House;
use crate::program::Program;

/// Forms that are ceremonies between a page, a person and a device, or with the provider of the State.
const CEREMONIES: [&str; 3] = [
    "/account/credentials/passkey",
    "/account/credentials/password",
    "/account/credentials/provider",
];

/// The forms of pages, and the call that does the same.
const CALLS: [(&str, &str); 56] = [
    ("/account/sign-out", "DELETE session"),
    ("/account/sessions/1/end", "DELETE account/sessions/1"),
    (
        "/account/credentials/1/remove",
        "DELETE account/credentials/1",
    ),
    ("/account/officials/name", "POST officials"),
    ("/account/officials/1/invite", "POST officials/1/invite"),
    ("/account/officials/appoint", "POST proposals"),
    ("/account/officials/1/recover", "POST proposals"),
    ("/account/officials/1/remove", "POST proposals"),
    ("/account/officials/leave", "POST proposals"),
    ("/account/officials/custodians", "POST proposals"),
    ("/account/proposals/1/approve", "POST proposals/1/approve"),
    ("/account/proposals/1/end", "POST proposals/1/end"),
    ("/account/support", "PUT support"),
    ("/buckets", "POST buckets"),
    ("/buckets/archive", "PUT buckets/archive"),
    ("/buckets/archive/lock", "PUT buckets/archive/lock"),
    ("/buckets/archive/object", "DELETE buckets/archive/object"),
    (
        "/buckets/archive/object/lock",
        "PUT buckets/archive/object/lock",
    ),
    (
        "/buckets/archive/object/tags",
        "PUT buckets/archive/object/tags",
    ),
    ("/buckets/archive/upload", "POST buckets/archive/uploads"),
    (
        "/buckets/archive/upload/end",
        "DELETE buckets/archive/uploads/archive",
    ),
    ("/keys", "POST keys"),
    ("/keys/revoke", "DELETE keys/archive"),
    ("/custodians", "POST custodians"),
    ("/agreement/1/sign", "POST agreements/1/sign"),
    (
        "/operator/agreements/archive/propose",
        "POST operator/agreements/archive",
    ),
    ("/operator/indicators/record", "POST operator/indicators"),
    ("/messages/open", "POST messages"),
    ("/messages/1/answer", "POST messages/archive"),
    ("/messages/1/close", "POST messages/archive/close"),
    ("/operator/messages/open", "POST operator/messages"),
    (
        "/operator/messages/archive/1/answer",
        "POST operator/messages/archive/archive",
    ),
    (
        "/operator/messages/archive/1/close",
        "POST operator/messages/archive/archive/close",
    ),
    ("/contact", "PUT contact"),
    (
        "/publishing/archive/folder",
        "POST publishing/archive/folder",
    ),
    (
        "/publishing/archive/publishers",
        "POST publishing/archive/publishers",
    ),
    (
        "/publishing/archive/signed",
        "POST publishing/archive/signed",
    ),
    ("/operator/institutions/add", "POST operator/institutions"),
    (
        "/operator/institutions/archive/suspend",
        "POST operator/institutions/archive/suspend",
    ),
    (
        "/operator/institutions/archive/resume",
        "POST operator/institutions/archive/resume",
    ),
    (
        "/operator/institutions/archive/quota",
        "PUT operator/institutions/archive/quota",
    ),
    (
        "/operator/institutions/archive/name",
        "POST operator/institutions/archive/officials",
    ),
    (
        "/operator/institutions/archive/officials/1/invite",
        "POST operator/institutions/archive/officials/1/invite",
    ),
    ("/operator/staff/name", "POST operator/staff"),
    ("/operator/staff/1/invite", "POST operator/staff/1/invite"),
    ("/operator/staff/1/end", "DELETE operator/staff/1"),
    ("/operator/notices/publish", "POST operator/notices"),
    ("/operator/notices/1/end", "POST operator/notices/1/end"),
    ("/school", "POST school"),
    ("/school/deposit", "POST school/deposit"),
    ("/school/lose", "POST school/lose"),
    ("/school/restore", "POST school/restore"),
    ("/school/verify", "POST school/verify"),
    ("/school/recover", "POST school/recover"),
    ("/school/notice", "POST school/notice"),
    ("/school/certificate", "POST school/certificate"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_form_has_its_call_with_the_same_right() {
    let mut forms = BTreeSet::new();
    for role in Role::ALL {
        let house = House::new().await;
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        for (method, path, operation) in paths() {
            if method != Method::POST || path.starts_with("/api/") || !may(role, operation) {
                continue;
            }
            let headers = [("cookie", cookie.as_str())];
            let answer = house.send("POST", &path, &headers, "").await;
            if answer.status != StatusCode::METHOD_NOT_ALLOWED {
                forms.insert((path, operation));
            }
        }
    }
    assert!(forms.len() >= 50, "{}", forms.len());
    let calls: Vec<_> = paths();
    for (form, operation) in forms {
        if CEREMONIES.contains(&form.as_str()) {
            continue;
        }
        let found = CALLS.iter().find(|(path, _)| *path == form);
        let (_, call) = found.unwrap_or_else(|| panic!("{form} has no call"));
        let (method, path) = call.split_once(' ').unwrap();
        let path = format!("/api/v1/{path}");
        let same = calls.iter().find(|(m, p, _)| m == method && *p == path);
        let (_, _, own) = same.unwrap_or_else(|| panic!("{call} isn't there"));
        assert_eq!(*own, operation, "{form}: {call}");
    }
}

/// Each change of the API is described, and what is described as one brings the token.
#[test]
fn each_call_is_described() {
    let described = document()["paths"].as_object().unwrap();
    for guard in operations() {
        let Some(verbs) = described.get(guard.path) else {
            assert!(!guard.path.starts_with("/api/"), "{}", guard.path);
            continue;
        };
        // A route that is one operation whatever the method is listed with two.
        let verb = &verbs[guard.method.as_str().to_lowercase()];
        if verb.is_null() || guard.method == Method::GET {
            continue;
        }
        let brings = verb["parameters"].as_array().into_iter().flatten();
        let mut brings = brings.filter_map(|one| one["name"].as_str());
        assert!(brings.any(|name| name == "x-amana-token"), "{guard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_its_token_changes_nothing() {
    let house = House::new().await;
    let mut sara = Program::of(&house, Role::Operator).await;
    sara.token.clear();
    let name = json!({ "name": "justice" });
    sara.is_refused("POST", "operator/institutions", name, "form")
        .await;
    sara.is_refused("DELETE", "operator/staff/1", Value::Null, "form")
        .await;
}

/// What isn't even a number is told as programs are told anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_with_a_wrong_path_is_told_so() {
    let house = House::new().await;
    let ali = Program::of(&house, Role::Director).await;
    for (method, path) in [
        ("POST", "proposals/null/approve"),
        ("DELETE", "account/sessions/-1"),
        ("GET", "messages/one"),
        ("GET", "publishing/www.finances.example?before=one"),
    ] {
        ali.is_refused(method, path, Value::Null, "malformed-call")
            .await;
    }
}
