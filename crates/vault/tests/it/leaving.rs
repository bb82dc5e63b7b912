//! An institution that leaves: each act that brings something is refused, each that doesn't is done.

use amana_vault::{
    BucketName, BucketOptions, CompletedPart, Completion, Error, ObjectAttrs, Result,
    UploadOptions, VersionRef, Versioning, WriteConditions,
};

use super::house::{FILES, House, deletion, key, noise};
use super::ministry::Ministry;

impl House {
    /// What the approval of two officials does to the row; how they come to it is told where officials are.
    async fn leaves(&self, leaves: bool) {
        let since = if leaves { "1" } else { "NULL" };
        let sql = format!("UPDATE institutions SET leaving_ms = {since} WHERE name = 'finances'");
        self.meddle(&sql).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_brings_something_is_refused_and_the_rest_goes_on() {
    let house = House::new().await;
    let (vault, caller) = (&house.vault, &house.finances);
    house.put(FILES, "there", &noise(1, 60_000)).await;
    house.put(FILES, "small", b"small").await;
    let source = house
        .look(FILES, "there", VersionRef::Latest)
        .await
        .unwrap();
    let (parts, copy) = (key("parts"), key("copy"));
    let begin = || vault.create_upload(caller, FILES, &parts, UploadOptions::default());
    let upload = begin().await.unwrap().value;
    let content = house.take_in(&noise(2, 60_000), &[]).await;
    let part = vault.put_part(caller, FILES, &parts, upload, 1, content);
    let etag = part.await.unwrap().value.etag.to_string();
    let files_before = house.ground.blob_files();
    house.leaves(true).await;

    let none = WriteConditions::default;
    let content = house.take_in(&noise(3, 60_000), &[]).await;
    let completion = Completion {
        parts: vec![CompletedPart {
            number: 1,
            etag,
            checksums: Vec::new(),
        }],
        ..Completion::default()
    };
    let name = BucketName::parse("another").unwrap();
    let made = vault.create_bucket(caller, name, BucketOptions::default());
    let attrs = ObjectAttrs::default();
    let copied = vault.copy_object(caller, &source, FILES, &copy, attrs, none());
    let brought: [(&str, Result<()>); 8] = [
        ("bucket.create", made.await.map(drop)),
        (
            "object.put",
            house.put_if(FILES, "a", b"a", none()).await.map(drop),
        ),
        (
            "object.put, of a blob",
            house
                .put_if(FILES, "b", &noise(4, 60_000), none())
                .await
                .map(drop),
        ),
        ("object.put, a copy", copied.await.map(drop)),
        ("upload.create", begin().await.map(drop)),
        (
            "upload.part",
            vault
                .put_part(caller, FILES, &parts, upload, 2, content)
                .await
                .map(drop),
        ),
        (
            "upload.part, a copy",
            vault
                .copy_part(caller, &source, None, FILES, &parts, upload, 3)
                .await
                .map(drop),
        ),
        (
            "upload.complete",
            vault
                .complete_upload(caller, FILES, &parts, upload, completion)
                .await
                .map(drop),
        ),
    ];
    for (act, done) in brought {
        assert!(matches!(done, Err(Error::Leaving)), "{act}: {done:?}");
    }
    assert_eq!(
        house.ground.blob_files(),
        files_before,
        "what was refused left nothing"
    );

    // Another institution is none of it; and what was there is read, told otherwise, and deleted.
    let name = BucketName::parse("theirs").unwrap();
    let theirs = vault.create_bucket(&house.customs, name, BucketOptions::default());
    theirs.await.unwrap();
    house
        .look(FILES, "small", VersionRef::Latest)
        .await
        .unwrap();
    let enabled = vault.set_versioning(caller, FILES, Versioning::Enabled);
    enabled.await.unwrap();
    vault
        .abort_upload(caller, FILES, &parts, upload)
        .await
        .unwrap();
    vault
        .delete_object(caller, FILES, deletion("small"))
        .await
        .unwrap();
    let stays = house.leaves(false);
    stays.await;
    house.put(FILES, "again", b"again").await;
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn ciphertext_and_sealed_buckets_are_refused_and_told_again_if_they_were_recorded() {
    let house = House::new().await;
    let ministry = Ministry::of(&house).await;
    let bucket = ministry.bucket(&house, "sealed").await;
    let put = |slot| ministry.act("object.put", bucket.clone()).touch(slot, None);
    let first = put(1).piece(1, &noise(1, 900), true);
    let index = ministry.done(&house, &first).await;
    house.leaves(true).await;
    let second = ministry.sign(&put(2).piece(2, &noise(2, 900), true));
    let refused = ministry.record(&house, second).await;
    assert!(matches!(refused, Err(Error::Leaving)));
    for verb in [
        "object.put",
        "upload.create",
        "upload.part",
        "upload.complete",
    ] {
        let copy = ministry.act(verb, bucket.clone()).touch(3, None);
        let refused = ministry.record(&house, ministry.sign(&copy)).await;
        assert!(matches!(refused, Err(Error::Leaving)), "{verb}");
    }
    // A gateway that lost the answer learns that it was recorded before.
    assert_eq!(ministry.done(&house, &first).await, index);
    let marker = ministry.act("object.delete", bucket.clone());
    ministry.done(&house, &marker.touch(1, Some(index))).await;
    house.check_everything();
}
