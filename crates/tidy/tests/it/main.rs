//! The rules of the house that no compiler keeps, as ratchets: a number here may go down, never up.
//!
//! A crate of its own, because these tests read every crate and belong to none, and build in seconds without them.
//! Clippy already refuses `unwrap`, printing and undocumented items wherever a crate inherits the workspace's lints;
//! what is checked here is that every crate does.

mod attributes;
mod dependencies;
mod licences;
mod names;
mod places;
mod sizes;
mod sources;
