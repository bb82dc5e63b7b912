//! What a site is, and how it is published, without any server.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod answers;
mod folders;
mod history;
mod house;
mod publishing;
mod serve;
mod texts;
mod uploading;
mod vectors;
