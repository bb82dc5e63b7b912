//! What travels before a deploy, and what leaves long after it.

use std::sync::atomic::Ordering;

use amana_sites::{Error, Manifest, Piece, pieces};

use crate::house::{BY, House, deploys, incoming, manifest, www};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// A site of so many pages, of which one may be another.
fn large(pages: usize, changed: Option<usize>) -> (Manifest, Vec<String>) {
    let content = |page| match changed {
        Some(changed) if changed == page => format!("page {page}, changed"),
        _ => format!("page {page}"),
    };
    let contents: Vec<String> = (0..pages).map(content).collect();
    let addresses: Vec<String> = (0..pages).map(|page| format!("/{page:05}.html")).collect();
    let named: Vec<(&str, &str)> = addresses
        .iter()
        .map(String::as_str)
        .zip(contents.iter().map(String::as_str))
        .collect();
    (manifest(&named), contents)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_files_one_travels() {
    let house = House::with_site().await;
    let (first, contents) = large(10_000, None);
    let files: Vec<&[u8]> = contents.iter().map(String::as_bytes).collect();
    house.upload(&first, &files).await;
    house.change(&deploys(1, &first), &[1]).await.unwrap();

    let (second, _) = large(10_000, Some(4_321));
    let whole = second.to_bytes();
    let cut = pieces::cut(&whole);
    let digests: Vec<_> = cut
        .iter()
        .map(|piece| pieces::digest(&whole[piece.clone()]))
        .collect();
    let place = house.place();
    let lacking = house.sites.lacking(&place, &digests, &[]).await.unwrap();
    let parts = cut.iter().zip(&digests).map(|(piece, hash)| {
        if lacking.pieces.contains(hash) {
            Piece::Here(whole[piece.clone()].to_vec())
        } else {
            Piece::Known(*hash)
        }
    });
    let parts: Vec<Piece> = parts.collect();
    let sent: usize = parts
        .iter()
        .map(|part| match part {
            Piece::Here(bytes) => bytes.len(),
            Piece::Known(_) => 0,
        })
        .sum();
    // A piece has 64 entries on average, and seldom ten times as many.
    assert!(
        lacking.pieces.len() <= 2 && sent < whole.len() / 10,
        "{sent} of {}",
        whole.len()
    );

    // Only what stands in those pieces can be new.
    let asked: Vec<_> = second
        .files()
        .values()
        .map(|file| file.sha256)
        .filter(|hash| {
            let digits = amana_ledger::digits(hash);
            parts.iter().any(|part| {
                matches!(part, Piece::Here(bytes) if String::from_utf8_lossy(bytes).contains(&digits))
            })
        })
        .collect();
    let lacking = house.sites.lacking(&place, &[], &asked).await.unwrap();
    let page = "page 4321, changed".as_bytes();
    assert_eq!(lacking.files, [pieces::digest(page)]);
    let content = incoming(page, Some(pieces::digest(page)));
    house.sites.keep_file(&place, BY, content).await.unwrap();
    let kept = house
        .sites
        .keep_manifest(&place, &second.digest(), parts, BY)
        .await;
    kept.unwrap();
    house.change(&deploys(2, &second), &[1]).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_is_what_was_announced() {
    let house = House::with_site().await;
    let place = house.place();
    let named = pieces::digest(b"one thing");
    let refused = house
        .sites
        .keep_file(&place, BY, incoming(b"another", Some(named)))
        .await;
    assert!(matches!(refused, Err(Error::OtherContent { .. })));

    let page = manifest(&[("/index.html", "first")]);
    let unknown = vec![Piece::Known(named)];
    let refused = house
        .sites
        .keep_manifest(&place, &page.digest(), unknown, BY)
        .await;
    assert!(matches!(refused, Err(Error::NoPiece { .. })));
    let other = vec![Piece::Here(page.to_bytes())];
    let refused = house.sites.keep_manifest(&place, &named, other, BY).await;
    assert!(matches!(refused, Err(Error::OtherContent { .. })));
    let none = b"{}".to_vec();
    let hash = pieces::digest(&none);
    let refused = house
        .sites
        .keep_manifest(&place, &hash, vec![Piece::Here(none)], BY)
        .await;
    assert!(matches!(refused, Err(Error::Manifest { .. })));
    assert_eq!(house.shelf.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_not_asked_for_again() {
    let house = House::with_site().await;
    let place = house.place();
    let (one, two) = (pieces::digest(b"one"), pieces::digest(b"two"));
    let lacking = house.sites.lacking(&place, &[], &[one, two, one]).await;
    assert_eq!(lacking.unwrap().files, [one, two]);
    let content = incoming(b"one", Some(one));
    house.sites.keep_file(&place, BY, content).await.unwrap();
    let lacking = house.sites.lacking(&place, &[], &[one, two]).await;
    assert_eq!(lacking.unwrap().files, [two]);
}

#[tokio::test(flavor = "multi_thread")]
async fn content_leaves_with_the_last_deploy_that_names_it() {
    let house = House::with_site().await;
    for number in 1..=4 {
        house
            .deploy(number, &format!("page {number}"))
            .await
            .unwrap();
    }
    // Back to the first, which is the newest now.
    let first = manifest(&[("/index.html", "page 1")]);
    house.change(&deploys(5, &first), &[1]).await.unwrap();
    assert_eq!(house.shelf.count(), 8);

    // What came lately may be of a deploy that waits for signatures.
    let swept = house.sites.sweep(&www(), 2, "operator").await.unwrap();
    assert_eq!((swept.kept, swept.removed), (2, 0));
    house.now_ms.fetch_add(WEEK_MS + 1, Ordering::Relaxed);
    house
        .upload(&manifest(&[("/", "pending")]), &[b"pending"])
        .await;
    let swept = house.sites.sweep(&www(), 2, "operator").await.unwrap();
    assert_eq!((swept.kept, swept.removed), (2, 4));
    assert_eq!(house.shelf.count(), 6);

    let second = manifest(&[("/index.html", "page 2")]);
    let refused = house.change(&deploys(6, &second), &[1]).await;
    assert!(matches!(refused, Err(Error::NoManifest { .. })));
    let fourth = manifest(&[("/index.html", "page 4")]);
    house.change(&deploys(6, &fourth), &[1]).await.unwrap();

    // Whose manifest can't be read, of that nobody knows what it needs.
    house.shelf.spoil(&first.digest());
    let refused = house.sites.sweep(&www(), 10, "operator").await;
    assert!(matches!(refused, Err(Error::OtherContent { .. })));
    house.shelf.remove(&first.digest());
    let refused = house.sites.sweep(&www(), 10, "operator").await;
    assert!(matches!(refused, Err(Error::NoManifest { .. })));
    house.check_everything();
}
