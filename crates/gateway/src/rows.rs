//! The gateway's own tables, beside the vault's views in the replica.

use std::sync::Arc;

use amana_store::replica::Replica;
use amana_store::{Reader, View, Writer};

use crate::{Error, Result};

/// Where the follower stands, the keyrings that it accepted, sealed buckets, the acts that it passed, those of which the
/// body is erased, and acknowledgements that it has not passed yet.
pub(crate) const TABLES: [View; 6] = [
    View {
        table: "gateway_state",
        columns: "name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (name)",
        key: "name",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "gateway_keyrings",
        columns: "number BIGINT NOT NULL, entry BIGINT NOT NULL, bundle TEXT NOT NULL, PRIMARY KEY (number)",
        key: "number",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "gateway_buckets",
        columns: "entry BIGINT NOT NULL, name TEXT NOT NULL, settings BIGINT NOT NULL, live BIGINT NOT NULL, \
                  PRIMARY KEY (entry)",
        key: "entry",
        clustered: true,
        indexes: &["gateway_buckets_by_name ON gateway_buckets (name)"],
    },
    View {
        table: "gateway_acts",
        columns: "act BLOB NOT NULL, entry BIGINT NOT NULL, PRIMARY KEY (act)",
        key: "act",
        clustered: true,
        indexes: &[],
    },
    // Without `by_entry`, the act that erased it was not met so far.
    View {
        table: "gateway_erased",
        columns: "entry BIGINT NOT NULL, body_hash BLOB, by_entry BIGINT, PRIMARY KEY (entry)",
        key: "entry",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "gateway_acks",
        columns: "first BIGINT NOT NULL, last BIGINT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (first)",
        key: "first",
        clustered: true,
        indexes: &[],
    },
];

/// The replica, as this crate uses it.
#[derive(Clone)]
pub(crate) struct Rows(pub(crate) Arc<Replica>);

impl Rows {
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> amana_store::Result<T>,
    ) -> Result<T> {
        self.0.read(read).map_err(Error::Store)
    }

    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&Writer<'_>) -> amana_store::Result<T>,
    ) -> Result<T> {
        self.0.write(write).map_err(Error::Store)
    }

    /// Makes what was written durable.
    pub(crate) fn flush(&self) -> Result<()> {
        self.0.flush().map_err(Error::Store)
    }

    /// A value of `gateway_state`.
    pub(crate) fn state(&self, name: &str) -> Result<Option<Vec<u8>>> {
        self.read(|rows| {
            rows.one(
                "SELECT value FROM gateway_state WHERE name = $1",
                &[name.into()],
                |row| Ok(row.blob(0)?.to_vec()),
            )
        })
    }
}

/// The entry of the act with that number, if the ledger has shown it.
pub(crate) fn entry_of_act(rows: &Reader<'_>, act: [u8; 8]) -> amana_store::Result<Option<u64>> {
    rows.one(
        "SELECT entry FROM gateway_acts WHERE act = $1",
        &[act.as_slice().into()],
        |row| Ok(row.int(0)?.cast_unsigned()),
    )
}

/// Sets a value of `gateway_state`.
pub(crate) fn set_state(rows: &Writer<'_>, name: &str, value: &[u8]) -> amana_store::Result<()> {
    rows.execute(
        "INSERT INTO gateway_state (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        &[name.into(), value.into()],
    )?;
    Ok(())
}
