//! Multipart uploads.

use amana_vault::{
    Checksum, ChecksumAlgorithm, ChecksumType, Completed, CompletedPart, Completion, Done, Error,
    ListedPart, ObjectKey, Result, UploadId, UploadOptions, UploadsQuery, VersionRef, Versioning,
};

use super::house::{FILES, House, if_absent, key, noise};

const MIN: usize = 5 * 1024 * 1024;

impl House {
    async fn begin(&self, checksum: Option<(ChecksumAlgorithm, ChecksumType)>) -> UploadId {
        let options = UploadOptions {
            checksum,
            ..UploadOptions::default()
        };
        self.vault
            .create_upload(&self.finances, FILES, &a(), options)
            .await
            .unwrap()
            .value
    }

    async fn part(&self, upload: UploadId, number: u32, bytes: &[u8]) -> Result<ListedPart> {
        let info = self.vault.upload(&self.finances, FILES, &a(), upload)?;
        let algorithms: Vec<_> = info
            .checksum
            .iter()
            .map(|(algorithm, _)| *algorithm)
            .collect();
        let content = self.take_in(bytes, &algorithms).await;
        let key = a();
        let done = self
            .vault
            .put_part(&self.finances, FILES, &key, upload, number, content);
        Ok(done.await?.value)
    }

    async fn complete(&self, upload: UploadId, completion: Completion) -> Result<Done<Completed>> {
        self.vault
            .complete_upload(&self.finances, FILES, &a(), upload, completion)
            .await
    }
}

fn a() -> ObjectKey {
    key("a")
}

