//! What officials sign in with, the links by which they got it, and the challenges that were answered.

use amana_store::{LedgerId, Reader, Row, View, Writer};

type Result<T> = amana_store::Result<T>;

pub(crate) const PASSKEY: &str = "passkey";
pub(crate) const PASSWORD: &str = "password";
pub(crate) const IDENTITY: &str = "identity";

/// `passkey` is what a credential is found by: an authenticator's name for a passkey, or the digest of an identity. `counter` is a passkey's own, or the step of the last code beside a password: both only grow.
pub(crate) const VIEW: View = View {
    table: "credentials",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, kind TEXT NOT NULL, \
              passkey BLOB, public_key BLOB, label TEXT, secret TEXT, counter BIGINT NOT NULL, \
              since_ms BIGINT NOT NULL, removed_ms BIGINT, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &["credentials_by_passkey ON credentials (passkey)"],
};

pub(crate) const INVITATIONS: View = View {
    table: "invitations",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, code TEXT NOT NULL, \
              expires_ms BIGINT NOT NULL, ended_ms BIGINT, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &["invitations_by_code ON invitations (code)"],
};

/// Challenges that were answered, until they would be over anyway.
pub(crate) const CHALLENGES: View = View {
    table: "challenges",
    columns: "ledger BIGINT NOT NULL, challenge TEXT NOT NULL, until_ms BIGINT NOT NULL, PRIMARY KEY (ledger, challenge)",
    key: "ledger, challenge",
    clustered: true,
    indexes: &[],
};

/// A row in force.
pub(crate) struct Credential {
    pub(crate) ledger: i64,
    pub(crate) number: u64,
    pub(crate) official: u64,
    pub(crate) kind: String,
    pub(crate) public_key: Option<Vec<u8>>,
    /// The column `passkey`.
    pub(crate) found_by: Option<Vec<u8>>,
    pub(crate) label: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) counter: i64,
    pub(crate) since_ms: i64,
}

const IN_FORCE: &str = "SELECT ledger, number, official, kind, public_key, label, secret, counter, since_ms, passkey \
                        FROM credentials WHERE removed_ms IS NULL";

fn read(row: &Row<'_>) -> Result<Credential> {
    Ok(Credential {
        ledger: row.int(0)?,
        number: row.int(1)?.cast_unsigned(),
        official: row.int(2)?.cast_unsigned(),
        kind: row.text(3)?.to_owned(),
        public_key: row.opt_blob(4)?.map(<[u8]>::to_vec),
        label: row.opt_text(5)?.map(str::to_owned),
        secret: row.opt_text(6)?.map(str::to_owned),
        counter: row.int(7)?,
        since_ms: row.int(8)?,
        found_by: row.opt_blob(9)?.map(<[u8]>::to_vec),
    })
}

/// Of one official, the oldest first.
pub(crate) fn of(rows: &Reader<'_>, ledger: LedgerId, official: u64) -> Result<Vec<Credential>> {
    let sql = format!("{IN_FORCE} AND ledger = $1 AND official = $2 ORDER BY number");
    rows.all(
        &sql,
        &[ledger.0.into(), official.cast_signed().into()],
        read,
    )
}

