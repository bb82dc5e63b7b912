//! Certificates, each in the ledger of whom its person serves.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

use crate::acts::certificate::CertificateLinks;

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "certificates",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, school TEXT NOT NULL, \
              code TEXT NOT NULL, shown BIGINT NOT NULL, at_ms BIGINT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[
        "certificates_by_code ON certificates (code)",
        "certificates_by_school ON certificates (school)",
    ],
};

/// A row.
pub(crate) struct Certificate {
    pub(crate) ledger: LedgerId,
    pub(crate) number: u64,
    pub(crate) official: u64,
    pub(crate) school: String,
    pub(crate) code: String,
    pub(crate) shown: bool,
    pub(crate) at_ms: i64,
}

const CERTIFICATE: &str =
    "SELECT ledger, number, official, school, code, shown, at_ms FROM certificates";

fn read(row: &Row<'_>) -> Result<Certificate> {
    Ok(Certificate {
        ledger: super::ledger_id(row.int(0)?)?,
        number: row.int(1)?.cast_unsigned(),
        official: row.int(2)?.cast_unsigned(),
        school: row.text(3)?.to_owned(),
        code: row.text(4)?.to_owned(),
        shown: row.int(5)? != 0,
        at_ms: row.int(6)?,
    })
}

/// Those of one official, the newest first.
pub(crate) fn of(rows: &Reader<'_>, ledger: LedgerId, official: u64) -> Result<Vec<Certificate>> {
    let sql = format!("{CERTIFICATE} WHERE ledger = $1 AND official = $2 ORDER BY number DESC");
    rows.all(
        &sql,
        &[ledger.0.into(), official.cast_signed().into()],
        read,
    )
}

/// The one that everybody may see under that code.
pub(crate) fn shown(rows: &Reader<'_>, code: &str) -> Result<Option<Certificate>> {
    let sql = format!("{CERTIFICATE} WHERE code = $1 AND shown = 1");
    rows.one(&sql, &[code.into()], read)
}

/// Whether a school has led to one.
pub(crate) fn of_school(rows: &Reader<'_>, school: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM certificates WHERE school = $1";
    let found = rows.one(sql, &[school.into()], |_| Ok(()))?;
    Ok(found.is_some())
}

/// How many people hold one.
pub(crate) fn count_people(rows: &Reader<'_>) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM (SELECT DISTINCT ledger, official FROM certificates) AS people";
    let count = rows.one(sql, &[], |row| row.int(0))?;
    Ok(count.unwrap_or_default().cast_unsigned())
}

pub(crate) fn insert(rows: &Writer<'_>, at: &At, links: &CertificateLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO certificates (ledger, number, official, school, code, shown, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            links.official.cast_signed().into(),
            links.school.as_str().into(),
            links.code.as_str().into(),
            i64::from(links.shown).into(),
            at.time_ms.into(),
        ],
    )
}

pub(crate) fn show(rows: &Writer<'_>, ledger: LedgerId, number: u64, shown: bool) -> Result<()> {
    rows.execute(
        "UPDATE certificates SET shown = $1 WHERE ledger = $2 AND number = $3",
        &[
            i64::from(shown).into(),
            ledger.0.into(),
            number.cast_signed().into(),
        ],
    )
}
