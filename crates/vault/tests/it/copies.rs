//! Copies share what is large, and stand when their source goes.

use amana_vault::{Error, ObjectAttrs, UploadOptions, VersionRef, WriteConditions};

use super::house::{FILES, House, key, noise};

impl House {
    async fn copy(&self, from: &str, to: &str) -> Result<(), Error> {
        let source = self.look(FILES, from, VersionRef::Latest).await?;
        let attrs = ObjectAttrs::clone(&source.attrs);
        self.vault
            .copy_object(
                &self.finances,
                &source,
                FILES,
                &key(to),
                attrs,
                WriteConditions::default(),
            )
            .await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_outlive_their_source_and_the_last_one_frees() {
    let house = House::new().await;
    for len in [100, 500_000] {
        let bytes = noise(1, len);
        house.put(FILES, "a", &bytes).await;
        for (from, to) in [("a", "b"), ("b", "c"), ("a", "a"), ("c", "b")] {
            house.copy(from, to).await.unwrap();
        }
        assert!(house.blob_files() <= 1, "large content is shared");
        house.check_everything();
        for name in ["a", "b", "c"] {
            assert_eq!(house.get(FILES, name).await.unwrap(), bytes);
            house.delete(FILES, name).await;
            house.check_everything();
        }
        assert_eq!(house.blob_files(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_went_meanwhile_is_no_source() {
    let house = House::new().await;
    house.put(FILES, "a", &noise(1, 100_000)).await;
    let source = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    house.delete(FILES, "a").await;
    for (caller, expected) in [
        (&house.finances, "no-such-key"),
        (&house.customs, "access-denied"),
    ] {
        let attrs = ObjectAttrs::default();
        let conditions = WriteConditions::default();
        let copy = house
            .vault
            .copy_object(caller, &source, FILES, &key("b"), attrs, conditions)
            .await;
        assert_eq!(copy.unwrap_err().code(), expected);
    }
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_copied_whole_or_by_range() {
    let house = House::new().await;
    let bytes = noise(9, 400_000);
    house.put(FILES, "source", &bytes).await;
    let source = house
        .look(FILES, "source", VersionRef::Latest)
        .await
        .unwrap();
    let upload = house
        .vault
        .create_upload(&house.finances, FILES, &key("a"), UploadOptions::default())
        .await
        .unwrap()
        .value;
    let mut parts = Vec::new();
    for (number, range) in [(1, None), (2, Some(100..300_001))] {
        let done = house
            .vault
            .copy_part(
                &house.finances,
                &source,
                range,
                FILES,
                &key("a"),
                upload,
                number,
            )
            .await
            .unwrap();
        parts.push(done.value.size_bytes);
    }
    assert_eq!(parts, [400_000, 299_901]);
    assert_eq!(house.blob_files(), 2, "the whole source is shared");
    house.delete(FILES, "source").await;
    house.check_everything();
    house
        .vault
        .abort_upload(&house.finances, FILES, &key("a"), upload)
        .await
        .unwrap();
    assert_eq!(house.blob_files(), 0);
    house.check_everything();
}
