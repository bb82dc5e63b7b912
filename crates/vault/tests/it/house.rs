//! A vault with two institutions, and the checker that every story ends with: at the data centre, or at a gateway.

use amana_access::Caller;
use amana_vault::{
    BucketName, BucketOptions, ChecksumAlgorithm, Deletion, Done, ETagMatch, IngestOptions,
    Ingested, ObjectAttrs, ObjectInfo, ObjectKey, Put, Result, Vault, VersionRef, Versioning,
    WriteConditions,
};
use bytes::Bytes;
use futures::TryStreamExt as _;

use super::ground::Ground;

/// A bucket that every house has, without versions.
pub(crate) const FILES: &str = "files";

pub(crate) struct House {
    pub(crate) ground: Ground,
    pub(crate) vault: Vault,
    pub(crate) finances: Caller,
    pub(crate) customs: Caller,
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(crate) fn deletion(text: &str) -> Deletion {
    Deletion {
        key: key(text),
        version: VersionRef::Latest,
        if_match: None,
        bypass_governance: false,
    }
}

pub(crate) fn if_match(etag: &str) -> WriteConditions {
    WriteConditions {
        if_match: Some(ETagMatch::OneOf(vec![etag.to_owned()])),
        if_none_match_any: false,
    }
}

pub(crate) fn if_absent() -> WriteConditions {
    WriteConditions {
        if_match: None,
        if_none_match_any: true,
    }
}

/// Bytes that compress badly and differ by seed.
pub(crate) fn noise(seed: u64, len: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    bytes.flatten().take(len).collect::<Vec<u8>>().into()
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::on(Ground::new().await).await
    }

    pub(crate) async fn on(ground: Ground) -> Self {
        let house = Self::standing(ground);
        house.bucket(FILES).await;
        house
    }

    fn standing(ground: Ground) -> Self {
        Self {
            vault: ground.vault(),
            finances: ground.caller("finances"),
            customs: ground.caller("customs"),
            ground,
        }
    }

    /// Closes everything, and opens it again without faults, as after a crash.
    pub(crate) fn reopened(self) -> Self {
        let Self { ground, vault, .. } = self;
        drop(vault);
        Self::standing(ground.reopened())
    }

    pub(crate) async fn bucket(&self, name: &str) {
        let name = BucketName::parse(name).unwrap();
        self.vault
            .create_bucket(&self.finances, name, BucketOptions::default())
            .await
            .unwrap();
    }

    pub(crate) async fn versioning(&self, bucket: &str, versioning: Versioning) {
        self.vault
            .set_versioning(&self.finances, bucket, versioning)
            .await
            .unwrap();
    }

    pub(crate) async fn take_in(&self, bytes: &[u8], algorithms: &[ChecksumAlgorithm]) -> Ingested {
        self.try_take_in(bytes, algorithms).await.unwrap()
    }

    pub(crate) async fn try_take_in(
        &self,
        bytes: &[u8],
        algorithms: &[ChecksumAlgorithm],
    ) -> Result<Ingested> {
        let mut ingest = self.vault.ingest(
            FILES,
            IngestOptions {
                algorithms: algorithms.to_vec(),
                max_bytes: 1 << 30,
            },
        )?;
        for piece in bytes.chunks(50_000) {
            ingest.write(Bytes::copy_from_slice(piece)).await?;
        }
        ingest.finish().await
    }

    pub(crate) async fn put(&self, bucket: &str, name: &str, bytes: &[u8]) -> Done<Put> {
        self.put_if(bucket, name, bytes, WriteConditions::default())
            .await
            .unwrap()
    }

    pub(crate) async fn put_if(
        &self,
        bucket: &str,
        name: &str,
        bytes: &[u8],
        conditions: WriteConditions,
    ) -> Result<Done<Put>> {
        let content = self.try_take_in(bytes, &[]).await?;
        let attrs = ObjectAttrs::default();
        self.vault
            .put_object(
                &self.finances,
                bucket,
                &key(name),
                content,
                attrs,
                conditions,
            )
            .await
    }

    pub(crate) async fn delete(&self, bucket: &str, name: &str) {
        self.vault
            .delete_object(&self.finances, bucket, deletion(name))
            .await
            .unwrap();
    }

    pub(crate) async fn look(
        &self,
        bucket: &str,
        name: &str,
        version: VersionRef,
    ) -> Result<ObjectInfo> {
        self.vault
            .ask_object(&self.finances, bucket, &key(name), version)
            .await
    }

    pub(crate) async fn read(&self, object: &ObjectInfo) -> Result<Vec<u8>> {
        let stream = self.vault.read(object, 0..object.size_bytes).await?;
        let chunks: Vec<Bytes> = stream.try_collect().await?;
        Ok(chunks.concat())
    }

    pub(crate) async fn get(&self, bucket: &str, name: &str) -> Result<Vec<u8>> {
        let object = self.look(bucket, name, VersionRef::Latest).await?;
        self.read(&object).await
    }

    /// Everything agrees, and there is no content too many.
    pub(crate) fn check_everything(&self) {
        self.ground.check_everything();
    }

    /// How much content there is that isn't in rows, that of unfinished deposits included.
    pub(crate) fn blob_files(&self) -> i64 {
        self.ground.blob_files()
    }
}
