//! The acts.
use amana_store::Kind;
pub(crate) fn kinds() -> Vec<Kind> {
    Vec::new()
}
