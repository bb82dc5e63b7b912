//! Every epoch again: its number, its registry root, its slots.

use amana_ledger::{Checkpoint, Hash, registry_root, slot_entry, slot_salt, slots_root};

use super::Audit;
use crate::entries::each_entry;
use crate::national::EpochBody;
use crate::{Entry, Error, LedgerId, LedgerInfo, Result};

/// The heads and rows as of an epoch, carried from one to the next.
#[derive(Default)]
struct AsOf {
    heads: Vec<Option<(u64, Hash)>>,
    rows: Vec<Option<String>>,
}

impl Audit<'_> {
    pub(super) fn epochs(&mut self, ledgers: &[LedgerInfo]) -> Result<()> {
        let Some(national) = ledgers.first().filter(|info| info.id == LedgerId::NATIONAL) else {
            return Ok(());
        };
        let mut as_of = AsOf::default();
        let (rows, size) = (self.rows, national.size);
        each_entry(rows, LedgerId::NATIONAL, 0..size, |entry| {
            self.report.epochs += 1;
            if let Err(error) = self.epoch(ledgers, &mut as_of, &entry) {
                self.report.fault(
                    "epoch",
                    format!("epoch {}", entry.id.index()),
                    error.to_string(),
                );
            }
            Ok(())
        })
    }

    fn epoch(&mut self, ledgers: &[LedgerInfo], as_of: &mut AsOf, entry: &Entry) -> Result<()> {
        let number = entry.id.index();
        let wrong = |why: &str| Error::Damaged {
            what: format!("epoch {number}"),
            why: why.to_owned(),
        };
        let leaf = entry.epoch()?;
        if leaf.epoch != number {
            return Err(wrong("its number is not its place in the national log"));
        }
        let (_, body) = entry
            .body
            .as_ref()
            .ok_or_else(|| wrong("what was kept beside it is gone"))?;
        let body: EpochBody = serde_json::from_slice(body)
            .map_err(|_| wrong("what was kept beside it is unreadable"))?;
        as_of.advance(body)?;
        let count = usize::try_from(leaf.ledgers).unwrap_or(usize::MAX);
        if count != as_of.heads.len() || count != as_of.rows.len() {
            return Err(wrong(
                "the heads kept beside it are not as many as its ledgers",
            ));
        }
        let rows = as_of
            .rows
            .iter()
            .flatten()
            .map(String::as_str)
            .collect::<Vec<_>>();
        if rows.len() != count || registry_root(rows) != leaf.registry_root {
            return Err(wrong(
                "the registry's rows don't have the root that it commits to",
            ));
        }
        let mut slots = Vec::with_capacity(count);
        for (info, head) in ledgers[1..].iter().zip(&as_of.heads) {
            let Some((size, root)) = *head else {
                return Err(wrong("the head of a ledger is missing beside it"));
            };
            let salt = slot_salt(&self.shared.keys.slot_secret(info.id), number);
            let body = Checkpoint {
                origin: self.shared.keys.origin(&info.name),
                size,
                root,
            }
            .body();
            slots.push(slot_entry(&salt, &body));
        }
        if self.proves_slots && slots_root(&slots) != leaf.slots_root {
            return Err(wrong(
                "the ledgers' heads don't have the root that it commits to: one of them was changed",
            ));
        }
        Ok(())
    }
}

impl AsOf {
    fn advance(&mut self, body: EpochBody) -> Result<()> {
        for head in body.heads {
            set(
                &mut self.heads,
                head.ledger,
                (head.size, head.root.parse()?),
            );
        }
        for row in body.rows {
            let (ledger, text) = row.into_parts();
            set(&mut self.rows, ledger, text);
        }
        Ok(())
    }
}

fn set<T>(values: &mut Vec<Option<T>>, ledger: u32, value: T) {
    let Some(slot) = ledger
        .checked_sub(1)
        .and_then(|slot| usize::try_from(slot).ok())
    else {
        return;
    };
    if values.len() <= slot && slot < 1 << 22 {
        values.resize_with(slot + 1, || None);
    }
    if let Some(place) = values.get_mut(slot) {
        *place = Some(value);
    }
}
