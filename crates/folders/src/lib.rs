//! Folders and files, for people who don't know buckets: WebDAV and SFTP onto the vault.
//!
//! What this crate promises:
//! - **A folder is a beginning of keys**: the folders at the top are the buckets, `reports/2026/june.pdf` in a bucket is the
//!   file `june.pdf` in two folders, and what is written through one front is read through every other, S3 included.
//! - **The rights are the person's**: each request carries somebody's access key, and sees what its grant allows.
//! - **Old or new, never mixed**: a file is replaced when all of it has come; what breaks off leaves the old one.
//! - **Each write is an act with a receipt**, told in `x-amana-receipt` by WebDAV, in the log and the status's text by SFTP.
//!
//! Invariants: a folder that was made, or whose last file was taken away, is an object of no bytes whose key ends with `/`,
//! as S3 programs make them; every other folder is there because something is in it.
//!
//! What it deliberately does not do: show keys that no path can name (empty parts, `.` and `..`, control characters) or
//! objects whose key is also a folder; change parts of a file in place; keep times, modes or owners of files; rename a
//! folder of more than [`MAX_MOVED`] files, or any folder at one stroke. S3 does the first two, and software copies and deletes
//! by itself.

mod error;
mod path;
mod patience;
mod sftp;
mod tree;
mod webdav;

use std::sync::Arc;

use amana_access::Caller;
use zeroize::Zeroizing;

pub use error::{Error, Result};
pub use path::Place;
pub use patience::Patience;
pub use sftp::{Authorized, HostKey, Sftp, is_request, public_key};
pub use tree::{Entry, Found, Keeping, Kind, MAX_MOVED, Reading, Standing, Tree, Version, Writing};
pub use webdav::WebDav;

/// Who holds an access key, and its secret; nothing when the key isn't known.
pub type Callers =
    Arc<dyn Fn(&str) -> Option<(Arc<Caller>, Zeroizing<String>)> + Send + Sync + 'static>;

/// The largest file: what S3 takes in one request.
pub const MAX_FILE_BYTES: u64 = 5 * 1024 * 1024 * 1024;
