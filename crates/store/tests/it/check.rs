//! The fsck names what an operator with the whole folder in hand changed.

use std::path::Path;

use amana_store::check::Outside;
use amana_store::{LedgerId, Store};

use crate::toy::{self, Put, Remove, check_against, check_everything};

async fn centre(folder: &Path) -> (Store, LedgerId) {
    let store = toy::open(folder).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    let acts = (0..600).map(|i| {
        store.commit(Put::inline(
            ledger,
            &format!("thing {i}"),
            format!("content {i}").as_bytes(),
        ))
    });
    for done in futures::future::join_all(acts).await {
        done.unwrap();
    }
    let big = Put::blob(&store, ledger, "big", &vec![9; 700_000]).unwrap();
    store.commit(big).await.unwrap();
    store
        .commit(Remove {
            ledger,
            links: Default::default(),
            name: "thing 5".into(),
        })
        .await
        .unwrap();
    store.close_epoch(false).await.unwrap();
    (store, ledger)
}

/// Makes a centre, has the operator change its rows, and returns the first faults as text.
async fn after(change: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    drop(centre(folder.path()).await);
    assert!(check_everything(folder.path()).is_clean());
    let changed = amana_test_engine::edit(folder.path(), change);
    assert!(changed > 0, "{change} changed nothing");
    check_everything(folder.path())
        .faults
        .iter()
        .map(ToString::to_string)
        .collect()
}

async fn names(change: &str, expected: &str) {
    let faults = after(change).await;
    assert!(
        faults.iter().any(|fault| fault.contains(expected)),
        "{change}: {faults:#?}"
    );
}

