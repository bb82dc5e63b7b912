//! The library's file system, on a person's tree.

use std::fmt;
use std::future;
use std::io::SeekFrom;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Buf, Bytes};
use dav_server::davpath::DavPath;
use dav_server::fs::{
    DavDirEntry, DavFile, DavFileSystem, DavMetaData, DavProp, FsError, FsFuture, FsResult,
    FsStream, OpenOptions, ReadDirMeta,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;

use super::answers::Answers;
use super::properties::Properties;
use crate::tree::{Entry, Kind, Reading, Standing, Tree, Writing};
use crate::{Error, Place, Result};

/// One request's files.
#[derive(Clone)]
pub(super) struct Files {
    tree: Arc<Tree>,
    answers: Arc<Answers>,
}

impl Files {
    pub(super) fn new(tree: Arc<Tree>, answers: Arc<Answers>) -> Self {
        Self { tree, answers }
    }

    fn told<T>(&self, result: Result<T>) -> FsResult<T> {
        result.map_err(|error| self.answers.note(&error))
    }

    /// LOCK on a name that nothing has makes an empty file (RFC 4918 §7.3), and so do the beginnings of partial writes, which
    /// are refused: of what is there already nothing is written over.
    async fn claim(&self, place: &Place) -> Result<Writing> {
        let mut writing = self.tree.create(place, Standing::Nothing, Some(0)).await?;
        match writing.finish().await {
            Ok(_) => Ok(writing),
            Err(Error::Exists) => Err(Error::Broken(
                "it is replaced whole, never in part".to_owned(),
            )),
            Err(other) => Err(other),
        }
    }

    async fn properties(&self, path: &DavPath) -> FsResult<Properties> {
        let place = self.place(path)?;
        let note = self.told(self.tree.note(&place).await)?;
        Ok(Properties::read(note.as_deref()))
    }

    fn place(&self, path: &DavPath) -> FsResult<Place> {
        let text = std::str::from_utf8(path.as_bytes()).map_err(|_| Error::Name {
            name: String::from_utf8_lossy(path.as_bytes()).into_owned(),
            why: "it isn't UTF-8".to_owned(),
        });
        self.told(text.and_then(Place::parse))
    }
}

impl DavFileSystem for Files {
    fn open<'a>(
        &'a self,
        path: &'a DavPath,
        options: OpenOptions,
    ) -> FsFuture<'a, Box<dyn DavFile>> {
        Box::pin(async move {
            let place = self.place(path)?;
            let file = if !options.write {
                File::Read(self.told(self.tree.open(&place).await)?)
            } else if options.truncate {
                let standing = match options.create_new {
                    true => Standing::Nothing,
                    false => Standing::Anything,
                };
                let created = self.tree.create(&place, standing, options.size).await;
                File::Write(self.told(created)?)
            } else {
                File::Write(self.told(self.claim(&place).await)?)
            };
            Ok(Box::new(Open {
                file,
                answers: self.answers.clone(),
                finished: None,
            }) as Box<dyn DavFile>)
        })
    }

    fn read_dir<'a>(
        &'a self,
        path: &'a DavPath,
        _: ReadDirMeta,
    ) -> FsFuture<'a, FsStream<Box<dyn DavDirEntry>>> {
        Box::pin(async move {
            let place = self.place(path)?;
            let files = self.clone();
            let pages = stream::try_unfold(Some(None), move |from: Option<Option<String>>| {
                let (files, place) = (files.clone(), place.clone());
                async move {
                    let Some(from) = from else {
                        return Ok(None);
                    };
                    let (entries, next) = files.told(files.tree.list(&place, from).await)?;
                    Ok::<_, FsError>(Some((entries, next.map(Some))))
                }
            });
            let entries = pages.map_ok(|entries| {
                let shown = |entry| Ok(Box::new(Shown(entry)) as Box<dyn DavDirEntry>);
                stream::iter(entries.into_iter().map(shown))
            });
            Ok(entries.try_flatten().boxed() as FsStream<Box<dyn DavDirEntry>>)
        })
    }

    fn metadata<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, Box<dyn DavMetaData>> {
        Box::pin(async move {
            // What can't be named isn't there; only who writes it is told why.
            let place = self.place(path).map_err(|_| FsError::NotFound)?;
            let entry = self.told(self.tree.stat(&place).await)?;
            Ok(Box::new(Shown(entry)) as Box<dyn DavMetaData>)
        })
    }

    fn create_dir<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let place = self.place(path)?;
            self.told(self.tree.make_folder(&place).await)
        })
    }

    fn remove_dir<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let place = self.place(path)?;
            self.told(self.tree.remove_folder(&place).await)
        })
    }

    fn remove_file<'a>(&'a self, path: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let place = self.place(path)?;
            self.told(self.tree.remove_file(&place).await)
        })
    }

    fn rename<'a>(&'a self, from: &'a DavPath, to: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let (from, to) = (self.place(from)?, self.place(to)?);
            self.told(self.tree.rename(&from, &to).await)
        })
    }

    fn copy<'a>(&'a self, from: &'a DavPath, to: &'a DavPath) -> FsFuture<'a, ()> {
        Box::pin(async move {
            let (from, to) = (self.place(from)?, self.place(to)?);
            self.told(self.tree.copy(&from, &to).await)
        })
    }

    /// Files and folders in buckets have them; where a bucket is, the answer is that setting one is forbidden.
    fn have_props<'a>(
        &'a self,
        path: &'a DavPath,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let within = matches!(self.place(path), Ok(Place::Within(..)));
        Box::pin(future::ready(within))
    }

    fn patch_props<'a>(
        &'a self,
        path: &'a DavPath,
        patch: Vec<(bool, DavProp)>,
    ) -> FsFuture<'a, Vec<(StatusCode, DavProp)>> {
        Box::pin(async move {
            let (kept, told) = self.properties(path).await?.patch(patch);
            if let Some(kept) = kept {
                let (place, note) = (self.place(path)?, kept.note());
                self.told(self.tree.set_note(&place, note.as_deref()).await)?;
            }
            Ok(told)
        })
    }

    fn get_props<'a>(
        &'a self,
        path: &'a DavPath,
        with_content: bool,
    ) -> FsFuture<'a, Vec<DavProp>> {
        Box::pin(async move { Ok(self.properties(path).await?.all(with_content)) })
    }

    fn get_prop<'a>(&'a self, path: &'a DavPath, wanted: DavProp) -> FsFuture<'a, Vec<u8>> {
        Box::pin(async move {
            let found = self.properties(path).await?.one(&wanted);
            found.ok_or(FsError::NotFound)
        })
    }
}

