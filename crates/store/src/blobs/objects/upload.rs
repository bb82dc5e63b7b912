//! A blob on its way to an object store: in one piece while it is small, in parts beyond, in constant memory.
//!
//! One part is gathered while the one before it goes. Nothing is there under the blob's name before the last byte was
//! taken and judged. An upload in parts is noted under `blobs/tmp`, so that one that a crash left is given up at the next
//! start.

use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{MultipartId, ObjectStoreExt as _};

use super::line::{Coming, Failed};
use super::{BlobId, Objects, head};
use crate::{Error, Result};

/// The least that every store takes; with 10,000 parts there is room for far more than a blob has.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// A blob that has so much is expected to fill a part.
const SMALL_BYTES: usize = 256 * 1024;
/// How the note of an upload ends.
const NOTE: &str = "upload";

/// A blob on its way. Dropped before [`Upload::finish`], it leaves nothing.
pub(in crate::blobs) struct Upload {
    objects: Arc<Objects>,
    id: BlobId,
    note: PathBuf,
    sent_bytes: u64,
    gathered: BytesMut,
    parts: Option<Parts>,
}

/// An upload in parts.
struct Parts {
    upload: MultipartId,
    done: Vec<PartId>,
    going: Option<Coming<PartId>>,
}

impl Upload {
    /// Begins; notes of uploads in parts go under `tmp`.
    pub(in crate::blobs) fn begin(objects: Arc<Objects>, id: BlobId, tmp: &FilePath) -> Self {
        Self {
            objects,
            id,
            note: tmp.join(format!("{id}.{NOTE}")),
            sent_bytes: 0,
            gathered: BytesMut::new(),
            parts: None,
        }
    }

    pub(in crate::blobs) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = PART_BYTES - self.gathered.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            if self.gathered.len() + now.len() > SMALL_BYTES {
                // At once: growing by doubling would hold it twice.
                self.gathered.reserve(room);
            }
            self.gathered.extend_from_slice(now);
            rest = later;
            if self.gathered.len() == PART_BYTES {
                self.send()?;
            }
        }
        Ok(())
    }

    /// Makes it durable under its name.
    pub(in crate::blobs) fn finish(mut self) -> Result<()> {
        if self.parts.is_none() {
            let bytes = self.gathered.split().freeze();
            return self.objects.put(self.id, bytes);
        }
        if !self.gathered.is_empty() {
            self.send()?;
        }
        self.wait()?;
        let Some(parts) = self.parts.take() else {
            return Ok(());
        };
        let completed = self.complete(&parts);
        match completed {
            Ok(()) => self.forget_note(),
            Err(_) => self.parts = Some(parts),
        }
        completed
    }

    /// Sends what was gathered, once the part before it is there.
    fn send(&mut self) -> Result<()> {
        self.wait()?;
        let part = self.gathered.split().freeze();
        let objects = self.objects.clone();
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(begin(&objects, self.id, &self.note)?),
        };
        self.sent_bytes += part.len() as u64;
        let (back_end, key) = (objects.back_end.clone(), objects.key(self.id));
        let (upload, number, length) = (parts.upload.clone(), parts.done.len(), part.len() as u64);
        parts.going = Some(objects.line.begin(length, move || {
            let (back_end, key, upload) = (back_end.clone(), key.clone(), upload.clone());
            let part: Bytes = part.clone();
            async move { back_end.put_part(&key, &upload, number, part.into()).await }
        }));
        Ok(())
    }

    /// Waits for the part that is going.
    fn wait(&mut self) -> Result<()> {
        if let Some(parts) = &mut self.parts
            && let Some(going) = parts.going.take()
        {
            let part = going.wait().map_err(|e| self.objects.failed(e))?;
            parts.done.push(part);
        }
        Ok(())
    }

    fn complete(&self, parts: &Parts) -> Result<()> {
        let objects = &self.objects;
        let before = objects.line.ask(0, head(objects, self.id));
        let before = match before {
            Ok(meta) => Some(meta.e_tag),
            Err(Failed::Absent) => None,
            Err(failed) => return Err(objects.failed(failed)),
        };
        let (back_end, key) = (objects.back_end.clone(), objects.key(self.id));
        let (upload, done, bytes) = (parts.upload.clone(), parts.done.clone(), self.sent_bytes);
        let complete = move || {
            let (back_end, key, before) = (back_end.clone(), key.clone(), before.clone());
            let (upload, done) = (upload.clone(), done.clone());
            async move {
                let Err(error) = back_end.complete_multipart(&key, &upload, done).await else {
                    return Ok(());
                };
                // It may have been done, now or the time before, and the answer lost.
                match back_end.head(&key).await {
                    Ok(meta) if meta.size == bytes && before.as_ref() != Some(&meta.e_tag) => {
                        Ok(())
                    }
                    _ => Err(error),
                }
            }
        };
        let completed = objects.line.ask(0, complete);
        completed.map_err(|failed| objects.failed(failed))
    }

    fn forget_note(&self) {
        // One that stays does no harm: there is no such upload any more.
        let _ = fs::remove_file(&self.note);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = self.parts.take() {
            let abort = abort(&self.objects, self.objects.key(self.id), parts.upload);
            let note = self.note.clone();
            self.objects.line.handle().spawn(async move {
                if abort.await {
                    let _ = fs::remove_file(note);
                }
            });
        }
    }
}

/// Begins an upload in parts, and notes it.
fn begin(objects: &Objects, id: BlobId, note: &FilePath) -> Result<Parts> {
    objects.claimed()?;
    let (back_end, key) = (objects.back_end.clone(), objects.key(id));
    let noted = key.clone();
    let create = move || {
        let (back_end, key) = (back_end.clone(), key.clone());
        async move { back_end.create_multipart(&key).await }
    };
    let upload = objects.line.ask(0, create);
    let upload = upload.map_err(|failed| objects.failed(failed))?;
    let text = format!("{noted}\n{upload}\n");
    fs::write(note, text).map_err(Error::file("write", note))?;
    Ok(Parts {
        upload,
        done: Vec::new(),
        going: None,
    })
}

/// Gives up the uploads that a crash left. It goes on in the background.
pub(in crate::blobs) fn give_up_unfinished(objects: &Objects, tmp: &FilePath) -> Result<()> {
    for file in fs::read_dir(tmp).map_err(Error::file("list", tmp))? {
        let path = file.map_err(Error::file("list", tmp))?.path();
        let text = fs::read_to_string(&path).unwrap_or_default();
        let noted = text
            .split_once('\n')
            .filter(|_| path.extension().is_some_and(|e| e == NOTE));
        let Some((key, upload)) = noted else {
            fs::remove_file(&path).map_err(Error::file("remove", &path))?;
            continue;
        };
        let abort = abort(objects, Path::from(key), upload.trim().to_owned());
        objects.line.handle().spawn(async move {
            if abort.await {
                let _ = fs::remove_file(path);
            }
        });
    }
    Ok(())
}

/// Gives an upload up; says whether it is no more.
fn abort(
    objects: &Objects,
    key: Path,
    upload: MultipartId,
) -> impl Future<Output = bool> + Send + 'static + use<> {
    let (back_end, asking) = (objects.back_end.clone(), objects.line.asking());
    async move {
        let abort = || back_end.abort_multipart(&key, &upload);
        match asking.ask(0, abort).await {
            Ok(()) | Err(Failed::Absent) => true,
            Err(error) => {
                tracing::warn!(%key, ?error, "an unfinished upload could not be given up; the next start tries again");
                false
            }
        }
    }
}
