//! The stylesheet, the mark, the scripts.

use std::io::Read as _;

use amana_console::Asset;
use http::StatusCode;

use crate::house::House;

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_kept_for_good_under_the_name_of_their_content() {
    let house = House::new().await;
    for asset in Asset::ALL {
        let plain = house.ask(asset.path(), &[]).await;
        assert_eq!(plain.status, StatusCode::OK);
        assert_eq!(plain.text(), asset.served_text());
        assert!(plain.header("cache-control").contains("immutable"));
        let packed = house
            .ask(asset.path(), &[("accept-encoding", "br, gzip;q=0.5")])
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed.body)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, asset.served_text());
        let refused = house
            .ask(asset.path(), &[("accept-encoding", "gzip;q=0")])
            .await;
        assert_eq!(refused.header("content-encoding"), "");
    }
    let other = house.ask("/assets/style.0000000000000000.css", &[]).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[test]
fn styles_know_neither_left_nor_right() {
    // `inset-inline-start` and the like serve both directions of writing.
    let words = [
        "-left",
        "-right",
        "left:",
        "right:",
        "text-align: l",
        "float",
    ];
    let style = Asset::Style.text();
    let found: Vec<_> = words.iter().filter(|word| style.contains(**word)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// On a thin line scripts come before what one wants: all of them together are 5 KB, but for what verifies receipts, which one page
/// alone asks for, and which is long because the format is.
#[test]
fn all_scripts_together_are_small() {
    let verifier = [Asset::Receipt, Asset::Verify];
    let scripts = Asset::ALL
        .into_iter()
        .filter(|asset| asset.path().ends_with(".js") && !verifier.contains(asset));
    let bytes: Vec<_> = scripts.map(|asset| (asset, asset.packed_bytes())).collect();
    assert!(bytes.len() >= 5 && bytes.iter().all(|(_, bytes)| *bytes > 100));
    let all: usize = bytes.iter().map(|(_, bytes)| bytes).sum();
    assert!(all < 5 * 1024, "{all} bytes: {bytes:?}");
}

/// What is served of a script is cut by lines: no text that spans several may hold what looks like a comment.
#[test]
fn no_text_of_a_script_spans_lines() {
    for asset in Asset::ALL
        .into_iter()
        .filter(|asset| asset.path().ends_with(".js"))
    {
        for line in asset.text().lines() {
            assert!(line.matches('`').count() % 2 == 0, "{asset:?}: {line}");
        }
        let served = asset.served_text();
        assert!(
            served.contains("'use strict'")
                || served.contains("await import")
                || served.contains("export")
        );
    }
}
