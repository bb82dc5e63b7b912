//! What is spooled is found again, in order, whatever one disk lost.

use amana_store::PlainAct;
use amana_vault::remote::{ActId, BucketHead, NewPiece, PlannedAct};
use serde_json::value::to_raw_value;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::LEDGER;

fn disks() -> [TempDir; 2] {
    [(); 2].map(|()| tempfile::tempdir().expect("a folder"))
}

fn open(disks: &[TempDir], max_bytes: u64) -> Spool {
    let options = SpoolOptions {
        folders: disks.iter().map(|disk| disk.path().to_owned()).collect(),
        accept_single_copy: false,
        max_bytes,
    };
    let key = EnvelopeKey::from_bytes(Zeroizing::new([7; 32]));
    Spool::open(options, key).expect("it can be opened")
}

fn planned(key: &str, piece: Option<NewPiece>) -> PlannedAct {
    PlannedAct {
        ledger: LEDGER,
        id: ActId([1; 8]),
        plain: PlainAct {
            kind: "object.put".into(),
            by: "key:test".into(),
            links: to_raw_value(&()).expect("JSON"),
            body: Some(to_raw_value(&serde_json::json!({ "key": key })).expect("JSON")),
        },
        bucket: BucketHead {
            name: "records".into(),
            entry: Some(1),
            settings: Some(1),
        },
        touches: Vec::new(),
        retires: Vec::new(),
        piece,
        releases: Vec::new(),
        spoolable: true,
    }
}

fn piece(id: u8, inline: Option<Bytes>) -> NewPiece {
    NewPiece {
        id: BlobId::from_bytes([id; 16]),
        sealed: SealedPiece {
            epoch: 1,
            bucket: "records".into(),
            size_bytes: 6,
            prologue_bytes: 1,
            prologue_sha256: [0; 32],
            sha256: [0; 32],
        },
        inline,
    }
}

fn body(act: &PlainAct) -> &str {
    act.body.as_ref().map_or("", |body| body.get())
}

#[test]
fn acts_come_back_in_their_order() {
    let disks = disks();
    let spool = open(&disks, 1 << 20);
    let small = piece(1, Some(Bytes::from_static(b"sealed")));
    spool
        .put(&planned("a", Some(small)))
        .expect("there is room");
    spool.put(&planned("b", None)).expect("there is room");
    drop(spool);

    let spool = open(&disks, 1 << 20);
    assert_eq!(spool.held().acts, 2);
    let (number, act, piece) = spool
        .oldest()
        .expect("it can be read")
        .expect("it is there");
    assert_eq!(body(&act), r#"{"key":"a"}"#);
    assert_eq!(
        piece.and_then(|piece| piece.inline).as_deref(),
        Some(&b"sealed"[..])
    );
    spool.delivered(number, 40).expect("the disk takes it");
    let (_, act, _) = spool
        .oldest()
        .expect("it can be read")
        .expect("it is there");
    assert_eq!(body(&act), r#"{"key":"b"}"#);
}

#[test]
fn a_number_is_never_given_twice() {
    let disks = disks();
    let spool = open(&disks, 1 << 20);
    spool.put(&planned("a", None)).expect("there is room");
    spool.refused(0).expect("the disk takes it");
    drop(spool);
    let spool = open(&disks, 1 << 20);
    assert_eq!(
        spool.held(),
        Held {
            acts: 0,
            bytes: 0,
            refused: 1
        }
    );
    spool.put(&planned("b", None)).expect("there is room");
    let (number, ..) = spool
        .oldest()
        .expect("it can be read")
        .expect("it is there");
    assert_eq!(number, 1);
}

#[test]
fn nothing_is_in_clear_and_one_disk_is_enough_to_read() {
    let disks = disks();
    let spool = open(&disks, 1 << 20);
    spool
        .put(&planned("a name of an object", None))
        .expect("there is room");
    let path = disks[0].path().join("0000000000000000.act");
    let sealed = std::fs::read(&path).expect("it is there");
    let name = b"a name of an object";
    assert!(!sealed.windows(name.len()).any(|window| window == name));
    std::fs::write(&path, b"damaged").expect("it can be written");
    drop(spool);
    let spool = open(&disks, 1 << 20);
    let (_, act, _) = spool
        .oldest()
        .expect("the other disk has it")
        .expect("it is there");
    assert_eq!(body(&act), r#"{"key":"a name of an object"}"#);
}

#[test]
fn what_is_witnessed_is_purged_with_its_piece() {
    let disks = disks();
    let spool = open(&disks, 1 << 20);
    let large = piece(2, None);
    spool
        .append(large.id, 0, b"sea", false)
        .expect("there is room");
    assert!(spool.has_piece(large.id));
    spool
        .append(large.id, 3, b"led", true)
        .expect("there is room");
    spool
        .put(&planned("a", Some(large)))
        .expect("there is room");
    assert!(spool.held().bytes > 6);
    spool.delivered(0, 40).expect("the disk takes it");
    drop(spool);

    let spool = open(&disks, 1 << 20);
    assert!(!spool.has_waiting());
    spool.purge(40);
    assert!(spool.held().bytes > 6);
    spool.purge(41);
    assert_eq!(spool.held(), Held::default());
    for disk in &disks {
        let files = std::fs::read_dir(disk.path()).expect("a folder").count();
        assert_eq!(files, 1, "the folder of refused acts alone");
    }
}

#[test]
fn it_is_bounded_and_leaves_nothing_of_what_was_dropped() {
    let disks = disks();
    let spool = open(&disks, 100);
    let id = BlobId::from_bytes([3; 16]);
    spool.append(id, 0, &[0; 90], false).expect("there is room");
    assert!(spool.append(id, 90, &[0; 11], true).is_err());
    assert!(spool.put(&planned("a", None)).is_err());
    spool.forget(id);
    assert_eq!(spool.held(), Held::default());
    spool.append(id, 0, &[0; 90], true).expect("there is room");
    drop(spool);
    assert_eq!(
        open(&disks, 100).held(),
        Held::default(),
        "no record named the piece"
    );
}

#[test]
fn one_disk_takes_leave() {
    let disk = tempfile::tempdir().expect("a folder");
    let options = |accept_single_copy| SpoolOptions {
        folders: vec![disk.path().to_owned()],
        accept_single_copy,
        max_bytes: 100,
    };
    let key = || EnvelopeKey::from_bytes(Zeroizing::new([7; 32]));
    assert!(matches!(
        Spool::open(options(false), key()),
        Err(Error::Setting { .. })
    ));
    assert!(Spool::open(options(true), key()).is_ok());
}
