//! Reads the backup of a web site that runs on PHP, and makes what runs it here.
//!
//! What this crate promises:
//! - **Nothing lands outside.** A backup is unpacked into one new folder, within bounds, and no link of it is made.
//! - **Nothing is run.** Settings are read as text, dumps as statements; PHP and the database see neither before somebody has read the
//!   report.
//! - **Old secrets stay behind.** Passwords, keys and salts are fresh; of the old settings only literals that mean the same here come
//!   along.
//! - **One application, one user, one database.** What is made confines each by itself.
//!
//! [`tar`], [`php`], [`sql`], [`rows`], [`versions`] and [`made`] are pure; [`mod@unpack`], [`find`], [`look`], [`dump`], [`take()`] and
//! [`handed`] read and write files.
//!
//! What it deliberately does not do: run PHP, speak to a database, become root.

pub mod application;
pub mod dump;
mod error;
pub mod find;
pub mod handed;
pub mod look;
pub mod made;
pub mod php;
pub mod report;
pub mod rows;
pub mod sql;
pub mod take;
pub mod tar;
pub mod unpack;
pub mod versions;

pub use application::Application;
pub use error::{Error, Result};
pub use handed::Handed;
