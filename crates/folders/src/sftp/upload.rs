//! A file that is being written: what comes out of order waits in memory for what is before it, and nothing touches a disk in
//! clear. What is written after a beginning that is there already, as `put -a` does, goes on from the old file's bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::wire::Flags;
use crate::tree::{Kind, Reading, Standing, Tree, Writing};
use crate::{Entry, Error, Place, Result};

/// What waits at most for what is before it: programs send 64 pieces of 32 KiB at once, in any order.
const MAX_EARLY_BYTES: usize = 4 * 1024 * 1024;
/// What is read of the old file at a time.
const COPIED_BYTES: usize = 256 * 1024;

/// A file under way. Dropped before [`Upload::finish`], it leaves the old one as it was.
pub(super) struct Upload {
    pub(super) tree: Arc<Tree>,
    writing: Writing,
    /// The file that it goes on from, as far as that still counts.
    old: Option<Reading>,
    appends: bool,
    /// Whether anything was asked of it. What was only opened is left alone.
    touched: bool,
    /// Whether something went wrong: what came then isn't whole.
    failed: bool,
    early: BTreeMap<u64, Bytes>,
    early_bytes: usize,
}

impl Upload {
    /// Begins one, as `flags` say.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Exists`], those of [`Tree::create`].
    pub(super) async fn begin(tree: Arc<Tree>, place: &Place, flags: Flags) -> Result<Self> {
        let old = match tree.open(place).await {
            Ok(_) if flags.creates() && flags.excludes() => return Err(Error::Exists),
            Ok(old) => Some(old),
            Err(Error::Missing) if flags.creates() => None,
            Err(other) => return Err(other),
        };
        let touched = old.is_none() || flags.truncates();
        let old = old.filter(|_| !flags.truncates());
        let standing = match old.as_ref().map(|old| old.entry().kind) {
            Some(Kind::File { etag, .. }) => Standing::Same(etag),
            _ if flags.excludes() => Standing::Nothing,
            _ => Standing::Anything,
        };
        let writing = tree.create(place, standing, None).await?;
        Ok(Self {
            tree,
            writing,
            old,
            appends: flags.appends(),
            touched,
            failed: false,
            early: BTreeMap::new(),
            early_bytes: 0,
        })
    }

    /// How long it is by now.
    pub(super) fn size_bytes(&self) -> u64 {
        self.writing.written_bytes().max(self.old_bytes())
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// [`Error::Broken`] for one that is too far ahead, or behind; [`Error::Vault`].
    pub(super) async fn write(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        let written = self.take(offset, bytes).await;
        self.failed |= written.is_err();
        written
    }

    async fn take(&mut self, offset: u64, bytes: Bytes) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if !self.touched {
            self.touched = true;
            let offset = if self.appends { u64::MAX } else { offset };
            self.copy_to(offset).await?;
        }
        let position = self.writing.written_bytes();
        let offset = if self.appends { position } else { offset };
        if offset > position {
            self.early_bytes += bytes.len();
            if self.early_bytes > MAX_EARLY_BYTES || self.early.contains_key(&offset) {
                return Err(Error::Broken(format!(
                    "byte {offset} came before byte {position}"
                )));
            }
            self.early.insert(offset, bytes);
            return Ok(());
        }
        if offset < position {
            return Err(Error::Broken(format!(
                "byte {offset} came again after byte {position}"
            )));
        }
        self.writing.write(bytes).await?;
        while let Some(bytes) = self.early.remove(&self.writing.written_bytes()) {
            self.early_bytes -= bytes.len();
            self.writing.write(bytes).await?;
        }
        Ok(())
    }

    /// Cuts it to where it is, or takes what is left of the old file away: no other size can be given.
    ///
    /// # Errors
    /// [`Error::Broken`].
    pub(super) fn cut(&mut self, size_bytes: u64) -> Result<()> {
        let position = self.writing.written_bytes();
        if size_bytes == position {
            self.old = None;
            self.touched = true;
        } else if size_bytes != self.size_bytes() {
            self.failed = true;
            return Err(Error::Broken(format!(
                "it can't be cut to {size_bytes} bytes at byte {position}"
            )));
        }
        Ok(())
    }

    /// Puts it in its place; nothing, if nothing was asked of it.
    ///
    /// # Errors
    /// [`Error::Broken`] when something is missing, and then the old one stays; [`Error::Vault`].
    pub(super) async fn finish(mut self) -> Result<Option<Entry>> {
        if self.failed {
            return Err(Error::Broken("a piece of it was refused".to_owned()));
        }
        if !self.early.is_empty() {
            return Err(Error::Broken(format!(
                "byte {} never came",
                self.writing.written_bytes()
            )));
        }
        if !self.touched {
            return Ok(None);
        }
        self.copy_to(u64::MAX).await?;
        self.writing.finish().await.map(Some)
    }

    fn old_bytes(&self) -> u64 {
        match self.old.as_ref().map(|old| old.entry().kind) {
            Some(Kind::File { size_bytes, .. }) => size_bytes,
            _ => 0,
        }
    }

    /// Writes the old file's bytes up to `end`, or to its own end if that comes first.
    async fn copy_to(&mut self, end: u64) -> Result<()> {
        let end = end.min(self.old_bytes());
        while let Some(old) = &mut self.old
            && self.writing.written_bytes() < end
        {
            let position = self.writing.written_bytes();
            old.seek(position);
            let left = usize::try_from(end - position).unwrap_or(usize::MAX);
            let bytes = old.read(left.min(COPIED_BYTES)).await?;
            if bytes.is_empty() {
                return Err(Error::Broken(format!(
                    "the old file ended at byte {position}"
                )));
            }
            self.writing.write(bytes).await?;
        }
        Ok(())
    }
}
