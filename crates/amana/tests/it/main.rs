//! The real binary, driven as the manual says.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod access_keys;
mod binary;
mod demo;
mod enrolment;
mod erasures;
mod first_start;
mod gateway;
mod gateway_client;
mod home;
mod keyrings;
mod keys;
mod ledgers;
mod mirror_places;
mod mirrors;
mod people;
mod policy;
mod receipts;
mod s3;
mod sealed;
mod terminal;
mod usage;
mod witness;
mod witness_names;
mod witnesses;
