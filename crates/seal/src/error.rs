//! What can go wrong here.

/// The result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What a caller can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system gave no randomness.
    #[error("the system gave no randomness: {why}")]
    Randomness {
        /// What it said.
        why: String,
    },
}
