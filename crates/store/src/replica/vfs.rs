//! The engine's file system for replicas: one database a name, in a [`PageFile`], and nothing else.
//!
//! Its journal and its temporary tables are in memory, so no other file is ever opened: one that is asked for all the
//! same is refused, and nothing plain can reach a disk.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use sqlite_vfs::{
    DatabaseHandle, LockKind, OpenKind, OpenOptions, RegisterError, Vfs, WalDisabled,
};

use super::file::PageFile;
use super::sealing::{PAGE_BYTES, Page};
use crate::store::lock_state;
use crate::{Error, Result};

const NAME: &str = "amana-replica";

/// Files that are being opened, by the name that the engine opens them under.
type Files = Mutex<HashMap<String, Arc<PageFile>>>;

fn files() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(Files::default)
}

/// Opens the engine on a file.
pub(super) fn connect(file: &Arc<PageFile>) -> Result<Connection> {
    static REGISTERED: OnceLock<Result<(), RegisterError>> = OnceLock::new();
    // One connection is opened at a time: the registration counts files without a lock.
    static OPENING: Mutex<u64> = Mutex::new(0);
    let mut opened = lock_state(&OPENING);
    if let Err(error) = REGISTERED.get_or_init(|| sqlite_vfs::register(NAME, Replicas, false)) {
        return Err(Error::Failed {
            why: format!("the engine takes no file system: {error}"),
        });
    }
    *opened += 1;
    let name = format!("replica-{opened}");
    lock_state(files()).insert(name.clone(), file.clone());
    let flags = OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = Connection::open_with_flags_and_vfs(&name, flags, NAME);
    // The engine opens the file with its first statement.
    let connection = connection.and_then(|connection| {
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
        connection.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
        connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    lock_state(files()).remove(&name);
    Ok(connection?)
}

/// The file system.
struct Replicas;

impl Vfs for Replicas {
    type Handle = Handle;

    fn open(&self, name: &str, options: OpenOptions) -> io::Result<Handle> {
        let file = match options.kind {
            OpenKind::MainDb => lock_state(files()).get(name).cloned(),
            _ => None,
        };
        let file = file.ok_or_else(|| io::Error::other("a replica has one file"))?;
        Ok(Handle {
            file,
            lock: LockKind::None,
        })
    }

    fn delete(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn exists(&self, _: &str) -> io::Result<bool> {
        Ok(false)
    }

    fn temporary_name(&self) -> String {
        String::new()
    }

    fn random(&self, buffer: &mut [i8]) {
        let mut bytes = vec![0; buffer.len()];
        // The engine asks its default file system for randomness, not this one; and needs it for names alone.
        let _ = getrandom::fill(&mut bytes);
        for (place, byte) in buffer.iter_mut().zip(bytes) {
            *place = i8::from_ne_bytes([byte]);
        }
    }

    fn sleep(&self, duration: Duration) -> Duration {
        std::thread::sleep(duration);
        duration
    }
}

/// An open database. Its locks are for show: the file is locked against other processes, and has one connection.
struct Handle {
    file: Arc<PageFile>,
    lock: LockKind,
}

impl DatabaseHandle for Handle {
    type WalIndex = WalDisabled;

    fn size(&self) -> io::Result<u64> {
        Ok(self.file.pages() * PAGE_BYTES as u64)
    }

    fn read_exact_at(&mut self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            let (number, from) = place(offset);
            if number >= self.file.pages() {
                buffer.fill(0);
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let page = self.file.read(number)?;
            let len = buffer.len().min(PAGE_BYTES - from);
            let (now, later) = std::mem::take(&mut buffer).split_at_mut(len);
            now.copy_from_slice(&page[from..from + len]);
            buffer = later;
            offset += len as u64;
        }
        Ok(())
    }

    fn write_all_at(&mut self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            let (number, from) = place(offset);
            let len = bytes.len().min(PAGE_BYTES - from);
            let (now, later) = bytes.split_at(len);
            let mut page: Box<Page> = if len == PAGE_BYTES {
                Box::new([0; PAGE_BYTES])
            } else {
                self.file.read(number)?
            };
            page[from..from + len].copy_from_slice(now);
            self.file.write(number, page);
            bytes = later;
            offset += len as u64;
        }
        Ok(())
    }

    /// Nothing: a commit is the engine's matter, and saving is [`PageFile::save`]'s.
    fn sync(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.file.set_pages(size.div_ceil(PAGE_BYTES as u64));
        Ok(())
    }

    fn lock(&mut self, lock: LockKind) -> io::Result<bool> {
        self.lock = lock;
        Ok(true)
    }

    fn reserved(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn current_lock(&self) -> io::Result<LockKind> {
        Ok(self.lock)
    }

    fn wal_index(&self, _: bool) -> io::Result<WalDisabled> {
        Ok(WalDisabled)
    }
}

/// Number of the page, and where in it.
fn place(offset: u64) -> (u64, usize) {
    let page = PAGE_BYTES as u64;
    (
        offset / page,
        usize::try_from(offset % page).unwrap_or_default(),
    )
}
