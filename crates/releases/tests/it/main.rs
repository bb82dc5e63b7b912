//! Releases over a real store.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

use std::sync::Arc;

use amana_ledger::{Hash, Note, RELEASES, Release, SigningKey};
use amana_releases::{Error, Releases};
use amana_store::{Catalog, LedgerInfo, Options, Store, Visibility};
use tempfile::TempDir;

fn open(folder: &TempDir) -> Arc<Store> {
    let catalog = Catalog::new([Releases::service()]);
    let store = Store::open(folder.path(), catalog, Options::new("amana.test"));
    Arc::new(store.unwrap())
}

fn release(seed: u8) -> Release {
    let of = |what: &[u8]| Hash::of(&[what, &[seed]]);
    Release {
        version: "0.1.0".parse().unwrap(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        binary: of(b"binary"),
        package: Some(of(b"package")),
        source: of(b"source"),
        sbom: of(b"sbom"),
    }
}

fn note(release: &Release, signers: &[u8]) -> Note {
    let keys = signers.iter().map(|&seed| {
        let name = format!("rebuilder-{seed}.example");
        SigningKey::from_seed(&name, [seed; 32]).unwrap()
    });
    let text = release.to_string();
    Note {
        signatures: keys.map(|key| key.sign(&text)).collect(),
        text,
    }
}

#[tokio::test]
async fn releases_are_found_by_their_digests_in_a_public_ledger() {
    let folder = TempDir::new().unwrap();
    let releases = Releases::new(open(&folder));
    let first = release(1);
    assert_eq!(
        releases
            .record(&note(&first, &[1]), "operator:root")
            .await
            .unwrap(),
        format!("{RELEASES}/0")
    );
    let second = releases
        .record(&note(&release(2), &[1]), "operator:root")
        .await;
    assert_eq!(second.unwrap(), format!("{RELEASES}/1"));
    assert_eq!(releases.find(&first.binary).unwrap().number, 0);
    assert_eq!(releases.find(&first.package.unwrap()).unwrap().number, 0);
    assert!(matches!(
        releases.find(&first.source),
        Err(Error::Unknown { .. })
    ));

    // One more signature is one more act, and the newest answers.
    let more = note(&first, &[1, 2]);
    releases.record(&more, "operator:root").await.unwrap();
    let found = releases.find(&first.binary).unwrap();
    assert_eq!(
        (found.number, found.note.as_str()),
        (2, more.to_string().as_str())
    );
    let again = releases.record(&more, "operator:root").await;
    assert!(matches!(again, Err(Error::Recorded { receipt }) if receipt == found.receipt()));
    drop(releases);

    let store = open(&folder);
    let info = store
        .read(|rows| LedgerInfo::named(rows, RELEASES))
        .unwrap();
    let info = info.unwrap();
    assert_eq!((info.size, info.visibility), (3, Visibility::Public));
    assert_eq!(Releases::new(store).all().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_no_release_is_not_recorded() {
    let folder = TempDir::new().unwrap();
    let releases = Releases::new(open(&folder));
    let key = SigningKey::from_seed("rebuilder.example", [1; 32]).unwrap();
    let note = Note::sign("amana/release/v1\nversion 1\n", &key).unwrap();
    assert!(matches!(
        releases.record(&note, "operator:root").await,
        Err(Error::Malformed(_))
    ));
    assert!(releases.all().unwrap().is_empty());
}
