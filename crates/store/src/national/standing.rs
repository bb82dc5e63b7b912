//! Where ledgers stand, all in one query: what an epoch and a witness's poll ask of each would otherwise be a question a
//! ledger, and with thousands of them, on a server, most of an epoch's time.

use std::ops::ControlFlow;

use crate::{LedgerInfo, Reader, Result, Row, Value};

/// A ledger, and what was committed of it.
pub(crate) struct Standing {
    pub(crate) info: LedgerInfo,
    /// Its size at the newest epoch that has it.
    pub(crate) committed: Option<u64>,
    /// The lines of its own quorum.
    pub(crate) quorum: Option<String>,
    /// Its row at the newest epoch that changed it. Not read for polls.
    pub(crate) row: Option<String>,
    /// Whether the witness that polls cosigned it at that size.
    pub(crate) cosigned: bool,
}

/// The columns of a ledger's row, its committed size, and its own quorum.
const COLUMNS: &str = "l.id, l.name, l.visibility, l.size, l.root, l.genesis, l.committed, \
                       (SELECT q.lines FROM ledger_quorums q WHERE q.ledger = l.id)";
const LEDGERS: &str = "(SELECT id, name, visibility, size, root, genesis, \
                       (SELECT h.size FROM epoch_heads h WHERE h.ledger = id ORDER BY h.epoch DESC LIMIT 1) AS committed \
                       FROM ledgers) l";

/// Every ledger, the national log first, with its newest row: what an epoch is made of.
pub(crate) fn for_epoch(rows: &Reader<'_>) -> Result<Vec<Standing>> {
    let row =
        "(SELECT r.text FROM registry_rows r WHERE r.ledger = l.id ORDER BY r.epoch DESC LIMIT 1)";
    let sql = format!("SELECT {COLUMNS}, {row} FROM {LEDGERS} ORDER BY l.id");
    gather(rows, &sql, &[], |standing, row| {
        standing.row = row.opt_text(8)?.map(str::to_owned);
        Ok(())
    })
}

/// The national log, and the ledgers with names from `from` on and before `until` (empty: open), with what the witness
/// of that raw key cosigned.
pub(crate) fn for_poll(
    rows: &Reader<'_>,
    (from, until): (&str, &str),
    witness: &[u8],
) -> Result<Vec<Standing>> {
    let cosigned = "(SELECT c.size FROM cosignatures c WHERE c.ledger = l.id AND c.size = l.committed AND c.witness = $1)";
    let end = if until.is_empty() {
        ""
    } else {
        " AND l.name < $3"
    };
    let sql = format!(
        "SELECT {COLUMNS}, {cosigned} FROM {LEDGERS} WHERE l.id = 0 OR (l.name >= $2{end}) ORDER BY l.id"
    );
    let mut values: Vec<Value<'_>> = vec![witness.into(), from.into()];
    values.extend((!until.is_empty()).then_some(Value::Text(until)));
    gather(rows, &sql, &values, |standing, row| {
        standing.cosigned = row.opt_int(8)?.is_some();
        Ok(())
    })
}

fn gather(
    rows: &Reader<'_>,
    sql: &str,
    values: &[Value<'_>],
    complete: impl Fn(&mut Standing, &Row<'_>) -> Result<()>,
) -> Result<Vec<Standing>> {
    let mut found = Vec::new();
    rows.each(sql, values, |row| {
        let mut standing = Standing {
            info: LedgerInfo::read(row)?,
            committed: row.opt_int(6)?.map(i64::cast_unsigned),
            quorum: row.opt_text(7)?.map(str::to_owned),
            row: None,
            cosigned: false,
        };
        complete(&mut standing, row)?;
        found.push(standing);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}
