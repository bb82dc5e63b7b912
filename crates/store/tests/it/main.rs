//! The store, driven as services drive it.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod check;
mod commit;
mod faults;
mod give_back;
mod healing;
mod mirror;
mod national;
mod parity;
mod replica;
mod toy;
