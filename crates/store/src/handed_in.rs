//! Content that its owner hands in again, though the data centre be read-only: a restored folder has the entries that
//! were given back, and not always what they brought.

use std::io::Read;

use bytes::Bytes;

use crate::content::{read_chunks, read_inline, replace_inline};
use crate::copies::{Repair, Wanted, Was};
use crate::{Reader, Result, Source, Store};

impl Store {
    /// Whether content has its place here. Nothing of it is read: what is damaged the scrub finds. Blocking.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn has_place_of(&self, rows: &Reader<'_>, wanted: &Wanted) -> Result<bool> {
        match (wanted.source, wanted.chunks_root) {
            (Source::Entry(_), _) => match read_inline(rows, wanted.entry, &wanted.sha256) {
                Err(error) if error.is_damage() => Ok(false),
                found => found.map(|_| true),
            },
            (Source::Blob(blob), _) => Ok(self.blobs().path(blob).is_file()),
        }
    }

    /// Takes large content in again, in place of what is missing or damaged; says whether it was needed. Each chunk is held
    /// against the ledger's digests before it has a name. Blocking; durable on return.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] when it isn't what the ledger says; a failure of the disk.
    pub fn take_blob(&self, wanted: &Wanted, content: &mut dyn Read) -> Result<bool> {
        let Source::Blob(blob) = wanted.source else {
            return Ok(false);
        };
        self.shared.places.one_at_a_time(wanted.key(), || {
            if self.is_whole(wanted, &|| {})?.is_none() {
                return Ok(false);
            }
            let chunks = wanted
                .chunks_root
                .and_then(|root| self.read(|rows| read_chunks(rows, blob, &root)).ok());
            let from = "what its owner handed in";
            if !self.receive(wanted, blob, chunks.as_deref(), from, content)? {
                return Err(crate::Error::Refused {
                    what: format!("the content of {}", wanted.entry),
                    why: "it is not what the ledger says".into(),
                });
            }
            self.note_taken(wanted, from);
            Ok(true)
        })
    }

    /// Takes small content in again; says whether it was needed. Durable on return.
    ///
    /// # Errors
    /// As [`Store::take_blob`].
    pub async fn take_small(&self, wanted: &Wanted, content: Bytes) -> Result<bool> {
        use sha2::Digest as _;
        let found: [u8; 32] = sha2::Sha256::digest(&content).into();
        if found != wanted.sha256 {
            return Err(crate::Error::Refused {
                what: format!("the content of {}", wanted.entry),
                why: "it is not what the ledger says".into(),
            });
        }
        let (wanted, shared) = (*wanted, self.shared.clone());
        let taken = self
            .alone_though_read_only(move |group| {
                group.transact_given(|rows| {
                    let held = shared.catalog.is_held(rows, wanted.entry, wanted.source)?;
                    let own = read_inline(rows, wanted.entry, &wanted.sha256);
                    match own {
                        Ok(_) => Ok(false),
                        Err(_) => replace_inline(rows, wanted.entry, &content, held),
                    }
                })
            })
            .await?;
        if taken {
            self.note_taken(&wanted, "what its owner handed in");
        }
        Ok(taken)
    }

    fn note_taken(&self, wanted: &Wanted, from: &str) {
        self.shared.places.note_repair(Repair {
            wanted: *wanted,
            was: Was::Missing,
            why: "it was lost".to_owned(),
            from: from.to_owned(),
            at_ms: self.now_ms(),
        });
    }
}
