//! One session: requests answered one after the other, on the handles that it opened.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use amana_access::Caller;
use amana_vault::{Error as VaultError, Vault};
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::names::{attributes, line, real};
use super::upload::Upload;
use super::wire::{
    Answer, Attributes, Code, Flags, MAX_MESSAGE_BYTES, MAX_READ_BYTES, Malformed, Named, Request,
    parse,
};
use super::writers::{Writer, Writers};
use crate::tree::{Reading, Tree};
use crate::{Entry, Error, Place, Result};

/// The most handles of one session.
const MAX_HANDLES: usize = 64;
/// The most of them that write, each of which may hold pieces in memory.
const MAX_WRITING: usize = 8;
/// Names in one answer: with the longest ones it is still a message that programs take.
const NAMES: usize = 100;

/// What one session may do, and has open.
pub(super) struct Session {
    vault: Arc<Vault>,
    caller: Arc<Caller>,
    /// Whether the access key still stands.
    stands: Box<dyn Fn() -> bool + Send + Sync>,
    writers: Writers,
    open: BTreeMap<u32, Open>,
    last: u32,
}

enum Open {
    Read(Box<Reading>),
    Write(Box<Upload>, Writer),
    Folder(Listing),
}

/// A folder, as far as it was shown.
struct Listing {
    place: Place,
    /// Where to go on; nothing at the end.
    next: Option<Option<String>>,
    read: VecDeque<Entry>,
}

impl Session {
    pub(super) fn new(
        vault: Arc<Vault>,
        caller: Arc<Caller>,
        stands: Box<dyn Fn() -> bool + Send + Sync>,
        writers: Writers,
    ) -> Self {
        Self {
            vault,
            caller,
            stands,
            writers,
            open: BTreeMap::new(),
            last: 0,
        }
    }

    /// Answers until the other side has ended, its key is revoked, or it says what can't be understood. Files that are still
    /// being written then leave nothing.
    pub(super) async fn run(mut self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        while let Ok(Ok((id, request))) = next(&mut stream).await {
            if !(self.stands)() {
                break;
            }
            let answer = match self.answer(request).await {
                Ok(answer) => answer,
                Err(error) => status(&error),
            };
            if stream.write_all(&answer.message(id)).await.is_err() {
                break;
            }
        }
        // Whoever is gone needs no farewell.
        let _ = stream.shutdown().await;
    }

    async fn answer(&mut self, request: Request) -> Result<Answer> {
        match request {
            Request::Init => Ok(Answer::Version),
            Request::Open(path, flags) => self.open_file(&path, flags).await,
            Request::OpenFolder(path) => self.open_folder(&path).await,
            Request::Read(handle, offset, length) => self.read(handle, offset, length).await,
            Request::ReadFolder(handle) => self.read_folder(handle).await,
            Request::Write(handle, offset, bytes) => match self.open.get_mut(&handle) {
                Some(Open::Write(upload, _)) => {
                    upload.write(offset, bytes).await?;
                    Ok(Answer::done())
                }
                _ => Ok(no_handle()),
            },
            Request::Close(handle) => match self.open.remove(&handle) {
                Some(Open::Write(upload, _writer)) => self.close(*upload).await,
                Some(_) => Ok(Answer::done()),
                None => Ok(no_handle()),
            },
            Request::StatOpen(handle) => Ok(self.stat_open(handle)),
            Request::SetOpen(handle, wanted) => self.set_open(handle, wanted),
            Request::Stat(path) => {
                let entry = self.tree().stat(&shown(&path)?).await?;
                Ok(Answer::Attributes(attributes(&entry)))
            }
            Request::Set(path, wanted) => {
                let entry = self.tree().stat(&Place::parse(&path)?).await?;
                Ok(kept(wanted, attributes(&entry).size_bytes))
            }
            Request::RealPath(path) => Ok(Answer::Names(vec![Named {
                name: real(&path),
                line: String::new(),
                attributes: Attributes::default(),
            }])),
            Request::Nameless => Ok(Answer::Status(
                Code::NoSuchFile,
                "names are UTF-8, and handles are those that were given".to_owned(),
            )),
            Request::Unknown => Ok(unsupported("there is no such thing here")),
            changing => self.change(changing).await,
        }
    }

