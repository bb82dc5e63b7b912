//! The institution's side: the same S3 as the data centre's, with everything sealed and signed before it leaves.
//!
//! What this crate promises:
//! - **Nothing leaves in clear**: content, names and attributes are sealed here, under keys that the data centre never has.
//! - **Nothing is believed**: every entry of the institution's ledger is hashed, checked against the signed tree, against
//!   the member's signature and against what came before, and only then changes what is served.
//! - **Nothing is guessed**: an act whose answer was lost is handed in again, to the byte, until the ledger tells.
//! - **What doesn't fit stops**, by its name, and leaves evidence in a file that others can judge without this gateway.
//!
//! Invariants: the vault's rows here are the fold of the ledger's entries as far as [`Status::followed`], and of acts of
//! this gateway's own that were acknowledged beyond. On this machine's disk nothing is in clear: the replica is encrypted,
//! content passes through memory alone.
//!
//! What it deliberately does not do: speak S3, read configuration files, keep the member's secret at rest, witness the
//! national log: `amana` puts these beside it.

mod acks;
mod alarm;
pub mod callers;
pub mod centre;
mod error;
mod evidence;
mod follow;
mod freshness;
mod gateway;
mod keys;
mod link;
mod mirror;
mod pieces;
mod recorder;
mod refusal;
mod rows;
mod shares;
mod spool;
mod status;
mod wire;

pub use alarm::{Alarm, Alarms, Claim};
pub use callers::{Callers, LocalKey};
pub use error::{Error, Result};
pub use evidence::{Evidence, Finding, Judgement, MAX_EVIDENCE_BYTES};
pub use follow::{Progress, Tell};
pub use freshness::{MAX_AGE_S, Vouched};
pub use gateway::{Gateway, Options};
pub use mirror::{MirrorOptions, MirrorStatus};
pub use shares::{MAX_SHARE_MS, Share, Shares};
pub use spool::SpoolOptions;
pub use status::{Status, ToldAlarm};

use amana_store::{EntryId, LedgerId};

/// The institution's one ledger, as the replica numbers it.
const LEDGER: LedgerId = LedgerId(1);

/// The entry at an index of it.
fn entry_of(index: u64) -> Result<EntryId> {
    EntryId::new(LEDGER, index).ok_or_else(|| {
        Error::Store(amana_store::Error::TooLarge {
            what: "an entry's index",
            max: 1 << 40,
        })
    })
}
