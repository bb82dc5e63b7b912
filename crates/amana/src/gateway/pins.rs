//! Which binary a gateway runs: pinned by its digest beside the trust policy, and changed by the old binary alone, once it
//! has judged the new one.
//!
//! ```text
//! rebuilders        who must have built the same bytes, and how many of them
//! release.json      digests: the binary in force, the one before it, one that may take over
//! previous/amana    the binary before, for one way back
//! ```
//!
//! What it protects from: a mistake, a package from elsewhere, a file swapped by somebody who can't also write the
//! gateway's folder. What it does not protect from: whoever is root on this machine, and a hostile binary that runs all
//! the same, since it need not look at its own digest. That is why the old one looks before the new one is installed.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use amana_ledger::{Hash, MAX_POLICY_BYTES, Rebuilders, digits};
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::folder::{Folder, read_json, write_json};
use crate::commands::receipt::read_bounded;
use crate::commands::release::read_rebuilders;
use crate::durable::write_private;
use crate::output;
use crate::release::own_digest;

/// The digests, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pins {
    /// The binary in force.
    pub(crate) binary: String,
    /// The one that was in force before, and is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<String>,
    /// One that was judged, and takes over when it first starts: both may run in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) admitted: Option<String>,
}

impl Pins {
    /// What the folder pins, if it pins rebuilders.
    ///
    /// # Errors
    /// When a file can't be read, or is missing beside the other.
    pub(crate) fn load(folder: &Folder) -> Result<Option<Self>> {
        if !rebuilders_path(folder).exists() {
            return Ok(None);
        }
        let path = path(folder);
        match read_json(&path)? {
            Some(pins) => Ok(Some(pins)),
            None => bail!(
                "{} is missing: restore it from its backup, or pin the binary anew with amana gateway init --rebuilders",
                path.display()
            ),
        }
    }

    /// Keeps them. Durable on return.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn keep(&self, folder: &Folder) -> Result<()> {
        let path = path(folder);
        write_json(&path, self)?;
        // An upgrade runs as root, to replace what only root may; the gateway itself reads its pins as who it is.
        let owner = fs::metadata(folder.path()).with_context(|| path.display().to_string())?;
        if fs::metadata(&path).is_ok_and(|file| file.uid() != owner.uid()) {
            chown(&path, Some(owner.uid()), Some(owner.gid())).with_context(|| {
                format!("{} can't be given to its folder's owner", path.display())
            })?;
        }
        Ok(())
    }

    /// A binary that was judged may take over.
    pub(crate) fn admit(&self, digest: &Hash) -> Self {
        Self {
            admitted: Some(digits(digest)),
            ..self.clone()
        }
    }

    /// It has taken over; the one in force until now is kept for one way back.
    pub(crate) fn take_over(self) -> Self {
        match self.admitted {
            Some(admitted) if admitted != self.binary => Self {
                binary: admitted,
                previous: Some(self.binary),
                admitted: None,
            },
            _ => Self {
                admitted: None,
                ..self
            },
        }
    }
}

/// Refuses to go on unless this binary is the pinned one, or the one that may take over, which then does. Blocking.
///
/// # Errors
/// When it is another one.
pub(crate) fn settle(folder: &Folder) -> Result<()> {
    let Some(pins) = Pins::load(folder)? else {
        return Ok(());
    };
    let own = digits(&own_digest()?);
    if own == pins.binary {
        return Ok(());
    }
    if pins.admitted.as_ref() == Some(&own) {
        return pins.take_over().keep(folder);
    }
    let path = folder.path().display();
    bail!(
        "this is not the binary that was pinned at the last upgrade: its SHA-256 is {own}, and should be {}. Nothing was \
         opened. If it is a release, let the pinned binary judge it: amana gateway upgrade FILE --data {path}; if nobody \
         knows where it comes from, take this machine off the line and look who was at it. (This check stops mistakes and \
         swapped files, not whoever is root here, nor a binary made to skip it)",
        pins.binary
    )
}

/// Pins who must have rebuilt what runs here, and the binary that runs now.
///
/// # Errors
/// When the file lists no rebuilders, or can't be kept.
pub(crate) fn pin(folder: &Folder, given: &Path) -> Result<()> {
    let bytes = read_bounded(given, MAX_POLICY_BYTES)?;
    let rebuilders = read_rebuilders(&bytes, given)?;
    let text = String::from_utf8(bytes).context("the rebuilders' file is not text")?;
    let pins = match read_json::<Pins>(&path(folder))? {
        // Other rebuilders change nothing about the binary that was judged before.
        Some(pins) => pins,
        None => Pins {
            binary: digits(&own_digest()?),
            previous: None,
            admitted: None,
        },
    };
    pins.keep(folder)?;
    write_private(&rebuilders_path(folder), &text)?;
    let names = rebuilders.all().iter().map(|one| one.key.name().to_owned());
    output::error(&format!(
        "from now on this gateway runs what these rebuilders vouch for: {}\n  the binary that is pinned has the SHA-256 {}\n  \
         see that it is one of theirs: amana version --verify",
        names.collect::<Vec<_>>().join(", "),
        pins.binary
    ));
    Ok(())
}

/// The rebuilders that the folder pins.
///
/// # Errors
/// When there are none.
pub(crate) fn rebuilders(folder: &Folder) -> Result<Rebuilders> {
    let path = rebuilders_path(folder);
    if !path.exists() {
        bail!(
            "this gateway pins no rebuilders, so nobody vouches for an upgrade: amana gateway init --data {} --centre URL \
             --rebuilders FILE, with a file from a source that isn't the operator",
            folder.path().display()
        );
    }
    read_rebuilders(&read_bounded(&path, MAX_POLICY_BYTES)?, &path)
}

/// Where the binary before is kept.
pub(crate) fn previous(folder: &Folder) -> PathBuf {
    folder.path().join("previous/amana")
}

/// Forgets the binary before: it was taken back, or there is a newer one.
pub(crate) fn drop_previous(folder: &Folder) {
    // What can't be removed is never run: its digest is not pinned any more.
    let _ = fs::remove_file(previous(folder));
}

fn path(folder: &Folder) -> PathBuf {
    folder.path().join("release.json")
}

fn rebuilders_path(folder: &Folder) -> PathBuf {
    folder.path().join("rebuilders")
}
