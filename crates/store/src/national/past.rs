//! What an epoch was made of, from what was kept beside it and before.

use std::ops::ControlFlow;

use amana_ledger::EpochLeaf;

use super::head_root;
use super::trees::WholeTree;
use crate::store::Shared;
use crate::{Error, LedgerId, Reader, Result, Row};

impl Shared {
    /// The registry's tree at an epoch.
    pub(crate) fn registry_at(&self, rows: &Reader<'_>, leaf: &EpochLeaf) -> Result<WholeTree> {
        let sql = "SELECT l.id, (SELECT r.text FROM registry_rows r WHERE r.ledger = l.id AND r.epoch <= $1 \
                   ORDER BY r.epoch DESC LIMIT 1) \
                   FROM ledgers l WHERE l.id > 0 AND l.id <= $2 ORDER BY l.id";
        let mut texts = Vec::new();
        self.each_at(rows, leaf, sql, |id, row| {
            let text = row.opt_text(1)?.ok_or_else(|| Error::Missing {
                what: format!("the row of ledger {}", id.0),
            })?;
            texts.push(text.to_owned());
            Ok(())
        })?;
        Ok(WholeTree::of(texts.iter().map(String::as_bytes)))
    }

    /// The slots' tree at an epoch.
    pub(crate) fn slots_at(&self, rows: &Reader<'_>, leaf: &EpochLeaf) -> Result<WholeTree> {
        let head = "FROM epoch_heads h WHERE h.ledger = l.id AND h.epoch <= $1 ORDER BY h.epoch DESC LIMIT 1";
        let sql = format!(
            "SELECT l.id, l.name, (SELECT h.size {head}), (SELECT h.root {head}) \
             FROM ledgers l WHERE l.id > 0 AND l.id <= $2 ORDER BY l.id"
        );
        let mut slots = Vec::new();
        self.each_at(rows, leaf, &sql, |id, row| {
            let size = row.opt_int(2)?.ok_or_else(|| Error::Missing {
                what: format!("the head of ledger {} at epoch {}", id.0, leaf.epoch),
            })?;
            let head = (row.text(1)?, id, size.cast_unsigned(), head_root(row, 3)?);
            slots.push(self.slot(head, leaf.epoch));
            Ok(())
        })?;
        Ok(WholeTree::of(slots.iter().map(<[u8; 32]>::as_slice)))
    }

    /// Visits the ledgers of an epoch in the order of their slots, with what `sql` says of each after its id. The epoch comes
    /// first in it: SQLite numbers parameters as it meets them.
    fn each_at(
        &self,
        rows: &Reader<'_>,
        leaf: &EpochLeaf,
        sql: &str,
        mut visit: impl FnMut(LedgerId, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let (ledgers, epoch) = (leaf.ledgers.cast_signed(), leaf.epoch.cast_signed());
        rows.each(sql, &[epoch.into(), ledgers.into()], |row| {
            visit(
                LedgerId(u32::try_from(row.int(0)?).unwrap_or(u32::MAX)),
                row,
            )?;
            Ok(ControlFlow::Continue(()))
        })
    }
}
