//! Receipts, built from rows: the shortest chain that a quorum stands behind, or what is recorded so far.

use amana_ledger::{Receipt, ReceiptAct, ReceiptBody, ReceiptEpoch, TlogProof};
use amana_ledger::{inclusion_proof, slot_salt};

use super::evidence::{first_witnessed, is_witnessed};
use super::quorum::Quorums;
use super::{latest_head, row_at};
use crate::entries::entry;
use crate::store::Shared;
use crate::{EntryId, Error, LedgerId, LedgerInfo, Reader, Result, Store, Tiles};

/// National checkpoints that are looked at for the newest with a quorum: witnesses that lag cosign none of the last ones.
const NEWEST_TRIED: i64 = 64;

impl Store {
    /// The receipt of an entry: witnessed as soon as the quorums have cosigned, recorded until then.
    ///
    /// # Errors
    /// [`Error::Missing`] for an entry that doesn't exist, [`Error::Damaged`], a failure of the rows.
    pub fn receipt(&self, ledger: &str, index: u64) -> Result<Receipt> {
        self.receipt_by(ledger, index, Shared::witnessed_chain)
    }

    /// The same over the newest epoch that a quorum stands behind: it says that the ledger still had that head then. In a
    /// ledger where nothing happens, cosignatures grow old while the national log goes on.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub fn newest_receipt(&self, ledger: &str, index: u64) -> Result<Receipt> {
        self.receipt_by(ledger, index, Shared::newest_chain)
    }

    fn receipt_by(&self, ledger: &str, index: u64, chain: FindChain) -> Result<Receipt> {
        self.read(|rows| {
            let missing = || Error::Missing {
                what: format!("entry {index} of {ledger}"),
            };
            let info =
                LedgerInfo::named(rows, ledger)?.filter(|info| info.id != LedgerId::NATIONAL);
            let info = info.ok_or_else(missing)?;
            let id = EntryId::new(info.id, index)
                .filter(|_| index < info.size)
                .ok_or_else(missing)?;
            let found = entry(rows, id)?.ok_or_else(missing)?;
            let damaged = |why: &str| Error::Damaged {
                what: format!("entry {index} of {ledger}"),
                why: why.to_owned(),
            };
            if !found.body_is_genuine() {
                return Err(damaged("its body is not the one that was recorded"));
            }
            let text =
                |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"));
            let body = match found.body {
                Some((salt, body)) => Some(ReceiptBody {
                    salt,
                    text: text(body)?,
                }),
                None => None,
            };
            let act = ReceiptAct {
                core: text(found.text)?,
                body_hash: found.body_hash,
                body,
            };
            self.shared.receipt(rows, &info, index, act, chain)
        })
    }
}

impl Shared {
    fn receipt(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        index: u64,
        act: ReceiptAct,
        chain: FindChain,
    ) -> Result<Receipt> {
        let registry = self.sign_row(info.id, &self.registry_row(rows, info)?)?;
        let Some(chain) = chain(self, rows, info, index)? else {
            return Ok(Receipt {
                act,
                ledger: self.proof(rows, info, index, info.size)?,
                registry,
                epoch: None,
            });
        };
        let national =
            LedgerInfo::by_id(rows, LedgerId::NATIONAL)?.ok_or_else(|| Error::Missing {
                what: "the national log".into(),
            })?;
        let Chain {
            size,
            epoch,
            national_size,
        } = chain;
        let id = EntryId::new(LedgerId::NATIONAL, epoch);
        let leaf = id.map(|id| entry(rows, id)).transpose()?.flatten();
        let leaf = leaf
            .ok_or_else(|| Error::Missing {
                what: format!("epoch {epoch}"),
            })?
            .epoch()?;
        let slot = u64::from(info.id.0) - 1;
        let text = row_at(rows, info.id, epoch)?.ok_or_else(|| Error::Missing {
            what: format!("the row of ledger {}", info.id.0),
        })?;
        let row: amana_ledger::RegistryRow = text.parse()?;
        let row_proof = self
            .registries
            .path(leaf.registry_root, slot, || self.registry_at(rows, &leaf))?;
        let slot_proof = self
            .slots
            .path(leaf.slots_root, slot, || self.slots_at(rows, &leaf))?;
        Ok(Receipt {
            act,
            ledger: self.proof(rows, info, index, size)?,
            registry: self.sign_row(info.id, &row)?,
            epoch: Some(ReceiptEpoch {
                row_proof,
                slot_salt: slot_salt(&self.keys.slot_secret(info.id), epoch),
                slot_proof,
                leaf,
                national: self.proof(rows, &national, epoch, national_size)?,
            }),
        })
    }

    /// The earliest chain over which the ledger's quorum and the national one both stand.
    fn witnessed_chain(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        index: u64,
    ) -> Result<Option<Chain>> {
        let own = Quorums::of(self, rows, info.id)?;
        let trust = Quorums::of(self, rows, LedgerId::NATIONAL)?;
        let mut after = index;
        while let Some(size) = first_witnessed(rows, &own, info.id, after)? {
            after = size;
            let epoch = rows.one(
                "SELECT epoch FROM epoch_heads WHERE ledger = $1 AND size = $2 ORDER BY epoch LIMIT 1",
                &[info.id.0.into(), size.cast_signed().into()],
                |row| Ok(row.int(0)?.cast_unsigned()),
            )?;
            let Some(epoch) = epoch else { continue };
            let national = first_witnessed(rows, &trust, LedgerId::NATIONAL, epoch)?;
            if let Some(national_size) = national {
                return Ok(Some(Chain {
                    size,
                    epoch,
                    national_size,
                }));
            }
        }
        Ok(None)
    }

    /// The chain over the newest epoch in a national checkpoint that the quorum stands behind.
    fn newest_chain(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        index: u64,
    ) -> Result<Option<Chain>> {
        let own = Quorums::of(self, rows, info.id)?;
        let trust = Quorums::of(self, rows, LedgerId::NATIONAL)?;
        let sizes = rows.all(
            "SELECT DISTINCT size FROM cosignatures WHERE ledger = $1 ORDER BY size DESC LIMIT $2",
            &[LedgerId::NATIONAL.0.into(), NEWEST_TRIED.into()],
            |row| Ok(row.int(0)?.cast_unsigned()),
        )?;
        for national_size in sizes {
            if !is_witnessed(rows, &trust, LedgerId::NATIONAL, national_size)? {
                continue;
            }
            let epoch = national_size.saturating_sub(1);
            let head = latest_head(rows, info.id, epoch)?;
            let Some((size, _)) = head.filter(|(size, _)| *size > index) else {
                break;
            };
            if is_witnessed(rows, &own, info.id, size)? {
                return Ok(Some(Chain {
                    size,
                    epoch,
                    national_size,
                }));
            }
        }
        Ok(None)
    }

    /// An entry's inclusion in its ledger's checkpoint of a size, with the cosignatures at hand.
    fn proof(
        &self,
        rows: &Reader<'_>,
        info: &LedgerInfo,
        index: u64,
        size: u64,
    ) -> Result<TlogProof> {
        let mut tiles = Tiles::new(rows, info.id);
        let proof = inclusion_proof(index, size, &mut |node| tiles.node(node))?;
        Ok(TlogProof {
            extra: None,
            index,
            proof,
            checkpoint: self.cosigned(rows, info, size)?,
        })
    }
}

/// How a receipt's chain is chosen.
type FindChain = fn(&Shared, &Reader<'_>, &LedgerInfo, u64) -> Result<Option<Chain>>;

struct Chain {
    size: u64,
    epoch: u64,
    national_size: u64,
}
