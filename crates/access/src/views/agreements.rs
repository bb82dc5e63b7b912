//! Hosting agreements: which text was proposed, and who signed it. The texts stand in the entries.

use amana_store::{At, LedgerId, Reader, View, Writer};

use super::damaged;
use crate::Role;
use crate::acts::agreement::{AgreementLinks, SignatureLinks};

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "agreements",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, digest TEXT NOT NULL, staff BIGINT NOT NULL, \
              proposed_ms BIGINT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[],
};

pub(crate) const SIGNATURES: View = View {
    table: "agreement_signatures",
    columns: "ledger BIGINT NOT NULL, agreement BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, \
              role TEXT NOT NULL, signed_ms BIGINT NOT NULL, PRIMARY KEY (ledger, agreement, number)",
    key: "ledger, agreement, number",
    clustered: true,
    indexes: &[],
};

/// A row.
pub(crate) struct Agreement {
    pub(crate) number: u64,
    pub(crate) sha256: String,
    pub(crate) staff: u64,
    pub(crate) proposed_ms: i64,
}

/// A signature's row.
pub(crate) struct Signature {
    pub(crate) number: u64,
    pub(crate) official: u64,
    pub(crate) role: Role,
    pub(crate) signed_ms: i64,
}

pub(crate) fn newest(rows: &Reader<'_>, ledger: LedgerId, max: u32) -> Result<Vec<Agreement>> {
    rows.all(
        "SELECT number, digest, staff, proposed_ms FROM agreements WHERE ledger = $1 ORDER BY number DESC LIMIT $2",
        &[ledger.0.into(), max.into()],
        |row| {
            Ok(Agreement {
                number: row.int(0)?.cast_unsigned(),
                sha256: row.text(1)?.to_owned(),
                staff: row.int(2)?.cast_unsigned(),
                proposed_ms: row.int(3)?,
            })
        },
    )
}

pub(crate) fn signatures(
    rows: &Reader<'_>,
    ledger: LedgerId,
    agreement: u64,
) -> Result<Vec<Signature>> {
    rows.all(
        "SELECT number, official, role, signed_ms FROM agreement_signatures \
         WHERE ledger = $1 AND agreement = $2 ORDER BY number",
        &[ledger.0.into(), agreement.cast_signed().into()],
        |row| {
            let role = row.text(2)?.parse();
            Ok(Signature {
                number: row.int(0)?.cast_unsigned(),
                official: row.int(1)?.cast_unsigned(),
                role: role.map_err(|_| {
                    damaged("a signature of an agreement".into(), "its role is unknown")
                })?,
                signed_ms: row.int(3)?,
            })
        },
    )
}

pub(crate) fn insert(rows: &Writer<'_>, at: &At, links: &AgreementLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO agreements (ledger, number, digest, staff, proposed_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            links.sha256.as_str().into(),
            links.staff.cast_signed().into(),
            at.time_ms.into(),
        ],
    )
}

pub(crate) fn sign(rows: &Writer<'_>, at: &At, links: &SignatureLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO agreement_signatures (ledger, agreement, number, official, role, signed_ms) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            at.entry.ledger().0.into(),
            links.agreement.cast_signed().into(),
            at.entry.index().cast_signed().into(),
            links.official.cast_signed().into(),
            links.role.as_str().into(),
            at.time_ms.into(),
        ],
    )
}
