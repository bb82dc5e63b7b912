//! The tables and their queries.

pub(crate) mod agreements;
pub(crate) mod certificates;
pub(crate) mod contacts;
pub(crate) mod credentials;
pub(crate) mod drills;
pub(crate) mod enrolments;
pub(crate) mod keyrings;
pub(crate) mod members;
pub(crate) mod notices;
pub(crate) mod proposals;
pub(crate) mod quotas;
pub(crate) mod schools;
pub(crate) mod sessions;
pub(crate) mod threads;

use amana_ledger::Hash;
use amana_store::{At, Error as StoreError, LedgerId, Reader, Row, View, Writer};

use crate::model::{AccessKey, Grant, Institution, InstitutionId, Official};
use crate::{Error, Result};

type StoreResult<T> = amana_store::Result<T>;

pub(crate) const VIEWS: [View; 28] = [
    View {
        table: "institutions",
        columns: "ledger BIGINT NOT NULL, name TEXT NOT NULL, canonical_id TEXT NOT NULL, since_ms BIGINT NOT NULL, \
                  suspended BIGINT NOT NULL, leaving_ms BIGINT, PRIMARY KEY (ledger)",
        key: "ledger",
        clustered: false,
        indexes: &["institutions_by_name ON institutions (name)"],
    },
    View {
        table: "officials",
        columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, role TEXT NOT NULL, name TEXT, vkey TEXT, \
                  since_ms BIGINT NOT NULL, removed_ms BIGINT, PRIMARY KEY (ledger, number)",
        key: "ledger, number",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "access_keys",
        columns: "id TEXT NOT NULL, ledger BIGINT NOT NULL, label TEXT, rights TEXT NOT NULL, since_ms BIGINT NOT NULL, \
                  revoked_ms BIGINT, PRIMARY KEY (id)",
        key: "id",
        clustered: true,
        indexes: &["access_keys_by_ledger ON access_keys (ledger)"],
    },
    enrolments::VIEW,
    keyrings::ROOTS,
    keyrings::VIEW,
    keyrings::WITNESSES,
    members::VIEW,
    credentials::VIEW,
    credentials::INVITATIONS,
    credentials::CHALLENGES,
    sessions::VIEW,
    sessions::TRIES,
    proposals::VIEW,
    proposals::SUPPORT,
    quotas::VIEW,
    threads::VIEW,
    threads::MESSAGES,
    notices::VIEW,
    notices::EXERCISES,
    drills::VIEW,
    contacts::VIEW,
    agreements::VIEW,
    agreements::SIGNATURES,
    schools::VIEW,
    schools::LESSONS,
    schools::KEYS,
    certificates::VIEW,
];

/// The name under which an access key's secret is sealed.
pub(crate) fn secret_name(access_key_id: &str) -> String {
    format!("access-key/{access_key_id}")
}

/// Any fixed function of the name and of randomness would do: it must only be unguessable before it is given.
pub(crate) fn canonical_id(name: &str, random: &[u8; 32]) -> String {
    let hash = Hash::of(&[b"amana/institution/v1\0", name.as_bytes(), random]);
    hex::encode(hash.as_bytes())
}

pub(crate) fn damaged(what: String, why: &str) -> StoreError {
    StoreError::Damaged {
        what,
        why: why.to_owned(),
    }
}

const INSTITUTION: &str =
    "SELECT ledger, name, canonical_id, since_ms, suspended, leaving_ms FROM institutions";

fn read_institution(row: &Row<'_>) -> StoreResult<Institution> {
    let name = row.text(1)?.to_owned();
    Ok(Institution {
        id: InstitutionId(row.int(0)?),
        canonical_id: row.text(2)?.to_owned(),
        ledger: format!("{name}/vault"),
        since_ms: row.int(3)?,
        suspended: row.int(4)? != 0,
        leaving_ms: row.opt_int(5)?,
        name,
    })
}

pub(crate) fn institutions(rows: &Reader<'_>) -> StoreResult<Vec<Institution>> {
    rows.all(
        &format!("{INSTITUTION} ORDER BY name"),
        &[],
        read_institution,
    )
}

