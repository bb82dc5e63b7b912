//! What several nodes share that is no entry: memos, candidates, turns. The same on one node, where it is in memory.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use amana_store::mirror::{FolderPlace, Place as _, PlaceInTurn};
use amana_store::{Error, Options, Store};

use crate::national::Witness;
use crate::toy::{self, Put};

const KIND: &str = "tries";

/// Another node beside the data centre in `folder`; nothing on an engine that has one node.
fn beside(folder: &Path, other: &Path) -> Option<Store> {
    if amana_test_engine::is_embedded() {
        return None;
    }
    toy::copy_files(&folder.join("keys"), &other.join("keys"));
    let options = Options {
        database: amana_test_engine::database(folder),
        clock: toy::clock(),
        ..Options::new("centre.test")
    };
    Some(Store::open(other, toy::catalog(), options).unwrap())
}

fn count(store: &Store, name: &str) -> Result<u32, Error> {
    store.change_memo(KIND, name, |known| {
        let next = known.map_or(0, |known| known.parse().unwrap()) + 1;
        Ok((Some(next.to_string()), next))
    })
}

#[test]
fn memos_are_read_and_changed_at_every_node() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = Arc::new(toy::open(folder.path()).unwrap());
    let node = beside(folder.path(), other.path()).map_or_else(|| store.clone(), Arc::new);
    assert_eq!(store.memo(KIND, "a").unwrap(), None);
    std::thread::scope(|threads| {
        for store in [&store, &node, &store, &node] {
            threads.spawn(|| (0..10).for_each(|_| assert!(count(store, "a").unwrap() > 0)));
        }
    });
    assert_eq!(node.memo(KIND, "a").unwrap().unwrap().text, "40");
    count(&node, "b/1").unwrap();
    count(&node, "b/2").unwrap();
    let names = store
        .change_memos(KIND, |memos| {
            let names = memos.names("b/")?;
            memos.set("b/1", None);
            Ok::<_, Error>(names)
        })
        .unwrap();
    let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b/1", "b/2"]);
    let refused: Result<(), Error> = store.change_memos(KIND, |memos| {
        memos.set("a", None);
        Err(Error::Failed {
            why: "of itself".into(),
        })
    });
    refused.unwrap_err();
    let all = node.memos(KIND).unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|(name, memo)| (&**name, &*memo.text))
        .collect();
    assert_eq!(all, [("a", "40"), ("b/2", "1")]);
    assert!(node.memos("others").unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn witnesses_are_asked_for_the_same_at_every_node() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = toy::open(folder.path()).unwrap();
    let shelf = store.commit(Put::shelf("finances")).await.unwrap();
    let Some(node) = beside(folder.path(), other.path()) else {
        return;
    };
    let mut witnesses = [Witness::new("court", 1), Witness::new("press", 2)];
    let listed: Vec<_> = witnesses.iter().map(Witness::listed).collect();
    store.set_witnesses(&store.policy(), &listed, None).unwrap();
    node.reload_policy().unwrap();
    store.close_epoch(false).await.unwrap();
    assert_eq!(witnesses[0].visit(&store).await, 2);
    let ledger = shelf.entry.ledger();
    store.commit(Put::on(ledger, "late")).await.unwrap();
    store.close_epoch(false).await.unwrap();
    assert_eq!(witnesses[1].visit(&node).await, 2);
    let receipt = node.receipt("finances/vault", 0).unwrap();
    let verdict = receipt.verify(&node.policy().policy).unwrap();
    assert_eq!(verdict.state, amana_ledger::State::Witnessed);
}

#[test]
fn one_node_at_a_time_has_the_turn() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = toy::open(folder.path()).unwrap();
    let place = FolderPlace::open(folder.path()).unwrap();
    let held = store.turn("mirror/far").take().unwrap().unwrap();
    let place = PlaceInTurn::new(Arc::new(place), Arc::new(held));
    place.put("head", None, &mut &b"ours"[..]).unwrap();
    let Some(node) = beside(folder.path(), other.path()) else {
        return;
    };
    let turn = node.turn("mirror/far");
    assert!(turn.take().unwrap().is_none());
    assert!(node.turn("scrub").take().unwrap().is_some());
    // As if it had stood still until another node took over.
    let taken = "UPDATE leases SET holder = 'another', until_ms = 9000000000000000 WHERE name = 'mirror/far'";
    assert_eq!(amana_test_engine::edit(folder.path(), taken), 1);
    place.put("head", None, &mut &b"late"[..]).unwrap_err();
    place.delete("head").unwrap_err();
    let mut head = String::new();
    let mut stream = place.open("head", 0).unwrap().unwrap();
    stream.read_to_string(&mut head).unwrap();
    assert_eq!(head, "ours");
    drop(place);
    assert!(
        turn.take().unwrap().is_none(),
        "only who has it gives it up"
    );
    let ended = "UPDATE leases SET until_ms = 0 WHERE name = 'mirror/far'";
    assert_eq!(amana_test_engine::edit(folder.path(), ended), 1);
    drop(turn.take().unwrap().unwrap());
    assert!(store.turn("mirror/far").take().unwrap().is_some());
}
