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
        assert_eq!(plain.text(), asset.text());
        assert!(plain.header("cache-control").contains("immutable"));
        let packed = house
            .ask(asset.path(), &[("accept-encoding", "br, gzip;q=0.5")])
            .await;
        assert_eq!(packed.header("content-encoding"), "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed.body)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, asset.text());
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

#[test]
fn the_script_of_the_file_page_is_small() {
    assert!(Asset::Files.text().len() < 5 * 1024);
}

#[test]
fn the_script_that_signs_is_small() {
    let bytes = Asset::Sign.text().len();
    assert!((1..5 * 1024).contains(&bytes), "{bytes} bytes");
}

/// It comes before the file on a thin line.
#[test]
fn the_script_of_deposits_is_small() {
    let bytes = Asset::Upload.text().len();
    assert!((1..5 * 1024).contains(&bytes), "{bytes} bytes");
}
