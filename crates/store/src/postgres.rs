//! PostgreSQL as the engine of rows, for a data centre of several nodes. What it promises is what [`crate::rows`] promises;
//! beside that, ledgers are locked in the order of their numbers, and one node at a time holds a lease.
//!
//! A session has a runtime of its own, so that it is used from any thread that may block, as the embedded engine is.
//! Changes wait until an answer is needed or the commit, and travel with it: an act costs as many round trips as it reads.

mod asking;
mod database;
mod failure;
mod lease;
mod line;
mod memory;
mod runtime;
mod schema;
mod session;
mod tls;
mod together;
mod values;

pub(crate) use asking::Asking;
pub use database::Database;
pub(crate) use lease::Lease;
pub(crate) use schema::{create, make, tables_found, tables_made};
pub(crate) use session::Session;
pub(crate) use values::cell;
