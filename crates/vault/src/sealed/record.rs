//! Taking a sealed act in: verified first, queued then.

use amana_access::Member;
use amana_seal::statement::{Piece, PieceId, SignedStatement};
use amana_store::content::MAX_INLINE_BYTES;
use amana_store::{BlobInfo, CommitError, Content, EntryId, LedgerId};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::act::{RecordSealed, SealedBody, SealedLinks, well_formed};
use super::refusal::SealedRefusal;
use super::stage::Staging;
use super::views;
use crate::model::Extent;
use crate::{Error, Result, Vault};

/// A sealed act as it was handed in.
pub struct HandedIn {
    /// The signed statement.
    pub statement: Bytes,
    /// The envelope.
    pub envelope: Bytes,
    /// Ciphertext of at most [`MAX_INLINE_BYTES`]; a longer piece waits in [`Staging`].
    pub content: Option<Bytes>,
}

/// The ciphertext that comes with an act.
enum SealedContent {
    Inline(Bytes),
    /// Durable already, and in [`Staging`]'s care until the act is recorded.
    Staged(BlobInfo),
}

/// Where a sealed act is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedRecorded {
    /// Its entry.
    pub entry: EntryId,
    /// When, milliseconds since 1970.
    pub time_ms: i64,
}

/// A sealed act whose signature, envelope and ciphertext are those of its statement.
pub struct VerifiedSealed(RecordSealed);

impl VerifiedSealed {
    /// SHA-256 of the signed statement, by which an acknowledgement names it.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.0.body.statement.digest()
    }
}

impl Vault {
    /// Verifies all of a sealed act that needs no look at the tables, before it is queued. Takes some 50 µs, and a look at the memos
    /// for a piece that came before it. Blocking.
    ///
    /// # Errors
    /// [`Error::Sealed`], [`Error::InvalidBucketName`].
    pub fn verify_sealed(
        &self,
        member: &Member,
        handed_in: HandedIn,
        staging: &Staging,
    ) -> Result<VerifiedSealed> {
        let HandedIn {
            statement,
            envelope,
            content,
        } = handed_in;
        let signed = SignedStatement::parse(&statement).map_err(SealedRefusal::from)?;
        let stated = signed.statement();
        let expected = self.store.centre()?.keys().origin(&member.ledger_name);
        if stated.ledger != expected {
            let named = stated.ledger.clone();
            return Err(SealedRefusal::WrongLedger { named, expected }.into());
        }
        signed.verify(&member.key).map_err(SealedRefusal::from)?;
        signed
            .check_envelope(&envelope)
            .map_err(SealedRefusal::from)?;
        well_formed(stated)?;
        let (extent, content) = match (&stated.piece, content) {
            (None, None) => (None, None),
            (Some(piece), content) => {
                let content = match content {
                    Some(bytes) => Some(SealedContent::Inline(bytes)),
                    None => staging.whole(member, piece.id)?.map(SealedContent::Staged),
                };
                let (extent, content) = matching(piece, content)?;
                (Some(extent), Some(content))
            }
            (None, Some(_)) => {
                let why = "ciphertext came that the statement doesn't name";
                return Err(SealedRefusal::Invalid { why }.into());
            }
        };
        Ok(VerifiedSealed(RecordSealed {
            by: member.caller.actor.clone(),
            ledger: member.caller.ledger,
            content,
            links: SealedLinks {
                bucket: None,
                act: hex::encode(stated.act),
                piece: stated
                    .piece
                    .map(|piece| amana_store::BlobId::from_bytes(piece.id.0)),
            },
            body: SealedBody {
                statement: signed,
                envelope: envelope.into(),
                extent,
                frees: Vec::new(),
            },
        }))
    }

    /// Records a sealed act: durable on return. One that is recorded already is answered with the entry that it has; the
    /// caller sees to it that this runs to its end, since ciphertext that was recorded must not be taken back.
    ///
    /// # Errors
    /// [`Error::Sealed`], [`Error::NoSuchBucket`], [`Error::BucketAlreadyExists`], [`Error::BucketAlreadyOwnedByYou`],
    /// [`Error::QuotaExceeded`], [`Error::Busy`], [`Error::Full`].
    pub async fn record_sealed(
        &self,
        act: VerifiedSealed,
        staging: &Staging,
    ) -> Result<SealedRecorded> {
        let (ledger, by) = (act.0.ledger, act.0.by.clone());
        let piece = act.0.body.statement.statement().piece;
        let admitted = match &act.0.body.extent {
            Some(extent) => self.admit_deposit(ledger, extent.size_bytes, 1).await,
            None => Ok(None),
        };
        let admitted = match (admitted, piece) {
            // What was recorded before is told again, however full it is since.
            (Err(Error::QuotaExceeded), Some(piece)) if self.has_piece(ledger, piece.id)? => None,
            (admitted, _) => admitted?,
        };
        match self.store.centre()?.commit(act.0).await {
            Ok(committed) => {
                if let Some(admitted) = admitted {
                    admitted.recorded();
                }
                if let Some(piece) = piece {
                    staging.recorded(ledger, by.to_string(), piece.id).await;
                }
                Ok(committed.output)
            }
            Err(CommitError::Refused(Error::Sealed(SealedRefusal::Recorded { index }))) => {
                let entry = EntryId::new(ledger, index).ok_or(amana_store::Error::TooLarge {
                    what: "an entry's index",
                    max: 1 << 40,
                })?;
                let time_ms = self.recorded_ms(entry)?;
                Ok(SealedRecorded { entry, time_ms })
            }
            Err(error) => Err(error.into()),
        }
    }

    fn has_piece(&self, ledger: LedgerId, piece: PieceId) -> Result<bool> {
        self.store
            .read(|rows| Ok(views::piece(rows, ledger, piece)?.is_some()))
    }

    fn recorded_ms(&self, id: EntryId) -> Result<i64> {
        self.store.read(|rows| {
            let entry = amana_store::entries::entry(rows, id)?;
            let entry = entry.ok_or_else(|| amana_store::Error::Missing {
                what: format!("entry {id}"),
            })?;
            Ok(entry.at()?.time_ms)
        })
    }
}

/// The content of the piece that a statement names, if it is the one.
fn matching(piece: &Piece, content: Option<SealedContent>) -> Result<(Extent, Content)> {
    let wrong = |why| {
        Error::from(SealedRefusal::WrongPiece {
            piece: piece.id,
            why,
        })
    };
    let content = content.ok_or_else(|| wrong("did not come"))?;
    let (size_bytes, sha256) = match &content {
        SealedContent::Inline(bytes) => (bytes.len() as u64, Sha256::digest(bytes).into()),
        SealedContent::Staged(blob) => (blob.size_bytes, blob.sha256),
    };
    if size_bytes != piece.size_bytes || sha256 != piece.sha256 {
        return Err(wrong("is not the one that the statement names"));
    }
    let mut extent = Extent {
        blob: None,
        size_bytes,
        sha256,
        chunks_root: None,
        part: None,
        checksum: None,
        // Ciphertext is all that the data centre ever sees of it.
        sealed: None,
    };
    let content = match content {
        SealedContent::Inline(bytes) if bytes.len() > MAX_INLINE_BYTES => {
            return Err(wrong("is too long to come with its act: send it before"));
        }
        SealedContent::Inline(bytes) => Content::Inline(bytes),
        SealedContent::Staged(blob) => {
            extent.blob = Some(blob.id);
            extent.chunks_root = Some(blob.chunks_root);
            Content::Blob(blob)
        }
    };
    Ok((extent, content))
}
