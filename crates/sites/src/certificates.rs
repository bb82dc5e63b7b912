//! Certificates of sites: fetched from an authority by ACME (RFC 8555) and renewed, or given in files.
//!
//! What it promises: a certificate is taken with its key or not at all; a name that an authority refuses is asked for again ever more
//! seldom; and what was fetched is there after a restart.

mod acme;
mod calls;
mod given;
mod kept;

pub use acme::{Acme, AcmeSettings, Proof, due_s};
pub use given::Given;
