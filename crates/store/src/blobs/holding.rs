//! Blobs that stay while somebody copies them.

use super::Blobs;
use crate::store::lock_state;
use crate::{Error, Result};

/// Blobs stay for as long as this lives; a crash meanwhile leaves them without a row, and the next start sets them aside.
pub(crate) struct Held(Blobs);

impl Blobs {
    /// Has every blob stay until the guard goes.
    ///
    /// # Errors
    /// [`Error::Folder`] when somebody holds them already.
    pub(crate) fn hold(&self) -> Result<Held> {
        let mut held = lock_state(&self.held);
        if held.is_some() {
            return Err(Error::Folder {
                path: self.root.to_path_buf(),
                why: "another backup is under way; wait for its end".into(),
            });
        }
        *held = Some(Vec::new());
        Ok(Held(self.clone()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let due = lock_state(&self.0.held).take().unwrap_or_default();
        for id in due {
            if let Err(error) = self.0.remove(id) {
                tracing::warn!(blob = %id, %error, "a freed blob could not be removed and waits for the next start");
            }
        }
    }
}
