//! What buckets hold: the sums are what counting gives, whatever came in between.

use amana_store::Reader;
use amana_vault::{Custody, Mode, Vault};

use super::day::a_long_day;
use super::house::{FILES, House, noise};
use super::ministry::Ministry;

/// Items and bytes, counted one by one.
const COUNTED: [&str; 2] = [
    "SELECT COUNT(*), CAST(SUM(size) AS BIGINT) FROM sealed_pieces WHERE live = 1",
    "SELECT COUNT(*), CAST(SUM(size) AS BIGINT) FROM versions WHERE (flags & 2) = 0",
];

fn counted(rows: &Reader<'_>) -> [(u64, u64); 2] {
    COUNTED.map(|sql| {
        let found = rows.one(sql, &[], |row| {
            let bytes = row.int(1).unwrap_or_default();
            Ok((row.int(0)?.cast_unsigned(), bytes.cast_unsigned()))
        });
        found.unwrap().unwrap()
    })
}

impl House {
    fn custody(&self) -> [Custody; 2] {
        let ledger = self.finances.ledger;
        let store = &self.ground.store;
        store.read(|rows| Vault::custody(rows, ledger)).unwrap()
    }

    fn sums_are_what_counting_gives(&self) {
        let store = &self.ground.store;
        let counted = store.read(|rows| Ok::<_, amana_vault::Error>(counted(rows)));
        let sums = self.custody().map(|one| (one.pieces, one.bytes));
        assert_eq!(sums, counted.unwrap());
        let all = store.read(Vault::deposits).unwrap();
        assert_eq!(all, sums[0].0 + sums[1].0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_follow_every_verb() {
    let house = House::new().await;
    a_long_day(&house).await;
    house.sums_are_what_counting_gives();
    let before = house.custody()[1];
    assert!(before.pieces > 3 && before.bytes > 100_000, "{before:?}");

    // Many at once share a group, and what they replace leaves it.
    for round in 0..2 {
        let puts = (0..40).map(|i| house.put(FILES, ["x", "y", "z"][i % 3], b"together"));
        futures::future::join_all(puts).await;
        assert!(round == 0 || house.custody()[1].pieces >= before.pieces);
    }
    house.sums_are_what_counting_gives();
    let (bucket, figures) = house.vault.figures(&house.finances, FILES).await.unwrap();
    let ledger = bucket.id.ledger();
    let store = &house.ground.store;
    let listed = store.read(|rows| Vault::holdings(rows, ledger, 100));
    let listed = listed.unwrap();
    let files = listed.iter().find(|one| one.bucket == FILES).unwrap();
    assert_eq!(
        (files.pieces, files.bytes),
        (figures.items, figures.size_bytes)
    );
    assert_eq!(house.custody()[1].buckets, listed.len() as u64);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn ciphertext_is_summed_by_pieces() {
    let house = House::new().await;
    let ministry = Ministry::of(&house).await;
    let bucket = ministry.bucket(&house, "sealed").await;
    let put = |slot| ministry.act("object.put", bucket.clone()).touch(slot, None);
    let first = put(1).piece(1, &noise(1, 900), true);
    let index = ministry.done(&house, &first).await;
    ministry
        .done(&house, &put(2).piece(2, &noise(2, 70), true))
        .await;
    let sealed = |house: &House| house.custody()[0];
    assert_eq!(
        (sealed(&house).mode, sealed(&house).buckets),
        (Mode::Sealed, 1)
    );
    assert_eq!((sealed(&house).pieces, sealed(&house).bytes), (2, 970));
    house.sums_are_what_counting_gives();
    let gone = ministry.act("object.delete", bucket.clone());
    ministry
        .done(&house, &gone.retire(1, Some(index)).release(1))
        .await;
    assert_eq!((sealed(&house).pieces, sealed(&house).bytes), (1, 70));
    house.sums_are_what_counting_gives();
    house.check_everything();
}
