//! The vault, through its verbs, and the checker after each story.
//!
//! Each story is told twice: at the data centre, and at a gateway whose data centre is in memory. What software sees
//! through a gateway is what it sees without.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]
#![allow(clippy::duplicate_mod, reason = "the same stories on another ground")]

#[path = "."]
mod at_the_centre {
    mod buckets;
    mod copies;
    mod damage;
    mod day;
    mod faults;
    #[path = "centre.rs"]
    mod ground;
    mod holdings;
    mod house;
    mod ingest;
    mod leaving;
    mod listing;
    mod locks;
    mod ministry;
    mod objects;
    mod quotas;
    mod replay;
    mod sealed;
    mod uploads;
    mod versions;
    mod witnessed;
}

#[path = "."]
mod at_home {
    mod buckets;
    mod copies;
    mod day;
    #[path = "home.rs"]
    mod ground;
    mod house;
    mod ingest;
    mod listing;
    mod locks;
    mod memory;
    mod objects;
    mod rivals;
    mod uploads;
    mod versions;
}
