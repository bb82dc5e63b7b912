//! Keys, custodians' shares, sealing and sealed names: what an institution does at home.

pub mod age;
pub mod envelope;
pub mod epoch;
mod error;
pub mod keyring;
pub mod member;
pub mod names;
pub mod pages;
mod qr;
pub mod root;
pub mod shares;
mod signing;
pub mod statement;
mod text;
pub mod words;

pub use error::{Error, Format, Result};
pub use qr::Qr;
