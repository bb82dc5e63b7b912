//! The golden vectors of mirrors' streams: made here from fixed bytes, kept in `vectors/segments`, and compared byte for
//! byte. With `AMANA_BLESS=1` they are written anew, which only a deliberate change of a format justifies.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::{Checkpoint, CosigningKey, Hash, NO_BODY, SigningKey, body_hash, leaf_hash};
use amana_store::mirror::{ChunkList, Head, Segment, SegmentName};
use amana_store::{BlobId, Entry, EntryId, LedgerId};
use sha2::{Digest as _, Sha256};

const ORIGIN: &str = "amana.example/ledgers/finances/vault";
const LEDGER: LedgerId = LedgerId(1);
const NATIONAL: &str = "amana.example/national";

/// A stream that must be refused: file, the name that it is read under, its bytes, the words of the refusal, the rule.
type Bent = (
    &'static str,
    &'static str,
    Vec<u8>,
    &'static str,
    &'static str,
);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/segments")
}

/// Three entries: one with its body and small content, one whose body was erased, one that never had any.
fn entries() -> Vec<Entry> {
    let (salt, body) = ([0x5a; 32], br#"{"size":5}"#.to_vec());
    let hashes = [
        body_hash(&salt, &body),
        body_hash(&[0x33; 32], b"erased"),
        NO_BODY,
    ];
    let mut bodies = vec![Some((salt, body)), None, None].into_iter();
    let indexed = (0_u64..).zip(hashes);
    let entry = |(index, body_hash)| Entry {
        id: EntryId::new(LEDGER, index).unwrap(),
        text: format!(r#"{{"kind":"test.act","number":{index}}}"#).into_bytes(),
        body_hash,
        body: bodies.next().flatten(),
    };
    indexed.map(entry).collect()
}

/// The root of three leaves.
fn root(entries: &[Entry]) -> Hash {
    let leaves: Vec<Hash> = entries
        .iter()
        .map(|entry| leaf_hash(&entry.leaf()))
        .collect();
    let node = |left: &Hash, right: &Hash| {
        let bytes = [&[1], &left.as_bytes()[..], &right.as_bytes()[..]].concat();
        Hash::from_bytes(Sha256::digest(bytes).into())
    };
    node(&node(&leaves[0], &leaves[1]), &leaves[2])
}

fn whole() -> Segment {
    let entries = entries();
    let checkpoint = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 3,
        root: root(&entries),
    };
    let key = SigningKey::from_seed(ORIGIN, [2; 32]).unwrap();
    Segment {
        name: "ledgers/1/0-3".parse().unwrap(),
        entries,
        contents: vec![(0, b"hello".to_vec())],
        chunks: vec![ChunkList {
            blob: BlobId::from_bytes([0xb1; 16]),
            sealed: true,
            digests: [[0xc1; 32], [0xc2; 32]].map(Hash::from_bytes).to_vec(),
        }],
        checkpoint: Some(checkpoint.sign(&key).unwrap()),
    }
}

/// One entry alone, without anything beside it.
fn short() -> Segment {
    let mut segment = whole();
    segment.name = "ledgers/1/2-3".parse().unwrap();
    segment.entries.drain(..2);
    segment.contents.clear();
    segment.chunks.clear();
    segment.checkpoint = None;
    segment
}

/// A head of the national log and that ledger, with a cosignature and content that was freed; the national log's root is of
/// nothing.
fn head() -> String {
    let checkpoint = Checkpoint {
        origin: NATIONAL.to_owned(),
        size: 1,
        root: Hash::from_bytes([0xd1; 32]),
    };
    let key = SigningKey::from_seed(NATIONAL, [1; 32]).unwrap();
    let national = checkpoint.sign(&key).unwrap();
    let court = CosigningKey::from_seed("court.example/witness", [0x12; 32]).unwrap();
    let cosigned = court.cosign(&checkpoint, 1_795_334_401).to_string();
    let json = |text: &str| serde_json::to_string(text).unwrap();
    format!(
        r#"{{"format":"amana/mirror-head/v1","centre":"amana.example","time_ms":1795334400000,"ledgers":[{{"id":0,"name":"national","visibility":"public","checkpoint":{},"cosigned":[{{"size":1,"line":{}}}]}},{{"id":1,"name":"finances/vault","visibility":"private","checkpoint":{},"cosigned":[]}}],"freed":["blob {}","content 1/0"]}}"#,
        json(&national.to_string()),
        json(cosigned.trim_end()),
        json(&whole().checkpoint.unwrap().to_string()),
        "b2".repeat(16),
    )
}

/// What stands before the end record, changed, under an end of its own.
fn bent(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let bytes = whole().encode();
    let mut body = bytes[..bytes.len() - 37].to_vec();
    change(&mut body);
    let digest: [u8; 32] = Sha256::digest(&body).into();
    [&body[..], b"Z", &32_u32.to_be_bytes(), &digest].concat()
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind], &length[..], payload].concat()
}

