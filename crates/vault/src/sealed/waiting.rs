//! Whole pieces that wait for the act that names them: memos, so that the act may come to another node than its piece.

use amana_access::Member;
use amana_seal::statement::PieceId;
use amana_store::blobs::chunks_root;
use amana_store::{BlobId, BlobInfo, LedgerId, Store};
use serde::{Deserialize, Serialize};

use super::refusal::SealedRefusal;
use super::views;
use crate::{Error, Result};

/// Kind of their memos, each under its ledger, its member, and its own name.
const KIND: &str = "pieces";
/// Pieces of one member that wait for their acts at most.
const MAX_WAITING: usize = 512;
/// A piece that no act named in this time is let go.
const MAX_AGE_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// One that was looked at since then isn't old, as long as it takes to record its act.
const FRESH_MS: i64 = 60 * 60 * 1000;

/// What a memo says of a piece's blob.
#[derive(Serialize, Deserialize)]
struct Waiting {
    blob: BlobId,
    size_bytes: u64,
    /// SHA-256 of all of it, then of each chunk, in hexadecimal digits.
    digests: String,
}

impl Waiting {
    fn text(blob: &BlobInfo) -> String {
        let mut digests = hex::encode(blob.sha256);
        for chunk in &blob.chunks {
            digests += &hex::encode(chunk.as_bytes());
        }
        let waiting = Self {
            blob: blob.id,
            size_bytes: blob.size_bytes,
            digests,
        };
        serde_json::to_string(&waiting).expect("a name, a number and a text are JSON")
    }

    fn parse(text: &str) -> Result<BlobInfo> {
        let malformed = || amana_store::Error::Damaged {
            what: "the memo of a piece that waits".into(),
            why: "it doesn't say which blob it is".into(),
        };
        let waiting: Self = serde_json::from_str(text).map_err(|_| malformed())?;
        let digests = hex::decode(&waiting.digests).map_err(|_| malformed())?;
        let ([sha256, chunks @ ..], []) = digests.as_chunks::<32>() else {
            return Err(malformed().into());
        };
        let chunks: Vec<_> = chunks.iter().map(|chunk| (*chunk).into()).collect();
        Ok(BlobInfo {
            id: waiting.blob,
            size_bytes: waiting.size_bytes,
            sha256: *sha256,
            chunks_root: chunks_root(&chunks),
            chunks,
        })
    }
}

fn of_member(ledger: LedgerId, by: &str) -> String {
    format!("{}/{by}/", ledger.0)
}

fn name(ledger: LedgerId, by: &str, piece: PieceId) -> String {
    of_member(ledger, by) + &piece.to_string()
}

/// Has a whole piece wait. Blocking; after a failure it may wait or not.
///
/// # Errors
/// [`SealedRefusal::TooManyPieces`], a failure of the memos.
pub(super) fn keep(store: &Store, member: &Member, piece: PieceId, blob: &BlobInfo) -> Result<()> {
    let (ledger, by) = (member.caller.ledger, &*member.caller.actor);
    store.change_memos(KIND, |memos| {
        if memos.names(&of_member(ledger, by))?.len() >= MAX_WAITING {
            return Err(Error::from(SealedRefusal::TooManyPieces {
                max: MAX_WAITING,
            }));
        }
        memos.set(&name(ledger, by, piece), Some(Waiting::text(blob)));
        Ok(())
    })
}

/// A member's piece that waits. It stays until [`recorded`]. Blocking.
///
/// # Errors
/// A failure of the memos.
pub(super) fn find(store: &Store, member: &Member, piece: PieceId) -> Result<Option<BlobInfo>> {
    let name = name(member.caller.ledger, &member.caller.actor, piece);
    let Some(memo) = store.memo(KIND, &name)? else {
        return Ok(None);
    };
    let mut text = Some(memo.text);
    if store.now_ms() - memo.at_ms > FRESH_MS {
        // Written once more it is new; one that was let go of in this instant is gone.
        text = store.change_memo(KIND, &name, |known| {
            let known = known.map(str::to_owned);
            Ok::<_, Error>((known.clone(), known))
        })?;
    }
    text.map(|text| Waiting::parse(&text)).transpose()
}

/// Forgets a piece whose act is recorded: its blob is the act's. Blocking.
pub(super) fn recorded(store: &Store, ledger: LedgerId, by: &str, piece: PieceId) {
    let gone = store.change_memo(KIND, &name(ledger, by, piece), |_| {
        Ok::<_, amana_store::Error>((None, ()))
    });
    if let Err(error) = gone {
        // Later it is old, and its blob is found to be the act's.
        tracing::warn!(%piece, %error, "the memo of a recorded piece stays for a while");
    }
}

/// Lets go of what no act named in days. A blob that a row names after all is not touched. Blocking.
///
/// # Errors
/// A failure of the memos or the rows.
pub(super) fn let_go_of_old(store: &Store) -> Result<()> {
    let before_ms = store.now_ms() - MAX_AGE_MS;
    let old = store.change_memos(KIND, |memos| {
        let mut old = Vec::new();
        for (name, at_ms) in memos.names("")? {
            if at_ms < before_ms
                && let Some(memo) = memos.find(&name)?
            {
                old.push((name.clone(), memo.text));
                memos.set(&name, None);
            }
        }
        Ok::<_, Error>(old)
    })?;
    for (name, text) in old {
        let mut parts = name.split('/');
        let ledger = parts.next().and_then(|ledger| ledger.parse().ok());
        let piece = parts.next_back().and_then(|piece| piece.parse().ok());
        let (Some(ledger), Some(piece)) = (ledger.map(LedgerId), piece) else {
            continue;
        };
        let blob = Waiting::parse(&text)?.id;
        let recorded = store.read(|rows| views::piece(rows, ledger, piece))?;
        if recorded.is_none()
            && let Err(error) = store.blobs().remove(blob)
        {
            tracing::warn!(%blob, %error, "a piece that no act named stays until it is swept");
        }
    }
    Ok(())
}
