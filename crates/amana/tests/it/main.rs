//! The real binary, driven as the manual says.

mod access_keys;
mod binary;
mod first_start;
mod ledgers;
mod people;
mod receipts;
mod usage;
mod witnesses;
