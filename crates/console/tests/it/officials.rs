//! Officials and their institution by calls alone: what two must agree on, who may, who may not, and the receipt of each.

use amana_access::Role;
use serde_json::{Value, json};

use crate::house::House;
use crate::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn two_officials_appoint_remove_and_leave() {
    let house = House::new().await;
    let omar = Program::of(&house, Role::Auditor).await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let ali = Program::of(&house, Role::Director).await;
    let appoint =
        json!({ "operation": "appoint", "name": "Zara", "role": "custodian", "reason": "A page" });
    omar.is_refused("POST", "proposals", appoint.clone(), "forbidden")
        .await;
    let one = fatima.does("POST", "proposals", appoint).await["number"].clone();
    let path = format!("proposals/{one}/approve");
    fatima
        .is_refused("POST", &path, Value::Null, "needs-another")
        .await;
    omar.is_refused("POST", &path, Value::Null, "forbidden")
        .await;
    let open = ali.get("proposals").await;
    assert_eq!(
        (&open[0]["number"], &open[0]["name"]),
        (&one, &json!("Zara"))
    );
    let approved = ali.does("POST", &path, Value::Null).await;
    let url = approved["link"]["url"].as_str().unwrap();
    assert!(
        url.starts_with("http://localhost:7400/account/enrol?code="),
        "{url}"
    );
    ali.is_refused("POST", &path, Value::Null, "proposal-over")
        .await;
    let found = ali.get("officials").await;
    let zara = found["officials"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        (&zara["name"], &zara["role"]),
        (&json!("Zara"), &json!("custodian"))
    );

    let remove = json!({ "operation": "remove", "official": zara["number"] });
    let two = ali.does("POST", "proposals", remove.clone()).await["number"].clone();
    let ended = fatima
        .does("POST", &format!("proposals/{two}/end"), Value::Null)
        .await;
    assert_eq!(
        ended["receipt"].as_str().unwrap().split('/').next(),
        Some("finances")
    );
    assert_eq!(ali.get("proposals").await[0]["state"], "refused");
    let leave = json!({ "operation": "leave" });
    let three = ali.does("POST", "proposals", leave).await["number"].clone();
    fatima
        .does("POST", &format!("proposals/{three}/approve"), Value::Null)
        .await;
    assert_eq!(ali.get("officials").await["leaving"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_that_is_none_is_told_so() {
    let house = House::new().await;
    let ali = Program::of(&house, Role::Director).await;
    for (body, code) in [
        (json!({}), "malformed-call"),
        (
            json!({ "operation": "appoint", "name": "Zara" }),
            "malformed-call",
        ),
        (
            json!({ "operation": "leave", "official": 1 }),
            "malformed-call",
        ),
        (
            json!({ "operation": "end-retention", "name": "a" }),
            "malformed-call",
        ),
        (json!({ "operation": "leave", "more": 1 }), "malformed-call"),
        (
            json!({ "operation": "appoint", "name": "Zara", "role": "operator" }),
            "invalid",
        ),
        (
            json!({ "operation": "change-custodians", "plan": "many" }),
            "invalid",
        ),
        (
            json!({ "operation": "remove", "official": 99 }),
            "unknown-account",
        ),
    ] {
        ali.is_refused("POST", "proposals", body, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_end_a_retention_and_nobody_else() {
    let house = House::furnished().await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let ali = Program::of(&house, Role::Director).await;
    let days = json!({ "mode": "governance", "days": 30 });
    fatima.does("PUT", "buckets/archive/lock", days).await;
    house.deposit("deed.txt", "a deed").await;
    let deed = "buckets/archive/object?key=deed.txt";
    let object = fatima.get(deed).await;
    let version = object["shown"]["version"].as_str().unwrap();
    let lock = "buckets/archive/object/lock?key=deed.txt";
    ali.is_refused("POST", lock, json!({}), "forbidden").await;
    let proposed = fatima
        .does("POST", lock, json!({ "reason": "A mistake" }))
        .await;
    let number = &proposed["number"];
    let of_it = format!("{deed}&version={version}");
    fatima
        .is_refused("DELETE", &of_it, Value::Null, "object-locked")
        .await;
    let path = format!("proposals/{number}/approve");
    let approval = ali.does("POST", &path, Value::Null).await;
    assert_eq!(approval["link"], Value::Null);
    fatima.does("DELETE", &of_it, Value::Null).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_sessions_and_credentials() {
    let house = House::new().await;
    let ali = Program::of(&house, Role::Director).await;
    let own = ali.get("account").await;
    assert_eq!(own["account"], ali.account);
    let only = &own["credentials"][0]["number"];
    ali.is_refused(
        "DELETE",
        &format!("account/credentials/{only}"),
        Value::Null,
        "last-credential",
    )
    .await;
    ali.is_refused(
        "DELETE",
        "account/sessions/9999",
        Value::Null,
        "unknown-session",
    )
    .await;
    let session = &own["sessions"][0]["number"];
    ali.does(
        "DELETE",
        &format!("account/sessions/{session}"),
        Value::Null,
    )
    .await;
    ali.is_refused(
        "DELETE",
        &format!("account/sessions/{session}"),
        Value::Null,
        "sign-in",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn auditors_are_named_and_staff_is_let_in() {
    let house = House::new().await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let keeper = Program::of(&house, Role::Custodian).await;
    let name = json!({ "name": "Omar" });
    keeper
        .is_refused("POST", "officials", name.clone(), "forbidden")
        .await;
    let link = fatima.does("POST", "officials", name).await;
    assert!(
        link["named"].is_string() && link["code"].is_string(),
        "{link}"
    );
    let number = link["account"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let again = fatima
        .does("POST", &format!("officials/{number}/invite"), Value::Null)
        .await;
    assert_ne!(again["code"], link["code"]);
    let own = format!("officials/{}/invite", keeper.number());
    fatima
        .is_refused("POST", &own, Value::Null, "needs-two")
        .await;
    fatima
        .is_refused("PUT", "support", json!({ "hours": 169 }), "invalid")
        .await;
    fatima
        .is_refused("PUT", "support", json!({ "hours": -1 }), "malformed-call")
        .await;
    fatima
        .does("PUT", "support", json!({ "hours": 4, "reason": "Quota" }))
        .await;
    let found = fatima.get("officials").await;
    assert_eq!(found["support"]["official"], fatima.number());
    fatima.does("PUT", "support", json!({ "hours": 0 })).await;
    assert_eq!(fatima.get("officials").await["support"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_write_and_one_closes() {
    let house = House::new().await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let omar = Program::of(&house, Role::Auditor).await;
    let sara = Program::of(&house, Role::Operator).await;
    let opening = json!({ "subject": "Quota", "text": "Il est <plein>" });
    omar.is_refused("POST", "messages", opening.clone(), "forbidden")
        .await;
    let thread = fatima.does("POST", "messages", opening).await["number"].clone();
    let long = json!({ "text": "é".repeat(10_000) });
    let theirs = format!("operator/messages/finances/{thread}");
    sara.does("POST", &theirs, long).await;
    let too_long = json!({ "text": "é".repeat(10_001) });
    sara.is_refused("POST", &theirs, too_long, "invalid").await;
    let told = omar.get(&format!("messages/{thread}")).await;
    assert_eq!(told["written"][0]["text"], "Il est <plein>");
    assert_eq!(told["awaits"], "institution");
    fatima
        .does(
            "POST",
            &format!("messages/{thread}"),
            json!({ "text": "Merci" }),
        )
        .await;
    sara.does("POST", &format!("{theirs}/close"), Value::Null)
        .await;
    assert_eq!(sara.get(&theirs).await["awaits"], Value::Null);
    let first = json!({ "institution": "finances", "subject": "a", "text": "b" });
    sara.does("POST", "operator/messages", first).await;
    let nobody = json!({ "institution": "nobody", "subject": "a", "text": "b" });
    sara.is_refused("POST", "operator/messages", nobody, "unknown-institution")
        .await;

    let said = json!({ "name": "Ministère", "contact": "ict@finances.example" });
    fatima.does("PUT", "contact", said.clone()).await;
    assert_eq!(fatima.get("contact").await, said);
    fatima
        .is_refused(
            "PUT",
            "contact",
            json!({ "name": "Half" }),
            "malformed-call",
        )
        .await;
    fatima.does("PUT", "contact", json!({})).await;
    assert_eq!(fatima.get("contact").await["name"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_signed_by_two_who_read_it() {
    let house = House::new().await;
    let sara = Program::of(&house, Role::Operator).await;
    let ali = Program::of(&house, Role::Director).await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let at = "operator/agreements/finances";
    let number = sara
        .does("POST", at, json!({ "text": "# Hosting\n" }))
        .await["number"]
        .clone();
    let found = ali.get("agreements").await;
    assert_eq!(sara.get(at).await, found);
    let sign = format!("agreements/{number}/sign");
    let other = json!({ "sha256": "00" });
    ali.is_refused("POST", &sign, other, "unknown-agreement")
        .await;
    let read = json!({ "sha256": found[0]["sha256"] });
    sara.is_refused("POST", &sign, read.clone(), "forbidden")
        .await;
    ali.does("POST", &sign, read.clone()).await;
    fatima.does("POST", &sign, read).await;
    assert_eq!(ali.get("agreements").await[0]["state"], "in-force");
}
