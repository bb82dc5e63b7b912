//! Two nodes on one database: what one records about who may ask, the other heeds at its next question.

use std::sync::Arc;

use amana_access::Access;
use amana_store::{Options, Store};
use tempfile::TempDir;

use crate::{BY, CENTRE, House, catalog};

/// A second node beside the first, with its seed; the embedded engine has none.
fn beside(house: &House) -> Option<(TempDir, Access)> {
    let database = amana_test_engine::database(house.folder.path())?;
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    let seed = house.folder.path().join("keys/operator.seed");
    std::fs::copy(seed, keys.join("operator.seed")).unwrap();
    let options = Options {
        database: Some(database),
        ..Options::new(CENTRE)
    };
    let store = Store::open(folder.path(), catalog(), options).unwrap();
    Some((folder, Access::new(Arc::new(store))))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_remembers_of_a_key_lets_nobody_in() {
    let house = House::new();
    let Some((_folder, other)) = beside(&house) else {
        assert!(amana_test_engine::is_embedded() && !house.store.has_nodes());
        return;
    };
    let finances = house.institution("finances").await;
    let (revoked, _) = house.key(&finances).await;
    let (kept, secret) = house.key(&finances).await;
    for id in [&revoked, &kept] {
        assert!(other.recall(id).unwrap().is_some());
        assert!(other.stands(id).await.unwrap());
    }

    let id = revoked.parse().unwrap();
    house.access.revoke_access_key(None, &id, BY).await.unwrap();
    assert!(!other.stands(&revoked).await.unwrap());
    assert!(other.caller(&revoked).unwrap().is_none());
    assert!(other.recall(&revoked).unwrap().is_none());
    assert!(other.stands(&kept).await.unwrap());

    house.access.suspend(&finances, None, BY).await.unwrap();
    assert!(other.recall(&kept).unwrap().is_some(), "it isn't told");
    assert!(other.caller(&kept).unwrap().is_none());
    assert!(!other.stands(&kept).await.unwrap());
    other.resume(&finances, None, BY).await.unwrap();
    assert!(house.access.stands(&kept).await.unwrap());
    let (_, known) = other.recall(&kept).unwrap().unwrap();
    assert_eq!(*known, secret);
    house.check_everything();
}
