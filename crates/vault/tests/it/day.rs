//! A day with a little of everything.

use amana_vault::{
    BucketName, BucketOptions, CompletedPart, Completion, ObjectAttrs, Tags, UploadOptions,
    VersionRef, Versioning, WriteConditions,
};

use super::house::{FILES, House, deletion, key, noise};

/// A little of everything: what stays, what is replaced, and what goes.
pub(crate) async fn a_long_day(house: &House) {
    let (vault, caller) = (&house.vault, &house.finances);
    let large = noise(1, 100_000);
    for (name, bytes) in [("a", &large[..]), ("a", b"1"), ("b", &large), ("c", b"2")] {
        house.put(FILES, name, bytes).await;
    }
    let tags = Tags::parse(vec![("kind".into(), "decree".into())]).unwrap();
    for name in ["a", "b"] {
        vault
            .set_tags(caller, FILES, &key(name), VersionRef::Latest, tags.clone())
            .await
            .unwrap();
    }
    for (from, to) in [("b", "d"), ("b", "e"), ("d", "f"), ("a", "g")] {
        let source = house.look(FILES, from, VersionRef::Latest).await.unwrap();
        let attrs = ObjectAttrs::default();
        vault
            .copy_object(
                caller,
                &source,
                FILES,
                &key(to),
                attrs,
                WriteConditions::default(),
            )
            .await
            .unwrap();
    }
    for name in ["b", "d", "c"] {
        house.delete(FILES, name).await;
    }
    for (name, kept) in [("m", true), ("n", false), ("o", false)] {
        upload(house, name, kept).await;
    }
    house.versioning(FILES, Versioning::Enabled).await;
    house.put(FILES, "m", &large).await;
    house.delete(FILES, "m").await;
    house.put(FILES, "v", &large).await;
    house.put(FILES, "v", b"3").await;
    let version = house
        .look(FILES, "v", VersionRef::Latest)
        .await
        .unwrap()
        .version
        .unwrap();
    let mut one = deletion("v");
    one.version = VersionRef::Id(version);
    vault.delete_object(caller, FILES, one).await.unwrap();
    house.versioning(FILES, Versioning::Suspended).await;
    for _ in 0..2 {
        house.put(FILES, "a", &large).await;
        house.delete(FILES, "a").await;
    }
    let name = BucketName::parse("brief").unwrap();
    vault
        .create_bucket(caller, name, BucketOptions::default())
        .await
        .unwrap();
    vault.delete_bucket(caller, "brief").await.unwrap();
}

/// An upload with a part superseded and one unused, completed and then kept or deleted; or aborted.
async fn upload(house: &House, name: &str, kept: bool) {
    let (vault, caller, key) = (&house.vault, &house.finances, key(name));
    let options = UploadOptions::default();
    let id = vault
        .create_upload(caller, FILES, &key, options)
        .await
        .unwrap()
        .value;
    let mut last = None;
    for (number, seed) in [(2, 1), (1, 2), (1, 3)] {
        let content = house.take_in(&noise(seed, 1000), &[]).await;
        let part = vault
            .put_part(caller, FILES, &key, id, number, content)
            .await
            .unwrap();
        last = Some(part.value);
    }
    if name == "o" {
        vault.abort_upload(caller, FILES, &key, id).await.unwrap();
        return;
    }
    let completion = Completion {
        parts: vec![CompletedPart {
            number: 1,
            etag: last.unwrap().etag.to_string(),
            checksums: Vec::new(),
        }],
        ..Completion::default()
    };
    vault
        .complete_upload(caller, FILES, &key, id, completion)
        .await
        .unwrap();
    if !kept {
        house.delete(FILES, name).await;
    }
}
