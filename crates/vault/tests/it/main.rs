//! The vault, through its verbs, and the checker after each story.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod buckets;
mod copies;
mod damage;
mod faults;
mod house;
mod ingest;
mod listing;
mod objects;
mod replay;
mod uploads;
mod versions;
