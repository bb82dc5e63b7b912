//! Retention, legal hold and quotas, as officials and the operator see and set them.

use amana_access::Role;
use amana_console::Language;
use http::StatusCode;
use serde_json::{Value, json};

use crate::account::signed_in;
use crate::house::House;
use crate::markup::tags;
use crate::operators::{operator, page, post};

const DEED: &str = "/buckets/archive/object?key=deed.txt";

async fn official(house: &House, role: Role) -> String {
    signed_in(&house.access, house.store.now_ms(), role).await
}

/// What the API says at a path.
async fn told(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(path, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// Asks for a change over the API.
async fn put(house: &House, cookie: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let session = house.access.session(&cookie["amana-session=".len()..]);
    let token = session.unwrap().unwrap().form_token;
    let headers = [
        ("cookie", cookie),
        ("content-type", "application/json"),
        ("x-amana-token", token.as_str()),
    ];
    let answer = house.send("PUT", path, &headers, body.to_string()).await;
    (
        answer.status,
        serde_json::from_slice(&answer.body).unwrap_or_default(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deed_is_retained_and_two_end_it() {
    let house = House::furnished().await;
    let focal = official(&house, Role::FocalPoint).await;
    let director = official(&house, Role::Director).await;
    let form = "mode=governance&count=30&unit=days&sure=1";
    let set = post(&house, &focal, "/buckets/archive/lock", form).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text());
    let bucket = told(&house, &focal, "/api/v1/buckets/archive").await;
    assert_eq!(
        bucket["lock"],
        json!({ "mode": "governance", "days": 30, "years": null })
    );
    house.deposit("deed.txt", "a deed").await;
    let object = told(&house, &focal, &format!("/api/v1{DEED}")).await;
    assert_eq!(object["shown"]["lock"]["stands"], true);
    let version = object["shown"]["version"].as_str().unwrap().to_owned();
    let of = format!("key=deed.txt&version={version}");

    // It stays, whatever is asked.
    let destroy = format!("{of}&act=destroy&sure=1");
    let refused = post(&house, &focal, "/buckets/archive/object", &destroy).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.says("object-locked"));
    let shorter = format!("{of}&act=retain&mode=governance&until=2020-01-01");
    let refused = post(&house, &focal, "/buckets/archive/object/lock", &shorter).await;
    assert!(refused.status.is_client_error());
    let longer = format!("{of}&act=retain&mode=governance&until=2090-01-01");
    let done = post(&house, &focal, "/buckets/archive/object/lock", &longer).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());

    // One proposes, another approves, and it is done.
    let end = format!("{of}&act=end&reason=closed");
    let proposed = post(&house, &focal, "/buckets/archive/object/lock", &end).await;
    assert_eq!(
        proposed.status,
        StatusCode::SEE_OTHER,
        "{}",
        proposed.text()
    );
    let officials = page(&house, &director, "/account/officials", "en").await;
    assert!(officials.contains("End the retention of archive/deed.txt"));
    let number = officials.split("/account/proposals/").nth(1).unwrap();
    let number = number.split('/').next().unwrap();
    let approve = format!("/account/proposals/{number}/approve");
    let own = post(&house, &focal, &approve, "").await;
    assert!(own.says("needs-another"), "{}", own.text());
    let before = told(&house, &focal, &format!("/api/v1{DEED}")).await;
    assert_eq!(before["shown"]["lock"]["stands"], true);
    let approved = post(&house, &director, &approve, "").await;
    assert_eq!(
        approved.status,
        StatusCode::SEE_OTHER,
        "{}",
        approved.text()
    );
    let again = post(&house, &director, &approve, "").await;
    assert!(again.status.is_client_error());
    let after = told(&house, &focal, &format!("/api/v1{DEED}")).await;
    assert_eq!(after["shown"]["lock"]["stands"], false);
    let destroyed = post(&house, &focal, "/buckets/archive/object", &destroy).await;
    assert_eq!(
        destroyed.status,
        StatusCode::SEE_OTHER,
        "{}",
        destroyed.text()
    );
    let journal = page(&house, &director, "/journal", "en").await;
    assert!(journal.contains("the retention of") && !journal.contains("can't tell yet"));
}

#[tokio::test(flavor = "multi_thread")]
async fn compliance_is_proposed_in_vain_and_a_hold_is_lifted() {
    let house = House::furnished().await;
    let focal = official(&house, Role::FocalPoint).await;
    let director = official(&house, Role::Director).await;
    let lock = json!({ "mode": "compliance", "years": 1 });
    let set = put(&house, &focal, "/api/v1/buckets/archive/lock", &lock).await;
    assert_eq!(set.0, StatusCode::OK, "{}", set.1);
    for wrong in [
        json!({ "mode": "compliance" }),
        json!({ "days": 3 }),
        json!({ "mode": "governance", "days": 0 }),
        json!({ "mode": "governance", "days": 3, "years": 3 }),
    ] {
        let refused = put(&house, &focal, "/api/v1/buckets/archive/lock", &wrong).await;
        assert_eq!(refused.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    house.deposit("deed.txt", "a deed").await;
    let shown = page(&house, &focal, DEED, "en").await;
    assert!(!shown.contains("value=\"end\""), "nobody ends compliance");
    let proposed = "key=deed.txt&act=end";
    let proposed = post(&house, &focal, "/buckets/archive/object/lock", proposed).await;
    assert_eq!(proposed.status, StatusCode::SEE_OTHER);
    let officials = page(&house, &director, "/account/officials", "en").await;
    let number = officials.split("/account/proposals/").nth(1).unwrap();
    let approve = format!(
        "/account/proposals/{}/approve",
        number.split('/').next().unwrap()
    );
    let refused = post(&house, &director, &approve, "").await;
    assert!(refused.says("object-locked"), "{}", refused.text());

    let path = format!("/api/v1{}", DEED.replace("object?", "object/lock?"));
    for held in [true, false] {
        let done = put(&house, &focal, &path, &json!({ "held": held })).await;
        assert_eq!(done.0, StatusCode::OK, "{}", done.1);
        let object = told(&house, &focal, &format!("/api/v1{DEED}")).await;
        assert_eq!(object["shown"]["lock"]["held"], held);
    }
    let both = json!({ "held": true, "mode": "compliance" });
    assert_eq!(
        put(&house, &focal, &path, &both).await.0,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_set_shown_and_held_to() {
    let house = House::furnished().await;
    let (staff, focal) = (
        operator(&house).await,
        official(&house, Role::FocalPoint).await,
    );
    let path = "/operator/institutions/finances";
    let before = page(&house, &staff, path, "en").await;
    assert!(before.contains("none: all that fits on the disk"));
    let set = post(&house, &staff, &format!("{path}/quota"), "bytes=&objects=5").await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text());
    let wrong = post(&house, &staff, &format!("{path}/quota"), "bytes=much").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let usage = told(&house, &focal, "/api/v1/usage").await;
    assert_eq!(usage["quota"]["objects"], 5);
    assert_eq!(usage["quota"]["held"]["objects"], 4);
    assert_eq!(usage["quota"]["percent"], 80);
    let alerts = told(&house, &focal, "/api/v1/alerts").await;
    let quota = alerts["now"].as_array().unwrap();
    assert!(quota.iter().any(|alert| alert["code"] == "quota"));
    assert!(
        page(&house, &focal, "/usage", "en")
            .await
            .contains("nearly full")
    );

    house.deposit("fifth.txt", "it fits").await;
    assert!(
        page(&house, &focal, "/usage", "en")
            .await
            .contains(">full<")
    );
    let full = house.try_deposit("sixth.txt", "it doesn't").await;
    assert_eq!(full.unwrap_err().code(), "quota-exceeded");
    let lifted = post(&house, &staff, &format!("{path}/quota"), "").await;
    assert_eq!(lifted.status, StatusCode::SEE_OTHER);
    house.deposit("sixth.txt", "it fits").await;
    assert_eq!(
        told(&house, &focal, "/api/v1/usage").await["quota"],
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn these_pages_keep_the_rules_of_pages() {
    let house = House::furnished().await;
    let (staff, focal) = (
        operator(&house).await,
        official(&house, Role::FocalPoint).await,
    );
    let form = "mode=governance&count=30&unit=days&sure=1";
    post(&house, &focal, "/buckets/archive/lock", form).await;
    house.deposit("deed.txt", "a deed").await;
    post(
        &house,
        &focal,
        "/buckets/archive/object/lock",
        "key=deed.txt&act=hold",
    )
    .await;
    let quota = "bytes=1000000&objects=6";
    post(
        &house,
        &staff,
        "/operator/institutions/finances/quota",
        quota,
    )
    .await;
    for (cookie, path) in [
        (&focal, "/buckets"),
        (&focal, "/buckets/archive"),
        (&focal, DEED),
        (&focal, "/usage"),
        (&focal, "/alerts"),
        (&focal, "/journal"),
        (&staff, "/operator/institutions/finances"),
    ] {
        let mut shapes = Vec::new();
        for language in Language::ALL {
            let tag = language.texts().tag;
            let shown = page(&house, cookie, path, tag).await;
            let tags = tags(&shown);
            for one in &tags {
                let broken = [" ;", " :", " ?", " !", " »", "« "];
                let broken = broken.iter().any(|mark| one.text.contains(mark));
                assert!(tag != "fr" || !broken, "{path}: {}", one.text);
                let is_field = ["input", "select"].contains(&one.name.as_str());
                if is_field && one.attribute("type") != Some("hidden") {
                    let id = one.attribute("id").expect("a field has an id");
                    let labelled = |label: &&crate::markup::Tag| label.attribute("for") == Some(id);
                    assert_eq!(tags.iter().filter(labelled).count(), 1, "{path}: {id}");
                    let same = |other: &&crate::markup::Tag| other.attribute("id") == Some(id);
                    assert_eq!(tags.iter().filter(same).count(), 1, "{path}: {id}");
                }
            }
            shapes.push(tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>());
        }
        assert_eq!(shapes[0], shapes[1], "{path}");
    }
}