/// An entry, as the library asks for it.
#[derive(Clone, Debug)]
struct Shown(Entry);

impl DavMetaData for Shown {
    fn len(&self) -> u64 {
        match self.0.kind {
            Kind::Folder => 0,
            Kind::File { size_bytes, .. } => size_bytes,
        }
    }

    fn modified(&self) -> FsResult<SystemTime> {
        match u64::try_from(self.0.modified_ms) {
            Ok(ms @ 1..) => Ok(UNIX_EPOCH + Duration::from_millis(ms)),
            _ => Err(FsError::NotImplemented),
        }
    }

    fn is_dir(&self) -> bool {
        self.0.kind == Kind::Folder
    }

    fn etag(&self) -> Option<String> {
        match &self.0.kind {
            Kind::Folder => None,
            Kind::File { etag, .. } => Some(etag.clone()),
        }
    }
}

impl DavDirEntry for Shown {
    fn name(&self) -> Vec<u8> {
        self.0.name.clone().into_bytes()
    }

    fn metadata(&'_ self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        let entry = self.clone();
        Box::pin(async move { Ok(Box::new(entry) as Box<dyn DavMetaData>) })
    }
}

/// A file that is open.
struct Open {
    file: File,
    answers: Arc<Answers>,
    finished: Option<Entry>,
}

enum File {
    Read(Reading),
    Write(Writing),
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Open").finish_non_exhaustive()
    }
}

impl Open {
    fn told<T>(&self, result: Result<T>) -> FsResult<T> {
        result.map_err(|error| self.answers.note(&error))
    }
}

impl DavFile for Open {
    fn metadata(&'_ mut self) -> FsFuture<'_, Box<dyn DavMetaData>> {
        Box::pin(async move {
            let entry = match (&self.file, &self.finished) {
                (File::Read(reading), _) => reading.entry(),
                (File::Write(_), Some(entry)) => entry.clone(),
                (File::Write(_), None) => return Err(FsError::NotImplemented),
            };
            Ok(Box::new(Shown(entry)) as Box<dyn DavMetaData>)
        })
    }

    fn write_buf(&'_ mut self, mut buf: Box<dyn Buf + Send>) -> FsFuture<'_, ()> {
        let bytes = buf.copy_to_bytes(buf.remaining());
        self.write_bytes(bytes)
    }

    fn write_bytes(&'_ mut self, bytes: Bytes) -> FsFuture<'_, ()> {
        Box::pin(async move {
            let File::Write(writing) = &mut self.file else {
                return Err(FsError::Forbidden);
            };
            let written = writing.write(bytes).await;
            self.told(written)
        })
    }

    fn read_bytes(&'_ mut self, count: usize) -> FsFuture<'_, Bytes> {
        Box::pin(async move {
            let File::Read(reading) = &mut self.file else {
                return Err(FsError::Forbidden);
            };
            let bytes = reading.read(count).await;
            self.told(bytes)
        })
    }

    fn seek(&'_ mut self, place: SeekFrom) -> FsFuture<'_, u64> {
        Box::pin(async move {
            let File::Read(reading) = &mut self.file else {
                return Err(FsError::NotImplemented);
            };
            let size = match reading.entry().kind {
                Kind::File { size_bytes, .. } => size_bytes,
                Kind::Folder => 0,
            };
            let position = match place {
                SeekFrom::Start(position) => Some(position),
                SeekFrom::End(offset) => size.checked_add_signed(offset),
                SeekFrom::Current(offset) => reading.position().checked_add_signed(offset),
            };
            let position = position.ok_or(FsError::GeneralFailure)?;
            reading.seek(position);
            Ok(position)
        })
    }

    fn flush(&'_ mut self) -> FsFuture<'_, ()> {
        Box::pin(async move {
            if let File::Write(writing) = &mut self.file {
                let finished = writing.finish().await;
                self.finished = Some(self.told(finished)?);
            }
            Ok(())
        })
    }
}
