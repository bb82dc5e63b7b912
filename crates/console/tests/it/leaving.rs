//! Leaving and other custodians, as officials propose them on their page, and as the operator sees them.

use amana_access::Role;
use http::StatusCode;

use crate::account::signed_in;
use crate::house::House;
use crate::operators::{operator, page, post};

const COLLEAGUES: &str = "/account/officials";

/// The number of the newest proposal on the page of colleagues.
async fn newest(house: &House, cookie: &str) -> String {
    let shown = page(house, cookie, COLLEAGUES, "en").await;
    let number = shown.split("/account/proposals/").nth(1).unwrap();
    number.split('/').next().unwrap().to_owned()
}

async fn told(house: &House, cookie: &str, path: &str) -> serde_json::Value {
    let answer = house.ask(path, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_close_the_door_and_open_it_again() {
    let house = House::furnished().await;
    let now_ms = house.store.now_ms();
    // First, since two who approve name the others themselves.
    let auditor = signed_in(&house.access, now_ms, Role::Auditor).await;
    let focal = signed_in(&house.access, now_ms, Role::FocalPoint).await;
    let director = signed_in(&house.access, now_ms, Role::Director).await;
    let staff = operator(&house).await;
    let leave = "/account/officials/leave";
    let never = post(&house, &auditor, leave, "act=leave").await;
    assert_eq!(never.status, StatusCode::FORBIDDEN);
    let unclear = post(&house, &focal, leave, "act=perhaps").await;
    assert!(unclear.says("<code>form</code>"), "{}", unclear.text());
    for (act, shown, after) in [
        ("leave", "Leave the data centre", "propose to stay"),
        ("stay", "Stay after all", "propose to leave"),
    ] {
        let done = post(
            &house,
            &focal,
            leave,
            &format!("act={act}&reason=elsewhere&sure=1"),
        )
        .await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
        assert!(
            page(&house, &director, COLLEAGUES, "en")
                .await
                .contains(shown)
        );
        let approve = format!(
            "/account/proposals/{}/approve",
            newest(&house, &director).await
        );
        let own = post(&house, &focal, &approve, "").await;
        assert!(own.says("needs-another"), "{}", own.text());
        let approved = post(&house, &director, &approve, "").await;
        assert_eq!(
            approved.status,
            StatusCode::SEE_OTHER,
            "{}",
            approved.text()
        );
        let colleagues = page(&house, &focal, COLLEAGUES, "en").await.to_lowercase();
        assert!(colleagues.contains(after));
        let again = post(&house, &focal, leave, &format!("act={act}&sure=1")).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());

        let leaves = act == "leave";
        let overview = told(&house, &focal, "/api/v1/overview").await;
        let needs = overview["needs"].as_array().unwrap();
        assert_eq!(needs.iter().any(|need| need["code"] == "leaving"), leaves);
        let deposit = house.try_deposit(act, "a deed").await;
        assert_eq!(
            deposit.err().map(|error| error.code()),
            leaves.then_some("leaving")
        );
        let seen = told(&house, &staff, "/api/v1/operator/institutions/finances").await;
        assert_eq!(seen["leaving_since_s"].is_u64(), leaves, "{seen}");
        let listed = page(&house, &staff, "/operator/institutions", "en").await;
        assert_eq!(listed.contains(">leaving<"), leaves);
    }
    for (language, said) in [
        ("en", "the institution leaves"),
        ("fr", "l’institution part"),
    ] {
        let journal = page(&house, &director, "/journal", language).await;
        assert!(journal.contains(said), "{language}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn custodians_are_proposed_by_a_plan() {
    let house = House::furnished().await;
    let focal = signed_in(&house.access, house.store.now_ms(), Role::FocalPoint).await;
    let path = "/account/officials/custodians";
    let wrong = post(&house, &focal, path, "plan=everybody").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let early = post(&house, &focal, path, "plan=3-of-5").await;
    assert!(early.says("not-enrolled"), "{}", early.text());
}
