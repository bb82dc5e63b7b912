//! An object store in memory that counts what it is asked, and fails, hangs or harms when told.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Done,
    /// It isn't done, and says so.
    Lost,
    /// It is done, and says that it failed.
    Kept,
    /// It is never answered.
    Hangs,
}

type Plan = Box<dyn Fn(u64) -> Fate + Send + Sync>;

/// The store. Requests are numbered from zero.
pub(crate) struct Flaky {
    memory: InMemory,
    plan: Mutex<Plan>,
    asked: AtomicU64,
    aborted: AtomicU64,
}

impl Flaky {
    pub(crate) fn new() -> Self {
        Self {
            memory: InMemory::new(),
            plan: Mutex::new(Box::new(|_| Fate::Done)),
            asked: AtomicU64::new(0),
            aborted: AtomicU64::new(0),
        }
    }

    /// From now on, requests fare as `plan` says.
    pub(crate) fn plan(&self, plan: impl Fn(u64) -> Fate + Send + Sync + 'static) {
        self.asked.store(0, Ordering::Relaxed);
        *self.plan.lock().unwrap() = Box::new(plan);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn aborted(&self) -> u64 {
        self.aborted.load(Ordering::Relaxed)
    }

    /// What lies there, past every fault.
    pub(crate) fn memory(&self) -> &InMemory {
        &self.memory
    }

    async fn fare<T>(&self, done: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let fate = (self.plan.lock().unwrap())(number);
        let failed = || Error::Generic {
            store: "flaky",
            source: "a fault that a test asked for".into(),
        };
        match fate {
            Fate::Done => done.await,
            Fate::Lost => Err(failed()),
            Fate::Kept => done.await.and_then(|_| Err(failed())),
            Fate::Hangs => std::future::pending().await,
        }
    }
}

impl fmt::Display for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flaky")
    }
}

impl fmt::Debug for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("flaky")
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.fare(self.memory.put_opts(at, bytes, how)).await
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.memory.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.fare(self.memory.get_opts(at, how)).await
    }

    fn delete_stream(
        &self,
        names: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        // The number is taken when the stream is made; these stores delete one name at a time.
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let fate = (self.plan.lock().unwrap())(number);
        let failed = || Error::Generic {
            store: "flaky",
            source: "a fault that a test asked for".into(),
        };
        match fate {
            Fate::Done => self.memory.delete_stream(names),
            Fate::Lost => futures::stream::once(async move { Err(failed()) }).boxed(),
            Fate::Kept => {
                let deleted = self.memory.delete_stream(names);
                deleted
                    .and_then(move |_| async move { Err(failed()) })
                    .boxed()
            }
            Fate::Hangs => futures::stream::pending().boxed(),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.memory.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.memory.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.memory.copy_opts(from, to, how).await
    }
}

#[async_trait]
impl MultipartStore for Flaky {
    async fn create_multipart(&self, at: &Path) -> Result<MultipartId> {
        self.fare(self.memory.create_multipart(at)).await
    }

    async fn put_part(
        &self,
        at: &Path,
        upload: &MultipartId,
        number: usize,
        bytes: PutPayload,
    ) -> Result<PartId> {
        self.fare(self.memory.put_part(at, upload, number, bytes))
            .await
    }

    async fn complete_multipart(
        &self,
        at: &Path,
        upload: &MultipartId,
        parts: Vec<PartId>,
    ) -> Result<PutResult> {
        self.fare(self.memory.complete_multipart(at, upload, parts))
            .await
    }

    async fn abort_multipart(&self, at: &Path, upload: &MultipartId) -> Result<()> {
        self.aborted.fetch_add(1, Ordering::Relaxed);
        self.fare(self.memory.abort_multipart(at, upload)).await
    }
}
