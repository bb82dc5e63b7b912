//! Mirrors: whole, resumable, proved, and of use to nobody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_seal::age::{HybridIdentity, Identity, Recipient, open_all};
use amana_store::check::{Against, Report, check_mirror};
use amana_store::erase::Erase;
use amana_store::keys::Keys;
use amana_store::mirror::{
    FolderPlace, Mention, Mirror, MirrorOptions, Mirroring, Round, Segment, SegmentName, Services,
    fetch_blobs, restore,
};
use amana_store::{BlobId, Entry, EntryId, LedgerId, Reader, Result, Source, Store};
use zeroize::Zeroizing;

use crate::toy::{self, Put, PutBody, Remove, catalog, check_everything};

const INSTITUTION_SEED: [u8; 32] = [7; 32];
const SECRET: &[u8] = b"the minister's own words";

fn mentions(entry: &Entry) -> Result<Vec<Mention>> {
    let body = entry.body.as_ref().map(|(_, body)| body.as_slice());
    let body: Option<PutBody> = body.and_then(|body| serde_json::from_slice(body).ok());
    Ok(match body.and_then(|body| body.source) {
        Some(Source::Blob(blob)) => vec![Mention {
            blob,
            sealed: false,
        }],
        _ => Vec::new(),
    })
}

fn recipients(_: &Reader<'_>, _: LedgerId) -> Result<Vec<Recipient>> {
    let institution = HybridIdentity::from_seed(Zeroizing::new(INSTITUTION_SEED));
    Ok(vec![Recipient::Hybrid(institution.recipient())])
}

pub(crate) const SERVICES: Services = Services {
    mentions,
    recipients,
};

pub(crate) struct Disks {
    _folder: tempfile::TempDir,
    pub(crate) data: PathBuf,
    pub(crate) place: PathBuf,
}

pub(crate) fn disks() -> Disks {
    let folder = tempfile::tempdir().unwrap();
    let (data, place) = (folder.path().join("data"), folder.path().join("place"));
    fs::create_dir(&place).unwrap();
    Disks {
        _folder: folder,
        data,
        place,
    }
}

pub(crate) fn mirroring(store: &Store, place: &Path, operator: bool) -> Result<Mirroring> {
    let place = Arc::new(FolderPlace::open(place)?);
    let options = MirrorOptions {
        operator,
        hold_days: 30,
        hint: None,
    };
    Mirroring::of_store(store, place, SERVICES, options, Arc::new(|_| Ok(())))
}

pub(crate) fn round(store: &Store, place: &Path) -> Round {
    mirroring(store, place, true).unwrap().round().unwrap()
}

pub(crate) fn open(place: &Path, data: &Path) -> Result<Mirror> {
    let key = Keys::load(&data.join("keys"), "centre.test")
        .unwrap()
        .mirror_key();
    Mirror::open(Arc::new(FolderPlace::open(place)?), Some(key))
}

pub(crate) fn judge(disks: &Disks, with_seed: bool, with_folder: bool) -> Report {
    let scratch = tempfile::tempdir().unwrap();
    let policy = fs::read_to_string(disks.data.join("policy")).unwrap();
    let keys = Keys::load(&disks.data.join("keys"), "centre.test").unwrap();
    let database = amana_test_engine::database(&disks.data);
    let against = Against {
        database: database.as_ref(),
        policy: &policy,
        keys: with_seed.then_some(keys),
        folder: with_folder.then_some(disks.data.as_path()),
    };
    let mirror = open(&disks.place, &disks.data).unwrap();
    let each = &toy::each_content;
    check_mirror(&mirror, against, scratch.path(), &catalog(), each).unwrap()
}

pub(crate) async fn centre(data: &Path) -> (Store, LedgerId) {
    let store = toy::open(data).unwrap();
    let ledger = store.commit(Put::shelf("finances")).await.unwrap();
    let ledger = ledger.entry.ledger();
    for i in 0..300 {
        let put = Put::inline(
            ledger,
            &format!("thing {i}"),
            format!("word {i}").as_bytes(),
        );
        store.commit(put).await.unwrap();
    }
    let big = [SECRET, &[9; 700_000]].concat();
    let big = Put::blob(&store, ledger, "big", &big).unwrap();
    store.commit(big).await.unwrap();
    store.close_epoch(false).await.unwrap();
    (store, ledger)
}

