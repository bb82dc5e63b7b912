//! Which institutions let themselves be found, and the entry that says how.

use amana_store::{At, LedgerId, Reader, View, Writer};

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "contacts",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

/// A row, with the institution's name.
pub(crate) struct Contact {
    pub(crate) ledger: LedgerId,
    pub(crate) institution: String,
    pub(crate) number: u64,
    pub(crate) since_ms: i64,
}

/// Those after that name, in the order of names.
pub(crate) fn after(rows: &Reader<'_>, name: &str, max: u32) -> Result<Vec<Contact>> {
    rows.all(
        "SELECT c.ledger, i.name, c.number, c.since_ms FROM contacts c JOIN institutions i ON i.ledger = c.ledger \
         WHERE i.name > $1 AND i.suspended = 0 ORDER BY i.name LIMIT $2",
        &[name.into(), max.into()],
        |row| {
            Ok(Contact {
                ledger: super::ledger_id(row.int(0)?)?,
                institution: row.text(1)?.to_owned(),
                number: row.int(2)?.cast_unsigned(),
                since_ms: row.int(3)?,
            })
        },
    )
}

/// The entry of one institution's.
pub(crate) fn of(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<u64>> {
    let sql = "SELECT number FROM contacts WHERE ledger = $1";
    rows.one(sql, &[ledger.0.into()], |row| {
        Ok(row.int(0)?.cast_unsigned())
    })
}

pub(crate) fn remove(rows: &Writer<'_>, at: &At) -> Result<()> {
    let sql = "DELETE FROM contacts WHERE ledger = $1";
    rows.execute(sql, &[at.entry.ledger().0.into()])
}

pub(crate) fn insert(rows: &Writer<'_>, at: &At) -> Result<()> {
    rows.execute(
        "INSERT INTO contacts (ledger, number, since_ms) VALUES ($1, $2, $3)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            at.time_ms.into(),
        ],
    )
}
