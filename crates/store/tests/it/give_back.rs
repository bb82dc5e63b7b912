//! A restored copy that is older than what was signed takes back what it lost, and never anything else.

use std::fs;
use std::path::Path;

use amana_ledger::Note;
use amana_store::entries::each_entry;
use amana_store::national::give_back::GivenBack;
use amana_store::{Entry, Error, LedgerInfo, Result, Store};

use crate::toy::{self, Put, check_everything};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

/// What somebody who followed holds of a ledger: all of its entries, and the newest signed checkpoint.
fn followed(store: &Store, ledger: &str) -> GivenBack {
    let read = |rows: &amana_store::Reader<'_>| -> Result<GivenBack> {
        let info = LedgerInfo::named(rows, ledger)?.unwrap();
        let mut entries = Vec::new();
        each_entry(rows, info.id, 0..info.size, |entry| {
            entries.push(entry);
            Ok(())
        })?;
        Ok(GivenBack {
            ledger: ledger.to_owned(),
            entries,
            contents: Vec::new(),
            chunks: Vec::new(),
            checkpoint: store.signed_checkpoint(rows, &info, info.size)?,
        })
    };
    store.read(read).unwrap()
}

fn checkpoint(store: &Store, ledger: &str) -> Note {
    followed(store, ledger).checkpoint
}

struct Lost {
    /// The copy that was brought back, opened.
    store: Store,
    folder: tempfile::TempDir,
    vault: GivenBack,
    second: GivenBack,
    national: GivenBack,
}

const VAULT: &str = "finances/vault";
const SECOND: &str = "justice/vault";

/// A centre that went on after its copy was taken: more entries, a new ledger, more epochs.
async fn lost() -> Lost {
    let first = tempfile::tempdir().unwrap();
    let store = toy::open(first.path()).unwrap();
    let shelf = store.commit(Put::shelf("finances")).await.unwrap();
    let ledger = shelf.entry.ledger();
    store.commit(Put::on(ledger, "early")).await.unwrap();
    store.close_epoch(true).await.unwrap();
    drop(store);
    let folder = tempfile::tempdir().unwrap();
    copy(first.path(), folder.path());

    let store = toy::open(first.path()).unwrap();
    for thing in 0..300 {
        let put = Put::on(ledger, &format!("late {thing}"));
        store.commit(put).await.unwrap();
    }
    store.close_epoch(true).await.unwrap();
    store.commit(Put::shelf("justice")).await.unwrap();
    store.close_epoch(true).await.unwrap();
    store.commit(Put::on(ledger, "last")).await.unwrap();
    let (vault, second) = (followed(&store, VAULT), followed(&store, SECOND));
    let national = followed(&store, "national");
    drop(store);
    Lost {
        store: toy::open(folder.path()).unwrap(),
        folder,
        vault,
        second,
        national,
    }
}

fn again(given: &GivenBack) -> GivenBack {
    GivenBack {
        ledger: given.ledger.clone(),
        entries: given.entries.clone(),
        contents: Vec::new(),
        chunks: Vec::new(),
        checkpoint: given.checkpoint.clone(),
    }
}

#[tokio::test]
async fn what_was_lost_is_taken_back_and_history_goes_on() {
    let Lost {
        store,
        folder,
        vault,
        second,
        national,
    } = lost().await;
    for note in [&vault.checkpoint, &second.checkpoint, &national.checkpoint] {
        assert!(store.weigh_evidence(note).unwrap().is_some());
    }
    assert!(store.writable().is_err());
    drop(store);
    let store = toy::open(folder.path()).unwrap();
    assert!(store.writable().is_err(), "a restart must not forget it");

    assert!(
        store.take_back(again(&second)).await.is_err(),
        "the registry isn't known yet"
    );
    let ledger = store.take_back(again(&vault)).await.unwrap();
    assert_eq!((ledger.entries, ledger.size), (301, 303));
    assert!(ledger.read_only.is_some());
    let epochs = store.take_back(again(&national)).await.unwrap();
    assert!(epochs.read_only.is_some(), "a ledger is missing still");
    let opened = store.take_back(again(&second)).await.unwrap();
    assert_eq!(opened.read_only, None);
    store.writable().unwrap();
    assert_eq!(store.take_back(again(&vault)).await.unwrap().entries, 0);

    let ledger = store.read(|rows| LedgerInfo::named(rows, VAULT)).unwrap();
    let put = Put::on(ledger.unwrap().id, "after");
    let after = store.commit(put).await.unwrap();
    assert_eq!(after.entry.index(), 303);
    store.close_epoch(true).await.unwrap();
    for given in [&vault, &second, &national] {
        assert_eq!(store.weigh_evidence(&given.checkpoint).unwrap(), None);
    }
    drop(store);
    let report = check_everything(folder.path());
    assert!(report.is_clean(), "{:#?}", report.faults);
    assert_eq!(
        fs::read_dir(folder.path().join("behind")).unwrap().count(),
        0
    );
}

async fn refused(store: &Store, given: GivenBack, why: &str) {
    match store.take_back(given).await {
        Err(Error::Refused { why: found, .. }) => assert!(found.contains(why), "{found}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[tokio::test]
async fn nothing_else_is_taken() {
    let lost = lost().await;
    let before = checkpoint(&lost.store, VAULT);
    let changed = |change: fn(&mut Vec<Entry>)| {
        let mut given = again(&lost.vault);
        change(&mut given.entries);
        given
    };
    let dont_lead = "don't lead to the checkpoint";
    refused(
        &lost.store,
        changed(|all| all[200].text[40] ^= 1),
        dont_lead,
    )
    .await;
    refused(&lost.store, changed(|all| all.truncate(250)), dont_lead).await;
    refused(&lost.store, changed(|all| drop(all.remove(200))), "gap").await;
    let bent = changed(|all| {
        if let Some((_, body)) = &mut all[100].body {
            body[0] ^= 1;
        }
    });
    refused(&lost.store, bent, "body").await;
    let mut epochs = again(&lost.national);
    let last = epochs.entries.len() - 1;
    epochs.entries[last].body = epochs.entries[last - 1].body.clone();
    refused(&lost.store, epochs, "beside it").await;

    // Somebody else's key, and another ledger's checkpoint, lead nowhere.
    let stranger = tempfile::tempdir().unwrap();
    let other = toy::open(stranger.path()).unwrap();
    other.commit(Put::shelf("finances")).await.unwrap();
    let theirs = followed(&other, VAULT);
    assert!(lost.store.take_back(theirs).await.is_err());
    let mut mixed = again(&lost.vault);
    mixed.checkpoint = lost.second.checkpoint.clone();
    assert!(lost.store.take_back(mixed).await.is_err());

    let after = checkpoint(&lost.store, VAULT);
    assert_eq!(before.text, after.text, "nothing was appended");
    drop(lost.store);
    assert!(check_everything(lost.folder.path()).is_clean());
}

#[tokio::test]
async fn a_copy_that_went_its_own_way_is_no_way_back() {
    let lost = lost().await;
    let ledger = lost
        .store
        .read(|rows| LedgerInfo::named(rows, VAULT))
        .unwrap();
    let fork = Put::on(ledger.unwrap().id, "another history");
    lost.store.commit(fork).await.unwrap();
    let note = &lost.vault.checkpoint;
    assert!(lost.store.weigh_evidence(note).unwrap().is_some());
    refused(
        &lost.store,
        again(&lost.vault),
        "don't lead to the checkpoint",
    )
    .await;
    assert!(lost.store.writable().is_err());
}