fn listed(parts: &[&ListedPart]) -> Completion {
    let parts = parts.iter().map(|part| CompletedPart {
        number: part.number,
        etag: format!("\"{}\"", part.etag),
        checksums: Vec::new(),
    });
    Completion {
        parts: parts.collect(),
        ..Completion::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_become_one_object_without_a_copy() {
    let house = House::new().await;
    let upload = house.begin(None).await;
    let bytes = noise(1, 2 * MIN + 10);
    let second = house.part(upload, 7, &bytes[MIN..2 * MIN]).await.unwrap();
    let _superseded = house.part(upload, 2, b"other").await.unwrap();
    let first = house.part(upload, 2, &bytes[..MIN]).await.unwrap();
    let last = house.part(upload, 9, &bytes[2 * MIN..]).await.unwrap();
    let _unused = house.part(upload, 10_000, b"unused").await.unwrap();
    assert_eq!(house.blob_files(), 4);
    house.check_everything();

    let done = house
        .complete(upload, listed(&[&first, &second, &last]))
        .await
        .unwrap();
    assert!(done.value.put.etag.to_string().ends_with("-3"));
    assert_eq!(house.blob_files(), 3);
    let object = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    assert_eq!(object.etag, done.value.put.etag);
    assert_eq!(house.read(&object).await.unwrap(), bytes);
    let parts: Vec<_> = object
        .parts()
        .into_iter()
        .map(|part| (part.number, part.range))
        .collect();
    let min = MIN as u64;
    assert_eq!(
        parts,
        [(2, 0..min), (7, min..2 * min), (9, 2 * min..2 * min + 10)]
    );
    house.check_everything();

    let again = house.complete(upload, listed(&[&first])).await.unwrap();
    assert_eq!(again, done, "asked again, it answers the same");
    let late = house.part(upload, 1, b"late").await;
    assert!(matches!(late, Err(Error::NoSuchUpload)));
    house.put(FILES, "a", b"small").await;
    assert_eq!(house.blob_files(), 0);
    let replaced = house.complete(upload, listed(&[&first])).await;
    assert!(matches!(replaced, Err(Error::NoSuchUpload)));
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_must_be_what_was_uploaded() {
    let house = House::new().await;
    let upload = house.begin(None).await;
    let first = house.part(upload, 1, b"small").await.unwrap();
    let second = house.part(upload, 2, b"last").await.unwrap();
    let missing = ListedPart {
        number: 3,
        ..second.clone()
    };
    let other = ListedPart {
        etag: second.etag,
        ..first.clone()
    };
    let outcome = async |completion| house.complete(upload, completion).await.unwrap_err().code();
    assert_eq!(outcome(listed(&[])).await, "malformed-parts");
    assert_eq!(
        outcome(listed(&[&second, &first])).await,
        "invalid-part-order"
    );
    assert_eq!(
        outcome(listed(&[&first, &first])).await,
        "invalid-part-order"
    );
    assert_eq!(
        outcome(listed(&[&first, &second])).await,
        "entity-too-small"
    );
    assert_eq!(outcome(listed(&[&missing])).await, "invalid-part");
    assert_eq!(outcome(listed(&[&other])).await, "invalid-part");
    let wrong_length = Completion {
        size_bytes: Some(3),
        ..listed(&[&first])
    };
    assert_eq!(outcome(wrong_length).await, "bad-digest");
    house.put(FILES, "a", b"there").await;
    let conditional = Completion {
        conditions: if_absent(),
        ..listed(&[&first])
    };
    assert_eq!(outcome(conditional).await, "precondition-failed");
    for number in [0, 10_001] {
        let part = house.part(upload, number, b"x").await;
        assert!(matches!(part, Err(Error::InvalidPartNumber { .. })));
    }
    house.complete(upload, listed(&[&first])).await.unwrap();
    assert_eq!(house.get(FILES, "a").await.unwrap(), b"small");
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_are_of_the_whole_or_of_the_parts() {
    let house = House::new().await;
    let bytes = noise(5, MIN + 3);
    for (algorithm, kind) in [
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject),
        (ChecksumAlgorithm::Crc32, ChecksumType::FullObject),
        (ChecksumAlgorithm::Crc32c, ChecksumType::FullObject),
        (ChecksumAlgorithm::Crc32, ChecksumType::Composite),
        (ChecksumAlgorithm::Sha1, ChecksumType::Composite),
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
    ] {
        let upload = house.begin(Some((algorithm, kind))).await;
        let first = house.part(upload, 1, &bytes[..MIN]).await.unwrap();
        let last = house.part(upload, 2, &bytes[MIN..]).await.unwrap();
        let values = [&first, &last].map(|part| part.checksum.clone().unwrap().value);
        let expected = match kind {
            ChecksumType::FullObject => house.take_in(&bytes, &[algorithm]).await,
            ChecksumType::Composite => house.take_in(&values.concat(), &[algorithm]).await,
        };
        let expected = Checksum {
            algorithm,
            kind,
            value: expected.checksums[&algorithm].clone(),
            parts: (kind == ChecksumType::Composite).then_some(2),
        };
        let wrong = Completion {
            checksum: Some((algorithm, vec![0; algorithm.size_bytes()])),
            ..listed(&[&first, &last])
        };
        let refused = house.complete(upload, wrong).await;
        assert!(matches!(refused, Err(Error::BadDigest { .. })));
        let mut right = listed(&[&first, &last]);
        right.checksum = Some((algorithm, expected.value.clone()));
        right.parts[0].checksums = vec![(algorithm, values[0].clone())];
        let mut bad_part = right.clone();
        bad_part.parts[1].checksums = vec![(algorithm, values[0].clone())];
        let refused = house.complete(upload, bad_part).await;
        assert!(matches!(refused, Err(Error::InvalidPart { number: 2 })));
        let done = house.complete(upload, right).await.unwrap();
        assert_eq!(
            done.value.checksum,
            Some(expected.clone()),
            "{algorithm:?} {kind:?}"
        );
        let object = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
        assert_eq!(object.attrs.checksum, Some(expected));
    }
    let upload = house
        .begin(Some((ChecksumAlgorithm::Crc32, ChecksumType::Composite)))
        .await;
    let without = house.take_in(b"x", &[]).await;
    let part = house
        .vault
        .put_part(&house.finances, FILES, &a(), upload, 1, without)
        .await;
    assert!(matches!(part, Err(Error::InvalidChecksum { .. })));
    let options = UploadOptions {
        checksum: Some((ChecksumAlgorithm::Sha256, ChecksumType::FullObject)),
        ..UploadOptions::default()
    };
    let impossible = house
        .vault
        .create_upload(&house.finances, FILES, &a(), options)
        .await;
    assert!(matches!(impossible, Err(Error::InvalidChecksum { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_and_parts_are_listed_in_pages() {
    let house = House::new().await;
    let mut begun = Vec::new();
    for name in ["d/1", "a", "a", "d/2", "b", "a"] {
        let upload = house
            .vault
            .create_upload(&house.finances, FILES, &key(name), UploadOptions::default())
            .await
            .unwrap();
        begun.push((name.to_owned(), upload.value));
    }
    begun.sort();
    let mut query = UploadsQuery {
        max: 2,
        ..UploadsQuery::default()
    };
    let mut found = Vec::new();
    loop {
        let page = house
            .vault
            .list_uploads(&house.finances, FILES, query.clone())
            .await
            .unwrap();
        assert!(page.uploads.len() <= 2);
        found.extend(
            page.uploads
                .into_iter()
                .map(|upload| (upload.key, upload.id)),
        );
        let Some((key, upload)) = page.next else {
            break;
        };
        query.key_marker = Some(key);
        query.upload_marker = upload;
    }
    assert_eq!(found, begun);
    let rolled = UploadsQuery {
        delimiter: Some("/".into()),
        max: 10,
        ..UploadsQuery::default()
    };
    let page = house
        .vault
        .list_uploads(&house.finances, FILES, rolled)
        .await
        .unwrap();
    assert_eq!(
        (page.uploads.len(), page.prefixes),
        (4, vec!["d/".to_owned()])
    );

    let upload = begun[0].1;
    for number in [5, 1, 3] {
        house.part(upload, number, b"x").await.unwrap();
    }
    let mut after = 0;
    let mut numbers = Vec::new();
    loop {
        let page = house
            .vault
            .list_parts(&house.finances, FILES, &a(), upload, after, 2)
            .await
            .unwrap();
        numbers.extend(page.parts.iter().map(|part| part.number));
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(numbers, [1, 3, 5]);
    let other_key = house
        .vault
        .list_parts(&house.finances, FILES, &key("b"), upload, 0, 2)
        .await;
    assert!(matches!(other_key, Err(Error::NoSuchUpload)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completed_upload_is_a_version_like_any_other() {
    let house = House::new().await;
    house.versioning(FILES, Versioning::Enabled).await;
    house.put(FILES, "a", b"before").await;
    let upload = house.begin(None).await;
    let part = house.part(upload, 1, b"after").await.unwrap();
    let rivals = (0..4).map(|_| house.complete(upload, listed(&[&part])));
    let outcomes = futures::future::join_all(rivals).await;
    let receipts: std::collections::BTreeSet<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap().receipt)
        .collect();
    assert_eq!(
        receipts.len(),
        1,
        "rivals who complete the same get the same answer"
    );
    let version = house
        .look(FILES, "a", VersionRef::Latest)
        .await
        .unwrap()
        .version;
    assert!(version.is_some());
    house.check_everything();
}