    /// Changes names; each is an act, or several.
    async fn change(&self, request: Request) -> Result<Answer> {
        let tree = self.tree();
        match request {
            Request::Remove(path) => tree.remove_file(&Place::parse(&path)?).await?,
            Request::MakeFolder(path) => tree.make_folder(&Place::parse(&path)?).await?,
            Request::RemoveFolder(path) => tree.remove_folder(&Place::parse(&path)?).await?,
            Request::Rename(from, to, replaces) => {
                let (from, to) = (Place::parse(&from)?, Place::parse(&to)?);
                // §6.5: it is an error if the new name is taken.
                if !replaces && from != to && tree.stat(&to).await.is_ok() {
                    return Err(Error::Exists);
                }
                tree.rename(&from, &to).await?;
            }
            _ => return Ok(unsupported("there is no such thing here")),
        }
        Ok(self.told(&tree))
    }

    async fn open_file(&mut self, path: &str, flags: Flags) -> Result<Answer> {
        let place = Place::parse(path)?;
        if !flags.writes() {
            let reading = Box::new(self.tree().open(&place).await?);
            return Ok(self.hold(Open::Read(reading)));
        }
        let writing = self.open.values();
        let writing = writing.filter(|open| matches!(open, Open::Write(..)));
        if writing.count() >= MAX_WRITING {
            return Ok(too_many());
        }
        let writer = self.writers.one();
        let upload = Upload::begin(self.tree(), &place, flags).await?;
        Ok(self.hold(Open::Write(Box::new(upload), writer)))
    }

    async fn open_folder(&mut self, path: &str) -> Result<Answer> {
        let place = shown(path)?;
        if self.tree().stat(&place).await?.kind != crate::Kind::Folder {
            return Err(Error::OtherKind("it is a file"));
        }
        Ok(self.hold(Open::Folder(Listing {
            place,
            next: Some(None),
            read: VecDeque::new(),
        })))
    }

    async fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Answer> {
        let Some(Open::Read(reading)) = self.open.get_mut(&handle) else {
            return Ok(no_handle());
        };
        reading.seek(offset);
        let wanted = usize::try_from(length.min(MAX_READ_BYTES)).unwrap_or_default();
        // Less than was asked for means to programs that they must ask again, out of order.
        let mut all = BytesMut::new();
        while all.len() < wanted {
            let bytes = reading.read(wanted - all.len()).await?;
            if bytes.is_empty() {
                break;
            }
            if all.is_empty() && bytes.len() == wanted {
                return Ok(Answer::Data(bytes));
            }
            all.extend_from_slice(&bytes);
        }
        if all.is_empty() && wanted > 0 {
            return Ok(end());
        }
        Ok(Answer::Data(all.freeze()))
    }

    async fn read_folder(&mut self, handle: u32) -> Result<Answer> {
        let tree = self.tree();
        let Some(Open::Folder(listing)) = self.open.get_mut(&handle) else {
            return Ok(no_handle());
        };
        while listing.read.is_empty() {
            let Some(after) = listing.next.take() else {
                return Ok(end());
            };
            let (entries, next) = tree.list(&listing.place, after).await?;
            listing.read = entries.into();
            listing.next = next.map(Some);
        }
        let shown = listing.read.len().min(NAMES);
        let names = listing.read.drain(..shown).map(|entry| Named {
            line: line(&entry),
            attributes: attributes(&entry),
            name: entry.name,
        });
        Ok(Answer::Names(names.collect()))
    }

    async fn close(&self, upload: Upload) -> Result<Answer> {
        let tree = upload.tree.clone();
        upload.finish().await?;
        Ok(self.told(&tree))
    }

