//! Files in a sandbox: small ones, put, read whole, and freed when it closes.

use amana_access::{Caller, Lesson, School};
use amana_store::{EntryId, Reader, entries};
use amana_vault::{
    Deletion, IngestOptions, Ingested, ListedVersion, ObjectAttrs, ObjectKey, VersionRef,
    VersionsQuery, WriteConditions,
};
use bytes::Bytes;
use futures::StreamExt as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::trainee::Trainee;
use crate::{Console, Error, Result};

/// The largest file, in bytes.
pub(super) const MAX_FILE_BYTES: u64 = 256 * 1024;
/// Versions that a sandbox holds at most: who still tries then has read nothing.
pub(super) const MAX_VERSIONS: usize = 40;

/// The content on its way into the vault.
pub(super) struct Taking(amana_vault::Ingest);

impl Taking {
    pub(super) fn begin(console: &Console, trainee: &Trainee) -> Result<Self> {
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: MAX_FILE_BYTES,
        };
        Ok(Self(console.vault.ingest(trainee.bucket(), options)?))
    }

    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<()> {
        Ok(self.0.write(bytes).await?)
    }

    pub(super) async fn finish(self) -> Result<Ingested> {
        Ok(self.0.finish().await?)
    }
}

/// Takes a few bytes in.
pub(super) async fn taken(console: &Console, trainee: &Trainee, bytes: Bytes) -> Result<Ingested> {
    let mut taking = Taking::begin(console, trainee)?;
    taking.write(bytes).await?;
    taking.finish().await
}

/// Puts a file; gives the index of its entry.
pub(super) async fn put(
    console: &Console,
    trainee: &Trainee,
    key: &ObjectKey,
    content: Ingested,
) -> Result<u64> {
    let put = console.vault.put_object(
        &trainee.caller,
        trainee.bucket(),
        key,
        content,
        ObjectAttrs::default(),
        WriteConditions::default(),
    );
    index(&put.await?.receipt)
}

/// The index in a receipt's name.
pub(super) fn index(receipt: &str) -> Result<u64> {
    let number = receipt
        .rsplit('/')
        .next()
        .and_then(|last| last.parse().ok());
    number.ok_or(Error::NotFound)
}

/// SHA-256 of a version's content, read from the vault, which verifies it against the ledger on the way.
pub(super) async fn sha256(
    console: &Console,
    trainee: &Trainee,
    key: &ObjectKey,
    version: VersionRef,
) -> Result<String> {
    Ok(digest(&content(console, trainee, key, version).await?))
}

/// As the acts of the school have digests.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A version's content.
pub(super) async fn content(
    console: &Console,
    trainee: &Trainee,
    key: &ObjectKey,
    version: VersionRef,
) -> Result<Vec<u8>> {
    let (caller, bucket) = (&trainee.caller, trainee.bucket());
    let object = console.vault.ask_open(caller, bucket, key, version).await?;
    if object.size_bytes > MAX_FILE_BYTES {
        return Err(Error::NotFound);
    }
    let mut stream = console.vault.read(&object, 0..object.size_bytes).await?;
    let mut content = Vec::new();
    while let Some(chunk) = stream.next().await {
        content.extend_from_slice(&chunk?);
    }
    Ok(content)
}

/// The versions in a sandbox, the newest of a file first.
pub(super) async fn versions(
    console: &Console,
    caller: &Caller,
    bucket: &str,
    prefix: &str,
) -> Result<Vec<ListedVersion>> {
    let query = VersionsQuery {
        prefix: prefix.to_owned(),
        max: MAX_VERSIONS + 2,
        ..VersionsQuery::default()
    };
    let page = console.vault.list_versions(caller, bucket, query).await;
    Ok(page?.versions)
}

/// Whether no more is taken in.
pub(super) async fn is_full(console: &Console, trainee: &Trainee) -> Result<bool> {
    let held = versions(console, &trainee.caller, trainee.bucket(), "").await?;
    Ok(held.len() >= MAX_VERSIONS)
}

/// The file of the first exercise, as its entry names it; nothing before it was deposited.
pub(super) fn deposited(rows: &Reader<'_>, school: &School) -> Result<Option<ObjectKey>> {
    let entry = school.passed(Lesson::Deposit).and_then(|one| one.entry);
    let Some(id) = entry.and_then(|index| EntryId::new(school.ledger(), index)) else {
        return Ok(None);
    };
    let body = entries::entry(rows, id)?.and_then(|entry| entry.body);
    let body: Option<Value> = body.and_then(|(_, body)| serde_json::from_slice(&body).ok());
    let key = body.and_then(|body| body["key"].as_str().map(str::to_owned));
    Ok(key.map(ObjectKey::parse).transpose()?)
}

/// Deletes every version for good, and the bucket: what a sandbox held is freed when it closes.
pub(super) async fn free(console: &Console, caller: &Caller, bucket: &str) -> Result<()> {
    let held = match versions(console, caller, bucket, "").await {
        Err(Error::Vault(amana_vault::Error::NoSuchBucket { .. })) => return Ok(()),
        held => held?,
    };
    for one in held {
        let deletion = Deletion {
            key: ObjectKey::parse(one.key)?,
            version: one.version.map_or(VersionRef::Null, VersionRef::Id),
            if_match: None,
            bypass_governance: false,
        };
        console
            .vault
            .delete_object(caller, bucket, deletion)
            .await?;
    }
    console.vault.delete_bucket(caller, bucket).await?;
    Ok(())
}
