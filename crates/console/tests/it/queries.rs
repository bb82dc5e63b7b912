//! What addresses ask with, and what is never said of witnesses.

use http::StatusCode;

use crate::books::ministry;

/// Nothing that an address asks for is left out in silence: the parameter is named, on a page and to programs.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_address_asks_wrongly_is_named() {
    let (house, cookie) = ministry(2).await;
    let many: Vec<_> = (0..21).map(|number| number.to_string()).collect();
    let many = many.join(",");
    let long = format!("text={}", "x".repeat(201));
    for (path, query, told) in [
        ("journal", "from=zzz", "from"),
        ("journal", "to=2026-02-30", "to"),
        ("journal", "group=everything", "deposits, buckets"),
        ("journal", "before=last", "before"),
        ("journal", "ledger=vault", "ledger"),
        ("journal", "form=2026-01-01", "form"),
        ("journal", long.as_str(), "200"),
        ("evidence", "month=2026-99", "2026-99"),
        ("evidence", "entries=abc,+1,+9999", "abc, 9999"),
        ("evidence", "entry=1", "entry"),
        ("messages", "before=x", "before"),
    ] {
        for (base, code) in [("", "<!doctype html>"), ("/api/v1", "malformed-call")] {
            let path = format!("{base}/{path}?{query}");
            let answer = house.ask(&path, &[("cookie", &cookie)]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
            let text = answer.text();
            assert!(text.contains(told) && text.contains(code), "{path}: {text}");
        }
    }
    let too_many = format!("/evidence?entries={many}");
    let too_many = house.ask(&too_many, &[("cookie", &cookie)]).await;
    assert_eq!(too_many.status, StatusCode::BAD_REQUEST);
    for fine in [
        "/journal?from=&to=&group=&who=&lang=fr",
        "/evidence?entries=0+et+1&month=",
    ] {
        house.page_as(fine, "fr", &cookie).await;
    }
    for export in ["csv", "jsonl"] {
        let path = format!("/journal.{export}?ledger=sites");
        let refused = house.ask(&path, &[("cookie", &cookie)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{export}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_quorum_nobody_waits_for_witnesses() {
    let (house, cookie) = ministry(1).await;
    let alerts = house.page_as("/alerts", "fr", &cookie).await;
    assert!(alerts.contains("de nommer des témoins et un quorum"));
    assert!(!alerts.contains("Demandez aux témoins absents"));
    let entry = house.page_as("/journal/1", "fr", &cookie).await;
    assert!(entry.contains("ne demande aucun témoin") && !entry.contains("en attente des témoins"));
    let evidence = house.page_as("/evidence?entries=1", "fr", &cookie).await;
    let command = "amana receipt verify receipts/1.receipt --policy policy --allow-recorded";
    assert!(evidence.contains(command), "{evidence}");
}