    fn stat_open(&self, handle: u32) -> Answer {
        match self.open.get(&handle) {
            Some(Open::Read(reading)) => Answer::Attributes(attributes(&reading.entry())),
            Some(Open::Write(upload, _)) => Answer::Attributes(Attributes {
                size_bytes: Some(upload.size_bytes()),
                permissions: Some(super::names::FILE),
                ..Attributes::default()
            }),
            _ => no_handle(),
        }
    }

    fn set_open(&mut self, handle: u32, wanted: Attributes) -> Result<Answer> {
        let Some(Open::Write(upload, _)) = self.open.get_mut(&handle) else {
            return Ok(no_handle());
        };
        if let Some(size_bytes) = wanted.size_bytes {
            upload.cut(size_bytes)?;
        }
        Ok(kept(wanted, wanted.size_bytes))
    }

    fn tree(&self) -> Arc<Tree> {
        Arc::new(Tree::new(self.vault.clone(), self.caller.clone()))
    }

    fn hold(&mut self, open: Open) -> Answer {
        if self.open.len() >= MAX_HANDLES {
            return too_many();
        }
        // After four thousand million handles the first ones are long closed.
        self.last = self.last.wrapping_add(1);
        self.open.insert(self.last, open);
        Answer::Handle(self.last)
    }

    /// That it was done, with the receipts, which go to the log as well: SFTP has no other place for them.
    fn told(&self, tree: &Tree) -> Answer {
        let receipts = tree.receipts().join(" ");
        if !receipts.is_empty() {
            tracing::info!(access_key = %self.caller.access_key_id, %receipts, "written over SFTP");
        }
        Answer::Status(Code::Ok, receipts)
    }
}

/// The next request, once all of it has come.
async fn next(
    stream: &mut (impl AsyncRead + Unpin),
) -> std::io::Result<Result<(u32, Request), Malformed>> {
    let length = stream.read_u32().await?;
    if length > MAX_MESSAGE_BYTES {
        return Ok(Err(Malformed));
    }
    let mut message = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut message).await?;
    Ok(parse(Bytes::from(message)))
}

/// A place that is only looked at: what can't be named isn't there.
fn shown(path: &str) -> Result<Place> {
    Place::parse(&real(path)).map_err(|_| Error::Missing)
}

/// Sizes that are so already can be given, and nothing else: modes, owners and times are not kept, and to say that they were
/// would have programs that compare them send everything again.
fn kept(wanted: Attributes, size_bytes: Option<u64>) -> Answer {
    let resized = wanted.size_bytes.is_some() && wanted.size_bytes != size_bytes;
    if resized || wanted.others || wanted.permissions.is_some() || wanted.modified_s.is_some() {
        return unsupported("modes, owners and times of files are not kept here");
    }
    Answer::done()
}

fn status(error: &Error) -> Answer {
    let code = match error {
        Error::Missing => Code::NoSuchFile,
        Error::Vault(
            VaultError::AccessDenied
            | VaultError::Locked
            | VaultError::SealedBucket { .. }
            | VaultError::Sealed(_),
        ) => Code::PermissionDenied,
        Error::Vault(other) => {
            tracing::warn!(code = other.code(), error = %other, "a request over SFTP failed");
            Code::Failure
        }
        _ => Code::Failure,
    };
    Answer::Status(code, error.to_string())
}

fn unsupported(why: &str) -> Answer {
    Answer::Status(Code::Unsupported, why.to_owned())
}

fn end() -> Answer {
    Answer::Status(Code::Eof, String::new())
}

fn no_handle() -> Answer {
    Answer::Status(
        Code::BadMessage,
        "nothing of that kind is open under that handle".to_owned(),
    )
}

fn too_many() -> Answer {
    Answer::Status(
        Code::Failure,
        "too much is open: close something first".to_owned(),
    )
}
