//! What the kernel asks of a file system, answered from a [`Disk`].
//!
//! Files are read and mapped through the kernel's cache, so that the write-ahead log's index, which its processes map,
//! works; written they are through it, so that each `write` arrives here before it returns. Locks stay with the kernel.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory,
    ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use crate::content::Content;
use crate::disk::{Answer, Disk};
use crate::plan::{How, Kind};
use crate::tree::{Body, Node, ROOT};

/// Nothing changes but through this mount, so that the kernel may remember.
const REMEMBERED: Duration = Duration::from_secs(3600);
const GENERATION: Generation = Generation(0);
const BLOCK: u32 = 4096;
/// What it says that it holds: a terabyte, half of it free.
const BLOCKS: u64 = 1 << 28;
const NAMES: u64 = 1 << 24;

/// A mounted disk.
#[derive(Clone)]
pub(crate) struct Layer(Arc<Mutex<Disk>>);

impl Layer {
    pub(crate) fn new(disk: Disk) -> Self {
        Self(Arc::new(Mutex::new(disk)))
    }

    /// A poisoned lock means that a call panicked; the test sees that by its failure, and the disk is whole.
    pub(crate) fn disk(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(
        &self,
        kind: Kind,
        request: &Request,
        place: (INodeNo, &OsStr),
        node: Node,
    ) -> Answer<FileAttr> {
        let mut disk = self.disk();
        disk.call(kind, request.pid(), |disk, how| {
            if matches!(how, How::Refused(_)) {
                return Err(Errno::EIO);
            }
            if disk.tree.lookup(place.0.0, place.1).is_some() {
                return Err(Errno::EEXIST);
            }
            let id = disk.tree.make(place.0.0, place.1, node);
            attributes(disk, id)
        })
    }

    fn removed(&self, request: &Request, parent: INodeNo, name: &OsStr) -> Answer<()> {
        self.disk().call(Kind::Unlink, request.pid(), |disk, how| {
            let id = disk.tree.lookup(parent.0, name).ok_or(Errno::ENOENT)?;
            if disk.tree.names(id).is_some_and(|names| !names.is_empty()) {
                // There is no constant for ENOTEMPTY.
                return Err(Errno::from_i32(rustix::io::Errno::NOTEMPTY.raw_os_error()));
            }
            if !matches!(how, How::Refused(_)) {
                disk.tree.unlink(parent.0, name);
            }
            Ok(())
        })
    }
}

fn now() -> SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "a file's time of change is the machine's"
    )]
    SystemTime::now()
}

fn fresh(request: &Request, body: Body, mode: u32) -> Node {
    Node {
        body,
        mode: u16::try_from(mode & 0o7777).unwrap_or(0o600),
        owner: (request.uid(), request.gid()),
        changed: now(),
    }
}

fn kind(body: &Body) -> FileType {
    match body {
        Body::File(_) => FileType::RegularFile,
        Body::Folder(_) => FileType::Directory,
        Body::Link(_) => FileType::Symlink,
        Body::Socket => FileType::Socket,
    }
}

fn attributes(disk: &Disk, id: u64) -> Answer<FileAttr> {
    let node = disk.tree.node(id).ok_or(Errno::ENOENT)?;
    let size = match &node.body {
        Body::File(content) => content.bytes().len() as u64,
        _ => 0,
    };
    Ok(FileAttr {
        ino: INodeNo(id),
        size,
        blocks: size.div_ceil(512),
        atime: node.changed,
        mtime: node.changed,
        ctime: node.changed,
        crtime: node.changed,
        kind: kind(&node.body),
        perm: node.mode,
        nlink: 1,
        uid: node.owner.0,
        gid: node.owner.1,
        rdev: 0,
        blksize: BLOCK,
        flags: 0,
    })
}

macro_rules! answer {
    ($reply:ident, $answer:expr, $value:pat => $done:expr) => {
        match $answer {
            Ok($value) => $done,
            Err(errno) => $reply.error(errno),
        }
    };
}

fn offset(number: u64) -> Answer<usize> {
    usize::try_from(number).map_err(|_| Errno::EFBIG)
}

