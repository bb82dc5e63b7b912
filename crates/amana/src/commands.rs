//! The commands beside `serve`, each in a file. They speak to the running server through the socket in its folder.

pub(crate) mod access_key;
pub(crate) mod authority;
pub(crate) mod backup;
pub(crate) mod bucket;
pub(crate) mod check;
pub(crate) mod enrolment;
mod evidence;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod institution;
pub(crate) mod kept;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod migrate;
pub(crate) mod mirror;
pub(crate) mod official;
pub(crate) mod operator_key;
pub(crate) mod policy;
pub(crate) mod receipt;
pub(crate) mod release;
pub(crate) mod restore;
pub(crate) mod scrub;
pub(crate) mod site;
mod site_import;
pub(crate) mod version;
