//! Whose a place is. The object `amana-centre` under the prefix holds a line that only one data centre has: two that
//! shared a place would each sweep away what the other's rows name.

use std::sync::OnceLock;

use object_store::{ObjectStoreExt as _, PutPayload};

use super::Objects;
use super::line::Failed;
use crate::{Error, Result};

const MARK: &str = "amana-centre";

/// Who works there, and whether that was found to be right.
#[derive(Default)]
pub(super) struct Claim {
    /// Nobody for those who only read.
    whose: OnceLock<String>,
    found: OnceLock<()>,
}

impl Objects {
    /// Says who works there. A store that doesn't answer is asked again before anything is put.
    ///
    /// # Errors
    /// [`Error::Folder`] when the place is another data centre's.
    pub(in crate::blobs) fn claim(&self, whose: String) -> Result<()> {
        let _ = self.claim.whose.set(whose);
        match self.claimed() {
            Err(error @ Error::Away { .. }) => {
                tracing::error!(%error, "large content is neither taken nor given until it answers");
                Ok(())
            }
            claimed => claimed,
        }
    }

    /// Sees that the place is ours, once.
    pub(super) fn claimed(&self) -> Result<()> {
        if self.claim.found.get().is_none() {
            self.still_stands()?;
            let _ = self.claim.found.set(());
        }
        Ok(())
    }

    /// Sees that the place is there and ours. A store says of a blob in a bucket that is gone that the blob is gone:
    /// this tells the two apart.
    pub(super) fn still_stands(&self) -> Result<()> {
        let whose = self.claim.whose.get();
        match (self.mark()?, whose) {
            (Some(_), None) => Ok(()),
            (Some(mark), Some(whose)) if mark == *whose => Ok(()),
            (Some(mark), Some(_)) => Err(Error::Folder {
                path: self.name().into(),
                why: format!("it holds the blobs of another data centre: {mark}"),
            }),
            (None, None) => Err(self.unreachable("no data centre's blobs are there")),
            (None, Some(whose)) => self.put_mark(whose),
        }
    }

    fn mark(&self) -> Result<Option<String>> {
        let (back_end, key) = (self.back_end.clone(), self.prefix.clone().join(MARK));
        let get = move || {
            let (back_end, key) = (back_end.clone(), key.clone());
            async move { back_end.get(&key).await?.bytes().await }
        };
        match self.line.ask(0, get) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
            Err(Failed::Absent) => Ok(None),
            Err(failed) => Err(self.failed(failed)),
        }
    }

    fn put_mark(&self, whose: &str) -> Result<()> {
        let (back_end, key) = (self.back_end.clone(), self.prefix.clone().join(MARK));
        let line = format!("{whose}\n");
        let put = move || {
            let (back_end, key, line) = (back_end.clone(), key.clone(), line.clone());
            async move { back_end.put(&key, PutPayload::from(line)).await.map(drop) }
        };
        self.line.ask(0, put).map_err(|failed| self.failed(failed))
    }
}
