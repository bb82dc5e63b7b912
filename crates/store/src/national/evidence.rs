//! What witnesses hand in: cosignatures, and checkpoints of ours that we no longer know.
//!
//! These rows are no view of the entries: they are other people's evidence, and each proves itself.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use amana_ledger::{Checkpoint, Note, Signature, root_at, verify_cosignature};

use super::quorum::Quorums;
use crate::store::Shared;
use crate::{Error, LedgerId, LedgerInfo, Reader, Result, Store, Tiles, Value, Writer};

/// Cosigned sizes kept for each ledger; receipts need one at or beyond their entry, so that old ones can go.
const MAX_COSIGNED_SIZES: i64 = 256;

/// A cosignature that a witness hands in.
pub struct HandedIn {
    /// The log.
    pub origin: String,
    /// The size of the checkpoint.
    pub size: u64,
    /// The signature line.
    pub signature: Signature,
}

/// Why a witness's evidence made the data centre read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anomaly {
    /// We signed more entries than we have: this is an older copy of ourselves.
    Behind {
        /// The ledger.
        origin: String,
        /// What we have.
        ours: u64,
        /// What we signed once.
        signed: u64,
    },
    /// We signed another root at a size that we have: history was rewritten.
    Forked {
        /// The ledger.
        origin: String,
        /// The size.
        size: u64,
    },
}

impl std::fmt::Display for Anomaly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Behind {
                origin,
                ours,
                signed,
            } => write!(
                f,
                "a witness holds our signed checkpoint of {origin} with {signed} entries, and we have {ours}: this data \
                 folder is older than what was acknowledged. Stop the server and bring back the newest copy of the data \
                 folder; or have those who followed it give the missing entries back, with the server running (amana ledger \
                 give-back); if nobody has them, the institution must sign a successor ledger that names the lost entries \
                 {ours} to {}",
                signed - 1
            ),
            Self::Forked { origin, size } => write!(
                f,
                "a witness holds our signed checkpoint of {origin} at {size} entries with another root than ours: the \
                 ledger was rewritten after it was signed. Stop the server, keep the data folder as evidence, and bring \
                 back the copy that `amana ledger verify` accepts"
            ),
        }
    }
}

impl Shared {
    /// The ledger with that origin.
    pub(crate) fn ledger_of(&self, rows: &Reader<'_>, origin: &str) -> Result<Option<LedgerInfo>> {
        if origin == self.keys.national_origin() {
            return LedgerInfo::by_id(rows, LedgerId::NATIONAL);
        }
        match origin.strip_prefix(&self.keys.origin("")) {
            Some(name) => LedgerInfo::named(rows, name),
            None => Ok(None),
        }
    }

    /// A ledger's checkpoint at a size that it has reached, unsigned.
    pub(crate) fn checkpoint(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        size: u64,
    ) -> Result<Checkpoint> {
        let origin = self.log_origin(info);
        let root = if size == info.size {
            info.root
        } else {
            let mut tiles = Tiles::new(rows, info.id);
            root_at(size, &mut |node| tiles.node(node))?
        };
        Ok(Checkpoint { origin, size, root })
    }

    /// The checkpoint, signed, with the cosignatures that were handed in.
    pub(crate) fn cosigned(&self, rows: &Reader<'_>, info: &LedgerInfo, size: u64) -> Result<Note> {
        let mut note = self
            .checkpoint(rows, info, size)?
            .sign(&self.log_key(info))?;
        let lines = rows.all(
            "SELECT line FROM cosignatures WHERE ledger = $1 AND size = $2 ORDER BY witness",
            &[info.id.0.into(), size.cast_signed().into()],
            |row| Ok(row.text(0)?.parse()?),
        )?;
        note.signatures.extend(lines);
        Ok(note)
    }
}

/// Raw public keys of the witnesses that cosigned a ledger at a size.
pub(crate) fn cosigners(
    rows: &Reader<'_>,
    ledger: LedgerId,
    size: u64,
) -> Result<BTreeSet<Vec<u8>>> {
    let keys = rows.all(
        "SELECT witness FROM cosignatures WHERE ledger = $1 AND size = $2",
        &[ledger.0.into(), size.cast_signed().into()],
        |row| Ok(row.blob(0)?.to_vec()),
    )?;
    Ok(keys.into_iter().collect())
}

/// Whether a quorum cosigned a ledger at a size.
pub(crate) fn is_witnessed(
    rows: &Reader<'_>,
    quorums: &Quorums,
    ledger: LedgerId,
    size: u64,
) -> Result<bool> {
    Ok(quorums.met(&cosigners(rows, ledger, size)?))
}