pub(crate) fn find(rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Option<Credential>> {
    let sql = format!("{IN_FORCE} AND ledger = $1 AND number = $2");
    rows.one(&sql, &[ledger.0.into(), number.cast_signed().into()], read)
}

/// By the authenticator's name for it, which no two in force share, of whomever.
pub(crate) fn by_passkey(rows: &Reader<'_>, id: &[u8]) -> Result<Option<Credential>> {
    found(rows, PASSKEY, id)
}

/// By the digest of an identity, which no two in force share, of whomever.
pub(crate) fn by_identity(rows: &Reader<'_>, digest: &[u8]) -> Result<Option<Credential>> {
    found(rows, IDENTITY, digest)
}

fn found(rows: &Reader<'_>, kind: &str, by: &[u8]) -> Result<Option<Credential>> {
    let sql = format!("{IN_FORCE} AND passkey = $1 AND kind = $2 LIMIT 1");
    rows.one(&sql, &[by.into(), kind.into()], read)
}

/// Officials of a ledger who hold something of their own to sign in with: an identity is its provider's, which could act as
/// all whom it knows, so whoever has nothing else approves nothing.
pub(crate) fn holders(rows: &Reader<'_>, ledger: LedgerId) -> Result<Vec<u64>> {
    rows.all(
        "SELECT DISTINCT official FROM credentials WHERE ledger = $1 AND removed_ms IS NULL AND kind <> $2 \
         ORDER BY official",
        &[ledger.0.into(), IDENTITY.into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

/// The same, and who held something of the kind before.
pub(crate) fn holders_ever(rows: &Reader<'_>, ledger: LedgerId) -> Result<Vec<u64>> {
    rows.all(
        "SELECT DISTINCT official FROM credentials WHERE ledger = $1 AND kind <> $2 ORDER BY official",
        &[ledger.0.into(), IDENTITY.into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

pub(crate) fn insert(rows: &Writer<'_>, ledger: LedgerId, new: &Credential) -> Result<()> {
    rows.execute(
        "INSERT INTO credentials (ledger, number, official, kind, passkey, public_key, label, secret, counter, since_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &[
            ledger.0.into(),
            new.number.cast_signed().into(),
            new.official.cast_signed().into(),
            new.kind.as_str().into(),
            new.found_by.as_deref().into(),
            new.public_key.as_deref().into(),
            new.label.as_deref().into(),
            new.secret.as_deref().into(),
            new.counter.into(),
            new.since_ms.into(),
        ],
    )
}

pub(crate) fn count(rows: &Writer<'_>, ledger: LedgerId, number: u64, counter: i64) -> Result<()> {
    rows.execute(
        "UPDATE credentials SET counter = $1 WHERE ledger = $2 AND number = $3",
        &[counter.into(), ledger.0.into(), number.cast_signed().into()],
    )
}

/// What the body said goes from the row, so that the row is the same once the body is erased.
pub(crate) fn remove(rows: &Writer<'_>, ledger: LedgerId, number: u64, at_ms: i64) -> Result<()> {
    rows.execute(
        "UPDATE credentials SET removed_ms = $1, passkey = NULL, public_key = NULL, label = NULL \
         WHERE ledger = $2 AND number = $3 AND removed_ms IS NULL",
        &[at_ms.into(), ledger.0.into(), number.cast_signed().into()],
    )
}

/// All of one official.
pub(crate) fn remove_all(
    rows: &Writer<'_>,
    ledger: LedgerId,
    official: u64,
    at_ms: i64,
) -> Result<()> {
    rows.execute(
        "UPDATE credentials SET removed_ms = $1, passkey = NULL, public_key = NULL, label = NULL \
         WHERE ledger = $2 AND official = $3 AND removed_ms IS NULL",
        &[at_ms.into(), ledger.0.into(), official.cast_signed().into()],
    )
}

/// A link that is open, or was.
pub(crate) struct Invitation {
    pub(crate) ledger: i64,
    pub(crate) number: u64,
    pub(crate) official: u64,
    pub(crate) expires_ms: i64,
    pub(crate) ended: bool,
}

pub(crate) fn invitation(rows: &Reader<'_>, code_sha256: &str) -> Result<Option<Invitation>> {
    rows.one(
        "SELECT ledger, number, official, expires_ms, ended_ms FROM invitations WHERE code = $1",
        &[code_sha256.into()],
        |row| {
            Ok(Invitation {
                ledger: row.int(0)?,
                number: row.int(1)?.cast_unsigned(),
                official: row.int(2)?.cast_unsigned(),
                expires_ms: row.int(3)?,
                ended: row.opt_int(4)?.is_some(),
            })
        },
    )
}

/// When an open link of that official ends, if there is one.
pub(crate) fn invited_until(
    rows: &Reader<'_>,
    ledger: LedgerId,
    official: u64,
) -> Result<Option<i64>> {
    let sql = "SELECT MAX(expires_ms) FROM invitations WHERE ledger = $1 AND official = $2 AND ended_ms IS NULL";
    let until = rows.one(
        sql,
        &[ledger.0.into(), official.cast_signed().into()],
        |row| row.opt_int(0),
    )?;
    Ok(until.flatten())
}

/// A new link ends those that the official had.
pub(crate) fn invite(
    rows: &Writer<'_>,
    at: &amana_store::At,
    official: u64,
    code_sha256: &str,
    expires_ms: i64,
) -> Result<()> {
    end_invitations(rows, at.entry.ledger(), official, at.time_ms)?;
    rows.execute(
        "INSERT INTO invitations (ledger, number, official, code, expires_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            official.cast_signed().into(),
            code_sha256.into(),
            expires_ms.into(),
        ],
    )
}

pub(crate) fn end_invitations(
    rows: &Writer<'_>,
    ledger: LedgerId,
    official: u64,
    at_ms: i64,
) -> Result<()> {
    rows.execute(
        "UPDATE invitations SET ended_ms = $1 WHERE ledger = $2 AND official = $3 AND ended_ms IS NULL",
        &[at_ms.into(), ledger.0.into(), official.cast_signed().into()],
    )
}

pub(crate) fn was_answered(rows: &Reader<'_>, ledger: LedgerId, challenge: &str) -> Result<bool> {
    let sql = "SELECT until_ms FROM challenges WHERE ledger = $1 AND challenge = $2";
    let found = rows.one(sql, &[ledger.0.into(), challenge.into()], |row| row.int(0))?;
    Ok(found.is_some())
}

pub(crate) fn answered(
    rows: &Writer<'_>,
    at: &amana_store::At,
    challenge: &str,
    until_ms: i64,
) -> Result<()> {
    let ledger = at.entry.ledger().0;
    rows.execute(
        "DELETE FROM challenges WHERE ledger = $1 AND until_ms < $2",
        &[ledger.into(), at.time_ms.into()],
    )?;
    rows.execute(
        "INSERT INTO challenges (ledger, challenge, until_ms) VALUES ($1, $2, $3)",
        &[ledger.into(), challenge.into(), until_ms.into()],
    )
}
