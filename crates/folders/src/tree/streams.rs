//! A file while it is read, and while it is written.

use std::sync::{Arc, Mutex};

use amana_vault::{
    ContentStream, ETagMatch, Error as VaultError, Ingest, ObjectInfo, ObjectKey, Vault,
    WriteConditions,
};
use bytes::{Buf as _, Bytes};
use futures::StreamExt as _;

use super::{Entry, Kind, Standing, Tree, file};
use crate::{Error, Result};

/// A file that is read from any place on; in order it is one stream.
pub struct Reading {
    vault: Arc<Vault>,
    object: ObjectInfo,
    position: u64,
    /// What was read and not asked for yet.
    left: Bytes,
    /// Behind a lock only so that this can be shared; whoever reads has it alone.
    stream: Mutex<Option<ContentStream>>,
}

impl Reading {
    pub(super) fn of(vault: Arc<Vault>, object: ObjectInfo) -> Self {
        Self {
            vault,
            object,
            position: 0,
            left: Bytes::new(),
            stream: Mutex::new(None),
        }
    }

    /// What is read.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let key = self.object.key.as_str();
        file(key.rsplit('/').next().unwrap_or(key), &self.object)
    }

    /// Index of the entry that made it, in the institution's ledger.
    #[must_use]
    pub fn entry_index(&self) -> u64 {
        self.object.entry.index()
    }

    /// Where the next bytes are read, in bytes from the beginning.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes on elsewhere; beyond the end there is nothing to read.
    pub fn seek(&mut self, position: u64) {
        if position != self.position {
            self.position = position;
            self.left.clear();
            *self.stream() = None;
        }
    }

    /// The next bytes, verified, at most so many; none at the end.
    ///
    /// # Errors
    /// [`Error::Vault`], for what is damaged as well.
    pub async fn read(&mut self, max: usize) -> Result<Bytes> {
        let size_bytes = self.object.size_bytes;
        while self.left.is_empty() && self.position < size_bytes {
            if self.stream().is_none() {
                let range = self.position..size_bytes;
                let stream = self.vault.read(&self.object, range).await?;
                *self.stream() = Some(stream);
            }
            let next = match self.stream() {
                Some(stream) => stream.next().await,
                None => None,
            };
            match next {
                Some(bytes) => self.left = bytes?,
                None => {
                    return Err(Error::Broken(format!(
                        "it ended at byte {} of {size_bytes}",
                        self.position
                    )));
                }
            }
        }
        let bytes = self.left.split_to(max.min(self.left.remaining()));
        self.position += bytes.len() as u64;
        Ok(bytes)
    }

    fn stream(&mut self) -> &mut Option<ContentStream> {
        self.stream
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A file that is written from its beginning to its end. Dropped before [`Writing::finish`], it leaves nothing.
pub struct Writing {
    tree: Arc<Tree>,
    bucket: String,
    key: ObjectKey,
    standing: Standing,
    size_bytes: Option<u64>,
    written_bytes: u64,
    /// Behind a lock only so that this can be shared; whoever writes has it alone.
    ingest: Mutex<Option<Ingest>>,
}

impl Writing {
    pub(super) fn begin(
        tree: Arc<Tree>,
        bucket: String,
        key: ObjectKey,
        ingest: Ingest,
        standing: Standing,
        size_bytes: Option<u64>,
    ) -> Self {
        Self {
            tree,
            bucket,
            key,
            standing,
            size_bytes,
            written_bytes: 0,
            ingest: Mutex::new(Some(ingest)),
        }
    }

    /// How much has come.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Takes what comes next.
    ///
    /// # Errors
    /// [`Error::Broken`] once it is finished; [`Error::Vault`], when it grows too large as well.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        let size_bytes = bytes.len() as u64;
        let Some(ingest) = self.ingest() else {
            return Err(ended());
        };
        ingest.write(bytes).await?;
        self.written_bytes += size_bytes;
        Ok(())
    }

    /// Puts the file in its place: on return it is recorded, or spooled at a gateway that can't reach its data centre.
    ///
    /// # Errors
    /// [`Error::Broken`] when not all of it came, and then the old one stays; [`Error::Exists`]; [`Error::Vault`].
    pub async fn finish(&mut self) -> Result<Entry> {
        let Some(ingest) = self.ingest().take() else {
            return Err(ended());
        };
        if let Some(size_bytes) = self.size_bytes
            && size_bytes != self.written_bytes
        {
            return Err(Error::Broken(format!(
                "{} of {size_bytes} bytes came",
                self.written_bytes
            )));
        }
        let content = ingest.finish().await?;
        let conditions = match &self.standing {
            Standing::Anything => WriteConditions::default(),
            Standing::Nothing => WriteConditions {
                if_none_match_any: true,
                if_match: None,
            },
            Standing::Same(etag) => WriteConditions {
                if_none_match_any: false,
                if_match: Some(ETagMatch::OneOf(vec![etag.clone()])),
            },
        };
        let put = self.tree.vault.put_object(
            &self.tree.caller,
            &self.bucket,
            &self.key,
            content,
            self.tree.attrs_kept(&self.bucket, self.key.as_str())?,
            conditions,
        );
        let put = match (put.await, &self.standing) {
            // Somebody replaced it meanwhile.
            (Err(VaultError::PreconditionFailed { .. }), Standing::Same(_)) => {
                return Err(Error::Vault(VaultError::ConditionalConflict));
            }
            (put, _) => put?,
        };
        self.tree.tell(put.receipt);
        let key = self.key.as_str();
        Ok(Entry {
            name: key.rsplit('/').next().unwrap_or(key).to_owned(),
            kind: Kind::File {
                size_bytes: self.written_bytes,
                etag: put.value.etag.to_string(),
            },
            modified_ms: put.value.modified_ms,
        })
    }

    fn ingest(&mut self) -> &mut Option<Ingest> {
        self.ingest
            .get_mut()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn ended() -> Error {
    Error::Broken("it was finished already".to_owned())
}
