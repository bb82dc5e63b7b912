//! What a gateway pins of its institution, in `institution.json`.

use anyhow::{Result, anyhow};
use serde::{Deserialize, Serialize};

use super::folder::{Folder, read_json, write_json};

/// What is pinned. The file is made when the keys are, and gains the data centre's side at enrolment.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Institution {
    /// Its name, as the data centre has it.
    pub(crate) name: String,
    /// The root's public signing key, in base64: every keyring begins with its signature.
    pub(crate) root: String,
    /// This gateway's member id.
    pub(crate) member: String,
    /// Where the pages of shares were written, until they are gone from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pages: Option<std::path::PathBuf>,
    /// The data centre, once the operator has confirmed the six words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enrolled: Option<Enrolled>,
}

/// The data centre's side.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Enrolled {
    /// Origin of the institution's ledger.
    pub(crate) ledger: String,
    /// SHA-256 of the pinned trust policy.
    pub(crate) policy_sha256: String,
}

impl Institution {
    /// What the folder pins, if anything.
    ///
    /// # Errors
    /// When the file can't be read, or is damaged.
    pub(crate) fn load(folder: &Folder) -> Result<Option<Self>> {
        read_json(&folder.institution())
    }

    /// What the folder pins.
    ///
    /// # Errors
    /// As [`Institution::load`], and when there are no keys yet.
    pub(crate) fn of(folder: &Folder) -> Result<Self> {
        Self::load(folder)?.ok_or_else(|| {
            let path = folder.path().display();
            anyhow!(
                "{path} holds no gateway: make its keys with amana keys init --institution NAME --data {path}, or all at \
                 once with amana gateway init"
            )
        })
    }

    /// The name of the witness inside this gateway: the institution's, and the gateway's beside it, since there may be
    /// several.
    pub(crate) fn witness_name(&self) -> String {
        format!("{}/gateway-{}", self.name, self.member)
    }

    /// Keeps it. Durable on return.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn keep(&self, folder: &Folder) -> Result<()> {
        write_json(&folder.institution(), self)
    }
}
