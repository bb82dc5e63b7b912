//! Groups: what is acknowledged is there, what is refused left no trace.

use amana_store::{CommitError, LedgerId, LedgerInfo};

use crate::toy::{self, Put, PutLinks, Remove, Taken};

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_there_after_reopening_and_a_refused_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let shelf = store.commit(Put::shelf("finances")).await.unwrap();
    assert_eq!(shelf.receipt(), "finances/vault/0");
    let ledger = shelf.entry.ledger();
    let put = store
        .commit(Put::inline(ledger, "a", b"hello"))
        .await
        .unwrap();
    assert_eq!(put.receipt(), "finances/vault/1");
    let again = store.commit(Put::on(ledger, "a")).await;
    assert!(matches!(again, Err(CommitError::Refused(Taken))));
    drop(store);

    let store = toy::open(folder.path()).unwrap();
    let info = store
        .read(|rows| LedgerInfo::named(rows, "finances/vault"))
        .unwrap()
        .unwrap();
    assert_eq!(info.size, 2);
    let next = store.commit(Put::on(ledger, "b")).await.unwrap();
    assert_eq!(next.entry.index(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_while_applied_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    let bad = |name: &str| Put {
        links: PutLinks { fails: true },
        ..Put::on(ledger, name)
    };
    let (one, two, three, four) = tokio::join!(
        store.commit(Put::on(ledger, "one")),
        store.commit(bad("two")),
        store.commit(Put::on(ledger, "three")),
        store.commit(bad("four")),
    );
    assert!(one.is_ok() && three.is_ok());
    assert!(matches!(two, Err(CommitError::Store(_))));
    assert!(matches!(four, Err(CommitError::Store(_))));
    let info = store
        .read(|rows| LedgerInfo::by_id(rows, ledger))
        .unwrap()
        .unwrap();
    assert_eq!(info.size, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_acts_fill_tiles_of_two_levels_and_removed_blobs_go() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    assert_eq!(ledger, LedgerId(1));
    let acts = (0..1000).map(|i| store.commit(Put::on(ledger, &format!("thing {i}"))));
    for done in futures::future::join_all(acts).await {
        done.unwrap();
    }
    let blob = Put::blob(&store, ledger, "big", &vec![7; 600_000]).unwrap();
    let Some(amana_store::Source::Blob(id)) = blob.body.source else {
        panic!("a blob")
    };
    store.commit(blob).await.unwrap();
    assert!(store.blobs().path(id).is_file());
    let remove = Remove {
        ledger,
        links: Default::default(),
        name: "big".into(),
    };
    store.commit(remove).await.unwrap();
    assert!(!store.blobs().path(id).exists());
    drop(store);
    toy::open(folder.path()).unwrap();
}

#[test]
fn a_second_process_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = toy::open(folder.path()).unwrap();
    let Err(error) = toy::open(folder.path()) else {
        panic!("two writers")
    };
    assert!(
        error
            .to_string()
            .contains("another amana serves this folder"),
        "{error}"
    );
}