pub(crate) fn institution_named(rows: &Reader<'_>, name: &str) -> Result<Institution> {
    rows.one(
        &format!("{INSTITUTION} WHERE name = $1"),
        &[name.into()],
        read_institution,
    )?
    .ok_or_else(|| Error::UnknownInstitution {
        name: name.to_owned(),
    })
}

pub(crate) fn institution(rows: &Reader<'_>, ledger: LedgerId) -> StoreResult<Institution> {
    rows.one(
        &format!("{INSTITUTION} WHERE ledger = $1"),
        &[ledger.0.into()],
        read_institution,
    )?
    .ok_or_else(|| StoreError::Missing {
        what: format!("the institution of ledger {}", ledger.0),
    })
}

pub(crate) fn ledger_of(institution: &Institution) -> StoreResult<LedgerId> {
    let id = u32::try_from(institution.id.0);
    id.map(LedgerId).map_err(|_| {
        damaged(
            format!("the row of institution {}", institution.name),
            "its ledger is out of range",
        )
    })
}

/// A ledger's number, as a row has it.
pub(crate) fn ledger_id(number: i64) -> StoreResult<LedgerId> {
    let id = u32::try_from(number).map(LedgerId);
    id.map_err(|_| damaged("a row of sign-in".into(), "its ledger is out of range"))
}

pub(crate) fn insert_institution(
    rows: &Writer<'_>,
    ledger: LedgerId,
    name: &str,
    canonical_id: &str,
    since_ms: i64,
) -> StoreResult<()> {
    rows.execute(
        "INSERT INTO institutions (ledger, name, canonical_id, since_ms, suspended) VALUES ($1, $2, $3, $4, 0)",
        &[ledger.0.into(), name.into(), canonical_id.into(), since_ms.into()],
    )?;
    Ok(())
}

pub(crate) fn set_suspended(
    rows: &Writer<'_>,
    ledger: LedgerId,
    suspended: bool,
) -> StoreResult<()> {
    rows.execute(
        "UPDATE institutions SET suspended = $1 WHERE ledger = $2",
        &[i64::from(suspended).into(), ledger.0.into()],
    )?;
    Ok(())
}

/// Since when it leaves; nothing for one that stays.
pub(crate) fn set_leaving(
    rows: &Writer<'_>,
    ledger: LedgerId,
    leaving_ms: Option<i64>,
) -> StoreResult<()> {
    rows.execute(
        "UPDATE institutions SET leaving_ms = $1 WHERE ledger = $2",
        &[leaving_ms.into(), ledger.0.into()],
    )
}

pub(crate) fn officials(rows: &Reader<'_>, ledger: LedgerId) -> StoreResult<Vec<Official>> {
    rows.all(
        "SELECT number, role, name, vkey, since_ms FROM officials WHERE ledger = $1 AND removed_ms IS NULL ORDER BY number",
        &[ledger.0.into()],
        |row| {
            let number = row.int(0)?;
            let role = row.text(1)?.parse();
            Ok(Official {
                number: number.cast_unsigned(),
                role: role.map_err(|_| damaged(format!("the row of official {number}"), "its role is unknown"))?,
                name: row.opt_text(2)?.map(str::to_owned),
                key: row.opt_text(3)?.map(str::to_owned),
                since_ms: row.int(4)?,
            })
        },
    )
}

/// One past the last number ever given in the institution.
pub(crate) fn next_official(rows: &Reader<'_>, ledger: LedgerId) -> StoreResult<u64> {
    let last = rows.one(
        "SELECT MAX(number) FROM officials WHERE ledger = $1",
        &[ledger.0.into()],
        |row| row.opt_int(0),
    )?;
    Ok(last.flatten().unwrap_or(0).cast_unsigned() + 1)
}

pub(crate) fn insert_official(
    rows: &Writer<'_>,
    ledger: LedgerId,
    official: &Official,
) -> StoreResult<()> {
    rows.execute(
        "INSERT INTO officials (ledger, number, role, name, vkey, since_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            ledger.0.into(),
            official.number.cast_signed().into(),
            official.role.as_str().into(),
            official.name.as_deref().into(),
            official.key.as_deref().into(),
            official.since_ms.into(),
        ],
    )?;
    Ok(())
}

