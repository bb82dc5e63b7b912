//! An enrolment under way, in `enrolment.json`: kept before each step, so that `amana gateway init` goes on after an
//! interruption where it was, with the same nonce, and so with the same six words.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::folder::{Folder, read_json, write_json};

/// How far it came.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnderWay {
    /// The data centre's URL.
    pub(crate) centre: String,
    /// Our nonce in hexadecimal: committed to first, shown once the data centre has shown its own.
    pub(crate) nonce: String,
    /// What the data centre answered to the commitment.
    pub(crate) answered: Option<Answered>,
}

/// The data centre's answer to a commitment. What it said first is what counts: asked again it could choose a nonce that
/// suits it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// Its name for this enrolment.
    pub(crate) id: String,
    /// Its nonce in hexadecimal.
    pub(crate) nonce: String,
}

impl UnderWay {
    /// The enrolment of the folder: the one under way, or a new one with a fresh nonce. Durable on return.
    ///
    /// # Errors
    /// When the file can't be read or written, or an enrolment with another data centre is under way.
    pub(crate) fn take_up(folder: &Folder, centre: &str) -> Result<Self> {
        match read_json::<Self>(&folder.enrolment())? {
            Some(under_way) if under_way.centre == centre => Ok(under_way),
            Some(under_way) => bail!(
                "an enrolment with {} is under way; go on with it, or remove {} to begin another",
                under_way.centre,
                folder.enrolment().display()
            ),
            None => {
                let mut nonce = [0; 32];
                getrandom::fill(&mut nonce)
                    .map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
                let fresh = Self {
                    centre: centre.to_owned(),
                    nonce: hex::encode(nonce),
                    answered: None,
                };
                fresh.keep(folder)?;
                Ok(fresh)
            }
        }
    }

    /// Keeps it. Durable on return.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn keep(&self, folder: &Folder) -> Result<()> {
        write_json(&folder.enrolment(), self)
    }
}
