//! Backups, well-formed and not.

mod archives;
mod dumps;
mod finding;
mod settings;
