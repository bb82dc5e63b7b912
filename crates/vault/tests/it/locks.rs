//! Retention and legal hold: what can't be deleted, until when, and who may say otherwise.

use std::sync::atomic::Ordering;

use amana_access::{Caller, Grant, Right};
use amana_store::clock::system_ms;
use amana_vault::{
    BucketLock, BucketName, BucketOptions, CompletedPart, Completion, DefaultRetention, Error,
    ObjectAttrs, ObjectLock, Period, Result, Retention, RetentionMode, UploadOptions, VersionId,
    VersionRef, Versioning, WriteConditions,
};

use super::house::{FILES, House, deletion, key, noise};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const DEEDS: &str = "deeds";

/// A retention for that many days from now.
pub(crate) fn days(mode: RetentionMode, days: i64) -> Retention {
    Retention {
        mode,
        until_ms: system_ms() + days * DAY_MS,
    }
}

impl House {
    /// With the bucket `deeds`, whose versions can be locked, and which gives new ones `default`.
    pub(crate) async fn with_deeds(default: Option<DefaultRetention>) -> Self {
        let house = Self::new().await;
        let options = BucketOptions {
            object_lock: true,
            ..BucketOptions::default()
        };
        let name = BucketName::parse(DEEDS).unwrap();
        let made = house.vault.create_bucket(&house.finances, name, options);
        made.await.unwrap();
        if default.is_some() {
            let lock = BucketLock { default };
            let set = house.vault.set_bucket_lock(&house.finances, DEEDS, lock);
            set.await.unwrap();
        }
        house
    }

    pub(crate) async fn deed(&self, name: &str, lock: Option<ObjectLock>) -> Result<VersionId> {
        let content = self.take_in(b"a deed", &[]).await;
        let attrs = ObjectAttrs {
            lock,
            ..ObjectAttrs::default()
        };
        let (name, conditions) = (key(name), WriteConditions::default());
        let put = self
            .vault
            .put_object(&self.finances, DEEDS, &name, content, attrs, conditions);
        Ok(put.await?.value.version.expect("the bucket keeps versions"))
    }

    pub(crate) async fn destroy(&self, by: &Caller, name: &str, version: VersionId) -> Result<()> {
        let asked = amana_vault::Deletion {
            version: VersionRef::Id(version),
            bypass_governance: true,
            ..deletion(name)
        };
        let (deleted, _) = self.vault.delete_object(by, DEEDS, asked).await?;
        assert!(deleted.existed);
        Ok(())
    }

    async fn retain(&self, by: &Caller, retention: Option<Retention>) -> Result<()> {
        let (a, latest) = (key("a"), VersionRef::Latest);
        let done = self.vault.retain(by, DEEDS, &a, latest, retention, true);
        done.await.map(|_| ())
    }

    async fn lock_of(&self, name: &str) -> Option<ObjectLock> {
        let found = self.look(DEEDS, name, VersionRef::Latest).await;
        found.unwrap().lock
    }

    fn overseer(&self) -> Caller {
        Caller {
            grant: Grant {
                buckets: None,
                right: Right::Bypass,
            },
            ..self.finances.clone()
        }
    }

    fn days_pass(&self, days: i64) {
        let ahead_ms = &self.ground.ahead_ms;
        ahead_ms.fetch_add(days * DAY_MS, Ordering::Relaxed);
    }
}