pub(crate) async fn remove(store: &Store, ledger: LedgerId, name: &str) {
    let links = Default::default();
    let name = name.to_owned();
    let remove = Remove {
        ledger,
        links,
        name,
    };
    store.commit(remove).await.unwrap();
}

pub(crate) fn streams(place: &Path, under: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut folders = vec![place.join(under)];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_folder_is_the_one_that_was_mirrored_and_goes_on() {
    let disks = disks();
    let (store, ledger) = centre(&disks.data).await;
    let first = round(&store, &disks.place);
    assert_eq!((first.entries, first.blobs), (304, 1));
    assert_eq!(round(&store, &disks.place), Round::default());
    for (seed, folder) in [(true, true), (false, false)] {
        let report = judge(&disks, seed, folder);
        assert!(report.is_clean(), "{:?}", report.faults);
        assert_eq!((report.entries, report.contents), (304, 301));
    }
    store
        .commit(Put::inline(ledger, "late", b"late"))
        .await
        .unwrap();
    assert!(judge(&disks, true, true).is_clean(), "a mirror may lag");
    drop(store);

    let again = tempfile::tempdir().unwrap();
    let again = again.path().join("data");
    let seed = fs::read_to_string(disks.data.join("keys/operator.seed")).unwrap();
    let mirror = open(&disks.place, &disks.data).unwrap();
    let policy = mirror.policy().unwrap();
    let other = restore(&mirror, &again, &"00".repeat(32), &policy, &catalog());
    assert!(
        other
            .unwrap_err()
            .to_string()
            .contains("not signed under this seed")
    );
    let rebuilt = restore(&mirror, &again, &seed, &policy, &catalog()).unwrap();
    assert_eq!((rebuilt.ledgers, rebuilt.entries), (2, 304));
    let twice = restore(&mirror, &again, &seed, &policy, &catalog());
    assert!(
        twice
            .unwrap_err()
            .to_string()
            .contains("needs an empty folder")
    );
    let store = toy::open(&again).unwrap();
    let fetched = fetch_blobs(&store, &mirror, &(Arc::new(|_| Ok(())) as _)).unwrap();
    assert_eq!((fetched.blobs, fetched.missing.len()), (1, 0));
    let put = Put::inline(ledger, "after", b"the same history goes on");
    store.commit(put).await.unwrap();
    store.close_epoch(false).await.unwrap();
    assert_eq!(round(&store, &disks.place).entries, 2);
    drop(store);
    let report = check_everything(&again);
    assert!(report.is_clean(), "{:?}", report.faults);
    // What lost the last entry is older than its mirror now, or has another one in its place: nothing is written.
    let store = toy::open(&disks.data).unwrap();
    let refused = mirroring(&store, &disks.place, true).map(drop).unwrap_err();
    assert!(refused.to_string().contains("another history"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_mirror_is_named() {
    let disks = disks();
    let (store, ledger) = centre(&disks.data).await;
    for i in 0..3 {
        store
            .commit(Put::on(ledger, &format!("more {i}")))
            .await
            .unwrap();
        round(&store, &disks.place);
    }
    store.close_epoch(false).await.unwrap();
    round(&store, &disks.place);
    drop(store);
    let segments = streams(&disks.place, "ledgers/1");
    assert_eq!(segments.len(), 3);
    let whole: Vec<Vec<u8>> = segments
        .iter()
        .map(|path| fs::read(path).unwrap())
        .collect();
    let named = |what: &str, why: &str| {
        let report = judge(&disks, true, true);
        let text: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
        let found = text
            .iter()
            .any(|fault| fault.contains(what) && fault.contains(why));
        assert!(found, "{what}: {why}: {text:?}");
    };
    let restore_all = || {
        for (path, bytes) in segments.iter().zip(&whole) {
            fs::write(path, bytes).unwrap();
        }
        assert!(judge(&disks, true, true).is_clean());
    };
    fs::write(&segments[1], &whole[1][..whole[1].len() - 1]).unwrap();
    named("ledgers/1/303-304", "cut short");
    restore_all();
    let mut flipped = whole[0].clone();
    flipped[3000] ^= 1;
    fs::write(&segments[0], &flipped).unwrap();
    named("ledgers/1/0-303", "its bytes were changed");
    restore_all();
    // Left out, and every leaf and root agrees all the same.
    let name: SegmentName = "ledgers/1/0-303".parse().unwrap();
    let mut stripped = Segment::decode(name, &whole[0]).unwrap();
    stripped.entries[7].body = None;
    fs::write(&segments[0], stripped.encode()).unwrap();
    named("the body of entry 7 of finances/vault", "no act");
    restore_all();
    fs::remove_file(&segments[1]).unwrap();
    named("entries 303 to 303 of finances/vault", "is missing");
    restore_all();
    fs::write(&segments[1], &whole[2]).unwrap();
    named("ledgers/1/303-304", "not the ones that its name promises");
    restore_all();
    let blob = &streams(&disks.place, "blobs")[0];
    let bytes = fs::read(blob).unwrap();
    let mut other = bytes.clone();
    other[300_000] ^= 1;
    fs::write(blob, &other).unwrap();
    named("big", "bytes 262144 to 524288 don't have the digest");
    fs::write(blob, &bytes[..1000]).unwrap();
    named("big", "don't have the digest");
    fs::remove_file(blob).unwrap();
    named("big", "is missing");
    let (store, _) = (toy::open(&disks.data).unwrap(), ());
    assert_eq!(
        round(&store, &disks.place).blobs,
        1,
        "a lost blob is copied again"
    );
    restore_all();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_who_writes_the_mirror_anew_is_found_out() {
    let disks = disks();
    let (store, _) = centre(&disks.data).await;
    round(&store, &disks.place);
    drop(store);
    let path = &streams(&disks.place, "ledgers/1")[0];
    let name = SegmentName {
        ledger: LedgerId(1),
        from: 0,
        until: 302,
    };
    let mut segment = Segment::decode(name, &fs::read(path).unwrap()).unwrap();
    let text = String::from_utf8(segment.entries[9].text.clone()).unwrap();
    segment.entries[9].text = text.replace("toy.put", "toy.pu_").into_bytes();
    fs::write(path, segment.encode()).unwrap();
    let report = judge(&disks, false, false);
    let text: Vec<String> = report.faults.iter().map(ToString::to_string).collect();
    let found = |what: &str| text.iter().any(|fault| fault.contains(what));
    assert!(
        found("don't have the root that was signed at their end"),
        "{text:?}"
    );
    assert!(found("not what its epoch committed to"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_place_shows_nothing_and_both_open_their_part_without_the_other() {
    let disks = disks();
    let (store, _) = centre(&disks.data).await;
    let mut foreign = mirroring(&store, &disks.place, false).unwrap();
    let first = foreign.round().unwrap();
    assert_eq!((first.entries, first.blobs), (304, 1));
    assert!(judge(&disks, true, true).is_clean());
    let refused = mirroring(&store, &disks.place, true).map(drop).unwrap_err();
    assert!(
        refused.to_string().contains("was begun sealed"),
        "{refused}"
    );
    for path in streams(&disks.place, "") {
        let bytes = fs::read(&path).unwrap();
        let shown = path.to_string_lossy().into_owned().into_bytes();
        // Long enough that no ciphertext has them by chance.
        let words: [&[u8]; 5] = [SECRET, b"finances", b"thing 1", b"centre.test", b"toy.put"];
        for word in words {
            let within = |bytes: &[u8]| bytes.windows(word.len()).any(|here| here == word);
            assert!(!within(&bytes) && !within(&shown), "{}", path.display());
        }
    }
    let institution = || HybridIdentity::from_seed(Zeroizing::new(INSTITUTION_SEED));
    let blob = fs::read(&streams(&disks.place, "blobs")[0]).unwrap();
    let opened = open_all(&[Identity::Hybrid(institution())], &blob).unwrap();
    assert!(opened.starts_with(SECRET));
    let key = Keys::load(&disks.data.join("keys"), "centre.test")
        .unwrap()
        .mirror_key();
    let operator: HybridIdentity = key.reveal().parse().unwrap();
    let opened = open_all(&[Identity::Hybrid(operator)], &blob).unwrap();
    assert!(opened.starts_with(SECRET));
    let head = fs::read(disks.place.join("head.age")).unwrap();
    assert!(open_all(&[Identity::Hybrid(institution())], &head).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_leaves_at_once_and_what_is_freed_after_a_while() {
    let disks = disks();
    let (store, ledger) = centre(&disks.data).await;
    round(&store, &disks.place);
    remove(&store, ledger, "thing 5").await;
    remove(&store, ledger, "big").await;
    let entry = EntryId::new(ledger, 6).unwrap();
    let erase = Erase::new(catalog(), "toy", entry, "request", "reason");
    store.commit(erase).await.unwrap();
    store.close_epoch(false).await.unwrap();
    let held = round(&store, &disks.place);
    assert_eq!((held.rewritten, held.removed), (1, 0));
    let shows = |word: &[u8]| {
        let mut streams = streams(&disks.place, "ledgers").into_iter();
        streams.any(|path| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(word.len()).any(|here| here == word)
        })
    };
    assert!(!shows(br#""thing 5","source""#) && shows(b"word 5"));
    assert_eq!(streams(&disks.place, "blobs").len(), 1);
    let report = judge(&disks, true, true);
    assert!(report.is_clean(), "{:?}", report.faults);

    let place = Arc::new(FolderPlace::open(&disks.place).unwrap());
    let options = MirrorOptions {
        operator: true,
        hold_days: 0,
        hint: None,
    };
    let pace = Arc::new(|_| Ok(()));
    let mut now = Mirroring::of_store(&store, place, SERVICES, options, pace).unwrap();
    assert_eq!(now.round().unwrap().removed, 2);
    assert!(!shows(b"word 5\x00") && streams(&disks.place, "blobs").is_empty());
    assert!(streams(&disks.place, "freed").is_empty());
    assert!(judge(&disks, true, true).is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_lost_is_no_word_of_a_deletion() {
    let disks = disks();
    let (store, _) = centre(&disks.data).await;
    round(&store, &disks.place);
    drop(store);
    let lost = "DELETE FROM contents WHERE id = (SELECT MIN(id) FROM contents)";
    assert_eq!(amana_test_engine::edit(&disks.data, lost), 1);
    assert_eq!(
        amana_test_engine::edit(&disks.data, "DELETE FROM blob_chunks"),
        1
    );
    let store = toy::open(&disks.data).unwrap();
    let place = Arc::new(FolderPlace::open(&disks.place).unwrap());
    let options = MirrorOptions {
        operator: true,
        hold_days: 0,
        hint: None,
    };
    let pace = Arc::new(|_| Ok(()));
    let mut mirror = Mirroring::of_store(&store, place, SERVICES, options, pace).unwrap();
    assert_eq!(mirror.round().unwrap().removed, 0);
    assert_eq!(streams(&disks.place, "blobs").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_segments_are_joined() {
    let disks = disks();
    let (store, ledger) = centre(&disks.data).await;
    let mut mirror = mirroring(&store, &disks.place, true).unwrap();
    for i in 0..80 {
        store
            .commit(Put::inline(ledger, &format!("more {i}"), b"more"))
            .await
            .unwrap();
        mirror.round().unwrap();
    }
    let segments = streams(&disks.place, "ledgers/1").len();
    assert!(segments < 20, "{segments} segments");
    assert!(judge(&disks, true, true).is_clean());
    assert_eq!(round(&store, &disks.place), Round::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_not_copied_and_is_named() {
    let disks = disks();
    let (store, _) = centre(&disks.data).await;
    let path = &streams(&disks.data, "blobs")[0];
    let whole = fs::read(path).unwrap();
    let mut damaged = whole.clone();
    damaged[5] ^= 1;
    fs::write(path, &damaged).unwrap();
    let told = round(&store, &disks.place);
    assert_eq!(
        (told.blobs, told.damaged.len()),
        (0, 2),
        "{:?}",
        told.damaged
    );
    let id: BlobId = path.file_name().unwrap().to_str().unwrap().parse().unwrap();
    assert!(told.damaged[0].contains(&id.to_string()));
    fs::write(path, &whole).unwrap();
    assert_eq!(round(&store, &disks.place).blobs, 1);
    assert!(judge(&disks, true, true).is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bent_segment_is_read() {
    let disks = disks();
    let store = toy::open(&disks.data).unwrap();
    let shelf = store.commit(Put::shelf("finances")).await.unwrap();
    let ledger = shelf.entry.ledger();
    store
        .commit(Put::inline(ledger, "thing", b"word"))
        .await
        .unwrap();
    round(&store, &disks.place);
    let bytes = fs::read(disks.place.join("ledgers/1/0-2")).unwrap();
    let name = SegmentName {
        ledger,
        from: 0,
        until: 2,
    };
    let segment = Segment::decode(name, &bytes).unwrap();
    assert_eq!(
        segment.encode(),
        bytes,
        "there is one way to write a segment"
    );
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        assert!(Segment::decode(name, &bent).is_err(), "byte {at}");
        assert!(Segment::decode(name, &bytes[..at]).is_err(), "cut at {at}");
    }
}
