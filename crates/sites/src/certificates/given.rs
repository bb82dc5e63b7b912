//! Certificates that the operator gives, in a folder: `NAME.crt`, a chain in PEM, and `NAME.key` beside it. What they are for stands
//! in them, not in their names.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use amana_tls::Certificates;
use zeroize::Zeroizing;

/// The folder, and what was read of it.
pub struct Given {
    folder: PathBuf,
    /// Of each chain, when it and its key were changed last.
    seen: HashMap<PathBuf, [Option<SystemTime>; 2]>,
}

impl Given {
    /// Of that folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            seen: HashMap::new(),
        }
    }

    /// Takes what is new or changed. Blocking. A pair that is half written is taken the next time.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn take(&mut self, certificates: &Certificates) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let chain = entry?.path();
            if chain.extension().is_none_or(|ending| ending != "crt") {
                continue;
            }
            let key = chain.with_extension("key");
            let changed = [&chain, &key].map(|path| {
                let data = fs::metadata(path);
                data.and_then(|data| data.modified()).ok()
            });
            if self.seen.get(&chain) == Some(&changed) {
                continue;
            }
            let read =
                fs::read(&chain).and_then(|text| Ok((text, Zeroizing::new(fs::read(&key)?))));
            let taken = match read {
                Ok((chain, key)) => certificates
                    .take(&chain, &key)
                    .map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            match taken {
                Ok((names, _)) => tracing::info!(?names, "a certificate is taken"),
                Err(error) => {
                    tracing::warn!(path = %chain.display(), error, "a certificate can't be taken");
                }
            }
            self.seen.insert(chain, changed);
        }
        Ok(())
    }
}
