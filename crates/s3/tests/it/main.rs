//! The front, asked over a socket by a client that can lie.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod access;
mod buckets;
mod centre;
mod checksums;
mod client;
mod conditions;
mod copies;
mod faults;
mod framing;
mod guard;
mod listing;
mod objects;
mod presigned;
mod signature;
mod uploads;
mod versions;
