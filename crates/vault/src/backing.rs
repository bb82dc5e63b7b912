//! What a vault stands on: the store of a data centre, or the replica of a gateway. Verbs don't know which, but for the
//! few that say so.

use std::sync::Arc;

use amana_store::{BlobId, CommitError, Committed, Reader, Row, Store, Value};

use crate::acts::{Admitted, Sealable};
use crate::home::Home;
use crate::remote::NewPiece;
use crate::{Error, Result};

/// Where acts go and rows come from. Cheap to clone.
#[derive(Clone)]
pub(crate) enum Backing {
    /// A data centre: acts are committed here.
    Centre(Arc<Store>),
    /// A gateway: acts are planned here, recorded by the data centre, and adopted here.
    Home(Arc<Home>),
}

/// New content that an act brings, beside what goes in the rows; removed when the act is certainly not recorded.
#[derive(Debug)]
pub(crate) enum Fresh {
    /// None.
    Nothing,
    /// A blob.
    Blob(BlobId),
    /// A piece of ciphertext.
    Piece(NewPiece),
}

impl Backing {
    /// Reads rows, all as of one instant. Blocking, for as long as `read` takes.
    pub(crate) fn read<T, E: From<amana_store::Error>>(
        &self,
        read: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Centre(store) => store.read(read),
            Self::Home(home) => home.replica.read(read),
        }
    }

    /// Reads the first row of the answer to one statement, as of one instant.
    pub(crate) async fn first<T, E: From<amana_store::Error>>(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        read: impl FnOnce(Option<&Row<'_>>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Centre(store) => store.first(sql, values, read).await,
            Self::Home(home) => home.replica.read(|rows| rows.first(sql, values, read)),
        }
    }

    /// What time it is by the word of the witnesses, for who must not believe the operator's clock: the latest there is where
    /// nobody witnesses. A gateway's clock is the institution's own. Blocking.
    pub(crate) fn witnessed_ms(&self) -> Result<i64> {
        match self {
            Self::Centre(store) => Ok(store.witnessed_ms()?.unwrap_or(i64::MAX)),
            Self::Home(_) => Ok(i64::MAX),
        }
    }

    /// The clock here, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        match self {
            Self::Centre(store) => store.now_ms(),
            Self::Home(home) => home.replica.now_ms(),
        }
    }

    /// The store of the data centre, for what a gateway never does.
    ///
    /// # Errors
    /// [`Error::Store`] on a gateway.
    pub(crate) fn centre(&self) -> Result<&Arc<Store>> {
        match self {
            Self::Centre(store) => Ok(store),
            Self::Home(_) => Err(Error::Store(amana_store::Error::Refused {
                what: "what only the data centre does".into(),
                why: "this is a gateway".into(),
            })),
        }
    }

    /// Has an act recorded: on return it is durable at the data centre, and read here.
    pub(crate) async fn commit<A: Sealable>(
        &self,
        act: A,
        fresh: Fresh,
    ) -> Result<Committed<A::Output>> {
        match (self, fresh) {
            (Self::Centre(store), Fresh::Blob(blob)) => store
                .commit(Admitted(act))
                .await
                .inspect_err(|error| forget(store, blob, error))
                .map_err(Error::from),
            (Self::Centre(store), _) => Ok(store.commit(Admitted(act)).await?),
            (Self::Home(home), Fresh::Piece(piece)) => home.commit(act, Some(piece)).await,
            (Self::Home(home), _) => home.commit(act, None).await,
        }
    }
}

/// Removes the blob of an act that is certainly not recorded.
///
/// A caller that goes away while it waits leaves the act in the queue: the blob is then the act's, and if the act is
/// refused after all the file has no name in the rows, and is set aside when the store opens.
fn forget(store: &Store, blob: BlobId, error: &CommitError<Error>) {
    // After a failed sync nobody knows until the store is reopened, which sweeps what isn't named; nor when a database went
    // away while it committed.
    use amana_store::Error as E;
    let unknown = matches!(
        error,
        CommitError::Store(E::Stopped { .. } | E::Unreachable { .. })
    );
    if !unknown && let Err(error) = store.blobs().remove(blob) {
        tracing::warn!(%blob, %error, "a refused deposit's blob stays until the next start");
    }
}
