//! The socket in the data folder, through which commands reach the running server. Its file mode is the authority.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::net::{UnixListener, UnixStream};

const NAME: &str = "amana.sock";
/// Longest path that a socket's address holds on every system that we know, with room for our suffix.
const MAX_ADDRESS_BYTES: usize = 90;

/// Path of the socket in a data folder.
pub(crate) fn path_in(data: &Path) -> PathBuf {
    data.join(NAME)
}

/// Listens on the socket of `data`. A socket that another server left is replaced: the folder's lock is held by then,
/// so no server can be behind it.
///
/// # Errors
/// When the socket can't be made.
pub(crate) fn listen(data: &Path) -> Result<UnixListener> {
    let path = path_in(data);
    let bind = || -> io::Result<UnixListener> {
        let (folder, _open) = addressable(data)?;
        let fresh = folder.join(format!("{NAME}.new"));
        remove_if_there(&fresh)?;
        let listener = UnixListener::bind(&fresh).or_else(|_| {
            // On a disk without room for one more file, the old one makes room: a full disk must not keep anybody from
            // reading and deleting.
            remove_if_there(&folder.join(NAME))?;
            UnixListener::bind(&fresh)
        })?;
        // The mode is set before the name is known, so that nobody slips in between.
        fs::set_permissions(&fresh, Permissions::from_mode(0o600))?;
        fs::rename(&fresh, folder.join(NAME))?;
        Ok(listener)
    };
    bind().with_context(|| {
        format!(
            "{}: the administration socket can't be made",
            path.display()
        )
    })
}

/// Connects to the server of `data`.
///
/// # Errors
/// When no server listens.
pub(crate) async fn connect(data: &Path) -> io::Result<UnixStream> {
    let (folder, _open) = addressable(data)?;
    UnixStream::connect(folder.join(NAME)).await
}

/// The folder by a name short enough for a socket's address: itself, or the open folder's own entry under `/proc`,
/// which lives as long as the file that comes with it.
fn addressable(data: &Path) -> io::Result<(PathBuf, Option<File>)> {
    if data.as_os_str().len() + NAME.len() < MAX_ADDRESS_BYTES {
        return Ok((data.to_owned(), None));
    }
    let open = File::open(data)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
    Ok((short, Some(open)))
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
