//! What a gateway keeps, and where:
//!
//! ```text
//! gateway.toml       configuration
//! institution.json   whom it speaks for: name, root public key, ledger, policy's SHA-256; pinned
//! policy             the trust policy, pinned
//! keys/member.age    this gateway's secret, an age file under a passphrase
//! keyring.json       the newest keyring: signed text, recipients, one age file a member
//! enrolment.json     an enrolment under way
//! replica.db         the index, encrypted; rebuilt from the data centre when it is lost
//! sftp-host-key      by which SFTP's programs know this gateway again, once it listens
//! shares             what people share by links, sealed
//! witness/           what this gateway cosigned
//! evidence/          what did not fit
//! rebuilders, release.json, previous/amana
//!                    which binary may run here; see `pins`
//! amana.sock         administration; its file mode is the authority
//! ```

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::durable::{lock_folder, make_private_folder, write_private};

/// The gateway's folder when none is named.
pub(crate) const DEFAULT_FOLDER: &str = "amana-gateway";

/// A gateway's folder.
#[derive(Clone)]
pub(crate) struct Folder(PathBuf);

/// Held for as long as this lives: one process changes the folder at a time.
pub(crate) struct Lock {
    _file: File,
}

impl Folder {
    /// The folder of that path, whether it is there or not.
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it, and the folder of its keys.
    ///
    /// # Errors
    /// When they can't be made.
    pub(crate) fn make(&self) -> Result<()> {
        make_private_folder(&self.0)?;
        make_private_folder(&self.0.join("keys"))
    }

    /// Takes it for this process alone.
    ///
    /// # Errors
    /// When another process has it.
    pub(crate) fn lock(&self) -> Result<Lock> {
        Ok(Lock {
            _file: lock_folder(&self.0)?,
        })
    }

    /// Path of this gateway's secret.
    pub(crate) fn member_key(&self) -> PathBuf {
        self.0.join("keys/member.age")
    }

    /// Path of the newest keyring.
    pub(crate) fn keyring(&self) -> PathBuf {
        self.0.join("keyring.json")
    }

    /// Path of what is pinned of the institution.
    pub(crate) fn institution(&self) -> PathBuf {
        self.0.join("institution.json")
    }

    /// Path of the pinned trust policy.
    pub(crate) fn policy(&self) -> PathBuf {
        self.0.join("policy")
    }

    /// Path of an enrolment under way.
    pub(crate) fn enrolment(&self) -> PathBuf {
        self.0.join("enrolment.json")
    }

    /// Path of the configuration.
    pub(crate) fn config(&self) -> PathBuf {
        self.0.join("gateway.toml")
    }

    /// Path of the key by which SFTP's programs know this gateway again.
    pub(crate) fn sftp_host_key(&self) -> PathBuf {
        self.0.join("sftp-host-key")
    }

    /// Folder of the witness.
    pub(crate) fn witness(&self) -> PathBuf {
        self.0.join("witness")
    }
}

/// What a JSON file of the folder holds, if the file is there.
///
/// # Errors
/// When it can't be read, or isn't what it must be.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .with_context(|| format!("{}: restore it from its backup", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
    }
}

/// Makes or replaces a JSON file of the folder, for its owner alone. Durable on return.
///
/// # Errors
/// As [`write_private`].
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_private(path, &(serde_json::to_string_pretty(value)? + "\n"))
}
