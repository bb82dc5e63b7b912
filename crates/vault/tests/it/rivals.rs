//! At a gateway alone: other gateways that come first, and a line that breaks.

use amana_vault::{Error, ObjectAttrs, UploadOptions, VersionRef, Versioning, WriteConditions};

use super::day::a_long_day;
use super::ground::{Ground, tables};
use super::house::{FILES, House, deletion, if_absent, if_match, key, noise};
use super::memory::Fate;

impl House {
    /// Another gateway of the same institutions, which has followed all there is.
    async fn neighbour(&self) -> Self {
        let ground = Ground::of(self.ground.centre.clone());
        let house = Self {
            vault: ground.vault(),
            finances: ground.caller("finances"),
            customs: ground.caller("customs"),
            ground,
        };
        house.follow().await;
        house
    }

    async fn follow(&self) {
        use amana_vault::remote::Remote as _;
        self.ground.remote.catch_up().await.unwrap();
    }

    fn fate(&self, fate: Fate) {
        self.ground.remote.fates.lock().unwrap().push_back(fate);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_day_is_the_same_for_whoever_follows() {
    let house = House::new().await;
    a_long_day(&house).await;
    house.check_everything();
    let house = house.reopened();
    house.check_everything();
    let neighbour = house.neighbour().await;
    assert_eq!(
        tables(&neighbour.ground.replica),
        tables(&house.ground.replica)
    );
    let object = neighbour
        .look(FILES, "e", VersionRef::Latest)
        .await
        .unwrap();
    assert_eq!(neighbour.read(&object).await.unwrap(), noise(1, 100_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_second_plans_again() {
    let house = House::new().await;
    let etag = house.put(FILES, "a", b"1").await.value.etag.to_string();
    let neighbour = house.neighbour().await;
    neighbour.put(FILES, "a", &noise(1, 50_000)).await;
    house.put(FILES, "a", &noise(2, 60_000)).await;
    assert_eq!(house.blob_files(), 1, "what the neighbour put was released");
    let missed = neighbour.put_if(FILES, "a", b"3", if_match(&etag)).await;
    assert!(matches!(missed, Err(Error::PreconditionFailed { .. })));
    let taken = neighbour.put_if(FILES, "b", b"4", if_absent()).await;
    assert!(taken.is_ok());
    let taken = house.put_if(FILES, "b", b"5", if_absent()).await;
    assert!(matches!(taken, Err(Error::PreconditionFailed { .. })));
    neighbour.versioning(FILES, Versioning::Enabled).await;
    let version = house.put(FILES, "b", b"6").await.value.version;
    assert!(version.is_some(), "it came after versioning was enabled");
    house.delete(FILES, "a").await;
    neighbour.delete(FILES, "b").await;
    house.follow().await;
    neighbour.follow().await;
    house.check_everything();
    neighbour.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_both_let_go_of_is_released_by_the_next() {
    let house = House::new().await;
    house.put(FILES, "a", &noise(1, 50_000)).await;
    let source = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    let (to, plain) = (key("b"), WriteConditions::default());
    house
        .vault
        .copy_object(
            &house.finances,
            &source,
            FILES,
            &to,
            ObjectAttrs::default(),
            plain,
        )
        .await
        .unwrap();
    let neighbour = house.neighbour().await;
    // Each still sees the other's holder.
    house.delete(FILES, "a").await;
    neighbour.delete(FILES, "b").await;
    assert_eq!(house.blob_files(), 1);
    house.follow().await;
    neighbour.follow().await;
    house.check_everything();
    house.put(FILES, "c", b"1").await;
    neighbour.put(FILES, "d", b"1").await;
    assert_eq!(house.blob_files(), 0);
    house.follow().await;
    neighbour.follow().await;
    house.check_everything();
    neighbour.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_deleted_only_when_it_is_empty_everywhere() {
    let house = House::new().await;
    let neighbour = house.neighbour().await;
    neighbour.put(FILES, "a", b"1").await;
    let full = house.vault.delete_bucket(&house.finances, FILES).await;
    assert!(matches!(full, Err(Error::BucketNotEmpty { .. })));
    neighbour.delete(FILES, "a").await;
    neighbour
        .vault
        .create_upload(
            &neighbour.finances,
            FILES,
            &key("a"),
            UploadOptions::default(),
        )
        .await
        .unwrap();
    let full = house.vault.delete_bucket(&house.finances, FILES).await;
    assert!(matches!(full, Err(Error::BucketNotEmpty { .. })));
    house.follow().await;
    let deleted = house.vault.delete_bucket(&house.finances, FILES).await;
    deleted.unwrap();
    let gone = neighbour.put_if(FILES, "a", b"1", Default::default()).await;
    assert!(matches!(gone, Err(Error::NoSuchBucket { .. })));
    house.check_everything();
    assert_eq!(
        house.ground.remote.held().pieces.len(),
        0,
        "nothing is left"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_line_is_told_as_it_is() {
    let house = House::new().await;
    let bytes = noise(1, 50_000);
    let put = || house.put_if(FILES, "a", &bytes, Default::default());
    for (fate, code, blobs) in [
        (Fate::Refused, "access-denied", 0),
        (Fate::Busy, "busy", 0),
        (Fate::Unreachable, "unreachable", 0),
        // Nobody may take back what may have been recorded.
        (Fate::RequestLost, "outcome-unknown", 1),
        (Fate::AnswerLost, "outcome-unknown", 2),
    ] {
        house.fate(fate);
        assert_eq!(put().await.unwrap_err().code(), code);
        assert_eq!(house.blob_files(), blobs, "{fate:?}");
    }
    assert!(house.look(FILES, "a", VersionRef::Latest).await.is_err());
    house.follow().await;
    assert_eq!(house.get(FILES, "a").await.unwrap(), bytes);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_end_and_a_follower_may_be_first() {
    let house = House::new().await;
    for _ in 0..5 {
        house.fate(Fate::Conflict);
    }
    house.fate(Fate::FollowedFirst);
    house.versioning(FILES, Versioning::Enabled).await;
    for _ in 0..3 {
        house.fate(Fate::FollowedFirst);
    }
    let put = house.put(FILES, "a", b"1").await.value;
    let object = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    assert_eq!(object.version, put.version);
    assert_eq!(object.modified_ms, put.modified_ms);
    let delete = house
        .vault
        .delete_object(&house.finances, FILES, deletion("a"));
    let (deleted, _) = delete.await.unwrap();
    assert!(deleted.marker && deleted.version.is_some());
    let mut marker = deletion("a");
    marker.version = deleted.version.map(VersionRef::Id).unwrap();
    let delete = house.vault.delete_object(&house.finances, FILES, marker);
    assert!(delete.await.unwrap().0.marker, "a marker was removed");
    for _ in 0..20 {
        house.fate(Fate::Conflict);
    }
    let busy = house
        .put_if(FILES, "b", &noise(1, 50_000), Default::default())
        .await;
    assert!(matches!(busy, Err(Error::Busy)));
    assert_eq!(house.blob_files(), 0, "its piece is forgotten");
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_act_at_an_entry_is_not_adopted() {
    let house = House::new().await;
    house.put(FILES, "a", b"1").await;
    let before = tables(&house.ground.replica);
    let mut forged = house.ground.remote.held().entries[&house.finances.ledger][1].clone();
    forged.id.0[0] ^= 1;
    let refused = house.vault.adopt(&forged, |_| Ok(()));
    assert_eq!(refused.unwrap_err().code(), "refused");
    forged.id.0[0] ^= 1;
    forged.plain.body = None;
    assert!(house.vault.adopt(&forged, |_| Ok(())).is_err());
    assert_eq!(tables(&house.ground.replica), before);
}
