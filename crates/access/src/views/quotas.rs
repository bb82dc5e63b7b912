//! How much each institution may hold; one without a row may hold all that fits.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

use crate::model::Quota;

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "quotas",
    columns: "ledger BIGINT NOT NULL, bytes BIGINT, objects BIGINT, since_ms BIGINT NOT NULL, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

fn read(row: &Row<'_>, first: usize) -> Result<Quota> {
    Ok(Quota {
        bytes: row.opt_int(first)?.map(i64::cast_unsigned),
        objects: row.opt_int(first + 1)?.map(i64::cast_unsigned),
    })
}

pub(crate) fn of(rows: &Reader<'_>, ledger: LedgerId) -> Result<Quota> {
    let sql = "SELECT bytes, objects FROM quotas WHERE ledger = $1";
    let found = rows.one(sql, &[ledger.0.into()], |row| read(row, 0))?;
    Ok(found.unwrap_or_default())
}

/// Those that limit anything.
pub(crate) fn all(rows: &Reader<'_>) -> Result<Vec<(LedgerId, Quota)>> {
    rows.all(
        "SELECT bytes, objects, ledger FROM quotas WHERE bytes IS NOT NULL OR objects IS NOT NULL ORDER BY ledger",
        &[],
        |row| {
            let ledger = u32::try_from(row.int(2)?).map_err(|_| {
                super::damaged("a row of the table quotas".into(), "it names no ledger")
            })?;
            Ok((LedgerId(ledger), read(row, 0)?))
        },
    )
}

pub(crate) fn set(rows: &Writer<'_>, at: &At, quota: &Quota) -> Result<()> {
    let number = |limit: Option<u64>| limit.map(u64::cast_signed);
    rows.execute(
        "INSERT INTO quotas (ledger, bytes, objects, since_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ledger) DO UPDATE SET bytes = excluded.bytes, objects = excluded.objects, since_ms = excluded.since_ms",
        &[
            at.entry.ledger().0.into(),
            number(quota.bytes).into(),
            number(quota.objects).into(),
            at.time_ms.into(),
        ],
    )
}
