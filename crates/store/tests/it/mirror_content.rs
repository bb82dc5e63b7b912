//! Content in a mirror: what it lacks is known, what it lost comes again, and what it has comes back.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amana_store::mirror::{
    FolderPlace, MirrorOptions, Mirroring, Round, absent_blobs, fetch_blobs, restore,
};
use amana_store::{BlobId, LedgerId, Options, Store};

use crate::mirror::{Disks, SERVICES, centre, disks, judge, mirroring, open, remove, streams};
use crate::toy::{self, Put, catalog, check_everything};

const HOUR_MS: i64 = 3_600_000;

/// A data centre with three large things, mirrored sealed; and it again from there, without its blobs.
async fn restored(disks: &Disks, again: &Path) -> (Store, amana_store::mirror::Mirror) {
    let (store, ledger) = centre(&disks.data).await;
    for name in ["second", "third"] {
        let put = Put::blob(
            &store,
            ledger,
            name,
            &[name.as_bytes(), &[3; 90_000]].concat(),
        );
        store.commit(put.unwrap()).await.unwrap();
    }
    store.close_epoch(false).await.unwrap();
    let mut sealed = mirroring(&store, &disks.place, false).unwrap();
    assert_eq!(sealed.round().unwrap().blobs, 3);
    drop((sealed, store));
    let seed = fs::read_to_string(disks.data.join("keys/operator.seed")).unwrap();
    let mirror = open(&disks.place, &disks.data).unwrap();
    let policy = mirror.policy().unwrap();
    restore(&mirror, again, &seed, &policy, &catalog()).unwrap();
    (toy::open(again).unwrap(), mirror)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_does_not_open_is_named_and_the_others_come() {
    let disks = disks();
    let again = tempfile::tempdir().unwrap();
    let (store, mirror) = restored(&disks, &again.path().join("data")).await;
    let absent = |store: &Store| {
        store
            .read(|rows| absent_blobs(rows, store.blobs()))
            .unwrap()
    };
    assert_eq!(absent(&store).len(), 3);
    // The first in the order in which they come: its last chunk doesn't open.
    let first = &streams(&disks.place, "blobs")[0];
    let mut bytes = fs::read(first).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(first, bytes).unwrap();
    let fetched = fetch_blobs(&store, &mirror, &(Arc::new(|_| Ok(())) as _)).unwrap();
    assert_eq!(
        (fetched.blobs, fetched.missing.len()),
        (2, 1),
        "{fetched:?}"
    );
    let id = first.file_stem().unwrap().to_str().unwrap();
    assert!(fetched.missing[0].contains(id), "{fetched:?}");
    let left = absent(&store);
    assert_eq!(left[0].0.to_string(), id);
    assert_eq!(left.len(), 1);
    assert_eq!(streams(store.folder(), "blobs/tmp").len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_goes_away_is_told_and_no_blob_is_named_for_it() {
    let disks = disks();
    let again = tempfile::tempdir().unwrap();
    let (store, mirror) = restored(&disks, &again.path().join("data")).await;
    fs::remove_file(disks.place.join("amana-mirror")).unwrap();
    for blob in streams(&disks.place, "blobs") {
        // Reading a folder fails, as a disk that was pulled out does.
        fs::remove_file(&blob).unwrap();
        fs::create_dir(&blob).unwrap();
    }
    let fetched = fetch_blobs(&store, &mirror, &(Arc::new(|_| Ok(())) as _));
    let error = fetched.unwrap_err().to_string();
    assert!(
        error.contains("there is no mirror in this place"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_that_is_freed_on_its_way_leaves_no_file() {
    let disks = disks();
    let again = tempfile::tempdir().unwrap();
    let (store, mirror) = restored(&disks, &again.path().join("data")).await;
    let store = Arc::new(store);
    // The witnesses that a restored folder waits for are none here.
    let freeing = store.clone();
    let here = tokio::runtime::Handle::current();
    let asked = std::sync::atomic::AtomicBool::new(false);
    let pace = Arc::new(move |_| {
        if !asked.swap(true, Ordering::Relaxed) {
            for name in ["big", "second", "third"] {
                here.block_on(remove(&freeing, LedgerId(1), name));
            }
        }
        Ok(())
    });
    let (fetching, folder) = (store.clone(), store.folder().to_owned());
    let fetched =
        tokio::task::spawn_blocking(move || fetch_blobs(&fetching, &mirror, &(pace as _)));
    let fetched = fetched.await.unwrap().unwrap();
    assert_eq!(
        (fetched.blobs, fetched.missing.len()),
        (0, 0),
        "{fetched:?}"
    );
    assert_eq!(streams(&folder, "blobs").len(), 0);
    drop(store);
    assert!(check_everything(&folder).is_clean());
}

/// A store whose hours are ours, and a mirror of it that goes on.
struct Hours {
    disks: Disks,
    now: Arc<AtomicI64>,
    mirror: Mirroring,
    _store: Store,
}

impl Hours {
    async fn new() -> Self {
        let disks = disks();
        drop(centre(&disks.data).await);
        let now = Arc::new(AtomicI64::new(1_790_100_000_000));
        let clock = now.clone();
        let options = Options {
            clock: Arc::new(move || clock.fetch_add(1, Ordering::Relaxed)),
            database: amana_test_engine::database(&disks.data),
            ..Options::new("centre.test")
        };
        let store = Store::open(&disks.data, catalog(), options).unwrap();
        let place = Arc::new(FolderPlace::open(&disks.place).unwrap());
        let options = MirrorOptions {
            operator: true,
            hold_days: 30,
            hint: None,
        };
        let pace = Arc::new(|_| Ok(()));
        let mirror = Mirroring::of_store(&store, place, SERVICES, options, pace).unwrap();
        Self {
            disks,
            now,
            mirror,
            _store: store,
        }
    }

    fn round(&mut self) -> Round {
        self.mirror.round().unwrap()
    }

    fn an_hour_later(&mut self) -> Round {
        self.now.fetch_add(HOUR_MS, Ordering::Relaxed);
        self.round()
    }

    fn lacking(&self) -> Vec<BlobId> {
        self.mirror.lacking().iter().copied().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_mirror_lacks_is_known_until_it_is_there() {
    let mut hours = Hours::new().await;
    let blob = &streams(&hours.disks.data, "blobs")[0];
    let whole = fs::read(blob).unwrap();
    let id: BlobId = blob.file_name().unwrap().to_str().unwrap().parse().unwrap();
    let mut damaged = whole.clone();
    damaged[5] ^= 1;
    fs::write(blob, damaged).unwrap();
    hours.round();
    assert_eq!(hours.lacking(), [id]);
    assert_eq!(hours.round(), Round::default());
    assert_eq!(hours.lacking(), [id], "a quiet round makes it no completer");
    fs::write(blob, whole).unwrap();
    assert_eq!(hours.an_hour_later().blobs, 1);
    assert_eq!(hours.lacking(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_place_lost_behind_our_back_is_sent_again() {
    let mut hours = Hours::new().await;
    assert_eq!(hours.round().blobs, 1);
    fs::remove_file(&streams(&hours.disks.place, "blobs")[0]).unwrap();
    assert_eq!(hours.round(), Round::default());
    let later = hours.an_hour_later();
    assert_eq!((later.blobs, later.entries), (1, 0));
    // A segment, with the list of the blob's digests; the next round writes it anew.
    fs::remove_file(&streams(&hours.disks.place, "ledgers/1")[0]).unwrap();
    hours.an_hour_later();
    assert!(hours.round().entries > 0);
    let report = judge(&hours.disks, true, true);
    assert!(report.is_clean(), "{:?}", report.faults);
}
