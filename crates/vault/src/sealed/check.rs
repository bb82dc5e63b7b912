//! What the fsck asks of sealed acts: that rows say what statements say, and that each statement was signed in time.

use std::ops::ControlFlow;

use amana_access::{Access, Keyrings};
use amana_seal::statement::PieceId;
use amana_store::check::Fault;
use amana_store::{Act as _, Entry, Reader, entries};

use super::act::{RecordSealed, SealedBody};
use super::views;
use crate::acts::recorded;
use crate::check::{Visit, reported};
use crate::model::Extent;
use crate::{Error, Result, Vault};

/// Visits the ciphertext that buckets hold, or why it can't be said where it lies.
pub(crate) fn each_piece(rows: &Reader<'_>, visit: &mut Visit<'_>) -> Result<ControlFlow<()>> {
    let mut outcome = Ok(ControlFlow::Continue(()));
    rows.each(
        "SELECT entry, bucket, size, blob, live, piece FROM sealed_pieces WHERE live = 1 ORDER BY ledger, piece",
        &[],
        |row| {
            let name = hex::encode(row.blob(5)?);
            let held = views::read_piece(row).and_then(|row| Ok((row.entry, held(rows, &name, &row)?)));
            outcome = reported(held.map_err(Error::from)).and_then(|held| {
                let held = held.map(|(entry, extent)| (entry, vec![extent]));
                visit(format!("the sealed piece {name}"), held)
            });
            Ok(match &outcome {
                Ok(flow) => *flow,
                Err(_) => ControlFlow::Break(()),
            })
        },
    )?;
    outcome
}

/// The extent of a piece, if its entry says what its row says.
fn held(rows: &Reader<'_>, name: &str, row: &views::PieceRow) -> amana_store::Result<Extent> {
    let body: SealedBody = recorded::body(rows, row.entry)?;
    let stated = body.statement.statement().piece;
    let extent = body.extent.filter(|extent| {
        let agrees = |id: PieceId| id.to_string() == name && extent.size_bytes == row.size_bytes;
        extent.blob == row.blob && stated.is_some_and(|piece| agrees(piece.id))
    });
    extent.ok_or_else(|| amana_store::Error::Damaged {
        what: "its row".into(),
        why: format!(
            "it doesn't say what entry {} says; rebuild the tables from the ledgers",
            row.entry
        ),
    })
}

impl Vault {
    /// Verifies every signature that an institution ever gave: its chain of keyrings from the root that was pinned, and
    /// each sealed act under the keyring of its time. Blocking, for about 50 µs an act.
    ///
    /// # Errors
    /// A failure of the store; what does not agree is reported.
    pub fn check_signatures(rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> Result<()> {
        for (ledger, name) in Access::enrolled(rows)? {
            let size = amana_store::LedgerInfo::by_id(rows, ledger)?.map_or(0, |info| info.size);
            let mut keyrings = Keyrings::default();
            entries::each_entry(rows, ledger, 0..size, |entry| {
                if let Err(why) = signed(&mut keyrings, &entry) {
                    report(Fault {
                        code: "signature",
                        what: format!("entry {} of {name}", entry.id.index()),
                        why,
                        advice: "The institution did not sign this: keep the folder as evidence, and tell the institution",
                    });
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Whether an entry bears the signatures that one of its kind needs.
fn signed(keyrings: &mut Keyrings, entry: &Entry) -> std::result::Result<(), String> {
    let core = entry.core().map_err(|error| error.to_string())?;
    if core.kind != RecordSealed::KIND {
        return keyrings.follow(entry).map_err(|error| error.to_string());
    }
    // An erased body was erased on the institution's word, or the check of the entries says that it is missing.
    let Some((_, body)) = &entry.body else {
        return Ok(());
    };
    let body: SealedBody = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let stated = body.statement.statement();
    let newest = keyrings
        .newest()
        .filter(|newest| newest.number == stated.keyring);
    let member = newest
        .and_then(|newest| newest.member(stated.member))
        .ok_or_else(|| {
            format!(
                "{} did not stand in the newest keyring when it was recorded",
                stated.member
            )
        })?;
    if core.by != format!("member:{}", stated.member) {
        return Err(format!(
            "it is recorded as an act of {}, and signed by {}",
            core.by, stated.member
        ));
    }
    let verified = body.statement.verify(&member.key);
    verified
        .and_then(|()| body.statement.check_envelope(&body.envelope))
        .map_err(|error| error.to_string())?;
    let brought = body.extent.map(|extent| (extent.size_bytes, extent.sha256));
    if brought != stated.piece.map(|piece| (piece.size_bytes, piece.sha256)) {
        return Err("its ciphertext is not the one that was signed for".to_owned());
    }
    Ok(())
}