fn malformed() -> Vec<Bent> {
    let whole_bytes = whole().encode();
    let whole_name = "ledgers/1/0-3";
    let with = |kind: u8, payload: &[u8]| {
        let more = record(kind, payload);
        bent(|body| body.extend(more))
    };
    let shape = "a record in it is malformed";
    let mut flipped = whole_bytes.clone();
    flipped[40] ^= 1;
    let note = whole().checkpoint.unwrap().to_string();
    let blob = |sealed: u8, digests: &[u8]| [&[7; 16], &[sealed][..], digests].concat();
    let mut swapped = whole();
    swapped.entries.swap(0, 1);
    let cut = "it is cut short, or its bytes were changed";
    let promised = "its entries are not the ones that its name promises";
    vec![
        (
            "cut",
            whole_name,
            whole_bytes[..whole_bytes.len() - 1].to_vec(),
            cut,
            "its last byte is gone",
        ),
        ("flipped", whole_name, flipped, cut, "a bit is another"),
        (
            "version",
            whole_name,
            bent(|body| body[22] = b'2'),
            "it is not of a version that this binary reads",
            "version 2",
        ),
        (
            "record-cut",
            whole_name,
            bent(|body| body.extend([b'C', 0, 0, 0, 9, 0])),
            "a record is cut",
            "a length beyond the end",
        ),
        (
            "kind",
            whole_name,
            with(b'X', b""),
            shape,
            "an unknown kind",
        ),
        (
            "salt",
            whole_name,
            with(
                b'E',
                &[
                    &3_u64.to_be_bytes()[..],
                    &[0; 32],
                    &0_u32.to_be_bytes(),
                    &[9; 31],
                ]
                .concat(),
            ),
            shape,
            "a salt of 31 bytes",
        ),
        (
            "content",
            whole_name,
            with(b'C', &3_u64.to_be_bytes()),
            shape,
            "content of an entry that isn't in it",
        ),
        (
            "digest",
            whole_name,
            with(b'B', &blob(0, &[1; 33])),
            shape,
            "a digest of one byte more",
        ),
        (
            "sealed",
            whole_name,
            with(b'B', &blob(2, &[1; 32])),
            shape,
            "neither ciphertext nor open",
        ),
        (
            "checkpoints",
            whole_name,
            with(b'H', note.as_bytes()),
            shape,
            "two checkpoints",
        ),
        (
            "order",
            whole_name,
            swapped.encode(),
            promised,
            "entries out of order",
        ),
        (
            "name",
            "ledgers/1/0-2",
            whole_bytes,
            promised,
            "one entry more than the name says",
        ),
    ]
}

fn all() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::from([
        ("three-entries.segment".to_owned(), whole().encode()),
        ("one-entry.segment".to_owned(), short().encode()),
        ("one-ledger.head".to_owned(), head().into_bytes()),
    ]);
    let mut index = String::from("[\n");
    let all = malformed();
    for (place, (file, name, bytes, says, why)) in all.iter().enumerate() {
        let comma = if place + 1 < all.len() { "," } else { "" };
        writeln!(
            index,
            r#"  {{"file": "{file}.segment", "name": "{name}", "says": "{says}", "why": "{why}"}}{comma}"#
        )
        .unwrap();
        files.insert(format!("malformed/{file}.segment"), bytes.clone());
    }
    index.push_str("]\n");
    files.insert("malformed/index.json".to_owned(), index.into_bytes());
    files
}

#[test]
fn the_vectors_are_those_that_this_code_makes() {
    let made = all();
    if std::env::var("AMANA_BLESS").is_ok_and(|bless| bless == "1") {
        for (name, bytes) in &made {
            let path = folder().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    for (name, bytes) in &made {
        let kept = fs::read(folder().join(name)).unwrap();
        assert!(kept == *bytes, "vectors/segments/{name} differs");
    }
    let files = |folder: PathBuf| fs::read_dir(folder).unwrap().count();
    // The folder of the malformed ones is one more.
    assert_eq!(
        files(folder()) - 1 + files(folder().join("malformed")),
        made.len()
    );
}

#[test]
fn well_formed_ones_are_read_and_malformed_ones_say_why() {
    for segment in [whole(), short()] {
        let bytes = segment.encode();
        let read = Segment::decode(segment.name, &bytes).unwrap();
        assert_eq!(read.encode(), bytes);
        assert_eq!(
            read.entries.len() as u64,
            segment.name.until - segment.name.from
        );
    }
    let read = Segment::decode(whole().name, &whole().encode()).unwrap();
    assert!(read.entries.iter().all(Entry::body_is_genuine));
    for (file, name, bytes, says, _) in malformed() {
        let name: SegmentName = name.parse().unwrap();
        let refused = Segment::decode(name, &bytes).expect_err(file).to_string();
        assert!(refused.contains(says), "{file}: {refused}");
    }
    for name in [
        "ledgers/1/3-3",
        "ledgers/1/00-3",
        "ledgers/1/0-3.age",
        "ledgers/01/0-3",
        "ledgers/1/4-3",
    ] {
        assert!(name.parse::<SegmentName>().is_err(), "{name}");
    }
}

#[test]
fn a_head_is_read_and_bent_ones_are_not() {
    let text = head();
    let head = Head::parse(text.as_bytes()).unwrap();
    assert_eq!(head.centre, "amana.example");
    assert_eq!(head.to_json(), text.as_bytes());
    let (checkpoint, note) = head.ledgers[1].checkpoint().unwrap();
    assert_eq!(checkpoint.root, root(&entries()));
    assert_eq!(note.to_string(), whole().checkpoint.unwrap().to_string());
    assert_eq!(head.ledgers[0].signatures().unwrap().len(), 1);
    for (from, to) in [
        ("mirror-head/v1", "mirror-head/v2"),
        (r#""id":1"#, r#""id":2"#),
        ("time_ms", "time_s"),
        ("blob b2b2", "blobs b2b2"),
        (r"\n3\n", r"\n03\n"),
    ] {
        assert!(text.contains(from), "{from}");
        let bent = text.replace(from, to);
        assert!(Head::parse(bent.as_bytes()).is_err(), "{to}");
    }
}
