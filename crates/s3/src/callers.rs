//! Who may call: told by whoever keeps access keys, the data centre or a gateway.

use std::sync::Arc;

use amana_access::{Access, Caller};
use zeroize::Zeroizing;

/// Why nobody could say who holds a key; for the log alone.
pub type CallersError = Box<dyn std::error::Error + Send + Sync>;

/// Who holds a key, and its secret.
pub type Known = (Arc<Caller>, Zeroizing<String>);

/// Keeps access keys.
pub trait Callers: Send + Sync + 'static {
    /// Who holds that key, and its secret to check signatures with; nothing when the key is unknown, revoked or
    /// suspended, which are one answer. Asked for each request: blocking, but answered from memory as a rule.
    ///
    /// # Errors
    /// When nobody can say.
    fn caller(&self, access_key_id: &str) -> Result<Option<Known>, CallersError>;
}

impl Callers for Access {
    fn caller(&self, access_key_id: &str) -> Result<Option<Known>, CallersError> {
        Ok(Access::caller(self, access_key_id)?)
    }
}
