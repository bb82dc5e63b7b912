//! What PostgreSQL's failures mean.

use std::error::Error as _;

use tokio_postgres::error::{ErrorPosition, SqlState};

use crate::Error;

/// A failure in our words: one that the server tells of, or the loss of the connection, after which a commit's outcome is
/// unknown.
pub(super) fn meant(error: &tokio_postgres::Error) -> Error {
    let Some(told) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!(": {cause}"));
        return unreachable(format!("{error}{}", cause.unwrap_or_default()));
    };
    let mut why = told.message().to_owned();
    if let Some(detail) = told.detail() {
        why = format!("{why} ({detail})");
    }
    if let Some(ErrorPosition::Original(at)) = told.position() {
        why = format!("{why}, at character {at}");
    }
    if ends_the_session(told.code()) {
        return unreachable(why);
    }
    Error::Postgres {
        state: told.code().code().to_owned(),
        why,
    }
}

pub(super) fn unreachable(why: String) -> Error {
    Error::Unreachable { why }
}

/// Shut down, starting up, out of connections, cut off for idling, or a standby now.
fn ends_the_session(state: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::READ_ONLY_SQL_TRANSACTION,
    ]
    .contains(state)
        || state.code().starts_with("08")
}

impl Error {
    /// Whether another node's transaction was in the way, so that the same once more may pass.
    pub(crate) fn is_conflict(&self) -> bool {
        self.is_contention() || self.is_state(&[SqlState::UNIQUE_VIOLATION])
    }

    /// Whether it was in the way of the whole transaction, whatever its acts are.
    pub(crate) fn is_contention(&self) -> bool {
        self.is_state(&[
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ])
    }

    fn is_state(&self, states: &[SqlState]) -> bool {
        matches!(self, Self::Postgres { state, .. } if states.iter().any(|one| one.code() == state))
    }

    /// Whether the server answered, and has rolled the transaction back.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Postgres { .. })
    }

    /// Whether the connection to the database is lost.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}
