//! Quotas: what is beyond them is refused, and what is deleted makes room.

use std::sync::atomic::Ordering;

use amana_access::{Access, Quota};
use amana_vault::{CompletedPart, Completion, Error, UploadOptions, Used, Vault, WriteConditions};

use super::house::{FILES, House, key, noise};
use super::ministry::Ministry;

const BY: &str = "operator:test";

impl House {
    async fn quota(&self, bytes: Option<u64>, objects: Option<u64>) {
        let access = Access::new(self.ground.store.clone());
        let (name, quota) = ("finances".parse().unwrap(), Quota { bytes, objects });
        access.set_quota(&name, quota, BY).await.unwrap();
        self.vault.heed_quotas().unwrap();
    }

    fn used(&self) -> Used {
        let ledger = self.finances.ledger;
        let store = &self.ground.store;
        store.read(|rows| Vault::used(rows, ledger)).unwrap()
    }

    /// The clock goes on until a count is too old to refuse by.
    fn moments_pass(&self) {
        self.ground.ahead_ms.fetch_add(10_000, Ordering::Relaxed);
    }

    async fn is_full(&self, name: &str, bytes: &[u8]) -> bool {
        let put = self.put_if(FILES, name, bytes, WriteConditions::default());
        match put.await {
            Ok(_) => false,
            Err(Error::QuotaExceeded) => true,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_beyond_the_quota_is_refused_until_there_is_room() {
    let house = House::new().await;
    house.put(FILES, "before", &noise(1, 60_000)).await;
    house.quota(Some(100_000), None).await;
    assert!(!house.is_full("fits", &noise(2, 40_000)).await);
    assert!(house.is_full("small", b"1").await);
    assert!(house.is_full("large", &noise(3, 50_000)).await);
    let source = house.look(FILES, "before", amana_vault::VersionRef::Latest);
    let source = source.await.unwrap();
    let (copy, attrs) = (key("copy"), Default::default());
    let conditions = WriteConditions::default();
    let copied = house
        .vault
        .copy_object(&house.finances, &source, FILES, &copy, attrs, conditions);
    assert!(matches!(copied.await, Err(Error::QuotaExceeded)));
    assert_eq!(house.blob_files(), 2, "what was refused left nothing");

    house.delete(FILES, "before").await;
    house.moments_pass();
    assert!(!house.is_full("large", &noise(3, 50_000)).await);
    assert_eq!(
        house.used(),
        Used {
            bytes: 90_000,
            objects: 2
        }
    );
    house.quota(None, None).await;
    assert!(!house.is_full("anything", &noise(4, 200_000)).await);
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_count_while_they_wait_and_objects_once_they_are() {
    let house = House::new().await;
    house.quota(Some(100_000), Some(1)).await;
    let parts = key("parts");
    let begun = house
        .vault
        .create_upload(&house.finances, FILES, &parts, UploadOptions::default());
    let upload = begun.await.unwrap().value;
    let part = async |number: u32| {
        let content = house.take_in(&noise(number.into(), 60_000), &[]).await;
        let put = house
            .vault
            .put_part(&house.finances, FILES, &parts, upload, number, content);
        put.await
    };
    let etag = part(1).await.unwrap().value.etag.to_string();
    assert!(matches!(part(2).await, Err(Error::QuotaExceeded)));
    house.put(FILES, "one", b"1").await;
    let completion = Completion {
        parts: vec![CompletedPart {
            number: 1,
            etag,
            checksums: Vec::new(),
        }],
        ..Completion::default()
    };
    let complete = || {
        let completion = completion.clone();
        house
            .vault
            .complete_upload(&house.finances, FILES, &parts, upload, completion)
    };
    assert!(matches!(complete().await, Err(Error::QuotaExceeded)));
    house.delete(FILES, "one").await;
    house.moments_pass();
    complete().await.unwrap();
    assert_eq!(
        house.used(),
        Used {
            bytes: 60_000,
            objects: 1
        }
    );
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn ciphertext_counts_and_others_go_on() {
    let house = House::new().await;
    let ministry = Ministry::of(&house).await;
    house.quota(Some(1000), None).await;
    let bucket = ministry.bucket(&house, "sealed").await;
    let put = |slot| ministry.act("object.put", bucket.clone()).touch(slot, None);
    let first = put(1).piece(1, &noise(1, 900), true);
    let index = ministry.done(&house, &first).await;
    let second = ministry.sign(&put(2).piece(2, &noise(2, 900), true));
    let refused = ministry.record(&house, second).await;
    assert!(matches!(refused, Err(Error::QuotaExceeded)));
    let tags = ministry.act("object.tags", bucket.clone());
    ministry.done(&house, &tags.touch(1, Some(index))).await;
    assert_eq!(
        house.used(),
        Used {
            bytes: 900,
            objects: 1
        }
    );
    house.check_everything();
}
