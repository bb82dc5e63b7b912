//! Large content in an object store, which fails, hangs, lies and goes away.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use amana_store::check::{Depth, Found, Outside, Report, check};
use amana_store::{
    Copies, Error, LedgerId, ObjectPlace, Options, Patience, Reader, Result, Source, Store, Swept,
    Wanted, clock,
};
use object_store::path::Path as Key;
use object_store::{ObjectStoreExt as _, PutPayload};

use crate::flaky::{Fate, Flaky};
use crate::toy::{self, Put, Remove, RemoveLinks, each_content};

/// Two parts of an upload, and an odd end.
const LARGE_BYTES: usize = 9_000_001;
const DAY_MS: i64 = 24 * 3600 * 1000;

fn noise(seed: u8, bytes: usize) -> Vec<u8> {
    let mut state = u32::from(seed) + 1;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Patience that a test has: as many tries as ever, in less time.
fn hasty() -> Patience {
    Patience {
        attempt: Duration::from_secs(5),
        total: Duration::from_secs(20),
        pause: Duration::from_millis(1),
    }
}

/// A centre whose blobs are elsewhere.
struct House {
    folder: tempfile::TempDir,
    flaky: Arc<Flaky>,
    now_ms: Arc<AtomicI64>,
    cache_bytes: u64,
    patience: Patience,
}

impl House {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            flaky: Arc::new(Flaky::new()),
            now_ms: Arc::new(AtomicI64::new(clock::system_ms())),
            cache_bytes: 0,
            patience: hasty(),
        }
    }

    fn options(&self, folder: &Path) -> Options {
        let now_ms = self.now_ms.clone();
        Options {
            clock: Arc::new(move || now_ms.fetch_add(1, Ordering::Relaxed)),
            object_place: Some(ObjectPlace {
                name: "mem://content/a".to_owned(),
                back_end: self.flaky.clone(),
                prefix: "a".to_owned(),
                cache_bytes: self.cache_bytes,
                patience: self.patience,
            }),
            database: amana_test_engine::database(folder),
            ..Options::new("centre.test")
        }
    }

    fn open(&self) -> Result<Arc<Store>> {
        self.open_in(self.folder.path())
    }

    fn open_in(&self, folder: &Path) -> Result<Arc<Store>> {
        Store::open(folder, toy::catalog(), self.options(folder)).map(Arc::new)
    }

    fn check(&self) -> Report {
        let depth = Depth {
            replay: true,
            content: true,
        };
        let outside = Outside::default();
        let catalog = toy::catalog();
        let (folder, each) = (self.folder.path(), &each_content);
        check(
            folder,
            &catalog,
            self.options(folder),
            &depth,
            &outside,
            each,
        )
        .unwrap()
    }

    /// Names under the prefix, but for the mark.
    async fn names(&self) -> Vec<String> {
        use futures::TryStreamExt as _;
        let all = object_store::ObjectStore::list(self.flaky.memory(), None);
        let all: Vec<_> = all.try_collect().await.unwrap();
        let names = all.into_iter().map(|object| object.location.to_string());
        names.filter(|name| name != "a/amana-centre").collect()
    }

    /// The bytes of the only blob, and where they are.
    async fn only(&self) -> (Key, Vec<u8>) {
        let names = self.names().await;
        assert_eq!(names.len(), 1, "{names:?}");
        let key = Key::from(names[0].as_str());
        let got = self.flaky.memory().get(&key).await.unwrap();
        (key, got.bytes().await.unwrap().to_vec())
    }

    async fn overwrite(&self, key: &Key, bytes: Vec<u8>) {
        let put = self.flaky.memory().put(key, PutPayload::from(bytes)).await;
        put.unwrap();
    }
}

async fn shelf(store: &Store) -> LedgerId {
    let shelf = store.commit(Put::shelf("finances")).await.unwrap();
    shelf.entry.ledger()
}

async fn deposit(store: &Arc<Store>, ledger: LedgerId, name: &str, bytes: &[u8]) -> Result<()> {
    let put = Put::blob(store, ledger, name, bytes)?;
    store.commit(put).await.unwrap();
    Ok(())
}