fn locked<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result, Err(Error::Locked))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_retained_stays_until_its_time() {
    let house = House::with_deeds(None).await;
    let retention = days(RetentionMode::Compliance, 10);
    let lock = ObjectLock {
        retention: Some(retention),
        legal_hold: None,
    };
    let version = house.deed("a", Some(lock)).await.unwrap();
    assert_eq!(house.lock_of("a").await, Some(lock));
    assert!(locked(house.destroy(&house.overseer(), "a", version).await));

    // A marker hides it, and goes; an overwrite stands beside it.
    house.delete(DEEDS, "a").await;
    let other = house.deed("a", None).await.unwrap();
    house.destroy(&house.finances, "a", other).await.unwrap();
    assert!(locked(house.destroy(&house.finances, "a", version).await));
    house.check_everything();

    house.days_pass(9);
    assert!(locked(house.destroy(&house.finances, "a", version).await));
    house.days_pass(2);
    house.destroy(&house.finances, "a", version).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn governance_bends_for_the_right_to_bypass_and_compliance_for_nobody() {
    let house = House::with_deeds(None).await;
    let (all, overseer) = (house.finances.clone(), house.overseer());
    house.deed("a", None).await.unwrap();
    let governance = |count| Some(days(RetentionMode::Governance, count));
    let compliance = |count| Some(days(RetentionMode::Compliance, count));
    house.retain(&all, governance(10)).await.unwrap();
    house.retain(&all, governance(20)).await.unwrap();
    for less in [governance(5), compliance(30), None] {
        assert!(locked(house.retain(&all, less).await), "{less:?}");
    }
    house.retain(&overseer, governance(5)).await.unwrap();
    house.retain(&overseer, None).await.unwrap();
    assert_eq!(house.lock_of("a").await, None);
    house.retain(&all, compliance(10)).await.unwrap();
    for less in [governance(30), compliance(5), None] {
        assert!(locked(house.retain(&overseer, less).await), "{less:?}");
    }
    house.retain(&all, compliance(11)).await.unwrap();
    let past = house.retain(&all, compliance(-1)).await;
    assert!(matches!(past, Err(Error::InvalidRetention { .. })));
    let far = house.retain(&all, compliance(200 * 365)).await;
    assert!(matches!(far, Err(Error::InvalidRetention { .. })));
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn governance_is_bypassed_in_a_deletion_too() {
    let house = House::with_deeds(None).await;
    let lock = ObjectLock {
        retention: Some(days(RetentionMode::Governance, 10)),
        legal_hold: Some(true),
    };
    let version = house.deed("a", Some(lock)).await.unwrap();
    let overseer = house.overseer();
    assert!(locked(house.destroy(&overseer, "a", version).await));

    let writer = Caller {
        grant: Grant {
            buckets: None,
            right: Right::Write,
        },
        ..house.finances.clone()
    };
    let (a, latest) = (key("a"), VersionRef::Latest);
    let hold = |by: &Caller, on| {
        let (by, vault, a) = (by.clone(), house.vault.clone(), a.clone());
        async move { vault.hold(&by, DEEDS, &a, latest, on).await }
    };
    hold(&writer, true).await.unwrap();
    assert!(matches!(
        hold(&writer, false).await,
        Err(Error::AccessDenied)
    ));
    hold(&house.finances, false).await.unwrap();
    assert!(locked(house.destroy(&house.finances, "a", version).await));
    house.destroy(&overseer, "a", version).await.unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_gives_what_is_deposited_a_retention_of_its_own() {
    let default = DefaultRetention {
        mode: RetentionMode::Governance,
        period: Period::of_years(1).unwrap(),
    };
    let house = House::with_deeds(Some(default)).await;
    let before_ms = system_ms();
    house.deed("a", None).await.unwrap();
    let after_ms = system_ms();
    let retention = house.lock_of("a").await.unwrap().retention.unwrap();
    let year_ms = 365 * DAY_MS;
    assert_eq!(retention.mode, RetentionMode::Governance);
    assert!((before_ms + year_ms..=after_ms + year_ms).contains(&retention.until_ms));

    let own = ObjectLock {
        retention: Some(days(RetentionMode::Compliance, 3)),
        legal_hold: None,
    };
    house.deed("b", Some(own)).await.unwrap();
    assert_eq!(house.lock_of("b").await, Some(own));

    // A copy is locked by the bucket that it goes to, never by its source.
    let source = house.look(DEEDS, "b", VersionRef::Latest).await.unwrap();
    let attrs = ObjectAttrs::clone(&source.attrs);
    let (a, conditions) = (key("copy"), WriteConditions::default());
    let copy = house
        .vault
        .copy_object(&house.finances, &source, FILES, &a, attrs, conditions);
    copy.await.unwrap();
    let copy = house.look(FILES, "copy", VersionRef::Latest).await;
    assert_eq!(copy.unwrap().lock, None);

    let options = UploadOptions {
        attrs: ObjectAttrs {
            lock: Some(own),
            ..ObjectAttrs::default()
        },
        ..UploadOptions::default()
    };
    let parts = key("parts");
    let begun = house
        .vault
        .create_upload(&house.finances, DEEDS, &parts, options);
    let upload = begun.await.unwrap().value;
    let content = house.take_in(&noise(1, 70_000), &[]).await;
    let put = house
        .vault
        .put_part(&house.finances, DEEDS, &parts, upload, 1, content);
    let part = CompletedPart {
        number: 1,
        etag: put.await.unwrap().value.etag.to_string(),
        checksums: Vec::new(),
    };
    let completion = Completion {
        parts: vec![part],
        ..Completion::default()
    };
    let done = house
        .vault
        .complete_upload(&house.finances, DEEDS, &parts, upload, completion);
    let version = done.await.unwrap().value.put.version.unwrap();
    assert_eq!(house.lock_of("parts").await, Some(own));
    assert!(locked(
        house.destroy(&house.finances, "parts", version).await
    ));
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_bucket_that_keeps_versions_has_locks() {
    let house = House::with_deeds(None).await;
    let lock = BucketLock::default();
    let set = |bucket| house.vault.set_bucket_lock(&house.finances, bucket, lock);
    let refused = set(FILES).await;
    assert!(matches!(refused, Err(Error::InvalidBucketState { .. })));
    house.put(FILES, "before", b"1").await;
    let a = key("before");
    let (latest, held) = (VersionRef::Latest, true);
    let hold = || house.vault.hold(&house.finances, FILES, &a, latest, held);
    assert!(matches!(hold().await, Err(Error::NoObjectLock)));

    // What was there before versions were kept can be locked once they are.
    house.versioning(FILES, Versioning::Enabled).await;
    set(FILES).await.unwrap();
    hold().await.unwrap();
    house.put(FILES, "before", b"2").await;
    let asked = amana_vault::Deletion {
        version: VersionRef::Null,
        ..deletion("before")
    };
    let gone = house.vault.delete_object(&house.finances, FILES, asked);
    assert!(locked(gone.await));
    for bucket in [FILES, DEEDS] {
        let suspended = Versioning::Suspended;
        let set = house
            .vault
            .set_versioning(&house.finances, bucket, suspended);
        assert!(matches!(set.await, Err(Error::InvalidBucketState { .. })));
    }
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_stand_after_a_crash() {
    let house = House::with_deeds(None).await;
    let lock = ObjectLock {
        retention: Some(days(RetentionMode::Governance, 10)),
        legal_hold: Some(false),
    };
    let version = house.deed("a", Some(lock)).await.unwrap();
    let house = house.reopened();
    assert_eq!(house.lock_of("a").await, Some(lock));
    assert!(locked(house.destroy(&house.finances, "a", version).await));
    house.check_everything();
}
