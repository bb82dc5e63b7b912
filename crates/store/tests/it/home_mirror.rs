//! An institution's own mirror, in a folder: its order, what it refuses to be, and what leaves it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use amana_ledger::Hash;
use amana_store::mirror::home::{HomeMirror, Stands, Swept};
use amana_store::mirror::{
    ChunkList, FolderPlace, Head, HeadLedger, Mention, Mirror, MirrorKey, Segment, SegmentName,
};
use amana_store::{BlobId, Entry, EntryId, LedgerId, Visibility};
use tempfile::TempDir;
use zeroize::Zeroizing;

const LEDGER: LedgerId = LedgerId(3);
/// The one blob.
fn blob_id() -> BlobId {
    BlobId::from_bytes([7; 16])
}

const DAY_MS: i64 = 86_400_000;

fn key(seed: u8) -> MirrorKey {
    MirrorKey::from_seed(Zeroizing::new([seed; 32]))
}

fn begin(folder: &Path, known: bool) -> amana_store::Result<HomeMirror> {
    HomeMirror::begin(Arc::new(FolderPlace::open(folder)?), key(1), known, None)
}

/// Entry 0 brings the blob, entry 1 small content, entry 2 nothing.
fn segment() -> Segment {
    let entry = |index| Entry {
        id: EntryId::new(LEDGER, index).expect("a small index"),
        text: format!("core {index}").into_bytes(),
        body_hash: Hash::from_bytes([1; 32]),
        body: Some(([2; 32], format!("body {index}").into_bytes())),
    };
    Segment {
        name: SegmentName {
            ledger: LEDGER,
            from: 0,
            until: 3,
        },
        entries: (0..3).map(entry).collect(),
        contents: vec![(1, b"small".to_vec())],
        chunks: vec![ChunkList {
            blob: blob_id(),
            sealed: true,
            digests: vec![Hash::from_bytes([9; 32])],
        }],
        checkpoint: None,
    }
}

fn filled(folder: &Path) -> HomeMirror {
    let mut home = begin(folder, false).expect("it begins");
    home.put_blob(blob_id(), true, 4, &mut &b"blob"[..], &[])
        .expect("it takes a blob");
    home.put_segment(&segment(), &[]).expect("it takes entries");
    home
}

fn sweep(home: &mut HomeMirror, day: i64, stands: Stands) -> Swept {
    let mentions = |entry: &Entry| {
        let brings = entry.id.index() == 0 && entry.body.is_some();
        let mention = Mention {
            blob: blob_id(),
            sealed: true,
        };
        Ok(brings.then_some(mention).into_iter().collect())
    };
    home.sweep(LEDGER, (day * DAY_MS, 30), &[], &|_| Ok(stands), &mentions)
        .expect("it sweeps")
}

#[test]
fn a_place_that_lost_its_mark_is_no_new_one() {
    let folder = TempDir::new().expect("a folder");
    drop(filled(folder.path()));
    assert_eq!(
        begin(folder.path(), true).expect("it is there").end(LEDGER),
        3
    );
    let mark = folder.path().join("amana-mirror");
    fs::remove_file(&mark).expect("it can be removed");
    let refused = begin(folder.path(), true).err().expect("it is refused");
    assert!(refused.to_string().contains("mount its disk"), "{refused}");
    // Somebody says that this is the new disk.
    fs::write(&mark, b"").expect("it can be written");
    begin(folder.path(), true).expect("it begins anew");
}

#[test]
fn nothing_is_written_where_another_disk_is_mounted() {
    let above = TempDir::new().expect("a folder");
    let (place, away) = (above.path().join("usb"), above.path().join("away"));
    fs::create_dir(&place).expect("a place");
    let mut home = filled(&place);
    fs::rename(&place, &away).expect("it is pulled");
    fs::create_dir(&place).expect("the mount point");
    assert!(home.put_segment(&segment(), &[]).is_err());
    assert!(home.is_here().is_err());
    assert_eq!(fs::read_dir(&place).expect("it is a folder").count(), 0);
    fs::remove_dir(&place).expect("it is empty");
    fs::rename(&away, &place).expect("it is put back");
    home.put_segment(&segment(), &[]).expect("it goes on");
}

#[test]
fn it_is_no_data_centres_mirror_and_another_key_opens_nothing() {
    let folder = TempDir::new().expect("a folder");
    let mut home = filled(folder.path());
    let ledger = HeadLedger {
        id: LEDGER.0,
        name: "finances/vault".into(),
        visibility: Visibility::Private,
        checkpoint: "c/ledgers/finances/vault\n3\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u{2014} c AAAAAAAAAAAA\n"
            .into(),
        cosigned: Vec::new(),
    };
    home.put_head(Head::new("c", 0, vec![ledger]), &[])
        .expect("it takes a head");
    let place = Arc::new(FolderPlace::open(folder.path()).expect("a folder"));
    let refused = Mirror::open(place.clone(), Some(key(1))).err();
    let refused = refused.expect("it is refused").to_string();
    assert!(refused.contains("institution's own mirror"), "{refused}");
    assert!(HomeMirror::open(place.clone(), key(2)).is_err());
    assert!(HomeMirror::open(place, key(1)).is_ok());
}

#[test]
fn what_was_deleted_stays_for_its_days_and_what_was_erased_leaves_at_once() {
    let folder = TempDir::new().expect("a folder");
    let mut home = filled(folder.path());
    let blob = folder
        .path()
        .join(amana_store::mirror::blob_name(blob_id()));
    let all = Stands {
        body: true,
        content: true,
    };
    let deleted = Stands {
        content: false,
        ..all
    };
    assert_eq!(sweep(&mut home, 0, all), Swept::default());
    assert_eq!(sweep(&mut home, 1, deleted), Swept::default());
    assert_eq!(sweep(&mut home, 30, deleted), Swept::default());
    assert!(blob.exists());
    // Brought back in the meantime, and deleted again: what stands is not removed.
    let mut back = begin(folder.path(), true).expect("it opens again");
    assert_eq!(sweep(&mut back, 31, all).removed, 0);
    assert!(blob.exists());
    assert_eq!(sweep(&mut back, 40, deleted).removed, 0);
    assert_eq!(sweep(&mut back, 70, deleted).removed, 2);
    assert!(!blob.exists());
    let left = back.segment_of(LEDGER, 0).expect("the entries stay");
    assert!(left.contents.is_empty() && left.chunks.is_empty());
    assert!(left.entries.iter().all(|entry| entry.body.is_some()));
    let erased = Stands {
        body: false,
        content: false,
    };
    assert_eq!(sweep(&mut back, 71, erased).erased, 3);
    let left = back.segment_of(LEDGER, 0).expect("the entries stay");
    assert!(left.entries.iter().all(|entry| entry.body.is_none()));
}
