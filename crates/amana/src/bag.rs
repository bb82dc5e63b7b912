//! Bags: folders that say of themselves what they hold (BagIt, RFC 8493), for an institution that leaves.
//!
//! `bagit.txt` is written last, so that a folder without it is a bag that was never finished, and no bag to any reader.
//! A bag that was interrupted is continued: files that are there are digested again and kept.

mod names;
mod standing;
mod writer;

pub(crate) use names::Names;
pub(crate) use standing::{Held, Object, Place, Standing};
pub(crate) use writer::{Bag, Payload};