impl Filesystem for Layer {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let disk = self.disk();
        let found = disk
            .powered()
            .and_then(|()| disk.tree.lookup(parent.0, name).ok_or(Errno::ENOENT))
            .and_then(|id| attributes(&disk, id));
        answer!(reply, found, one => reply.entry(&REMEMBERED, &one, GENERATION));
    }

    fn getattr(&self, _: &Request, id: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        let disk = self.disk();
        let found = disk.powered().and_then(|()| attributes(&disk, id.0));
        answer!(reply, found, one => reply.attr(&REMEMBERED, &one));
    }

    fn setattr(
        &self,
        request: &Request,
        id: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut disk = self.disk();
        let change = |disk: &mut Disk| {
            let node = disk.tree.node_mut(id.0).ok_or(Errno::ENOENT)?;
            if let Some(mode) = mode {
                node.mode = u16::try_from(mode & 0o7777).unwrap_or(node.mode);
            }
            node.owner = (uid.unwrap_or(node.owner.0), gid.unwrap_or(node.owner.1));
            match mtime {
                Some(TimeOrNow::SpecificTime(time)) => node.changed = time,
                Some(TimeOrNow::Now) => node.changed = now(),
                None => {}
            }
            attributes(disk, id.0)
        };
        let changed = match size {
            None => disk.powered().and_then(|()| change(&mut disk)),
            Some(size) => disk.call(Kind::Truncate, request.pid(), |disk, how| {
                if !matches!(how, How::Refused(_)) {
                    let content = disk.tree.content_mut(id.0).ok_or(Errno::EINVAL)?;
                    content.resize(offset(size)?);
                }
                change(disk)
            }),
        };
        answer!(reply, changed, one => reply.attr(&REMEMBERED, &one));
    }

    fn readlink(&self, _: &Request, id: INodeNo, reply: ReplyData) {
        let disk = self.disk();
        match disk.tree.node(id.0).map(|node| &node.body) {
            Some(Body::Link(target)) => reply.data(target.as_os_str().as_encoded_bytes()),
            _ => reply.error(Errno::EINVAL),
        }
    }

    fn mknod(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let body = match rustix::fs::FileType::from_raw_mode(mode) {
            rustix::fs::FileType::Socket => Body::Socket,
            rustix::fs::FileType::RegularFile => Body::File(Content::default()),
            _ => return reply.error(Errno::EPERM),
        };
        let made = self.made(
            Kind::Create,
            request,
            (parent, name),
            fresh(request, body, mode & !umask),
        );
        answer!(reply, made, one => reply.entry(&REMEMBERED, &one, GENERATION));
    }

    fn mkdir(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let node = fresh(request, Body::Folder(BTreeMap::new()), mode & !umask);
        let made = self.made(Kind::Mkdir, request, (parent, name), node);
        answer!(reply, made, one => reply.entry(&REMEMBERED, &one, GENERATION));
    }

    fn unlink(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.removed(request, parent, name), () => reply.ok());
    }

    fn rmdir(&self, request: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer!(reply, self.removed(request, parent, name), () => reply.ok());
    }

    fn symlink(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let node = fresh(request, Body::Link(target.to_owned()), 0o777);
        let made = self.made(Kind::Link, request, (parent, name), node);
        answer!(reply, made, one => reply.entry(&REMEMBERED, &one, GENERATION));
    }

    fn rename(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let renamed = self.disk().call(Kind::Rename, request.pid(), |disk, how| {
            if flags.contains(RenameFlags::RENAME_EXCHANGE) {
                return Err(Errno::EINVAL);
            }
            let taken = disk.tree.lookup(new_parent.0, new_name).is_some();
            if taken && flags.contains(RenameFlags::RENAME_NOREPLACE) {
                return Err(Errno::EEXIST);
            }
            if !matches!(how, How::Refused(_)) {
                disk.tree.rename((parent.0, name), (new_parent.0, new_name));
            }
            Ok(())
        });
        answer!(reply, renamed, () => reply.ok());
    }

    fn link(
        &self,
        request: &Request,
        id: INodeNo,
        parent: INodeNo,
        name: &OsStr,
        reply: ReplyEntry,
    ) {
        let linked = self.disk().call(Kind::Link, request.pid(), |disk, how| {
            if disk.tree.lookup(parent.0, name).is_some() {
                return Err(Errno::EEXIST);
            }
            if !matches!(how, How::Refused(_)) {
                disk.tree.link(parent.0, name, id.0);
            }
            attributes(disk, id.0)
        });
        answer!(reply, linked, one => reply.entry(&REMEMBERED, &one, GENERATION));
    }

    fn open(&self, request: &Request, id: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let opened = self
            .disk()
            .call(Kind::Open, request.pid(), |disk, _| attributes(disk, id.0));
        answer!(reply, opened, _ => reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE));
    }

    fn create(
        &self,
        request: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let node = fresh(request, Body::File(Content::default()), mode & !umask);
        let made = self.made(Kind::Create, request, (parent, name), node);
        let flags = FopenFlags::FOPEN_KEEP_CACHE;
        answer!(reply, made, one => reply.created(&REMEMBERED, &one, GENERATION, FileHandle(0), flags));
    }

    fn read(
        &self,
        request: &Request,
        id: INodeNo,
        _: FileHandle,
        at: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = self.disk().call(Kind::Read, request.pid(), |disk, _| {
            let content = disk.tree.content_mut(id.0).ok_or(Errno::EISDIR)?;
            Ok(content.read(offset(at)?, offset(size.into())?).to_vec())
        });
        answer!(reply, read, bytes => reply.data(&bytes));
    }

    fn write(
        &self,
        request: &Request,
        id: INodeNo,
        _: FileHandle,
        at: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let written = self.disk().call(Kind::Write, request.pid(), |disk, how| {
            let bytes = match how {
                How::Refused(_) => &[],
                How::Short => &bytes[..bytes.len().div_ceil(2)],
                How::Done => bytes,
            };
            let content = disk.tree.content_mut(id.0).ok_or(Errno::EBADF)?;
            content.write(offset(at)?, bytes);
            if let Some(node) = disk.tree.node_mut(id.0) {
                node.changed = now();
            }
            u32::try_from(bytes.len()).map_err(|_| Errno::EFBIG)
        });
        answer!(reply, written, size => reply.written(size));
    }

    fn fsync(&self, request: &Request, id: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut disk = self.disk();
        let synced = disk.call(Kind::Fsync, request.pid(), |disk, how| disk.sync(id.0, how));
        answer!(reply, synced, () => reply.ok());
    }

    fn fsyncdir(&self, request: &Request, id: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let synced = self
            .disk()
            .call(Kind::FsyncFolder, request.pid(), |disk, how| {
                disk.sync_folder(id.0, how);
                Ok(())
            });
        answer!(reply, synced, () => reply.ok());
    }

    fn readdir(
        &self,
        request: &Request,
        id: INodeNo,
        _: FileHandle,
        from: u64,
        mut reply: ReplyDirectory,
    ) {
        let mut disk = self.disk();
        // The kernel asks until nothing more comes; the first question alone is the program's call.
        let listed = if from == 0 {
            disk.call(Kind::List, request.pid(), |_, _| Ok(()))
        } else {
            disk.powered()
        };
        let entries = listed.and_then(|()| disk.tree.names(id.0).ok_or(Errno::ENOTDIR));
        let entries = match entries {
            Ok(entries) => entries,
            Err(errno) => return reply.error(errno),
        };
        let itself = [(OsStr::new("."), ROOT), (OsStr::new(".."), ROOT)];
        let names = itself
            .into_iter()
            .chain(entries.iter().map(|(name, id)| (name.as_os_str(), *id)));
        for (number, (name, id)) in (0..)
            .zip(names)
            .skip(usize::try_from(from).unwrap_or(usize::MAX))
        {
            let kind = disk
                .tree
                .node(id)
                .map_or(FileType::RegularFile, |node| kind(&node.body));
            if reply.add(INodeNo(id), number + 1, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let free = BLOCKS / 2;
        reply.statfs(BLOCKS, free, free, NAMES, NAMES / 2, BLOCK, 255, BLOCK);
    }
}
