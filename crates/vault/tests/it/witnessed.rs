//! Whose clock ends a retention: that of the witnesses, where there are any.

use std::sync::atomic::Ordering;

use amana_ledger::{CosigningKey, SigningKey};
use amana_vault::{Error, ObjectLock, RetentionMode};

use super::house::House;
use super::locks::days;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_sets_its_clock_forward_ends_no_retention() {
    let house = House::with_deeds(None).await;
    let lock = ObjectLock {
        retention: Some(days(RetentionMode::Compliance, 10)),
        legal_hold: None,
    };
    let version = house.deed("a", Some(lock)).await.unwrap();
    let witness = |name: &str, seed| {
        let poll = SigningKey::from_seed(name, [seed; 32]).unwrap();
        let key = CosigningKey::from_seed(name, [seed; 32]).unwrap();
        (poll.name().to_owned(), key.verifier())
    };
    let store = &house.ground.store;
    let listed = [witness("court", 1), witness("press", 2)];
    store.set_witnesses(&store.policy(), &listed, None).unwrap();
    let year_ms = 365 * 24 * 60 * 60 * 1000;
    house.ground.ahead_ms.fetch_add(year_ms, Ordering::Relaxed);
    let refused = house.destroy(&house.finances, "a", version).await;
    assert!(matches!(refused, Err(Error::Locked)));
    house.check_everything();
}
