//! The front, asked over a socket by a client that can lie.
//!
//! Each story is told twice: of a data centre's front, and of a gateway's, whose data centre is in memory.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]
#![allow(clippy::duplicate_mod, reason = "the same stories on another ground")]

#[path = "."]
mod at_the_centre {
    mod access;
    mod buckets;
    mod centre;
    mod checksums;
    mod client;
    mod conditions;
    mod copies;
    mod faults;
    mod framing;
    #[path = "rooms.rs"]
    mod ground;
    mod guard;
    mod listing;
    mod objects;
    mod presigned;
    mod signature;
    mod uploads;
    mod versions;
}

#[path = "."]
mod at_home {
    mod access;
    mod buckets;
    mod centre;
    mod checksums;
    mod client;
    mod conditions;
    mod copies;
    mod framing;
    #[path = "home.rs"]
    mod ground;
    mod guard;
    mod line;
    mod listing;
    #[path = "../../../vault/tests/it/memory.rs"]
    mod memory;
    mod objects;
    mod presigned;
    mod signature;
    mod uploads;
    mod versions;
}
