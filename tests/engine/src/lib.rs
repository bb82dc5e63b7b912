//! The engine that the tests' stores keep their rows in: the embedded one, or the PostgreSQL that `AMANA_TEST_POSTGRES` names,
//! where each folder has a schema of its own. One suite serves both.

use std::path::Path;

use amana_store::Database;
use amana_tls::Trust;
use sha2::{Digest as _, Sha256};
use tokio::runtime::Builder;
use tokio_postgres::{Client, NoTls};

/// The variable that names a PostgreSQL on which tests may make schemas: `host=… port=… user=… dbname=…`.
pub const VARIABLE: &str = "AMANA_TEST_POSTGRES";

/// What the embedded engine knows, for the statements with which tests edit rows.
const FUNCTIONS: &str = "
CREATE OR REPLACE FUNCTION replace(bytea, text, text) RETURNS bytea LANGUAGE sql AS
    $$ SELECT convert_to(replace(convert_from($1, 'UTF8'), $2, $3), 'UTF8') $$;
CREATE OR REPLACE FUNCTION zeroblob(integer) RETURNS bytea LANGUAGE sql AS
    $$ SELECT decode(repeat('00', $1), 'hex') $$;
";

/// What keeps the rows of a store in `folder`; none is the embedded engine, which restored folders have in any case.
///
/// # Panics
/// When the server doesn't make a schema.
#[must_use]
pub fn database(folder: &Path) -> Option<Database> {
    let address = std::env::var(VARIABLE).ok()?;
    if folder.join("amana.db").exists() {
        return None;
    }
    let schema = schema(folder);
    let made =
        format!("CREATE SCHEMA IF NOT EXISTS {schema}; SET search_path = {schema}; {FUNCTIONS}");
    ask(&address, async move |client| {
        client.batch_execute(&made).await
    });
    let address = format!("{address} options='-c search_path={schema}'");
    Some(Database::parse(&address, None, &Trust::System).expect("the address is one of a database"))
}

/// Whether rows are in the folder, as a file that a test may look at.
#[must_use]
pub fn is_embedded() -> bool {
    std::env::var_os(VARIABLE).is_none()
}

/// Changes rows behind the store's back; returns how many.
///
/// # Panics
/// When the engine refuses.
#[must_use]
pub fn edit(folder: &Path, sql: &str) -> u64 {
    let server = std::env::var(VARIABLE).ok();
    let server = server.filter(|_| !folder.join("amana.db").exists());
    let Some(address) = server else {
        let rows = rusqlite::Connection::open(folder.join("amana.db")).expect("rows");
        return rows.execute(sql, []).expect("a change") as u64;
    };
    let schema = format!("SET search_path = {}", schema(folder));
    let sql = sql.to_owned();
    ask(&address, async move |client| {
        client.batch_execute(&schema).await?;
        client.execute(&sql, &[]).await
    })
}

/// Copies rows from one folder's schema to another's, as they are; the embedded engine's are a file like the others.
///
/// # Panics
/// When the server refuses.
pub fn copy_rows(from: &Path, to: &Path) {
    let (Ok(address), Some(_)) = (std::env::var(VARIABLE), database(to)) else {
        return;
    };
    let (from, to) = (schema(from), schema(to));
    ask(&address, async move |client| {
        let tables = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{from}'");
        for row in client.query(&tables, &[]).await? {
            let table: String = row.get(0);
            let copied = format!(
                "CREATE TABLE {to}.{table} (LIKE {from}.{table});
                 INSERT INTO {to}.{table} SELECT * FROM {from}.{table};"
            );
            client.batch_execute(&copied).await?;
        }
        // Keys and indexes under their own names, as the store makes them.
        let made = format!(
            "SELECT 'ALTER TABLE {to}.' || c.relname || ' ADD CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
             FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relnamespace = '{from}'::regnamespace
             UNION ALL
             SELECT replace(indexdef, '{from}.', '{to}.') FROM pg_indexes i WHERE schemaname = '{from}'
                AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conname = i.indexname
                                AND k.connamespace = '{from}'::regnamespace)"
        );
        for row in client.query(&made, &[]).await? {
            let sql: String = row.get(0);
            client.batch_execute(&sql).await?;
        }
        Ok(())
    });
}

fn schema(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    format!("t_{}", &hex::encode(digest)[..24])
}

/// On a thread of its own: the test may be inside a runtime.
fn ask<T: Send + 'static>(
    address: &str,
    ask: impl AsyncFnOnce(Client) -> Result<T, tokio_postgres::Error> + Send + 'static,
) -> T {
    let address = address.to_owned();
    let asked = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let (client, line) = tokio_postgres::connect(&address, NoTls).await?;
            tokio::spawn(line);
            ask(client).await
        })
    });
    asked
        .join()
        .expect("no panic")
        .expect("the server's consent")
}
