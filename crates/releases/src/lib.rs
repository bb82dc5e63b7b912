//! Releases of the binary itself, as acts in the one public ledger of the operator, `operator/releases`.
//!
//! What this crate promises:
//! - **A release is an entry like any other**: its ledger's head stands in a slot of the national log in every epoch, so that
//!   a gateway that asks for a witnessed receipt runs nothing that was shown to it alone.
//! - **What was signed is kept verbatim**, signatures included, in the act's body, which nobody erases.
//! - **A release is recorded once.** Another note over the same text, with more signatures, is another act; the newest one
//!   answers for its digests.
//!
//! What it deliberately does not do: judge signatures. Whose count is each institution's own decision, in a file that its
//! gateway pins; the data centre keeps what it is given, as long as it is a release.

mod acts;
mod error;
mod verbs;
mod views;

pub use error::{Error, Result};
pub use verbs::{Recorded, Releases};
