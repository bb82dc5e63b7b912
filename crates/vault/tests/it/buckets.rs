//! Buckets: names, owners, rights.

use amana_access::{Caller, Grant, Right};
use amana_vault::{
    BucketName, BucketOptions, Error, ObjectAttrs, UploadOptions, VersionRef, Versioning,
    WriteConditions,
};

use super::house::{FILES, House, key};

#[test]
fn names_follow_the_rules() {
    for good in [
        "abc",
        "a-b",
        "a.b.c",
        "123",
        "archives-2026",
        &"a".repeat(63),
    ] {
        assert!(BucketName::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "ab",
        "Abc",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "ab.",
        "a..b",
        "a.-b",
        "a-.b",
        "192.168.0.1",
        "xn--abc",
        "abc-s3alias",
        "abc--x-s3",
        "é-a",
        "a/b",
        &"a".repeat(64),
    ] {
        assert!(BucketName::parse(bad).is_err(), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_belongs_to_one_institution() {
    let house = House::new().await;
    let name = || BucketName::parse(FILES).unwrap();
    let options = BucketOptions::default;
    let again = house
        .vault
        .create_bucket(&house.finances, name(), options());
    assert!(matches!(
        again.await,
        Err(Error::BucketAlreadyOwnedByYou { .. })
    ));
    let other = house.vault.create_bucket(&house.customs, name(), options());
    assert!(matches!(
        other.await,
        Err(Error::BucketAlreadyExists { .. })
    ));
    let foreign = house
        .vault
        .ask_bucket(&house.customs, FILES, Right::Read)
        .await;
    assert!(matches!(foreign, Err(Error::AccessDenied)));
    let unknown = house
        .vault
        .ask_bucket(&house.customs, "nowhere", Right::Read)
        .await;
    assert!(matches!(unknown, Err(Error::NoSuchBucket { .. })));

    // Once it is deleted, the name is free for anybody; a replay of one ledger after the other bears that.
    house
        .vault
        .delete_bucket(&house.finances, FILES)
        .await
        .unwrap();
    let taken = house.vault.create_bucket(&house.customs, name(), options());
    assert!(taken.await.unwrap().receipt.starts_with("customs/vault/"));
    house
        .vault
        .delete_bucket(&house.customs, FILES)
        .await
        .unwrap();
    house.bucket(FILES).await;
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_empty_bucket_is_deleted_and_uploads_do_not_keep_it() {
    let house = House::new().await;
    house.put(FILES, "a", b"1").await;
    let full = house.vault.delete_bucket(&house.finances, FILES).await;
    assert!(matches!(full, Err(Error::BucketNotEmpty { .. })));
    house.delete(FILES, "a").await;
    house
        .vault
        .create_upload(&house.finances, FILES, &key("b"), UploadOptions::default())
        .await
        .unwrap();
    house
        .vault
        .delete_bucket(&house.finances, FILES)
        .await
        .unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_are_listed_by_name_in_pages() {
    let house = House::new().await;
    for name in ["tax-b", "tax-a", "tax", "zoll"] {
        house.bucket(name).await;
    }
    let list = async |prefix: &str, after: Option<&str>, max| {
        let (found, more) = house
            .vault
            .list_buckets(&house.finances, prefix, after, max)
            .await
            .unwrap();
        let names: Vec<String> = found.into_iter().map(|bucket| bucket.name).collect();
        (names.join(" "), more)
    };
    assert_eq!(
        list("", None, 10).await,
        ("files tax tax-a tax-b zoll".into(), false)
    );
    assert_eq!(list("tax", None, 2).await, ("tax tax-a".into(), true));
    assert_eq!(list("tax", Some("tax-a"), 2).await, ("tax-b".into(), false));
    assert_eq!(list("u", None, 2).await, (String::new(), false));
    let (others, _) = house
        .vault
        .list_buckets(&house.customs, "", None, 10)
        .await
        .unwrap();
    assert_eq!(others, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_verb_asks_for_its_right() {
    let house = House::new().await;
    house.put(FILES, "a", b"1").await;
    let with = |buckets: Option<&str>, right| Caller {
        grant: Grant {
            buckets: buckets.map(|name| vec![name.to_owned()]),
            right,
        },
        ..house.finances.clone()
    };
    for (caller, reads, writes, owns) in [
        (with(None, Right::Own), true, true, true),
        (with(Some(FILES), Right::Write), true, true, false),
        (with(Some(FILES), Right::Read), true, false, false),
        (with(Some("other"), Right::Own), false, false, false),
        (house.customs.clone(), false, false, false),
    ] {
        let denied = |error: Option<Error>| matches!(error, Some(Error::AccessDenied));
        let read = house
            .vault
            .ask_object(&caller, FILES, &key("a"), VersionRef::Latest)
            .await;
        assert_eq!(denied(read.err()), !reads);
        let content = house.take_in(b"2", &[]).await;
        let put = house
            .vault
            .put_object(
                &caller,
                FILES,
                &key("b"),
                content,
                ObjectAttrs::default(),
                WriteConditions::default(),
            )
            .await;
        assert_eq!(denied(put.err()), !writes);
        let own = house
            .vault
            .set_versioning(&caller, FILES, Versioning::Suspended)
            .await;
        assert_eq!(denied(own.err()), !owns);
    }
}
