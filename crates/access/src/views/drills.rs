//! The custodians' drills that were recorded. Who took part stands in the entries.

use amana_store::{At, Reader, View, Writer};

use crate::DrillOutcome;
use crate::acts::drill::DrillLinks;

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "drills",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[],
};

pub(crate) fn insert(rows: &Writer<'_>, at: &At, links: &DrillLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO drills (ledger, number, outcome) VALUES ($1, $2, $3)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            links.outcome.as_str().into(),
        ],
    )
}

/// How many came out so, of all institutions.
pub(crate) fn count(rows: &Reader<'_>, outcome: DrillOutcome) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM drills WHERE outcome = $1";
    let count = rows.one(sql, &[outcome.as_str().into()], |row| row.int(0))?;
    Ok(count.unwrap_or_default().cast_unsigned())
}
