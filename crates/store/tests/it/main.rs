//! The store, driven as services drive it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod check;
mod commit;
mod faults;
mod flaky;
mod give_back;
mod healing;
mod home_mirror;
mod mirror;
mod mirror_content;
mod national;
mod nodes;
mod objects;
mod parity;
mod replica;
mod toy;
mod vectors;
