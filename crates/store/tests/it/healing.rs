//! Reads that find damage fetch whole content from the copies, and never make anything worse.

use std::collections::HashMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use amana_store::check::Found;
use amana_store::faults::{Fault, Faults};
use amana_store::{Copies, Error, LedgerId, Result, Source, Store, Wanted, Was};

use crate::toy::{self, Put, Remove, check_everything, each_content};

/// A place that keeps what it is given, counts who asks, and gives wrong bytes when told.
#[derive(Default)]
struct Shelf {
    contents: Mutex<HashMap<[u8; 32], Vec<u8>>>,
    opened: AtomicUsize,
    lies: AtomicBool,
}

impl Copies for Shelf {
    fn name(&self) -> String {
        "the shelf".to_owned()
    }

    fn open(&self, wanted: &Wanted) -> Result<Option<Box<dyn Read + Send>>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let mut bytes = self.contents.lock().unwrap().get(&wanted.sha256).cloned();
        if let Some(bytes) = bytes.as_mut().filter(|_| self.lies.load(Ordering::Relaxed)) {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }
        Ok(bytes.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>))
    }
}

fn noise(seed: u8, bytes: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// A centre with one large thing and one small one, and a shelf that has both.
struct House {
    folder: tempfile::TempDir,
    store: Arc<Store>,
    shelf: Arc<Shelf>,
    large: Vec<u8>,
    small: Vec<u8>,
}

impl House {
    async fn with(faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(toy::open_with(folder.path(), faults).unwrap());
        let ledger = store.commit(Put::shelf("finances")).await.unwrap();
        let ledger = ledger.entry.ledger();
        let (large, small) = (noise(1, 700_000), noise(2, 5_000));
        let put = Put::blob(&store, ledger, "large", &large).unwrap();
        store.commit(put).await.unwrap();
        store
            .commit(Put::inline(ledger, "small", &small))
            .await
            .unwrap();
        let shelf = Arc::new(Shelf::default());
        let house = Self {
            folder,
            store,
            shelf,
            large,
            small,
        };
        for wanted in house.wanted() {
            let bytes = if wanted.chunks_root.is_some() {
                house.large.clone()
            } else {
                house.small.clone()
            };
            house
                .shelf
                .contents
                .lock()
                .unwrap()
                .insert(wanted.sha256, bytes);
        }
        house.store.set_copies(vec![house.shelf.clone()]);
        house
    }

    async fn new() -> Self {
        Self::with(Faults::default()).await
    }

    fn wanted(&self) -> Vec<Wanted> {
        let mut all = Vec::new();
        let mut note = |found| {
            if let Found::Content(holding) = found {
                all.push(holding.wanted);
            }
            Ok(())
        };
        self.store
            .read(|rows| each_content(rows, &mut note))
            .unwrap();
        all
    }

    fn large_wanted(&self) -> Wanted {
        self.wanted()[0]
    }

    fn blob(&self) -> std::path::PathBuf {
        match self.large_wanted().source {
            Source::Blob(blob) => self.store.blobs().path(blob),
            Source::Entry(_) => panic!("the large thing lies in a blob"),
        }
    }

    fn read_large(&self) -> Result<Vec<u8>> {
        let wanted = self.large_wanted();
        let reader = self
            .store
            .read(|rows| Ok::<_, Error>(self.store.reader(rows, wanted)))?;
        let chunks = (0..reader.chunk_count()).map(|index| reader.chunk(index));
        Ok(chunks.collect::<Result<Vec<_>>>()?.concat())
    }

    fn execute(&self, sql: &str) {
        assert!(amana_test_engine::edit(self.folder.path(), sql) > 0);
    }

    fn opened(&self) -> usize {
        self.shelf.opened.load(Ordering::Relaxed)
    }
}

fn damage(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[300_000] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_cut_and_missing_blobs_are_whole_again() {
    let house = House::new().await;
    let blob = house.blob();
    type Harm = fn(&Path);
    let ways: [(Harm, Was); 4] = [
        (damage, Was::Damaged),
        (
            |path| {
                fs::File::options()
                    .write(true)
                    .open(path)
                    .unwrap()
                    .set_len(9)
                    .unwrap()
            },
            Was::Damaged,
        ),
        (|path| fs::remove_file(path).unwrap(), Was::Missing),
        // A name that won't open.
        (
            |path| {
                fs::remove_file(path).unwrap();
                std::os::unix::fs::symlink(path, path).unwrap();
            },
            Was::Damaged,
        ),
    ];
    for (harm, was) in ways {
        harm(&blob);
        assert_eq!(house.read_large().unwrap(), house.large);
        assert_eq!(fs::read(&blob).unwrap(), house.large);
        let [repair] = &house.store.repairs().await[..] else {
            panic!("one repair is to be recorded")
        };
        assert_eq!((repair.was, repair.from.as_str()), (was, "the shelf"));
    }
    let kept = fs::read_dir(house.folder.path().join("blobs/damaged")).unwrap();
    assert_eq!(
        kept.count(),
        3,
        "what was damaged is kept, what was missing can't be"
    );
    assert!(check_everything(house.folder.path()).is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn small_content_and_lists_of_digests_are_whole_again() {
    let house = House::new().await;
    for sql in [
        "UPDATE contents SET data = zeroblob(9)",
        "DELETE FROM contents",
    ] {
        house.execute(sql);
        let small = house.wanted()[1];
        let store = house.store.clone();
        let read = tokio::task::spawn_blocking(move || store.small(&small));
        assert_eq!(read.await.unwrap().unwrap(), house.small);
        let faults = check_everything(house.folder.path()).faults;
        assert!(faults.is_empty(), "{sql}: {faults:#?}");
    }
    assert_eq!(house.opened(), 2);
    for (sql, gone) in [
        ("UPDATE blob_chunks SET digests = zeroblob(96)", false),
        ("DELETE FROM blob_chunks", false),
        ("DELETE FROM blob_chunks", true),
    ] {
        house.execute(sql);
        if gone {
            fs::remove_file(house.blob()).unwrap();
        }
        assert_eq!(house.read_large().unwrap(), house.large);
        let faults = check_everything(house.folder.path()).faults;
        assert!(faults.is_empty(), "{sql}: {faults:#?}");
    }
    assert_eq!(house.opened(), 3, "digests of a whole blob need no copy");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_reads_of_one_damaged_blob_fetch_once() {
    let house = House::new().await;
    damage(&house.blob());
    std::thread::scope(|scope| {
        let reads: Vec<_> = (0..8).map(|_| scope.spawn(|| house.read_large())).collect();
        for read in reads {
            assert_eq!(read.join().unwrap().unwrap(), house.large);
        }
    });
    assert_eq!(house.opened(), 1);
}

/// A place that keeps whoever asks until it is let go.
#[derive(Default)]
struct Stuck {
    asked: AtomicUsize,
    free: AtomicBool,
}

impl Copies for Stuck {
    fn name(&self) -> String {
        "the stuck place".to_owned()
    }

    fn open(&self, _: &Wanted) -> Result<Option<Box<dyn Read + Send>>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        while !self.free.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        Ok(None)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_stuck_keeps_few_threads() {
    let house = House::new().await;
    for number in 3..11 {
        let put = Put::blob(
            &house.store,
            LedgerId(1),
            &format!("thing {number}"),
            &noise(number, 90_000),
        );
        house.store.commit(put.unwrap()).await.unwrap();
    }
    let stuck = Arc::new(Stuck::default());
    house.store.set_copies(vec![stuck.clone()]);
    let wanted = house.wanted();
    let large: Vec<Wanted> = wanted
        .iter()
        .filter(|wanted| wanted.chunks_root.is_some())
        .copied()
        .collect();
    assert_eq!(large.len(), 9);
    for wanted in &large {
        if let Source::Blob(blob) = wanted.source {
            fs::remove_file(house.store.blobs().path(blob)).unwrap();
        }
    }
    let read = |wanted: &Wanted| {
        let wanted = *wanted;
        let opened =
            |rows: &amana_store::Reader<'_>| Ok::<_, Error>(house.store.reader(rows, wanted));
        house.store.read(opened)?.chunk(0)
    };
    std::thread::scope(|scope| {
        let waiting: Vec<_> = large[..8]
            .iter()
            .map(|wanted| scope.spawn(|| read(wanted)))
            .collect();
        while stuck.asked.load(Ordering::Relaxed) < 8 {
            std::thread::yield_now();
        }
        let error = read(&large[8]).unwrap_err();
        assert!(matches!(error, Error::Missing { .. }), "{error}");
        assert_eq!(
            stuck.asked.load(Ordering::Relaxed),
            8,
            "the ninth asked too"
        );
        stuck.free.store(true, Ordering::Relaxed);
        for read in waiting {
            assert!(read.join().unwrap().is_err());
        }
    });
    // Whoever waited is gone: the next one is healed.
    house.store.set_copies(vec![house.shelf.clone()]);
    assert_eq!(house.read_large().unwrap(), house.large);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_copy_has_whole_stays_the_error_that_it_is() {
    let house = House::new().await;
    damage(&house.blob());
    let before = fs::read(house.blob()).unwrap();
    house.shelf.lies.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let error = house.read_large().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(
            error.to_string().contains("bytes 262144 to 524288"),
            "{error}"
        );
    }
    assert_eq!(
        house.opened(),
        1,
        "a place that failed isn't asked at each read"
    );
    assert_eq!(fs::read(house.blob()).unwrap(), before);
    let tmp = fs::read_dir(house.folder.path().join("blobs/tmp")).unwrap();
    assert_eq!(tmp.count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heal_that_fails_on_the_way_makes_nothing_worse() {
    for op in [
        "heal.create",
        "file.write",
        "heal.sync",
        "heal.rename",
        "heal.dir.sync",
    ] {
        for fault in [Fault::Lost, Fault::Kept] {
            let armed = Arc::new(AtomicBool::new(false));
            let trigger = armed.clone();
            let house = House::with(Faults::planned(move |passed| {
                (passed == op && trigger.swap(false, Ordering::Relaxed)).then_some(fault)
            }))
            .await;
            damage(&house.blob());
            let damaged = fs::read(house.blob()).unwrap();
            armed.store(true, Ordering::Relaxed);
            let read = house.read_large();
            assert!(!armed.load(Ordering::Relaxed), "{op} wasn't passed");
            assert!(read.is_err(), "{op}: the failure was hidden");
            let left = fs::read(house.blob()).unwrap();
            assert!(left == damaged || left == house.large, "{op} {fault:?}");
            house.store.set_copies(vec![house.shelf.clone()]);
            house.store.writable().unwrap();
            assert_eq!(house.read_large().unwrap(), house.large, "{op} {fault:?}");
            assert!(check_everything(house.folder.path()).is_clean());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_freed_does_not_come_back() {
    let house = House::new().await;
    let wanted = house.wanted();
    for name in ["large", "small"] {
        let remove = Remove {
            ledger: LedgerId(1),
            links: Default::default(),
            name: name.to_owned(),
        };
        house.store.commit(remove).await.unwrap();
    }
    assert!(house.store.heal(&wanted[0]).is_err());
    let (store, small) = (house.store.clone(), wanted[1]);
    let read = tokio::task::spawn_blocking(move || store.small(&small));
    assert_eq!(
        read.await.unwrap().unwrap(),
        house.small,
        "it is verified, so it is given"
    );
    assert!(check_everything(house.folder.path()).is_clean());
}
