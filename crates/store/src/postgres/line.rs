//! A line to the server that takes writes: what it is set to, and what a server must be to be believed.

use std::time::Duration;

use tokio_postgres::{Client, NoTls, Row};

use super::database::Database;
use super::failure::{meant, unreachable};
use crate::rows::Value;
use crate::sqlite::Use;
use crate::{Error, Result};

/// No answer takes longer, or the line is cut.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// After so long without use a line is tried before it is believed.
pub(super) const TRY_AFTER: Duration = Duration::from_secs(1);

/// What every session is set to. Plans are for few rows, by an index: with the statistics of an empty table, tables would be
/// read, or joined, whole. Who stands still in a transaction holds ledgers up and is cut off. A timeout of the role's would end
/// a commit's wait for its standby, and the server would answer as if the standby had it.
const SETTINGS: &str = "
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET cursor_tuple_fraction = 0.0001;
SET jit = off;
SET plan_cache_mode = force_generic_plan;
SET lock_timeout = '20s';
SET idle_in_transaction_session_timeout = '60s';
SET statement_timeout = 0;
SET client_min_messages = warning;
";

/// A writer that stands still holds up all other nodes: a machine that is paused, or cut off, is not waited for for long.
const WRITER_SETTINGS: &str = "SET idle_in_transaction_session_timeout = '10s'";

/// A commit that waits until the standbys have everything that can be read now. After a crash a server shows what it never
/// acknowledged, because its standby lacks it: a checkpoint of that, signed and shown, would be a fork once the standby takes
/// the server's place.
const BARRIER: &str = "SELECT pg_logical_emit_message(true, 'amana', '')::text";

/// What a server is asked of itself.
const ASKED: &str = "SELECT current_setting('server_version_num'), current_setting('server_encoding'),
    current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
    current_setting('synchronous_standby_names')";

/// Connects, to the server that takes writes. The runtime that this is called on drives the line.
///
/// # Errors
/// [`Error::Unreachable`]; [`Error::Folder`] for a server that can't be used, with what to change.
pub(super) async fn connect(database: &Database, how: Use, within: Duration) -> Result<Client> {
    let client = opened(database, how).await.map_err(|error| {
        let error = meant(&error);
        unreachable(format!("{}: {error}", database.shown()))
    })?;
    let judged = tokio::time::timeout(within, refuse_what_loses(&client, database)).await;
    judged.map_err(|_| {
        let why = "it says nothing of itself, or a commit waits for its standby";
        unreachable(format!("{}: {why}", database.shown()))
    })??;
    Ok(client)
}

async fn opened(database: &Database, how: Use) -> Result<Client, tokio_postgres::Error> {
    let client = match &database.tls {
        Some(tls) => {
            let (client, line) = database.config.connect(tls.clone()).await?;
            tokio::spawn(line);
            client
        }
        None => {
            let (client, line) = database.config.connect(NoTls).await?;
            tokio::spawn(line);
            client
        }
    };
    client.batch_execute(SETTINGS).await?;
    if how == Use::Write {
        client.batch_execute(WRITER_SETTINGS).await?;
    }
    Ok(client)
}

/// A server that is too old, or that acknowledges what it may lose.
async fn refuse_what_loses(client: &Client, database: &Database) -> Result<()> {
    let shown = |row: &Row, column: usize| -> Result<String> {
        match super::cell(row, column)? {
            Value::Text(text) => Ok(text.to_owned()),
            _ => Ok(String::new()),
        }
    };
    let refused = |why: String| {
        Err(Error::Folder {
            path: database.shown().into(),
            why,
        })
    };
    let rows = client.query_typed(ASKED, &[]).await;
    let rows = rows.map_err(|error| meant(&error))?;
    let row = rows
        .first()
        .ok_or_else(|| unreachable("it says nothing of itself".into()))?;
    let version = shown(row, 0)?;
    if version.parse().is_ok_and(|version: u32| version < 150_000) {
        let (major, minor) = (&version[..version.len() - 4], &version[version.len() - 4..]);
        let minor = minor.trim_start_matches('0');
        return refused(format!(
            "its server is PostgreSQL {major}.{minor}; 15 or later is needed"
        ));
    }
    if shown(row, 1)? != "UTF8" {
        return refused("its encoding isn't UTF8: make it with ENCODING 'UTF8'".into());
    }
    for (column, name) in [(2, "fsync"), (3, "full_page_writes")] {
        if shown(row, column)? != "on" {
            let why = format!(
                "its server has {name} off and may lose what it acknowledged: set it to on"
            );
            return refused(why);
        }
    }
    if ["off", "local"].contains(&shown(row, 4)?.as_str()) {
        let set = client.batch_execute("SET synchronous_commit = on").await;
        set.map_err(|error| meant(&error))?;
    }
    if !shown(row, 5)?.is_empty() {
        client.query_typed(BARRIER, &[]).await.map_err(|error| {
            let error = meant(&error);
            unreachable(format!(
                "a commit didn't come through, perhaps because its synchronous standby is away: {error}"
            ))
        })?;
    }
    Ok(())
}