const ENTRY_7: &str = "1099511627783";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_named() {
    names(
        "UPDATE things SET name = 'other' WHERE name = 'thing 3'",
        "row (1, \"other\") of things: it is in the table, and no entry made it",
    )
    .await;
    names(
        "UPDATE things SET name = 'other' WHERE name = 'thing 3'",
        "row (1, \"thing 3\") of things: an entry made it, and it is gone",
    )
    .await;
    names(
        "DELETE FROM things WHERE name = 'thing 3'",
        "row (1, \"thing 3\") of things",
    )
    .await;
    names(
        "UPDATE things SET entry = entry + 1000000 WHERE name = 'big'",
        "row (1, \"big\") of things",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewritten_entry_is_named() {
    let core =
        format!("UPDATE entries SET core = replace(core, 'toy', 'boy') WHERE id = {ENTRY_7}");
    names(&core, "entry 7 of finances/vault: it was changed").await;
    let body =
        format!("UPDATE entries SET body = replace(body, 'thing', 'think') WHERE id = {ENTRY_7}");
    names(
        &body,
        "the body of entry 7 of finances/vault: it is not the one that was recorded",
    )
    .await;
    names(
        &format!("UPDATE entries SET body = NULL, salt = NULL WHERE id = {ENTRY_7}"),
        "no act of its institution erased it",
    )
    .await;
    names(
        &format!("DELETE FROM entries WHERE id = {ENTRY_7}"),
        "entry 7 of finances/vault: it is missing",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_end_is_named() {
    names(
        "DELETE FROM entries WHERE id = (SELECT MAX(id) FROM entries)",
        "ledger finances/vault: its row says 603 entries, there are 602",
    )
    .await;
    names(
        "UPDATE ledgers SET size = size - 1 WHERE id = 1",
        "ledger finances/vault",
    )
    .await;
    names(
        "DELETE FROM tiles WHERE number = 1",
        "tile 0/1 of finances/vault: it is missing",
    )
    .await;
    names(
        "UPDATE tiles SET hashes = zeroblob(8192) WHERE number = 1",
        "tile 0/1 of finances/vault",
    )
    .await;
    names("DELETE FROM ledgers WHERE id = 1", "ledger").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_named() {
    names(
        &format!("UPDATE contents SET data = zeroblob(9) WHERE id = {ENTRY_7}"),
        "thing 6 (the content of entry 7 of finances/vault)",
    )
    .await;
    names(
        &format!("DELETE FROM contents WHERE id = {ENTRY_7}"),
        "thing 6 (the content of entry 7 of finances/vault)",
    )
    .await;
    names("UPDATE blob_chunks SET digests = zeroblob(96)", "big (blob").await;
    names("DELETE FROM blob_chunks", "big (blob").await;
    names(
        "INSERT INTO contents (id, data) VALUES (99, 'x')",
        "the content of entry 99 of national: no object holds it",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_a_blob_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = centre(folder.path()).await;
    let mut path = None;
    store
        .blobs()
        .each(|_, found| {
            path = Some(found.to_owned());
            Ok(())
        })
        .unwrap();
    let path = path.unwrap();
    drop(store);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[400_000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let report = check_everything(folder.path());
    let [fault] = &report.faults[..] else {
        panic!("{:#?}", report.faults)
    };
    assert!(fault.what.starts_with("big (blob"), "{fault}");
    assert!(fault.why.contains("bytes 262144 to 524288"), "{fault}");
    bytes.pop();
    std::fs::write(&path, &bytes).unwrap();
    assert!(!check_everything(folder.path()).is_clean());
    std::fs::remove_file(&path).unwrap();
    let report = check_everything(folder.path());
    assert!(
        report.faults[0].why.contains("missing"),
        "{:#?}",
        report.faults
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ledger_is_called_is_named() {
    names(
        "UPDATE ledgers SET name = 'other/vault' WHERE id = 1",
        "not the one that the registry committed to",
    )
    .await;
    names(
        "UPDATE ledgers SET visibility = 'public' WHERE id = 1",
        "not the one that the registry committed to",
    )
    .await;
    names(
        "UPDATE ledgers SET name = 'other' WHERE id = 0",
        "its row names it otherwise",
    )
    .await;
    names("UPDATE meta SET value = '0'", "the table meta").await;
    names("DELETE FROM meta", "the table meta").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_and_secrets_are_checked() {
    names(
        "UPDATE epoch_heads SET size = 3 WHERE ledger = 1",
        "ledger finances/vault",
    )
    .await;
    names(
        "UPDATE entries SET body = replace(body, '603', '602') WHERE id = 1",
        "epoch 1",
    )
    .await;
    names(
        "UPDATE entries SET core = replace(core, 'ledgers 1', 'ledgers 2') WHERE id = 1",
        "national",
    )
    .await;
    names(
        "INSERT INTO secrets (name, sealed) VALUES ('x', 'y')",
        "the secret x",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_kept_shows_a_rollback_and_a_fork() {
    let folder = tempfile::tempdir().unwrap();
    let (store, ledger) = centre(folder.path()).await;
    let newer = store
        .receipt("finances/vault", 0)
        .unwrap()
        .ledger
        .checkpoint;
    drop(store);
    let other = tempfile::tempdir().unwrap();
    let seed = folder.path().join("keys/operator.seed");
    std::fs::create_dir_all(other.path().join("keys")).unwrap();
    std::fs::copy(seed, other.path().join("keys/operator.seed")).unwrap();
    let store = toy::open(other.path()).unwrap();
    store.commit(Put::shelf("finances")).await.unwrap();
    for i in 0..10 {
        store
            .commit(Put::on(ledger, &format!("thing {i}")))
            .await
            .unwrap();
    }
    let forked = store
        .receipt("finances/vault", 0)
        .unwrap()
        .ledger
        .checkpoint;
    drop(store);
    let outside = Outside {
        checkpoints: vec![newer],
    };
    assert!(check_against(folder.path(), &outside).is_clean());
    let report = check_against(other.path(), &outside);
    assert_eq!(report.faults[0].code, "behind", "{:#?}", report.faults);
    let report = check_against(
        folder.path(),
        &Outside {
            checkpoints: vec![forked],
        },
    );
    assert_eq!(report.faults[0].code, "fork", "{:#?}", report.faults);
}
