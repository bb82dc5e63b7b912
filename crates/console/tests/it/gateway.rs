//! A gateway's page, in each of its states.

use std::sync::Arc;

use amana_console::gateway::{GatewayAlarm, GatewayState, router};
use axum::Router;
use http::StatusCode;

use crate::house::ask;

/// A gateway to which all is well, and one with everything that can be said of it.
pub(crate) fn states() -> [(&'static str, GatewayState); 2] {
    let sound = GatewayState {
        institution: "finances".to_owned(),
        centre: "https://centre.example".to_owned(),
        connected: true,
        trouble: None,
        vouched_age_s: Some(12),
        last_vouched_s: None,
        ledger: "centre.example/ledgers/finances/vault".to_owned(),
        followed: 12_345,
        known: 12_346,
        witnessed: Some(12_340),
        queued: 0,
        spooled: 0,
        spooled_bytes: 0,
        keyring: Some(2),
        custodians: Some("3-of-5 1".to_owned()),
        root_alone: false,
        pages: None,
        alarms: Vec::new(),
    };
    let troubled = GatewayState {
        connected: false,
        trouble: Some("the line was <cut>".to_owned()),
        vouched_age_s: None,
        last_vouched_s: Some(1_795_996_800),
        root_alone: true,
        pages: Some("/srv/pages".to_owned()),
        alarms: vec![GatewayAlarm {
            what: "forked: <script>alert(1)</script>".to_owned(),
            evidence: Some("/srv/evidence/1.json".to_owned()),
        }],
        ..sound.clone()
    };
    [("to which all is well", sound), ("in trouble", troubled)]
}

pub(crate) async fn page(state: GatewayState, tag: &str) -> String {
    let router: Router = router(Arc::new(move || state.clone()));
    let answer = ask(&router, "/", &[("accept-language", tag)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

#[tokio::test]
async fn a_gateway_says_how_it_is() {
    let [(_, sound), (_, troubled)] = states();
    let page_of_sound = page(sound, "fr").await;
    assert!(page_of_sound.contains("<h1>Passerelle de finances</h1>"));
    assert!(page_of_sound.contains("class=\"card good\""));
    assert!(page_of_sound.contains("12\u{202f}345 inscriptions sur 12\u{202f}346"));
    let page_of_troubled = page(troubled, "en").await;
    for words in [
        "ONE PERSON ALONE",
        "/srv/pages",
        "/srv/evidence/1.json",
        "No fresh quorum",
        "30 November 2026 at 00:00:00 (UTC)",
    ] {
        assert!(page_of_troubled.contains(words), "{words}");
    }
    // What the data centre said must not become markup.
    assert!(!page_of_troubled.contains("<script"), "{page_of_troubled}");
    assert!(!page_of_troubled.contains("<cut>"));
}
