//! The tables.
use amana_store::View;
pub(crate) const VIEWS: [View; 0] = [];
