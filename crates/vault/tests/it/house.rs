//! A data centre with two institutions, and the checker that every story ends with.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use amana_access::{Access, Caller, InstitutionName};
use amana_store::check::{self, Depth, Found, Holding, Outside};
use amana_store::faults::Faults;
use amana_store::{
    Act, At, Catalog, Denied, Kind, LedgerId, Options, Reader, Service, Store, Target, Writer,
};
use amana_vault::{
    BucketName, BucketOptions, ChecksumAlgorithm, Deletion, Done, ETagMatch, Error, IngestOptions,
    Ingested, ObjectAttrs, ObjectInfo, ObjectKey, Put, Result, Vault, VersionRef, Versioning,
    WriteConditions,
};
use bytes::Bytes;
use futures::TryStreamExt as _;
use tempfile::TempDir;

/// A bucket that every house has, without versions.
pub(crate) const FILES: &str = "files";

pub(crate) struct House {
    pub(crate) store: Arc<Store>,
    pub(crate) vault: Vault,
    pub(crate) finances: Caller,
    pub(crate) customs: Caller,
    pub(crate) folder: TempDir,
}

pub(crate) fn catalog() -> Catalog {
    let meddling = Service {
        name: "test",
        views: &[],
        kinds: vec![Kind::of::<Meddle>()],
    };
    Catalog::new([Access::service(), Vault::service(), meddling]).with_erasable(Vault::erasable)
}

fn open(folder: &Path, faults: Faults) -> Arc<Store> {
    let options = Options {
        faults,
        ..Options::new("centre.test")
    };
    Arc::new(Store::open(folder, catalog(), options).unwrap())
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::parse(text).unwrap()
}

pub(crate) fn deletion(text: &str) -> Deletion {
    Deletion {
        key: key(text),
        version: VersionRef::Latest,
        if_match: None,
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
        Self::with_faults(Faults::default()).await
    }

    pub(crate) async fn with_faults(faults: Faults) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path(), faults);
        let access = Access::new(store.clone());
        for name in ["finances", "customs"] {
            let name: InstitutionName = name.parse().unwrap();
            access
                .add_institution(&name, "operator:test")
                .await
                .unwrap();
        }
        let house = Self::on(folder, store);
        house.bucket(FILES).await;
        house
    }

    fn on(folder: TempDir, store: Arc<Store>) -> Self {
        let access = Access::new(store.clone());
        let caller = |name: &str| {
            let name: InstitutionName = name.parse().unwrap();
            access.on_behalf(&name, "operator:test").unwrap()
        };
        Self {
            finances: caller("finances"),
            customs: caller("customs"),
            vault: Vault::new(store.clone()),
            store,
            folder,
        }
    }

    /// Stops the store, and opens it again without faults, as after a crash.
    pub(crate) fn reopened(self) -> Self {
        let Self {
            store,
            vault,
            folder,
            ..
        } = self;
        drop(vault);
        drop(Arc::into_inner(store).expect("nobody else has the store"));
        let store = open(folder.path(), Faults::default());
        Self::on(folder, store)
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

    pub(crate) fn look(&self, bucket: &str, name: &str, version: VersionRef) -> Result<ObjectInfo> {
        self.vault
            .object(&self.finances, bucket, &key(name), version)
    }

    pub(crate) async fn read(&self, object: &ObjectInfo) -> Result<Vec<u8>> {
        let stream = self.vault.read(object, 0..object.size_bytes).await?;
        let chunks: Vec<Bytes> = stream.try_collect().await?;
        Ok(chunks.concat())
    }

    pub(crate) async fn get(&self, bucket: &str, name: &str) -> Result<Vec<u8>> {
        let object = self.look(bucket, name, VersionRef::Latest)?;
        self.read(&object).await
    }

    /// Everything agrees: rows, entries, tiles, a replay, all content, and no file too many.
    pub(crate) fn check_everything(&self) {
        let depth = Depth {
            replay: true,
            content: true,
        };
        let options = Options::new("centre.test");
        let report = check::check(
            self.folder.path(),
            &catalog(),
            options,
            &depth,
            &Outside::default(),
            &each_content,
        );
        assert_eq!(report.unwrap().faults, []);
        self.store
            .read(|rows| {
                Vault::check(rows, &mut |fault| panic!("{fault}"))?;
                let blobs = rows.one("SELECT COUNT(*) FROM blob_chunks", &[], |row| row.int(0))?;
                assert_eq!(blobs, Some(self.blob_files()), "files and rows of blobs");
                Ok::<_, Error>(())
            })
            .unwrap();
    }

    /// Blob files, those of unfinished deposits included, and not those set aside since no row names them.
    pub(crate) fn blob_files(&self) -> i64 {
        let shelves = std::fs::read_dir(self.folder.path().join("blobs")).unwrap();
        let shelves = shelves.map(|shelf| shelf.unwrap().path());
        let files = shelves
            .filter(|shelf| !shelf.ends_with("unnamed"))
            .map(|shelf| std::fs::read_dir(shelf).unwrap().count());
        i64::try_from(files.sum::<usize>()).unwrap()
    }

    /// Runs a statement that no act of ours would.
    pub(crate) async fn meddle(&self, sql: &str) {
        let act = Meddle {
            ledger: self.finances.ledger,
            sql: sql.to_owned(),
        };
        assert!(self.store.commit(act).await.is_ok());
    }
}

fn each_content(
    rows: &Reader<'_>,
    visit: &mut dyn FnMut(Found) -> amana_store::Result<()>,
) -> amana_store::Result<()> {
    let visited = Vault::each_content(rows, &mut |held| {
        visit(Found::Content(Holding {
            source: held.extent.source(held.entry),
            ledger: held.entry.ledger(),
            size_bytes: held.extent.size_bytes,
            sha256: held.extent.sha256,
            chunks_root: held.extent.chunks_root,
            object: held.object,
        }))?;
        Ok(ControlFlow::Continue(()))
    });
    visited.unwrap();
    Ok(())
}

/// The dishonest operator's hand in the rows.
struct Meddle {
    ledger: LedgerId,
    sql: String,
}

impl Act for Meddle {
    const KIND: &'static str = "test.meddle";
    type Links = ();
    type Body = String;
    type Output = ();
    type Refusal = ();

    fn actor(&self) -> &str {
        "operator:test"
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, _: &Reader<'_>, _: i64) -> Result<(), Denied<()>> {
        Ok(())
    }

    fn links(&self) -> &() {
        &()
    }

    fn body(&self) -> Option<&String> {
        Some(&self.sql)
    }

    fn apply((): &(), sql: Option<&String>, rows: &Writer<'_>, _: &At) -> amana_store::Result<()> {
        if let Some(sql) = sql {
            rows.execute(sql, &[])?;
        }
        Ok(())
    }
}
