//! Sessions, and passwords that were tried.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

use super::credentials::IDENTITY;

type Result<T> = amana_store::Result<T>;

/// Sessions of one official at a time; one more ends the oldest.
pub(crate) const MAX_SESSIONS: i64 = 10;
/// Tries after which it begins anew, for who mistypes once a week.
const FORGET_MS: i64 = 24 * 60 * 60 * 1000;

pub(crate) const VIEW: View = View {
    table: "sessions",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, official BIGINT NOT NULL, credential BIGINT NOT NULL, \
              token BLOB, browser TEXT, opened_ms BIGINT NOT NULL, expires_ms BIGINT NOT NULL, ended_ms BIGINT, \
              PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &["sessions_by_official ON sessions (ledger, official)"],
};

/// One row an account and a browser: `device` is empty for browsers that never signed in to it.
pub(crate) const TRIES: View = View {
    table: "sign_in_tries",
    columns: "ledger BIGINT NOT NULL, official BIGINT NOT NULL, device TEXT NOT NULL, tries BIGINT NOT NULL, \
              last_ms BIGINT NOT NULL, PRIMARY KEY (ledger, official, device)",
    key: "ledger, official, device",
    clustered: true,
    indexes: &[],
};

/// A row.
pub(crate) struct Session {
    pub(crate) number: u64,
    pub(crate) official: u64,
    pub(crate) credential: u64,
    /// Whether that is an identity.
    pub(crate) by_identity: bool,
    pub(crate) token: Option<Vec<u8>>,
    pub(crate) browser: Option<String>,
    pub(crate) opened_ms: i64,
    pub(crate) expires_ms: i64,
}

const OPEN: &str = "SELECT number, official, credential, token, browser, opened_ms, expires_ms, \
                    (SELECT kind FROM credentials WHERE credentials.ledger = sessions.ledger \
                    AND credentials.number = sessions.credential) \
                    FROM sessions WHERE ended_ms IS NULL AND ledger = $1";

fn read(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        number: row.int(0)?.cast_unsigned(),
        official: row.int(1)?.cast_unsigned(),
        credential: row.int(2)?.cast_unsigned(),
        by_identity: row.opt_text(7)? == Some(IDENTITY),
        token: row.opt_blob(3)?.map(<[u8]>::to_vec),
        browser: row.opt_text(4)?.map(str::to_owned),
        opened_ms: row.int(5)?,
        expires_ms: row.int(6)?,
    })
}

/// One that wasn't ended, expired or not.
pub(crate) fn find(rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Option<Session>> {
    let sql = format!("{OPEN} AND number = $2");
    rows.one(&sql, &[ledger.0.into(), number.cast_signed().into()], read)
}

/// Those of one official that weren't ended, the newest first.
pub(crate) fn of(rows: &Reader<'_>, ledger: LedgerId, official: u64) -> Result<Vec<Session>> {
    let sql = format!("{OPEN} AND official = $2 ORDER BY number DESC");
    rows.all(
        &sql,
        &[ledger.0.into(), official.cast_signed().into()],
        read,
    )
}

pub(crate) fn open(rows: &Writer<'_>, at: &At, new: &Session) -> Result<()> {
    let ledger = at.entry.ledger();
    rows.execute(
        "DELETE FROM sessions WHERE ledger = $1 AND official = $2 AND expires_ms < $3",
        &[
            ledger.0.into(),
            new.official.cast_signed().into(),
            at.time_ms.into(),
        ],
    )?;
    rows.execute(
        "INSERT INTO sessions (ledger, number, official, credential, token, browser, opened_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &[
            ledger.0.into(),
            new.number.cast_signed().into(),
            new.official.cast_signed().into(),
            new.credential.cast_signed().into(),
            new.token.as_deref().into(),
            new.browser.as_deref().into(),
            new.opened_ms.into(),
            new.expires_ms.into(),
        ],
    )?;
    for oldest in of(rows, ledger, new.official)?
        .iter()
        .skip(usize::try_from(MAX_SESSIONS).unwrap_or(usize::MAX))
    {
        end(rows, ledger, oldest.number, at.time_ms)?;
    }
    Ok(())
}

/// What the body said goes from the row, so that the row is the same once the body is erased.
const END: &str = "UPDATE sessions SET ended_ms = $1, token = NULL, browser = NULL WHERE ended_ms IS NULL AND ledger = $2";

pub(crate) fn end(rows: &Writer<'_>, ledger: LedgerId, number: u64, at_ms: i64) -> Result<()> {
    let sql = format!("{END} AND number = $3");
    rows.execute(
        &sql,
        &[at_ms.into(), ledger.0.into(), number.cast_signed().into()],
    )
}

pub(crate) fn end_of_official(
    rows: &Writer<'_>,
    ledger: LedgerId,
    official: u64,
    at_ms: i64,
) -> Result<()> {
    let sql = format!("{END} AND official = $3");
    rows.execute(
        &sql,
        &[at_ms.into(), ledger.0.into(), official.cast_signed().into()],
    )
}

pub(crate) fn end_of_credential(
    rows: &Writer<'_>,
    ledger: LedgerId,
    credential: u64,
    at_ms: i64,
) -> Result<()> {
    let sql = format!("{END} AND credential = $3");
    rows.execute(
        &sql,
        &[
            at_ms.into(),
            ledger.0.into(),
            credential.cast_signed().into(),
        ],
    )
}

/// How often an account was tried from a browser since it last let it in, and when last.
pub(crate) fn tries(
    rows: &Reader<'_>,
    ledger: LedgerId,
    official: u64,
    device: &str,
) -> Result<(i64, i64)> {
    let found = rows.one(
        "SELECT tries, last_ms FROM sign_in_tries WHERE ledger = $1 AND official = $2 AND device = $3",
        &[ledger.0.into(), official.cast_signed().into(), device.into()],
        |row| Ok((row.int(0)?, row.int(1)?)),
    )?;
    Ok(found.unwrap_or_default())
}

pub(crate) fn tried(rows: &Writer<'_>, at: &At, official: u64, device: &str) -> Result<()> {
    let ledger = at.entry.ledger();
    let (tries, last_ms) = tries(rows, ledger, official, device)?;
    let tries = if at.time_ms - last_ms > FORGET_MS {
        1
    } else {
        tries + 1
    };
    rows.execute(
        "INSERT INTO sign_in_tries (ledger, official, device, tries, last_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (ledger, official, device) DO UPDATE SET tries = excluded.tries, last_ms = excluded.last_ms",
        &[
            ledger.0.into(),
            official.cast_signed().into(),
            device.into(),
            tries.into(),
            at.time_ms.into(),
        ],
    )
}

pub(crate) fn let_in(
    rows: &Writer<'_>,
    ledger: LedgerId,
    official: u64,
    device: &str,
) -> Result<()> {
    rows.execute(
        "DELETE FROM sign_in_tries WHERE ledger = $1 AND official = $2 AND device = $3",
        &[
            ledger.0.into(),
            official.cast_signed().into(),
            device.into(),
        ],
    )
}
