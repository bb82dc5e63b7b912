//! Access keys on pages: where their deposits are open, and what each is for.

use amana_access::Role;
use http::StatusCode;
use serde_json::{Value, json};

use crate::content::Desk;
use crate::home;
use crate::markup::tags;

/// Whoever could seal is told that a key of the data centre doesn't, where the key is asked for and where it is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_opens_deposits_says_so() {
    let desk = Desk::of(Role::FocalPoint).await;
    let form = "for=all&right=own";
    for page in [desk.get("/keys", &[]).await, desk.post("/keys", form).await] {
        assert!(!page.says("in-the-open"), "{}", page.text());
    }
    home::enrol(&desk.house, "3-of-5").await;
    let page = desk.get("/keys", &[("accept-language", "en")]).await;
    assert!(page.says("the operator can read it"), "{}", page.text());
    let told = tags(&page.text());
    let told = told
        .iter()
        .filter(|tag| tag.attribute("aria-describedby") == Some("in-the-open"));
    assert_eq!(told.count(), 2, "the rights and the buckets");
    let made = desk.post("/keys", form).await;
    assert!(made.says("amana access-key create --data amana-gateway"));
}

/// What a key is for is asked for once, and told wherever the key is: in the list, in the journal, in alerts, to programs.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_key_is_for_is_told_wherever_it_is() {
    let desk = Desk::of(Role::FocalPoint).await;
    let made = desk
        .post("/keys", "for=all&right=read&label=Paie+%3Cnuit%3E")
        .await;
    assert!(made.says("Paie &#60;nuit&#62;"), "{}", made.text());
    let call = json!({ "buckets": null, "right": "read", "label": "archives du cabinet" });
    desk.told("POST", "/api/v1/keys", call).await;
    for path in ["/keys", "/journal", "/alerts"] {
        let page = desk.get(path, &[]).await;
        assert!(
            page.says("Paie &#60;nuit&#62;") && page.says("archives du cabinet"),
            "{path}: {}",
            page.text()
        );
    }
    let found = desk.get("/journal?who=cabinet", &[]).await;
    assert_eq!(found.status, StatusCode::OK);
    let keys = desk.told("GET", "/api/v1/keys", Value::Null).await;
    let labels: Vec<_> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| &key["label"])
        .collect();
    assert!(labels.contains(&&json!("archives du cabinet")) && labels.contains(&&Value::Null));
    let long = "x".repeat(81);
    let refused = desk
        .post("/keys", &format!("for=all&right=read&label={long}"))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let call = json!({ "buckets": null, "right": "read", "label": long });
    let refused = desk.call("POST", "/api/v1/keys", call.to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