async fn remove(store: &Store, ledger: LedgerId, name: &str) {
    let links = RemoveLinks::default();
    let name = name.to_owned();
    let removed = Remove {
        ledger,
        links,
        name,
    };
    store.commit(removed).await.unwrap();
    assert!(store.blobs().drain(Duration::from_secs(30)));
}

fn wanted(store: &Store, name: &str) -> Wanted {
    let mut found = None;
    let mut note = |each| {
        if let Found::Content(holding) = each
            && holding.object == name
        {
            found = Some(holding.wanted);
        }
        Ok(())
    };
    store.read(|rows| each_content(rows, &mut note)).unwrap();
    found.unwrap()
}

fn read(store: &Arc<Store>, name: &str) -> Result<Vec<u8>> {
    let wanted = wanted(store, name);
    let reader = store.read(|rows: &Reader<'_>| Ok::<_, Error>(store.reader(rows, wanted)))?;
    let mut bytes = Vec::new();
    for index in 0..reader.chunk_count() {
        bytes.extend_from_slice(&reader.chunk(index)?);
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn content_goes_there_comes_back_and_goes() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    for (name, size) in [("large", LARGE_BYTES), ("small", 100_000), ("empty", 0)] {
        let bytes = noise(1, size);
        deposit(&store, ledger, name, &bytes).await.unwrap();
        assert!(read(&store, name).unwrap() == bytes, "{name}");
    }
    assert_eq!(house.names().await.len(), 3);
    let shelves = fs::read_dir(house.folder.path().join("blobs")).unwrap();
    let mut here: Vec<_> = shelves.map(|file| file.unwrap().file_name()).collect();
    here.sort();
    assert_eq!(here, ["place", "tmp"]);
    assert!(house.check().is_clean());
    for name in ["large", "small", "empty"] {
        remove(&store, ledger, name).await;
    }
    assert_eq!(house.names().await, Vec::<String>::new());
    assert!(house.check().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_half_of_its_requests_loses_nothing() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    let dice = AtomicU64::new(1);
    house.flaky.plan(move |number| {
        let mixed = dice.fetch_add(number | 1, Ordering::Relaxed);
        match mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 62 {
            0 => Fate::Lost,
            1 => Fate::Kept,
            _ => Fate::Done,
        }
    });
    for (seed, size) in [
        (1, LARGE_BYTES),
        (2, 70_000),
        (3, 2_000_000),
        (4, LARGE_BYTES),
    ] {
        let (name, bytes) = (format!("thing {seed}"), noise(seed, size));
        deposit(&store, ledger, &name, &bytes).await.unwrap();
        assert!(read(&store, &name).unwrap() == bytes, "{name}");
    }
    remove(&store, ledger, "thing 4").await;
    assert!(house.check().is_clean());
    assert_eq!(house.names().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_may_fail_once_in_either_way() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    let bytes = noise(1, LARGE_BYTES);
    for fate in [Fate::Lost, Fate::Kept] {
        for at in 0.. {
            house.flaky.plan(move |number| match number == at {
                true => fate,
                false => Fate::Done,
            });
            let name = format!("{fate:?} {at}");
            deposit(&store, ledger, &name, &bytes).await.unwrap();
            assert!(read(&store, &name).unwrap() == bytes, "{name}");
            remove(&store, ledger, &name).await;
            assert_eq!(house.names().await, Vec::<String>::new(), "{name}");
            if house.flaky.asked() <= at {
                assert!(at > 6, "so many requests a deposit has at least");
                break;
            }
        }
    }
    assert!(house.check().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_fails_soon_and_small_content_goes_on() {
    for fate in [Fate::Lost, Fate::Hangs] {
        let mut house = House::new();
        house.patience.attempt = Duration::from_millis(100);
        house.patience.total = Duration::from_millis(600);
        let store = house.open().unwrap();
        let ledger = shelf(&store).await;
        deposit(&store, ledger, "before", &noise(1, 80_000))
            .await
            .unwrap();
        house.flaky.plan(move |_| fate);
        let away = |result: Result<()>| matches!(result, Err(Error::Away { .. }));
        assert!(away(deposit(&store, ledger, "a", &noise(2, 80_000)).await));
        assert!(away(read(&store, "before").map(drop)));
        // It is known to be away: hardly anybody asks it.
        let asked = house.flaky.asked();
        for _ in 0..100 {
            assert!(away(deposit(&store, ledger, "a", &noise(2, 80_000)).await));
        }
        assert!(house.flaky.asked() < asked + 50, "{fate:?}");
        let small = Put::inline(ledger, "small", b"small");
        store.commit(small).await.unwrap();
        house.flaky.plan(|_| Fate::Done);
        // One in a while tries, and finds that it is back.
        while away(deposit(&store, ledger, "after", &noise(3, 80_000)).await) {
            tokio::task::yield_now().await;
        }
        assert!(read(&store, "before").unwrap() == noise(1, 80_000));
        assert!(house.check().is_clean());
    }
}

/// Another place with the same content.
struct Twin(Vec<u8>);

impl Copies for Twin {
    fn name(&self) -> String {
        "the twin".to_owned()
    }

    fn open(&self, _: &Wanted) -> Result<Option<Box<dyn Read + Send>>> {
        Ok(Some(Box::new(Cursor::new(self.0.clone()))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_there_is_named_and_mended_from_copies() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    let bytes = noise(1, LARGE_BYTES);
    deposit(&store, ledger, "large", &bytes).await.unwrap();
    let (key, whole) = house.only().await;
    let mut flipped = whole.clone();
    flipped[5_000_000] ^= 1;
    let damages = [
        (flipped, "don't have the digest that the ledger commits to"),
        (
            whole[..1000].to_vec(),
            "it has 1000 bytes, the ledger says 9000001",
        ),
    ];
    for (damaged, words) in damages {
        house.overwrite(&key, damaged).await;
        let error = read(&store, "large").unwrap_err();
        let said = error.to_string();
        assert!(error.is_damage() && said.contains(words), "{said}");
        assert!(said.contains("mem://content/a/"), "{said}");
        let report = house.check();
        assert_eq!(report.faults.len(), 1);
        assert!(report.faults[0].to_string().contains(words));
    }
    house.flaky.memory().delete(&key).await.unwrap();
    let gone = read(&store, "large").unwrap_err();
    assert!(matches!(gone, Error::Missing { .. }), "{gone}");
    store.set_copies(vec![Arc::new(Twin(bytes.clone()))]);
    assert!(read(&store, "large").unwrap() == bytes);
    assert_eq!(house.only().await, (key, whole));
    assert_eq!(store.take_repairs().len(), 1);
    assert!(house.check().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_answers_within_its_bounds_and_is_believed_for_nothing() {
    let mut house = House::new();
    house.cache_bytes = 4 << 20;
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    let bytes = noise(1, 3_000_000);
    deposit(&store, ledger, "a", &bytes).await.unwrap();
    assert!(read(&store, "a").unwrap() == bytes);
    house.flaky.plan(|_| Fate::Lost);
    assert!(read(&store, "a").unwrap() == bytes, "from the cache");
    house.flaky.plan(|_| Fate::Done);
    // It survives a restart.
    drop(store);
    let store = house.open().unwrap();
    let files = files_under(&house.folder.path().join("blobs/cache"));
    assert_eq!(files.len(), 12);
    house.flaky.plan(|_| Fate::Done);
    for file in &files {
        let mut chunk = fs::read(file).unwrap();
        chunk[7] ^= 1;
        fs::write(file, chunk).unwrap();
    }
    assert!(read(&store, "a").unwrap() == bytes);
    assert!(house.flaky.asked() > 0, "what was damaged is fetched again");
    // More than fits: the oldest go.
    deposit(&store, ledger, "b", &noise(2, 3_000_000))
        .await
        .unwrap();
    assert!(read(&store, "b").unwrap() == noise(2, 3_000_000));
    let cached = |folder: &Path| {
        let files = files_under(&folder.join("blobs/cache"));
        let sizes = files.iter().map(|file| fs::metadata(file).unwrap().len());
        sizes.sum::<u64>()
    };
    assert!((3_000_000..=4 << 20).contains(&cached(house.folder.path())));
    for name in ["a", "b"] {
        remove(&store, ledger, name).await;
    }
    assert_eq!(cached(house.folder.path()), 0, "what was freed isn't kept");
}

fn files_under(folder: &Path) -> Vec<std::path::PathBuf> {
    let inside = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    inside
        .flat_map(|path| match path.is_dir() {
            true => files_under(&path),
            false => vec![path],
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_stays_until_it_was_read() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    let bytes = noise(1, LARGE_BYTES);
    deposit(&store, ledger, "large", &bytes).await.unwrap();
    let wanted = wanted(&store, "large");
    let reader = store.read(|rows| Ok::<_, Error>(store.reader(rows, wanted)));
    let reader = reader.unwrap();
    let first = reader.chunk(0).unwrap();
    remove(&store, ledger, "large").await;
    let rest = (1..reader.chunk_count()).map(|index| reader.chunk(index).unwrap());
    let read: Vec<u8> = std::iter::once(first).chain(rest).flatten().collect();
    assert!(read == bytes);
    assert_eq!(house.names().await.len(), 1);
    drop(reader);
    assert!(store.blobs().drain(Duration::from_secs(30)));
    assert_eq!(house.names().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_row_names_is_noted_and_goes_when_nobody_missed_it() {
    let house = House::new();
    let store = house.open().unwrap();
    let ledger = shelf(&store).await;
    deposit(&store, ledger, "large", &noise(1, 80_000))
        .await
        .unwrap();
    let mut left = store.blobs().create().unwrap();
    left.write(&noise(2, 90_000)).unwrap();
    let left = left.finish().unwrap().id.to_string();
    house
        .overwrite(&Key::from("a/00/readme"), b"not ours".to_vec())
        .await;
    let swept = |unnamed, removed| Swept {
        blobs: 2,
        bytes: 170_000,
        unnamed,
        removed,
    };
    let sweep = || store.sweep_blobs().unwrap();
    assert_eq!(sweep(), Some(swept(0, 0)), "it may be a deposit under way");
    house.now_ms.fetch_add(2 * DAY_MS, Ordering::Relaxed);
    assert_eq!(sweep(), Some(swept(1, 0)));
    house.now_ms.fetch_add(29 * DAY_MS, Ordering::Relaxed);
    assert_eq!(sweep(), Some(swept(1, 0)));
    assert_eq!(house.names().await.len(), 3);
    house.now_ms.fetch_add(2 * DAY_MS, Ordering::Relaxed);
    assert_eq!(sweep(), Some(swept(1, 1)));
    assert!(store.blobs().drain(Duration::from_secs(30)));
    let names = house.names().await;
    assert!(names.len() == 2 && !names.iter().any(|name| name.contains(&left)));
    assert!(house.check().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_a_crash_left_are_given_up() {
    let house = House::new();
    let store = house.open().unwrap();
    let mut under_way = store.blobs().create().unwrap();
    under_way.write(&noise(1, LARGE_BYTES)).unwrap();
    // As a kill leaves it.
    std::mem::forget(under_way);
    let other = House {
        folder: tempfile::tempdir().unwrap(),
        flaky: house.flaky.clone(),
        ..House::new()
    };
    let (from, to) = (house.folder.path(), other.folder.path());
    toy::copy(from, to);
    let again = other.open().unwrap();
    while house.flaky.aborted() == 0 {
        tokio::task::yield_now().await;
    }
    drop(again);
    assert_eq!(house.names().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_one_data_centres_and_a_folder_knows_its_place() {
    let house = House::new();
    drop(house.open().unwrap());
    let why = |opened: Result<Arc<Store>>| match opened {
        Err(Error::Folder { why, .. }) => why,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it opened"),
    };
    let other = tempfile::tempdir().unwrap();
    assert!(why(house.open_in(other.path())).contains("the blobs of another data centre"));
    let without = toy::open(house.folder.path()).map(Arc::new);
    assert!(why(without).contains("its blobs are in mem://content/a"));
    let local = tempfile::tempdir().unwrap();
    let store = Arc::new(toy::open(local.path()).unwrap());
    let ledger = shelf(&store).await;
    deposit(&store, ledger, "large", &noise(1, 80_000))
        .await
        .unwrap();
    let blob = wanted(&store, "large");
    drop(store);
    assert!(matches!(blob.source, Source::Blob(_)));
    assert!(why(House::new().open_in(local.path())).contains("it holds 1 blobs"));
}
