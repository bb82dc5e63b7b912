//! What a server keeps back of an application's folder.

use amana_crawl::scan::name;

/// Whether a file of this name, in an application's folder, is for the application alone: its programs, its passwords, copies.
pub(crate) fn is_kept_back(file: &str) -> bool {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    name(file).is_some() || ending.to_ascii_lowercase().starts_with("ph")
}
