//! A restored copy that is older than what was signed takes back what it lost, and never anything else.

use std::fs;

use amana_ledger::Note;
use amana_store::entries::each_entry;
use amana_store::national::evidence::Anomaly;
use amana_store::national::give_back::GivenBack;
use amana_store::{CommitError, Entry, Error, LedgerInfo, Options, Result, Store};

use crate::toy::{self, Put, check_everything};

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
    toy::copy(first.path(), folder.path());

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

#[tokio::test(flavor = "multi_thread")]
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

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_was_shown_holds_at_all_of_them() {
    if amana_test_engine::is_embedded() {
        // It has one node.
        return;
    }
    let lost = lost().await;
    let other = tempfile::tempdir().unwrap();
    toy::copy_files(&lost.folder.path().join("keys"), &other.path().join("keys"));
    let options = Options {
        database: amana_test_engine::database(lost.folder.path()),
        ..Options::new("centre.test")
    };
    let node = Store::open(other.path(), toy::catalog(), options).unwrap();
    let ledger = node.read(|rows| LedgerInfo::named(rows, VAULT)).unwrap();
    let ledger = ledger.unwrap().id;
    let note = &lost.vault.checkpoint;
    assert!(lost.store.weigh_evidence(note).unwrap().is_some());
    // Nobody showed it to this node, and no time has passed.
    let refused = node.commit(Put::on(ledger, "beside")).await;
    assert!(
        matches!(
            refused,
            Err(CommitError::Store(Error::ReadOnly { ref why })) if why.contains("301") || why.contains("303")
        ),
        "{refused:?}"
    );
    for given in [&lost.vault, &lost.national, &lost.second] {
        lost.store.take_back(again(given)).await.unwrap();
    }
    lost.store.writable().unwrap();
    node.close_epoch(true).await.unwrap_err();
    node.follow_what_was_shown().await;
    let after = node.commit(Put::on(ledger, "after")).await.unwrap();
    assert_eq!(after.entry.index(), 303);
}

async fn refused(store: &Store, given: GivenBack, why: &str) {
    match store.take_back(given).await {
        Err(Error::Refused { why: found, .. }) => assert!(found.contains(why), "{found}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
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

#[tokio::test(flavor = "multi_thread")]
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

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_is_neither_replaced_nor_given_back_and_survives_restarts() {
    let lost = lost().await;
    let (store, folder) = (lost.store, lost.folder);
    // The national log was rewritten; the ledger is only behind, and its entries come back.
    store.close_epoch(true).await.unwrap();
    let epochs = followed(&store, "national").checkpoint;
    let forked = &lost.national.checkpoint;
    let size = |note: &Note| amana_ledger::Checkpoint::parse(&note.text).unwrap().size;
    assert!(size(forked) > size(&epochs));
    while size(&followed(&store, "national").checkpoint) < size(forked) {
        store.close_epoch(true).await.unwrap();
    }
    let weighed = |store: &Store, note: &Note| store.weigh_evidence(note).unwrap();
    let fork = weighed(&store, forked).unwrap();
    assert!(matches!(fork, Anomaly::Forked { .. }), "{fork}");
    let behind = weighed(&store, &lost.vault.checkpoint).unwrap();
    assert!(matches!(behind, Anomaly::Behind { .. }), "{behind}");
    let why = store.read_only().unwrap();
    assert_eq!(
        why,
        fork.to_string(),
        "what is worse is not hidden by what came later"
    );
    let given = store.take_back(again(&lost.vault)).await.unwrap();
    assert_eq!(given.entries, 301);
    assert_eq!(given.read_only.as_ref(), Some(&why), "a fork isn't mended");
    drop(store);
    let store = toy::open(folder.path()).unwrap();
    assert_eq!(
        store.read_only(),
        Some(why),
        "a restart must not forget a fork"
    );
    drop(store);
    // In the right copy of the folder, what was shown contradicts nothing.
    let right = tempfile::tempdir().unwrap();
    toy::copy(folder.path(), right.path());
    let behind = right.path().join("behind");
    fs::remove_dir_all(&behind).unwrap();
    fs::create_dir(&behind).unwrap();
    fs::write(behind.join("00.forked"), epochs.to_string()).unwrap();
    if !amana_test_engine::is_embedded() {
        // What nodes were shown stands in their database too.
        assert_eq!(
            amana_test_engine::edit(right.path(), "DELETE FROM shown"),
            1
        );
    }
    let store = toy::open(right.path()).unwrap();
    assert_eq!(store.read_only(), None);
    assert!(!behind.join("00.forked").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_of_a_ledger_outlives_a_larger_checkpoint_of_it() {
    let lost = lost().await;
    let (store, folder) = (lost.store, lost.folder);
    let ours = followed(&store, VAULT);
    let at = |entries: usize| {
        let mut given = again(&lost.vault);
        given.entries.truncate(entries);
        given
    };
    // What was signed at an entry that we have otherwise, and what was signed beyond all that we have.
    let keys = amana_store::keys::Keys::load(&folder.path().join("keys"), "centre.test").unwrap();
    let signed = |given: &GivenBack| {
        let mut tree = amana_ledger::Frontier::new();
        for entry in &given.entries {
            tree.push(amana_ledger::leaf_hash(&entry.leaf()));
        }
        let key = keys.ledger_key(VAULT);
        let checkpoint = amana_ledger::Checkpoint {
            origin: key.name().to_owned(),
            size: tree.size(),
            root: tree.root(),
        };
        checkpoint.sign(&key).unwrap()
    };
    let id = ours.entries[0].id.ledger();
    store.commit(Put::on(id, "another history")).await.unwrap();
    let (fork, ahead) = (signed(&at(3)), signed(&at(100)));
    for order in [[&fork, &ahead], [&ahead, &fork]] {
        for note in order {
            assert!(store.weigh_evidence(note).unwrap().is_some());
        }
        let why = store.read_only().unwrap();
        assert!(why.contains("rewritten"), "{why}");
    }
    drop(store);
    let kept = fs::read_dir(folder.path().join("behind")).unwrap().count();
    assert_eq!(kept, 2, "one that contradicts us, one that is ahead of us");
    let why = toy::open(folder.path()).unwrap().read_only().unwrap();
    assert!(why.contains("rewritten"), "{why}");
}

/// An error on the way must not make the store forget what it was shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_while_it_settles_forgets_nothing() {
    let lost = lost().await;
    let (store, folder) = (lost.store, lost.folder);
    for note in [&lost.vault.checkpoint, &lost.second.checkpoint] {
        assert!(store.weigh_evidence(note).unwrap().is_some());
    }
    let why = store.read_only().unwrap();
    // The file of what is there again can't be removed: a folder stands in its place.
    let behind = folder.path().join("behind");
    let files: Vec<_> = fs::read_dir(&behind)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    for path in &files {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    }
    assert!(store.take_back(again(&lost.vault)).await.is_err());
    assert_eq!(store.read_only().as_ref(), Some(&why));
    for path in &files {
        fs::remove_dir(path).unwrap();
    }
    let given = store.take_back(again(&lost.vault)).await.unwrap();
    let why = given.read_only.unwrap();
    assert!(why.contains("justice"), "a ledger is missing still: {why}");
}
