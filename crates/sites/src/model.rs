//! The nouns, each parsed into a type that can't be wrong.

mod address;
mod answer;
mod applications;
mod digest;
mod folder;
mod headers;
mod host;
mod kept_back;
mod lasting;
mod lines;
mod manifest;
mod media;
mod pattern;
mod publishers;
mod redirects;
mod statement;

pub(crate) use amana_crawl::scan::says_too_much;

pub use address::{Address, MAX_ADDRESS_BYTES};
pub use answer::Answer;
pub use applications::{
    ApplicationRule, code_in, code_line, is_application_name, names_application, with_code_line,
};
pub use folder::{Folder, MAX_FILE_BYTES, look_through, read_folder};
pub use headers::HeaderRule;
pub use host::Host;
pub(crate) use kept_back::is_kept_back;
pub use lasting::lasting;
pub use manifest::{File, MAX_FILES, MAX_MANIFEST_BYTES, Manifest};
pub use media::media_type;
pub use publishers::Publishers;
pub use redirects::Redirect;
pub use statement::{Says, Statement};
