//! A gateway's page, in each of its states.

use std::sync::Arc;

use amana_console::files::Peer;
use amana_console::gateway::{GatewayAlarm, GatewayState, router};
use axum::{Extension, Router};
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

/// The routes of a gateway in that state, to who comes from that address.
fn routes(state: GatewayState, from: &str) -> Router {
    let peer = Peer(from.parse().unwrap());
    router(Arc::new(move || state.clone())).layer(Extension(peer))
}

/// Its page, as it is read at the machine itself.
pub(crate) async fn page(state: GatewayState, tag: &str) -> String {
    let answer = ask(
        &routes(state, "127.0.0.1"),
        "/",
        &[("accept-language", tag)],
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

#[tokio::test]
async fn only_the_machine_itself_is_told_of_the_custodians() {
    let [_, (_, mut troubled)] = states();
    troubled.custodians = Some("1-of-1 1".to_owned());
    let told =
        |text: &str| ["UNE SEULE", "/srv/pages", "1 page sur 1"].map(|words| text.contains(words));
    let own = [("accept-language", "fr")];
    for (from, headers, all) in [
        ("127.0.0.1", &own as &[_], true),
        ("::1", &own, true),
        ("::ffff:127.0.0.1", &own, true),
        ("192.168.1.20", &own, false),
        // Passed on by something else on this machine.
        (
            "127.0.0.1",
            &[own[0], ("x-forwarded-for", "192.168.1.20")],
            false,
        ),
    ] {
        let answer = ask(&routes(troubled.clone(), from), "/", headers).await;
        assert_eq!(told(&answer.text()), [all; 3], "{from}");
        assert!(
            answer.says("/srv/evidence/1.json"),
            "alarms are told to everybody"
        );
    }
}

#[tokio::test]
async fn what_a_gateway_has_not_is_a_page_and_help_is_there() {
    let [(_, sound), _] = states();
    let routes = routes(sound, "192.168.1.20");
    let page = ask(
        &routes,
        "/custodians",
        &[("accept", "text/html"), ("accept-language", "fr")],
    )
    .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(
        page.says("href=\"/folders\"") && page.says("Cette page n’existe pas"),
        "{}",
        page.text()
    );
    let line = ask(&routes, "/custodians", &[]).await;
    assert_eq!(
        (line.status, line.text().as_str()),
        (StatusCode::NOT_FOUND, "not found\n")
    );
    let help = ask(&routes, "/help", &[("accept-language", "fr")]).await;
    assert_eq!(help.status, StatusCode::OK);
    assert!(help.says("id=\"gateway\"") && help.says("https://centre.example"));
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
    assert!(!page_of_troubled.contains("<script>"), "{page_of_troubled}");
    assert!(!page_of_troubled.contains("<cut>"));
}
