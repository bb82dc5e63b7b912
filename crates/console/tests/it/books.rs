//! An institution's books: the journal through its filter, a page at a time, and as files; the overview.

use amana_access::{Grant, Role};
use amana_console::Language;
use amana_console::books::line::{Facts, Group};
use http::StatusCode;
use serde_json::Value;

use crate::account::signed_in;
use crate::home;
use crate::house::House;
use crate::markup::tags;

/// The pages for who is signed in.
const PAGES: [&str; 7] = [
    "/overview",
    "/journal",
    "/journal/1",
    "/usage",
    "/alerts",
    "/custodians",
    "/evidence",
];

/// An institution whose director is signed in, with some keys made.
pub(crate) async fn ministry(keys: usize) -> (House, String) {
    let house = House::new().await;
    let cookie = signed_in(&house.access, house.store.now_ms(), Role::Director).await;
    let finances = "finances".parse().unwrap();
    for _ in 0..keys {
        let made = house.access.create_access_key(
            &finances,
            None,
            Grant::everything(),
            None,
            "operator:test",
        );
        made.await.unwrap();
    }
    (house, cookie)
}

async fn json(house: &House, cookie: &str, path: &str) -> Value {
    let answer = house.ask(path, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_turns_its_pages_and_misses_nothing() {
    let (house, cookie) = ministry(120).await;
    let (mut before, mut seen) = (String::new(), Vec::new());
    loop {
        let page = json(&house, &cookie, &format!("/api/v1/journal?before={before}")).await;
        let lines = page["lines"].as_array().unwrap();
        assert!(lines.len() <= 50);
        seen.extend(lines.iter().map(|line| line["index"].as_u64().unwrap()));
        match page["next"].as_u64() {
            Some(next) => before = next.to_string(),
            None => break,
        }
    }
    let size = seen.len() as u64;
    assert!(size > 120);
    assert_eq!(seen, (0..size).rev().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filter_holds_for_the_page_and_for_the_files() {
    let (house, cookie) = ministry(3).await;
    let count = async |query: &str| {
        let page = json(&house, &cookie, &format!("/api/v1/journal?{query}")).await;
        page["lines"].as_array().unwrap().len()
    };
    assert_eq!(count("group=keys").await, 3);
    assert_eq!(count("group=keys&who=director").await, 0);
    assert!(
        count("group=people&who=director").await >= 1,
        "by the person's name"
    );
    assert_eq!(count("group=keys&from=2000-01-01&to=2000-01-02").await, 0);
    assert_eq!(count("group=keys&from=2000-01-01").await, 3);
    assert_eq!(count("group=keys&from=9000-01-01").await, 0);
    assert_eq!(count("text=access-KEY.create").await, 3);
    assert_eq!(count("text=never+said").await, 0);
    assert_eq!(count("bucket=nowhere").await, 0);

    let cookies = [("cookie", cookie.as_str()), ("accept-language", "en")];
    let csv = house.ask("/journal.csv?group=keys", &cookies).await;
    let text = csv.text();
    let rows: Vec<_> = text.lines().collect();
    assert_eq!(rows.len(), 4, "{text}");
    assert!(rows[0].contains("number,time,kind"));
    assert!(rows[1].contains(",access-key.create,operator:test,The operator (test),"));
    assert!(
        csv.header("content-disposition")
            .contains("finances-vault.csv")
    );
    let lines = house
        .ask("/journal.jsonl?group=keys", &cookies)
        .await
        .text();
    for line in lines.lines() {
        let act: Value = serde_json::from_str(line).unwrap();
        assert_eq!(act["core"]["kind"], "access-key.create");
        assert_eq!(act["body_state"], "there");
        assert_eq!(act["body"]["right"], "own");
    }
    assert_eq!(lines.lines().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_shown_whole_and_no_other_is() {
    let (house, cookie) = ministry(1).await;
    let first = json(&house, &cookie, "/api/v1/journal/0").await;
    assert_eq!(first["line"]["kind"], "institution.add");
    assert_eq!(first["line"]["body"], "none");
    assert_eq!(first["witnessed"], false);
    for absent in ["99999", "1099511627776", "x", "-1"] {
        let path = format!("/journal/{absent}");
        let answer = house.ask(&path, &[("cookie", &cookie)]).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
    }
    let receipt = house.ask("/receipt/1", &[("cookie", &cookie)]).await;
    assert_eq!(receipt.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overview_tells_recorded_from_witnessed() {
    let (house, cookie) = ministry(0).await;
    let overview = json(&house, &cookie, "/api/v1/overview").await;
    assert_eq!(overview["standing"]["witnessed"], Value::Null);
    assert!(overview["standing"]["recorded"].as_u64().unwrap() > 3);
    let needs: Vec<_> = overview["needs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|need| need["code"].as_str().unwrap())
        .collect();
    for need in ["no-quorum", "few-approve", "one-passkey", "no-keyring"] {
        assert!(needs.contains(&need), "{need}: {needs:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_keeps_the_rules_of_pages() {
    let (house, cookie) = ministry(2).await;
    for path in PAGES {
        let mut shapes = Vec::new();
        for language in Language::ALL {
            let tag = language.texts().tag;
            let headers = [("cookie", cookie.as_str()), ("accept-language", tag)];
            let answer = house.ask(path, &headers).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            let page = answer.text();
            let tags = tags(&page);
            for tag in &tags {
                assert!(
                    tag.attribute("style").is_none() && tag.name != "style",
                    "{path}"
                );
                assert!(
                    tag.name != "th" || tag.attribute("scope").is_some(),
                    "{path}"
                );
                let broken = [" ;", " :", " ?", " !", " »", "« "];
                let broken = broken.iter().any(|mark| tag.text.contains(mark));
                let shown = tag.name != "pre";
                assert!(
                    language.texts().tag != "fr" || !shown || !broken,
                    "{path}: {}",
                    tag.text
                );
                if ["input", "select"].contains(&tag.name.as_str())
                    && tag.attribute("type") != Some("hidden")
                {
                    let id = tag.attribute("id").unwrap();
                    assert!(
                        tags.iter().any(|label| label.attribute("for") == Some(id)),
                        "{path}: {id}"
                    );
                }
            }
            assert_eq!(
                tags.iter().filter(|tag| tag.name == "h1").count(),
                1,
                "{path}"
            );
            shapes.push(tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>());
        }
        assert_eq!(
            shapes[0], shapes[1],
            "{path}: languages differ in words alone"
        );
    }
}

/// What a spreadsheet would run stays text, and what a person named an object stays one field.
#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_a_file_is_a_formula() {
    let house = House::new().await;
    let by = amana_access::Actor::of_socket("operator:test");
    let owner = amana_access::Owner::Institution("finances".parse().unwrap());
    let name = "=cmd(\"x\"), Ali".parse().unwrap();
    let named = house
        .access
        .name_official(&owner, &name, Role::Auditor, &by);
    named.await.unwrap();
    let cookie = signed_in(&house.access, house.store.now_ms(), Role::Director).await;
    let csv = house
        .ask("/journal.csv?group=people", &[("cookie", &cookie)])
        .await
        .text();
    assert!(csv.contains("\"'=cmd(\"\"x\"\"), Ali\""), "{csv}");
}

#[test]
fn every_kind_has_a_group_and_an_unknown_one_a_sentence() {
    for group in Group::ALL {
        assert_eq!(Group::named(group.name()), Some(group));
    }
    assert_eq!(Group::of("tenders.open"), Group::Other);
    let line = amana_console::books::line::Line {
        index: 1,
        at: "2026-11-22T00:00:00.000Z".to_owned(),
        kind: "tenders.open".to_owned(),
        group: Group::Other,
        by: "official:1".to_owned(),
        sealed: false,
        body: amana_console::books::line::Body::None,
        facts: Facts::default(),
    };
    for language in Language::ALL {
        let did = amana_console::texts::journal::Did {
            line: &line,
            person: "–",
            key: "AMAN",
        };
        assert!((language.texts().journal.did)(&did).contains("tenders.open"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_adds_up_to_what_is_held() {
    let (house, cookie) = ministry(2).await;
    let usage = json(&house, &cookie, "/api/v1/usage").await;
    let days = usage["days"].as_array().unwrap();
    assert_eq!((days.len(), &usage["whole"]), (90, &Value::Bool(true)));
    let acts: u64 = days.iter().map(|day| day["acts"].as_u64().unwrap()).sum();
    assert_eq!(acts, usage_of_journal(&house, &cookie).await);
    assert_eq!(days[89]["held_bytes"], usage["held_bytes"]);
    // Asked again, what came meanwhile is counted once.
    let finances = "finances".parse().unwrap();
    let made =
        house
            .access
            .create_access_key(&finances, None, Grant::everything(), None, "operator:test");
    made.await.unwrap();
    let again = json(&house, &cookie, "/api/v1/usage").await;
    let counted = again["days"].as_array().unwrap().iter();
    let counted: u64 = counted.map(|day| day["acts"].as_u64().unwrap()).sum();
    assert_eq!(counted, acts + 1);
    let csv = house.ask("/usage.csv", &[("cookie", &cookie)]).await.text();
    assert_eq!(csv.lines().count(), 91);
}

async fn usage_of_journal(house: &House, cookie: &str) -> u64 {
    let journal = json(house, cookie, "/api/v1/journal").await;
    journal["size"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_tell_what_was_and_who_looked() {
    let (house, cookie) = ministry(1).await;
    let finances = "finances".parse().unwrap();
    house
        .access
        .suspend(&finances, Some("a test"), "operator:test")
        .await
        .unwrap();
    house
        .access
        .resume(&finances, None, "operator:test")
        .await
        .unwrap();
    let alerts = json(&house, &cookie, "/api/v1/alerts").await;
    let codes = |which: &str| -> Vec<String> {
        let alerts = alerts[which].as_array().unwrap().iter();
        alerts
            .map(|alert| alert["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(
        codes("now").contains(&"witnesses".to_owned()),
        "no quorum is asked for"
    );
    for code in ["keys", "people", "suspended"] {
        assert!(
            codes("past").contains(&code.to_owned()),
            "{code}: {alerts:#}"
        );
    }
    let page = house
        .ask("/alerts", &[("cookie", &cookie), ("accept-language", "fr")])
        .await
        .text();
    assert!(
        page.contains("a suspendu l’institution\u{a0}: a test"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_is_recorded_on_its_page() {
    let (house, cookie) = ministry(0).await;
    let page = house.page_as("/custodians", "fr", &cookie).await;
    assert!(page.contains("/help#gateway") && !page.contains("id=\"drill\""));
    home::enrol(&house, "3-of-5").await;
    let page = house.page_as("/custodians", "fr", &cookie).await;
    let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let today = page.split("max=\"").nth(1).unwrap();
    let today = today.split('"').next().unwrap();
    let headers = [
        ("cookie", cookie.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let form = |day: &str, numbers: &str| {
        format!("token={token}&held-on={day}&custodians={numbers}&outcome=failed&note=page+2+lost")
    };
    let recorded = house
        .send("POST", "/custodians", &headers, form(today, "4,+1+et+3"))
        .await;
    assert_eq!(
        recorded.status,
        StatusCode::SEE_OTHER,
        "{}",
        recorded.text()
    );
    for wrong in [
        form("1990-01-01", "1"),
        form(today, "none"),
        form(today, "400"),
        form(today, "1,+3,+6"),
    ] {
        let refused = house
            .send("POST", "/custodians", &headers, wrong.clone())
            .await;
        assert!(refused.status.is_client_error(), "{wrong}");
    }
    let custodians = json(&house, &cookie, "/api/v1/custodians").await;
    assert_eq!(
        custodians["drills"][0]["custodians"],
        serde_json::json!([1, 3, 4])
    );
    assert_eq!(custodians["drills"][0]["outcome"], "failed");
    assert_eq!(custodians["drills"].as_array().unwrap().len(), 1);
    assert!(
        custodians["due"].is_string(),
        "a drill that failed is due again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pack_holds_what_it_says() {
    let (house, cookie) = ministry(2).await;
    let pack = house
        .ask("/evidence.zip?entries=0,2", &[("cookie", &cookie)])
        .await;
    assert_eq!(pack.status, StatusCode::OK);
    assert_eq!(&pack.body[..4], b"PK\x03\x04");
    let end = &pack.body[pack.body.len() - 22..];
    assert_eq!(&end[..4], b"PK\x05\x06");
    assert_eq!(
        u16::from_le_bytes([end[10], end[11]]),
        9,
        "seven files and two receipts"
    );
    let text = String::from_utf8_lossy(&pack.body);
    for name in [
        "index.html",
        "journal.csv",
        "usage.csv",
        "policy",
        "verify-receipt.py",
        "receipts/0.receipt",
        "receipts/2.receipt",
    ] {
        assert!(text.contains(name), "{name}");
    }
    let evidence = json(&house, &cookie, "/api/v1/evidence").await;
    assert_eq!(evidence["entries"][0], 0);
    assert!(evidence["availability"]["epochs"].as_u64().unwrap() >= 1);
    let past = json(&house, &cookie, "/api/v1/evidence?month=2001-02").await;
    assert_eq!(past["entries"], serde_json::json!([0, 0]));
    for wrong in ["2026-13", "now", "1%27", "9999-12"] {
        let refused = house
            .ask(&format!("/evidence?month={wrong}"), &[("cookie", &cookie)])
            .await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_looks_only_while_it_is_let_in_and_every_look_is_an_entry() {
    let (house, director) = ministry(1).await;
    let staff = signed_in(&house.access, house.store.now_ms(), Role::Operator).await;
    let cookies = [("cookie", staff.as_str()), ("accept-language", "fr")];
    let journal = "/support/finances/journal";
    let refused = house.ask(journal, &cookies).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    let listed = house.ask("/support", &cookies).await.text();
    assert!(!listed.contains("finances/journal"));
    let let_in = house
        .access
        .session(director.trim_start_matches("amana-session="))
        .unwrap()
        .unwrap();
    house
        .access
        .allow_support(&let_in, Some(3_600_000), None)
        .await
        .unwrap();
    assert!(
        house
            .ask("/support", &cookies)
            .await
            .text()
            .contains("/support/finances/journal")
    );
    for page in [
        "overview",
        "alerts",
        "journal",
        "journal/1",
        "usage",
        "custodians",
    ] {
        let shown = house
            .ask(&format!("/support/finances/{page}"), &cookies)
            .await;
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.text());
        let page = shown.text();
        assert!(page.contains("id=\"note\"") && !page.contains("<form method=\"post\""));
        for tag in tags(&page) {
            let target = tag.attribute("href").unwrap_or("/support");
            let own = [
                "/journal",
                "/usage",
                "/receipt",
                "/custodians",
                "/overview",
                "/alerts",
                "/evidence",
            ];
            assert!(!own.iter().any(|own| target.starts_with(own)), "{target}");
        }
    }
    let seen = json(&house, &director, "/api/v1/journal?text=support.use").await;
    assert_eq!(seen["lines"].as_array().unwrap().len(), 6);
    for never in [
        "/support/finances/evidence",
        "/support/customs/journal",
        "/journal",
        "/support/finances/journal.csv",
    ] {
        let refused = house.ask(never, &cookies).await;
        assert!(
            refused.status.is_client_error(),
            "{never}: {}",
            refused.status
        );
    }
    house
        .access
        .allow_support(&let_in, None, None)
        .await
        .unwrap();
    let over = house.ask(journal, &cookies).await;
    assert_eq!(over.status, StatusCode::FORBIDDEN);
}
