//! Replay: the tables are the same from the ledgers alone, with bodies erased and without.

use amana_store::erase::Erase;
use amana_store::{EntryId, LedgerInfo};
use amana_vault::VersionRef;

use super::day::a_long_day;
use super::ground::catalog;
use super::house::{FILES, House, deletion, noise};

/// Erases every body that may be, from the oldest entry on; says how many.
async fn erase_all(house: &House) -> usize {
    let ledger = house.finances.ledger;
    let info = house
        .ground
        .store
        .read(|rows| LedgerInfo::by_id(rows, ledger))
        .unwrap()
        .unwrap();
    let mut erased = 0;
    for index in 0..info.size {
        let entry = EntryId::new(ledger, index).unwrap();
        let act = Erase::new(catalog(), "official:1", entry, "(signed)", "a test");
        erased += usize::from(house.ground.store.commit(act).await.is_ok());
    }
    erased
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gives_the_same_tables_with_bodies_and_without() {
    let house = House::new().await;
    a_long_day(&house).await;
    house.check_everything();
    let erased = erase_all(&house).await;
    assert!(erased > 20, "only {erased} bodies could be erased");
    house.check_everything();
    let object = house.look(FILES, "e", VersionRef::Latest).await.unwrap();
    assert_eq!(house.read(&object).await.unwrap(), noise(1, 100_000));

    // What still stands goes as well, and the rest of the bodies with it.
    for name in ["a", "e", "f", "g"] {
        let mut last = deletion(name);
        last.version = VersionRef::Null;
        house
            .vault
            .delete_object(&house.finances, FILES, last)
            .await
            .unwrap();
    }
    house.check_everything();
    assert!(erase_all(&house).await > 4);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_force_is_not_erased() {
    let house = House::new().await;
    house.put(FILES, "a", b"1").await;
    house.put(FILES, "a", b"2").await;
    let id = house
        .look(FILES, "a", VersionRef::Latest)
        .await
        .unwrap()
        .entry;
    let erase = |entry| {
        house
            .ground
            .store
            .commit(Erase::new(catalog(), "official:1", entry, "", ""))
    };
    assert!(erase(id).await.is_err(), "the object still stands");
    house.delete(FILES, "a").await;
    assert!(erase(id).await.is_err(), "what it replaced is still named");
    let before = EntryId::new(id.ledger(), id.index() - 1).unwrap();
    assert!(erase(before).await.is_ok());
    assert!(erase(id).await.is_ok());
    assert!(erase(id).await.is_err(), "once");
    house.check_everything();
}
