//! Words about addresses that ask for what can't be.

use crate::query::Unfit;

/// Those words.
pub struct QueryWords {
    /// Which parameter wasn't taken, and what it takes.
    pub told: fn(&Unfit) -> String,
    /// Link: the same page, asked with nothing.
    pub plain: &'static str,
}
