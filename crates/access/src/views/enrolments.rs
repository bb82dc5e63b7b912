//! Enrolments: codes handed out, and what became of each.

use amana_store::{EntryId, LedgerId, Reader, Row, View, Writer};

type Result<T> = amana_store::Result<T>;

pub(crate) const ISSUED: &str = "issued";
pub(crate) const CONFIRMED: &str = "confirmed";
pub(crate) const REFUSED: &str = "refused";

pub(crate) const VIEW: View = View {
    table: "enrolments",
    columns: "entry BIGINT NOT NULL, ledger BIGINT NOT NULL, code TEXT NOT NULL, issued_ms BIGINT NOT NULL, \
              expires_ms BIGINT NOT NULL, state TEXT NOT NULL, ended_ms BIGINT, PRIMARY KEY (entry)",
    key: "entry",
    clustered: true,
    indexes: &["enrolments_by_code ON enrolments (code)"],
};

/// A row.
pub(crate) struct Enrolment {
    pub(crate) entry: EntryId,
    pub(crate) issued_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) state: String,
}

const COLUMNS: &str = "SELECT entry, issued_ms, expires_ms, state FROM enrolments";

fn read(row: &Row<'_>) -> Result<Enrolment> {
    Ok(Enrolment {
        entry: EntryId::from_i64(row.int(0)?),
        issued_ms: row.int(1)?,
        expires_ms: row.int(2)?,
        state: row.text(3)?.to_owned(),
    })
}

pub(crate) fn find(rows: &Reader<'_>, entry: EntryId) -> Result<Option<Enrolment>> {
    rows.one(
        &format!("{COLUMNS} WHERE entry = $1"),
        &[entry.into()],
        read,
    )
}

pub(crate) fn by_code(rows: &Reader<'_>, code_sha256: &str) -> Result<Option<Enrolment>> {
    rows.one(
        &format!("{COLUMNS} WHERE code = $1"),
        &[code_sha256.into()],
        read,
    )
}

/// All of them, the newest first.
pub(crate) fn all(rows: &Reader<'_>, max: u32) -> Result<Vec<Enrolment>> {
    let sql = format!("{COLUMNS} ORDER BY issued_ms DESC, entry DESC LIMIT $1");
    rows.all(&sql, &[max.into()], read)
}

pub(crate) fn insert(
    rows: &Writer<'_>,
    entry: EntryId,
    code_sha256: &str,
    expires_ms: i64,
    issued_ms: i64,
) -> Result<()> {
    rows.execute(
        "INSERT INTO enrolments (entry, ledger, code, issued_ms, expires_ms, state) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            entry.into(),
            entry.ledger().0.into(),
            code_sha256.into(),
            issued_ms.into(),
            expires_ms.into(),
            ISSUED.into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn end(
    rows: &Writer<'_>,
    ledger: LedgerId,
    index: u64,
    state: &str,
    at_ms: i64,
) -> Result<()> {
    let entry = EntryId::new(ledger, index).ok_or(amana_store::Error::TooLarge {
        what: "an index in an act's links",
        max: 1 << 40,
    })?;
    rows.execute(
        "UPDATE enrolments SET state = $1, ended_ms = $2 WHERE entry = $3",
        &[state.into(), at_ms.into(), entry.into()],
    )?;
    Ok(())
}
