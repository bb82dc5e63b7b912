//! Backups, well-formed and not.

mod archives;
mod dumps;
mod finding;
mod handing;
mod settings;