/// The smallest size above `index` that a quorum cosigned.
pub(crate) fn first_witnessed(
    rows: &Reader<'_>,
    quorums: &Quorums,
    ledger: LedgerId,
    index: u64,
) -> Result<Option<u64>> {
    let sql =
        "SELECT size, witness FROM cosignatures WHERE ledger = $1 AND size > $2 ORDER BY size";
    let values = [ledger.0.into(), index.cast_signed().into()];
    met_first(rows, quorums, sql, &values)
}

/// The largest size that a quorum cosigned.
pub(crate) fn newest_witnessed(
    rows: &Reader<'_>,
    quorums: &Quorums,
    ledger: LedgerId,
) -> Result<Option<u64>> {
    let sql = "SELECT size, witness FROM cosignatures WHERE ledger = $1 ORDER BY size DESC";
    met_first(rows, quorums, sql, &[ledger.0.into()])
}

/// The first size, in the order of the answer, whose witnesses are a quorum. It reads no further: a ledger has hundreds
/// of cosigned sizes, and as a rule one of the first is enough.
fn met_first(
    rows: &Reader<'_>,
    quorums: &Quorums,
    sql: &str,
    values: &[Value<'_>],
) -> Result<Option<u64>> {
    let (mut met, mut at, mut cosigners) = (None, 0, BTreeSet::new());
    rows.each(sql, values, |row| {
        let size = row.int(0)?.cast_unsigned();
        if size != at {
            cosigners.clear();
            at = size;
        }
        cosigners.insert(row.blob(1)?.to_vec());
        if !quorums.met(&cosigners) {
            return Ok(ControlFlow::Continue(()));
        }
        met = Some(size);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(met)
}

/// Whether an epoch committed that head: nothing else is ever asked for.
fn is_epoch_head(rows: &Reader<'_>, ledger: LedgerId, size: u64) -> Result<bool> {
    let sql = "SELECT 1 FROM epoch_heads WHERE ledger = $1 AND size = $2 LIMIT 1";
    let head = rows.one(sql, &[ledger.0.into(), size.cast_signed().into()], |_| {
        Ok(())
    })?;
    Ok(head.is_some())
}

/// Drops old cosignatures, and never those of the newest size that a quorum stands behind: one witness alone can't push
/// the others' out.
fn prune(shared: &Shared, rows: &Writer<'_>, ledger: LedgerId) -> Result<()> {
    let old = rows.one(
        "SELECT DISTINCT size FROM cosignatures WHERE ledger = $1 ORDER BY size DESC LIMIT 1 OFFSET $2",
        &[ledger.0.into(), MAX_COSIGNED_SIZES.into()],
        |row| row.int(0),
    )?;
    let Some(old) = old else { return Ok(()) };
    let quorums = Quorums::of(shared, rows, ledger)?;
    let Some(witnessed) = newest_witnessed(rows, &quorums, ledger)? else {
        return Ok(());
    };
    rows.execute(
        "DELETE FROM cosignatures WHERE ledger = $1 AND size <= $2 AND size < $3",
        &[ledger.0.into(), old.into(), witnessed.cast_signed().into()],
    )?;
    Ok(())
}

impl Store {
    /// Keeps cosignatures that verify under the trust policy, or under their ledger's own; returns how many. Durable on
    /// return.
    ///
    /// # Errors
    /// A failure of the rows. A line that doesn't verify is left out, and logged.
    pub async fn add_cosignatures(&self, handed_in: Vec<HandedIn>) -> Result<usize> {
        let good = self.read(|rows| -> Result<Vec<_>> {
            let mut good = Vec::new();
            for cosignature in handed_in {
                match self.check_cosignature(rows, &cosignature) {
                    Ok(row) => good.push(row),
                    Err(error) => tracing::warn!(origin = cosignature.origin, %error, "a cosignature was refused"),
                }
            }
            Ok(good)
        })?;
        if good.is_empty() {
            return Ok(0);
        }
        let shared = self.shared.clone();
        self.alone(move |group| {
            group.transact_evidence(|rows| {
                for (ledger, size, witness, line) in &good {
                    rows.execute(
                        "INSERT INTO cosignatures (ledger, size, witness, line) VALUES ($1, $2, $3, $4)
                         ON CONFLICT (ledger, size, witness) DO NOTHING",
                        &[
                            ledger.0.into(),
                            size.cast_signed().into(),
                            witness.as_slice().into(),
                            line.as_str().into(),
                        ],
                    )?;
                    prune(&shared, rows, *ledger)?;
                }
                Ok(())
            })?;
            Ok(good.len())
        })
        .await
    }

    fn check_cosignature(
        &self,
        rows: &Reader<'_>,
        given: &HandedIn,
    ) -> Result<(LedgerId, u64, [u8; 32], String)> {
        let unknown = || Error::Missing {
            what: format!("ledger {} at {} entries", given.origin, given.size),
        };
        let info = self
            .shared
            .ledger_of(rows, &given.origin)?
            .filter(|info| given.size <= info.size);
        let info = info.ok_or_else(unknown)?;
        if info.id != LedgerId::NATIONAL && !is_epoch_head(rows, info.id, given.size)? {
            return Err(unknown());
        }
        let quorums = Quorums::of(&self.shared, rows, info.id)?;
        let witness = quorums.witnesses().find(|key| given.signature.is_by(key));
        let witness = witness.ok_or_else(|| Error::Missing {
            what: format!(
                "the witness {} in the policy of {}",
                given.signature.name, given.origin
            ),
        })?;
        let body = self.shared.checkpoint(rows, &info, given.size)?.body();
        verify_cosignature(&body, &given.signature, witness)?;
        Ok((
            info.id,
            given.size,
            *witness.key_bytes(),
            given.signature.to_string(),
        ))
    }

    /// Judges a checkpoint that a witness holds under our signature. If it shows that we are behind, or forked, the
    /// store becomes read-only and says why.
    ///
    /// # Errors
    /// A note that we didn't sign, or a failure of the rows.
    pub fn weigh_evidence(&self, note: &Note) -> Result<Option<Anomaly>> {
        self.shared.weigh_shown(note)
    }
}

impl Shared {
    /// What a checkpoint under our signature says of what we have.
    pub(crate) fn judge(&self, rows: &Reader<'_>, note: &Note) -> Result<Option<Anomaly>> {
        let origin = note.text.lines().next().unwrap_or_default().to_owned();
        let Some(info) = self.ledger_of(rows, &origin)? else {
            return self.judge_unknown(note, origin);
        };
        let signed = Checkpoint::of_note(note, &self.verifier(&info))?;
        if signed.size > info.size {
            return Ok(Some(Anomaly::Behind {
                origin,
                ours: info.size,
                signed: signed.size,
            }));
        }
        let ours = self.checkpoint(rows, &info, signed.size)?;
        Ok((ours.root != signed.root).then_some(Anomaly::Forked {
            origin,
            size: signed.size,
        }))
    }

    /// A ledger that we don't have, under a key that would be ours: it was opened after this copy was taken.
    fn judge_unknown(&self, note: &Note, origin: String) -> Result<Option<Anomaly>> {
        let Some(name) = origin.strip_prefix(&self.keys.origin("")) else {
            return Ok(None);
        };
        if !amana_ledger::is_ledger_name(name) {
            return Ok(None);
        }
        let signed = Checkpoint::of_note(note, &self.keys.ledger_key(name).verifier())?;
        Ok(Some(Anomaly::Behind {
            origin,
            ours: 0,
            signed: signed.size,
        }))
    }
}

impl Store {
    /// A ledger's checkpoint at a size that it has reached, signed, with the cosignatures at hand: what its readers are
    /// given.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn signed_checkpoint(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        size: u64,
    ) -> Result<Note> {
        self.shared.cosigned(rows, info, size)
    }

    /// A ledger's row in the registry, signed by the national log's key.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn signed_row(&self, rows: &Reader<'_>, info: &LedgerInfo) -> Result<Note> {
        let row = self.shared.registry_row(rows, info)?;
        self.shared.sign_row(info.id, &row)
    }

    /// Every cosignature of a ledger at hand, by size.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn cosignatures(
        &self,
        rows: &Reader<'_>,
        ledger: LedgerId,
    ) -> Result<Vec<(u64, Signature)>> {
        rows.all(
            "SELECT size, line FROM cosignatures WHERE ledger = $1 ORDER BY size, witness",
            &[ledger.0.into()],
            |row| Ok((row.int(0)?.cast_unsigned(), row.text(1)?.parse()?)),
        )
    }

    /// The largest size at which the quorum of a ledger's policy cosigned it.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn witnessed_size(&self, rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<u64>> {
        let quorums = Quorums::of(&self.shared, rows, ledger)?;
        newest_witnessed(rows, &quorums, ledger)
    }
}
