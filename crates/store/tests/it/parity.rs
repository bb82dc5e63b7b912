//! Parity: any damage up to the stated fraction is repaired byte for byte; more is an error, and changes nothing.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use amana_store::check::Found;
use amana_store::parity::Fraction;
use amana_store::{Error, LedgerId, Result, Source, Store, Wanted};
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::toy::{self, Put, Remove, check_everything, each_content};

const CHUNK: usize = 256 * 1024;

struct House {
    folder: tempfile::TempDir,
    store: Arc<Store>,
    bytes: Vec<u8>,
    wanted: Wanted,
}

impl House {
    /// A centre with one blob, and the parity of it.
    fn new(size: usize, fraction: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(toy::open(folder.path()).unwrap());
        let bytes: Vec<u8> = (0..size)
            .map(|at| (at * 31 + at / 977).to_le_bytes()[0])
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let mut found = None;
        runtime.block_on(async {
            let shelf = store.commit(Put::shelf("finances")).await.unwrap();
            let put = Put::blob(&store, shelf.entry.ledger(), "large", &bytes).unwrap();
            store.commit(put).await.unwrap();
        });
        let mut note = |holding| {
            if let Found::Content(holding) = holding {
                found = Some(holding.wanted);
            }
            Ok(())
        };
        store.read(|rows| each_content(rows, &mut note)).unwrap();
        // Only now: the thread that keeps parity knows nothing of this blob, and so can't make its parity behind our back.
        let fraction: Fraction = fraction.parse().unwrap();
        store.keep_parity(fraction).unwrap();
        let house = Self {
            folder,
            store,
            bytes,
            wanted: found.unwrap(),
        };
        // The scrub's own way.
        house.store.complete_parity(&house.wanted).unwrap();
        house
    }

    fn blob(&self) -> PathBuf {
        match self.wanted.source {
            Source::Blob(blob) => self.store.blobs().path(blob),
            Source::Entry(_) => panic!("it lies in a blob"),
        }
    }

    fn parity(&self) -> PathBuf {
        let name = self
            .blob()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let shelf = self.folder.path().join("blobs/parity").join(&name[..2]);
        shelf.join(name)
    }

    fn read(&self) -> Result<Vec<u8>> {
        let wanted = self.wanted;
        let reader = self
            .store
            .read(|rows| Ok::<_, Error>(self.store.reader(rows, wanted)))?;
        let chunks = (0..reader.chunk_count()).map(|index| reader.chunk(index));
        Ok(chunks.collect::<Result<Vec<_>>>()?.concat())
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    #[test]
    fn damage_within_the_fraction_repairs_itself(
        size in 33_000_usize..9 * CHUNK,
        percent in 1_u8..=100,
        seed in any::<u64>(),
        too_much in any::<bool>(),
    ) {
        let fraction = format!("{percent}%");
        let house = House::new(size, &fraction);
        let chunks = size.div_ceil(CHUNK);
        let fraction: Fraction = fraction.parse().unwrap();
        let shards = usize::try_from(fraction.shards(chunks as u64)).unwrap();
        let hurt = if too_much { shards + 1 } else { shards };
        prop_assume!(hurt <= chunks);
        let mut damaged = house.bytes.clone();
        let step = usize::try_from(seed % 1_000_003).unwrap();
        for nth in 0..hurt {
            let chunk = (step + nth) % chunks;
            let within = (damaged.len() - chunk * CHUNK).min(CHUNK);
            damaged[chunk * CHUNK + step % within] ^= 0x40;
        }
        fs::write(house.blob(), &damaged).unwrap();
        let read = house.read();
        if too_much {
            prop_assert!(read.is_err_and(|error| error.is_damage()));
            prop_assert!(fs::read(house.blob()).unwrap() == damaged, "it was changed");
        } else {
            prop_assert!(read.unwrap() == house.bytes);
            prop_assert!(fs::read(house.blob()).unwrap() == house.bytes);
            prop_assert!(check_everything(house.folder.path()).is_clean());
        }
    }
}

#[test]
fn a_file_that_is_gone_or_cut_repairs_itself_within_the_fraction() {
    let house = House::new(5 * CHUNK + 100, "100%");
    fs::remove_file(house.blob()).unwrap();
    assert_eq!(house.read().unwrap(), house.bytes);
    let house = House::new(5 * CHUNK + 100, "40%");
    let cut = fs::File::options().write(true).open(house.blob()).unwrap();
    cut.set_len((3 * CHUNK + 7) as u64).unwrap();
    assert_eq!(
        house.read().unwrap(),
        house.bytes,
        "three chunks of six are gone"
    );
}

#[test]
fn damaged_parity_helps_as_far_as_it_is_whole() {
    let house = House::new(8 * CHUNK, "25%");
    let whole = fs::read(house.parity()).unwrap();
    let mut parity = whole.clone();
    let last = parity.len() - 1;
    parity[last] ^= 1;
    fs::write(house.parity(), &parity).unwrap();
    let report = check_everything(house.folder.path());
    assert_eq!(report.faults[0].code, "parity");
    let mut damaged = house.bytes.clone();
    damaged[0] ^= 1;
    fs::write(house.blob(), &damaged).unwrap();
    assert_eq!(
        house.read().unwrap(),
        house.bytes,
        "one shard of two is enough"
    );
    damaged[CHUNK] ^= 1;
    fs::write(house.blob(), &damaged).unwrap();
    assert!(house.read().is_err(), "two bad chunks need two shards");
    fs::write(house.blob(), &house.bytes).unwrap();
    house.store.complete_parity(&house.wanted).unwrap();
    assert_eq!(
        fs::read(house.parity()).unwrap(),
        whole,
        "the scrub makes it again"
    );
    parity = whole;
    parity[20] ^= 1;
    fs::write(house.parity(), &parity).unwrap();
    fs::write(house.blob(), &damaged).unwrap();
    assert!(
        house.read().is_err(),
        "without its header it is worth nothing"
    );
}

#[test]
fn parity_goes_with_its_blob() {
    let house = House::new(CHUNK, "10%");
    assert!(house.parity().is_file());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let remove = Remove {
        ledger: LedgerId(1),
        links: Default::default(),
        name: "large".to_owned(),
    };
    runtime.block_on(house.store.commit(remove)).unwrap();
    assert!(!house.parity().exists());
    assert!(house.store.complete_parity(&house.wanted).is_err());
    fs::write(house.parity(), b"what a crash left").unwrap();
    let House { folder, store, .. } = house;
    drop(store);
    drop(toy::open(folder.path()).unwrap());
    let shelves = fs::read_dir(folder.path().join("blobs/parity")).unwrap();
    let left = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
    assert_eq!(left.count(), 0);
}

#[test]
fn a_fraction_is_a_percentage() {
    for wrong in ["", "10", "0%", "101%", "ten%", "-1%"] {
        assert!(wrong.parse::<Fraction>().is_err(), "{wrong}");
    }
}
