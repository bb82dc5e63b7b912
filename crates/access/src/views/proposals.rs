//! Dangerous acts that one official proposed, and support that was let in.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

type Result<T> = amana_store::Result<T>;

pub(crate) const OPEN: &str = "open";
/// Two agreed, and what they agreed on is still to be done: until then, or until its time is over.
pub(crate) const APPROVED: &str = "approved";
pub(crate) const DONE: &str = "done";
pub(crate) const REFUSED: &str = "refused";
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// `official` is whom it is about; for an appointment nobody, until it is done.
pub(crate) const VIEW: View = View {
    table: "proposals",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, operation TEXT NOT NULL, role TEXT, official BIGINT, \
              name TEXT, reason TEXT, proposer BIGINT NOT NULL, made_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL, \
              state TEXT NOT NULL, ended_by TEXT, ended_ms BIGINT, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[],
};

/// Each time that an institution let the operator's staff in.
pub(crate) const SUPPORT: View = View {
    table: "support_consents",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, since_ms BIGINT NOT NULL, \
              until_ms BIGINT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[],
};

/// A row.
pub(crate) struct Proposal {
    pub(crate) number: u64,
    pub(crate) operation: String,
    pub(crate) role: Option<String>,
    pub(crate) official: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) proposer: u64,
    pub(crate) made_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) state: String,
    pub(crate) ended_by: Option<String>,
}

const COLUMNS: &str = "SELECT number, operation, role, official, name, reason, proposer, made_ms, until_ms, state, ended_by \
                       FROM proposals WHERE ledger = $1";

fn read(row: &Row<'_>) -> Result<Proposal> {
    Ok(Proposal {
        number: row.int(0)?.cast_unsigned(),
        operation: row.text(1)?.to_owned(),
        role: row.opt_text(2)?.map(str::to_owned),
        official: row.opt_int(3)?.map(i64::cast_unsigned),
        name: row.opt_text(4)?.map(str::to_owned),
        reason: row.opt_text(5)?.map(str::to_owned),
        proposer: row.int(6)?.cast_unsigned(),
        made_ms: row.int(7)?,
        until_ms: row.int(8)?,
        state: row.text(9)?.to_owned(),
        ended_by: row.opt_text(10)?.map(str::to_owned),
    })
}

pub(crate) fn find(rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Option<Proposal>> {
    let sql = format!("{COLUMNS} AND number = $2");
    rows.one(&sql, &[ledger.0.into(), number.cast_signed().into()], read)
}

/// The newest ones, whatever became of them.
pub(crate) fn newest(rows: &Reader<'_>, ledger: LedgerId, max: u32) -> Result<Vec<Proposal>> {
    let sql = format!("{COLUMNS} ORDER BY number DESC LIMIT $2");
    rows.all(&sql, &[ledger.0.into(), max.into()], read)
}

/// Those of an operation that two agreed on and nobody used yet, the newest first.
pub(crate) fn approved(
    rows: &Reader<'_>,
    ledger: LedgerId,
    operation: &str,
    now_ms: i64,
) -> Result<Vec<Proposal>> {
    let sql = format!(
        "{COLUMNS} AND operation = $2 AND state = $3 AND until_ms > $4 ORDER BY number DESC"
    );
    let asked = [
        ledger.0.into(),
        operation.into(),
        APPROVED.into(),
        now_ms.into(),
    ];
    rows.all(&sql, &asked, read)
}

/// How many still wait at a time, for a second or for what they allow.
pub(crate) fn open_count(rows: &Reader<'_>, ledger: LedgerId, now_ms: i64) -> Result<i64> {
    let sql =
        "SELECT COUNT(*) FROM proposals WHERE ledger = $1 AND state IN ($2, $3) AND until_ms > $4";
    let asked = [ledger.0.into(), OPEN.into(), APPROVED.into(), now_ms.into()];
    let count = rows.one(sql, &asked, |row| row.int(0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn insert(rows: &Writer<'_>, ledger: LedgerId, new: &Proposal) -> Result<()> {
    rows.execute(
        "INSERT INTO proposals (ledger, number, operation, role, official, name, reason, proposer, made_ms, until_ms, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &[
            ledger.0.into(),
            new.number.cast_signed().into(),
            new.operation.as_str().into(),
            new.role.as_deref().into(),
            new.official.map(u64::cast_signed).into(),
            new.name.as_deref().into(),
            new.reason.as_deref().into(),
            new.proposer.cast_signed().into(),
            new.made_ms.into(),
            new.until_ms.into(),
            new.state.as_str().into(),
        ],
    )
}

/// What the body said goes from the row, so that the row is the same once the body is erased.
pub(crate) fn end(
    rows: &Writer<'_>,
    at: &At,
    number: u64,
    state: &str,
    by: &str,
    official: Option<u64>,
) -> Result<()> {
    rows.execute(
        "UPDATE proposals SET state = $1, ended_by = $2, ended_ms = $3, official = $4, name = NULL, reason = NULL \
         WHERE ledger = $5 AND number = $6",
        &[
            state.into(),
            by.into(),
            at.time_ms.into(),
            official.map(u64::cast_signed).into(),
            at.entry.ledger().0.into(),
            number.cast_signed().into(),
        ],
    )
}

/// A second agreed, and it waits for the act that it allows: what it says stays in the row until then.
pub(crate) fn approve(
    rows: &Writer<'_>,
    at: &At,
    number: u64,
    by: &str,
    until_ms: i64,
) -> Result<()> {
    rows.execute(
        "UPDATE proposals SET state = $1, ended_by = $2, ended_ms = $3, until_ms = $4 WHERE ledger = $5 AND number = $6",
        &[
            APPROVED.into(),
            by.into(),
            at.time_ms.into(),
            until_ms.into(),
            at.entry.ledger().0.into(),
            number.cast_signed().into(),
        ],
    )
}

/// The act that two agreed on was done. Who approved stays in the row.
pub(crate) fn used(rows: &Writer<'_>, at: &At, number: u64) -> Result<()> {
    rows.execute(
        "UPDATE proposals SET state = $1, ended_ms = $2, name = NULL, reason = NULL WHERE ledger = $3 AND number = $4",
        &[
            DONE.into(),
            at.time_ms.into(),
            at.entry.ledger().0.into(),
            number.cast_signed().into(),
        ],
    )
}

/// A consent: since when, until when, and whose.
pub(crate) struct Consent {
    pub(crate) official: u64,
    pub(crate) since_ms: i64,
    pub(crate) until_ms: i64,
}

/// The last consent, over or not.
pub(crate) fn consent(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<Consent>> {
    rows.one(
        "SELECT official, since_ms, until_ms FROM support_consents WHERE ledger = $1 ORDER BY number DESC LIMIT 1",
        &[ledger.0.into()],
        |row| {
            Ok(Consent {
                official: row.int(0)?.cast_unsigned(),
                since_ms: row.int(1)?,
                until_ms: row.int(2)?,
            })
        },
    )
}

pub(crate) fn allow(rows: &Writer<'_>, at: &At, official: u64, until_ms: i64) -> Result<()> {
    rows.execute(
        "INSERT INTO support_consents (ledger, number, official, since_ms, until_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            official.cast_signed().into(),
            at.time_ms.into(),
            until_ms.into(),
        ],
    )
}

pub(crate) fn end_support(rows: &Writer<'_>, at: &At) -> Result<()> {
    rows.execute(
        "UPDATE support_consents SET until_ms = $1 WHERE ledger = $2 AND until_ms > $1",
        &[at.time_ms.into(), at.entry.ledger().0.into()],
    )
}