/// Name and key go from the row with the role, so that the row is the same once they are erased from the ledger too.
pub(crate) fn remove_official(
    rows: &Writer<'_>,
    ledger: LedgerId,
    number: u64,
    at_ms: i64,
) -> StoreResult<()> {
    rows.execute(
        "UPDATE officials SET removed_ms = $1, name = NULL, vkey = NULL WHERE ledger = $2 AND number = $3",
        &[at_ms.into(), ledger.0.into(), number.cast_signed().into()],
    )?;
    Ok(())
}

/// A key's row and the ledger of its institution.
pub(crate) fn access_key(
    rows: &Reader<'_>,
    id: &str,
) -> StoreResult<Option<(LedgerId, AccessKey)>> {
    rows.one(
        "SELECT id, rights, since_ms, revoked_ms, label, ledger FROM access_keys WHERE id = $1",
        &[id.into()],
        |row| {
            let key = read_access_key(row)?;
            let ledger = u32::try_from(row.int(5)?).map_err(|_| {
                damaged(
                    format!("the row of access key {}", key.access_key_id),
                    "its ledger is out of range",
                )
            })?;
            Ok((LedgerId(ledger), key))
        },
    )
}

/// Has a row unless that key is revoked, or its institution suspended.
pub(crate) const MAY_STILL_ASK: &str = "SELECT 1 FROM access_keys k JOIN institutions i ON i.ledger = k.ledger \
     WHERE k.id = $1 AND k.revoked_ms IS NULL AND i.suspended = 0";

pub(crate) fn may_still_ask(rows: &Reader<'_>, id: &str) -> StoreResult<bool> {
    let found = rows.one(MAY_STILL_ASK, &[id.into()], |_| Ok(()))?;
    Ok(found.is_some())
}

pub(crate) fn access_keys(rows: &Reader<'_>, ledger: LedgerId) -> StoreResult<Vec<AccessKey>> {
    rows.all(
        "SELECT id, rights, since_ms, revoked_ms, label FROM access_keys WHERE ledger = $1 ORDER BY since_ms, id",
        &[ledger.0.into()],
        read_access_key,
    )
}

fn read_access_key(row: &Row<'_>) -> StoreResult<AccessKey> {
    let access_key_id = row.text(0)?.to_owned();
    let grant: Grant = serde_json::from_str(row.text(1)?).map_err(|source| StoreError::Decode {
        what: format!("the rights of access key {access_key_id}"),
        source,
    })?;
    Ok(AccessKey {
        access_key_id,
        label: row.opt_text(4)?.map(str::to_owned),
        grant,
        since_ms: row.int(2)?,
        revoked_ms: row.opt_int(3)?,
    })
}

pub(crate) fn insert_access_key(
    rows: &Writer<'_>,
    at: &At,
    id: &str,
    label: Option<&str>,
    grant: &Grant,
) -> StoreResult<()> {
    let rights = serde_json::to_string(grant).map_err(|source| StoreError::Decode {
        what: format!("the rights of access key {id}"),
        source,
    })?;
    rows.execute(
        "INSERT INTO access_keys (id, ledger, label, rights, since_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            id.into(),
            at.entry.ledger().0.into(),
            label.into(),
            rights.as_str().into(),
            at.time_ms.into(),
        ],
    )?;
    Ok(())
}

pub(crate) fn revoke_access_key(rows: &Writer<'_>, id: &str, at_ms: i64) -> StoreResult<()> {
    rows.execute(
        "UPDATE access_keys SET revoked_ms = $1 WHERE id = $2",
        &[at_ms.into(), id.into()],
    )?;
    Ok(())
}

/// The sealed secret of a key. Not a view: secrets are never in an act.
pub(crate) fn sealed_secret(rows: &Reader<'_>, id: &str) -> StoreResult<Vec<u8>> {
    rows.one(
        "SELECT sealed FROM secrets WHERE name = $1",
        &[secret_name(id).as_str().into()],
        |row| Ok(row.blob(0)?.to_vec()),
    )?
    .ok_or_else(|| StoreError::Missing {
        what: format!("the secret of access key {id}"),
    })
}
