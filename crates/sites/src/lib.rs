//! Web sites that are what their institution signed.
//!
//! What this crate promises:
//! - **A site is its manifest**: what every address answers follows from it alone ([`Manifest::answer`]), the same for the
//!   server, for whoever verifies, and for whoever writes a second one from `docs/formats/site.md`.
//! - **The operator publishes nothing.** A deploy is a statement signed by the site's publishers, k of n if they so chose; each
//!   takes the site's next number, so that an old one can't be used again.
//! - **What isn't the signed content is never served.**
//!
//! Invariants: a row of `sites` and of `site_deploys` is a fold of the ledger `<institution>/sites`; a site's numbers only rise, also
//! over its removal; a deploy is committed only when all that its manifest names is kept.
//!
//! What it deliberately does not do: know where content is kept ([`Shelf`]), hold any publisher's key, or let the operator change
//! what is published, but for removing a site whole, which its ledger tells everybody.

mod acts;
pub mod certificates;
pub mod code;
mod error;
mod history;
mod model;
pub mod pieces;
pub mod serve;
mod shelf;
mod verbs;
mod views;

pub use error::{Error, Result, Wrong};
pub use history::{History, Published, Recorded};
pub use model::*;
pub use shelf::{Incoming, Opened, Place, Shelf};
pub use verbs::{
    Alerted, Changed, Deploy, Lacking, MAX_LISTED, Piece, Site, Sites, Swept, TakesIn,
};
