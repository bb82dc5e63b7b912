//! Every code that an error can have says something in every language.

use std::collections::BTreeSet;
use std::path::Path;

use amana_console::{Language, nowhere, verify};
use http::StatusCode;

use crate::house::{House, ask};

/// Crates whose errors people meet on pages.
const CRATES: [&str; 9] = [
    "access", "console", "folders", "gateway", "ledger", "releases", "sites", "store", "vault",
];
/// A number that may only go up: fewer found means that this test no longer sees where codes are given.
const MIN_CODES: usize = 100;

fn crates() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("crates stand side by side")
}

/// Each `=> "code"` of the crates' error files.
fn codes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for name in CRATES {
        let text = std::fs::read_to_string(crates().join(name).join("src/error.rs")).unwrap();
        // What an error is called in English follows the same pattern, with spaces.
        let quoted = text
            .split("=> \"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let is_code = |word: &&str| {
            word.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        };
        found.extend(quoted.filter(is_code).map(str::to_owned));
    }
    // Names of formats, which `Display` gives: they are no codes.
    for name in [
        "hash",
        "frontier",
        "checkpoint",
        "cosignature",
        "receipt",
        "release",
        "tlog-proof",
    ] {
        found.remove(name);
    }
    found
}

#[test]
fn every_code_has_its_sentence_in_every_language() {
    let codes = codes();
    assert!(codes.len() >= MIN_CODES, "{} codes", codes.len());
    let mut missing = Vec::new();
    for language in Language::ALL {
        let texts = language.texts();
        for code in codes.iter().map(String::as_str).chain(verify::CODES) {
            if (texts.refusal)(code).is_none() {
                missing.push(format!("{code} in {}", texts.tag));
            }
        }
    }
    assert!(missing.is_empty(), "codes without a sentence: {missing:#?}");
}

#[test]
fn what_a_receipt_can_be_refused_for_is_what_its_format_says() {
    let format = crates().join("../docs/formats/receipt.md");
    let format = std::fs::read_to_string(format).unwrap();
    let rows = format.lines().filter(|line| line.starts_with("| "));
    let drawn: BTreeSet<_> = rows
        .filter_map(|row| {
            row.rsplit('|')
                .nth(1)?
                .trim()
                .strip_prefix('`')?
                .strip_suffix('`')
        })
        .collect();
    assert!(drawn.len() > 20, "{drawn:?}");
    let known = BTreeSet::from(verify::CODES);
    let missing: Vec<_> = drawn.difference(&known).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_page_says_so_in_the_asker_s_language() {
    let house = House::new().await;
    let french = house.ask("/assets/absent", &[]).await;
    assert_eq!(french.status, StatusCode::NOT_FOUND);
    assert!(french.text().contains("<h1>Cette page n’existe pas</h1>"));
    assert!(french.text().contains("<code>not-found</code>"));
    let english = house
        .ask("/api/v1/absent", &[("accept-language", "en")])
        .await;
    assert_eq!(english.status, StatusCode::NOT_FOUND);
    let told: serde_json::Value = serde_json::from_slice(&english.body).unwrap();
    assert_eq!(told["code"], "not-found");
    assert!(
        told["message"]
            .as_str()
            .unwrap()
            .starts_with("It has moved")
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_page_for_people_and_a_line_for_programs() {
    let router = nowhere();
    let page = ask(&router, "/nowhere", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.says("<h1>") && !page.header("content-security-policy").is_empty());
    let line = ask(&router, "/nowhere", &[]).await;
    assert_eq!(
        (line.status, &*line.body),
        (StatusCode::NOT_FOUND, &b"not found\n"[..])
    );
    let json = ask(&router, "/api/v1/nowhere", &[]).await;
    assert_eq!(json.status, StatusCode::NOT_FOUND);
    assert!(json.says(r#""code":"not-found""#), "{}", json.text());
}
