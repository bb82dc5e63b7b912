//! The keyring: who may act for an institution, and who opens what it seals, in one signed text that names its predecessor.
//!
//! # Promise
//! A keyring is accepted only after the one that it names, by the rules of [`accept`]: the data centre stores keyrings and
//! can neither make one, nor bring an old one back, nor take a member in or an epoch away. What a keyring commits to is
//! what its files hold: a file is opened and compared before anything in it is used.
//!
//! # Parts
//! The signed text; beside it, in a [`Bundle`], the recipients (hybrid, post-quantum) and one age file for the root and for
//! each member, which holds the name key and every epoch's seed.
//!
//! # Deliberately absent
//! What a member could read before it left, it can still read: a new epoch protects what comes after.

mod bundle;
mod draft;
mod refusal;
mod rules;
mod secrets;
mod signed;
mod text;

pub use bundle::{Bundle, MAX_BUNDLE_BYTES};
pub use draft::{Draft, NewMember, Signer};
pub use refusal::KeyringRefusal;
pub use rules::{Accepted, accept};
pub use secrets::Secrets;
pub use signed::{MAX_SIGNATURES, SignedKeyring};
pub use text::{
    Custodians, Holder, KEYRING_HEADER, Keyring, KeyringEpoch, KeyringMember, Kind, MAX_EPOCHS,
    MAX_KEYRING_BYTES, MAX_MEMBERS, MAX_NAME_BYTES, Role,
};
