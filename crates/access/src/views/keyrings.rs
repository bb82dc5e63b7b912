//! The root that an institution pinned, its newest keyring, and the witness that its gateway brought.

use amana_seal::keyring::Keyring;
use amana_seal::root::RootKey;
use amana_store::{EntryId, LedgerId, Reader, View, Writer};

use super::damaged;

type Result<T> = amana_store::Result<T>;

pub(crate) const ROOTS: View = View {
    table: "institution_roots",
    columns: "ledger BIGINT NOT NULL, root BLOB NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

pub(crate) const VIEW: View = View {
    table: "keyrings",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, epoch BIGINT NOT NULL, entry BIGINT NOT NULL, \
              PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

pub(crate) const WITNESSES: View = View {
    table: "ledger_witnesses",
    columns: "ledger BIGINT NOT NULL, vkey TEXT NOT NULL, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[],
};

/// The root's key that was pinned at enrolment.
pub(crate) fn root(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<RootKey>> {
    let found = rows.one(
        "SELECT root FROM institution_roots WHERE ledger = $1",
        &[ledger.0.into()],
        |row| Ok(row.blob(0)?.to_vec()),
    )?;
    let Some(bytes) = found else { return Ok(None) };
    let key = <&[u8; 32]>::try_from(bytes.as_slice())
        .ok()
        .and_then(|bytes| RootKey::from_bytes(bytes).ok());
    key.map(Some).ok_or_else(|| {
        damaged(
            format!("the root's key of ledger {}", ledger.0),
            "it is no Ed25519 key",
        )
    })
}

pub(crate) fn pin_root(
    rows: &Writer<'_>,
    ledger: LedgerId,
    root: &RootKey,
    since_ms: i64,
) -> Result<()> {
    rows.execute(
        "INSERT INTO institution_roots (ledger, root, since_ms) VALUES ($1, $2, $3) ON CONFLICT (ledger) DO NOTHING",
        &[
            ledger.0.into(),
            root.as_bytes().as_slice().into(),
            since_ms.into(),
        ],
    )?;
    Ok(())
}

/// The entry that published the newest keyring.
pub(crate) fn newest(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<EntryId>> {
    rows.one(
        "SELECT entry FROM keyrings WHERE ledger = $1",
        &[ledger.0.into()],
        |row| Ok(EntryId::from_i64(row.int(0)?)),
    )
}

pub(crate) fn set_newest(rows: &Writer<'_>, entry: EntryId, keyring: &Keyring) -> Result<()> {
    rows.execute(
        "INSERT INTO keyrings (ledger, number, epoch, entry) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (ledger) DO UPDATE SET number = excluded.number, epoch = excluded.epoch, entry = excluded.entry",
        &[
            entry.ledger().0.into(),
            keyring.number.cast_signed().into(),
            keyring.epoch().number.into(),
            entry.into(),
        ],
    )?;
    Ok(())
}

/// Institutions with a pinned root, by ledger and name.
pub(crate) fn enrolled(rows: &Reader<'_>) -> Result<Vec<(LedgerId, String)>> {
    rows.all(
        "SELECT r.ledger, i.name FROM institution_roots r JOIN institutions i ON i.ledger = r.ledger ORDER BY r.ledger",
        &[],
        |row| {
            let id = u32::try_from(row.int(0)?)
                .map_err(|_| damaged("a row of institution_roots".into(), "its ledger is out of range"))?;
            Ok((LedgerId(id), row.text(1)?.to_owned()))
        },
    )
}

/// The witness that the institution's gateway brought, as a verifier key.
pub(crate) fn witness(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<String>> {
    rows.one(
        "SELECT vkey FROM ledger_witnesses WHERE ledger = $1",
        &[ledger.0.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

pub(crate) fn set_witness(rows: &Writer<'_>, ledger: LedgerId, vkey: &str) -> Result<()> {
    rows.execute(
        "INSERT INTO ledger_witnesses (ledger, vkey) VALUES ($1, $2) ON CONFLICT (ledger) DO UPDATE SET vkey = excluded.vkey",
        &[ledger.0.into(), vkey.into()],
    )?;
    Ok(())
}
