//! The ledger's promises, checked from outside: against other implementations, against the golden vectors in
//! `vectors/`, and against damage.

mod country;
mod merkle;
mod notes;
mod own_quorums;
mod policies;
mod receipts;
mod releases;
mod rows_and_epochs;
mod tiles;
mod totality;
mod vectors;
mod witnesses;
