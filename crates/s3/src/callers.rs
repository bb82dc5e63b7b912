//! Who may call: told by whoever keeps access keys, the data centre or a gateway.

use std::sync::Arc;

use amana_access::{Access, Caller};
use async_trait::async_trait;
use zeroize::Zeroizing;

/// Why nobody could say who holds a key; for the log alone.
pub type CallersError = Box<dyn std::error::Error + Send + Sync>;

/// Who holds a key, and its secret.
pub type Known = (Arc<Caller>, Zeroizing<String>);

/// Keeps access keys.
#[async_trait]
pub trait Callers: Send + Sync + 'static {
    /// Who holds that key, and its secret to check signatures with; nothing when the key is unknown, revoked or
    /// suspended, which are one answer. It may be of a moment ago: nobody is let in before [`Callers::stands`] says so. Asked
    /// for each request: blocking, but answered from memory as a rule.
    ///
    /// # Errors
    /// When nobody can say.
    fn recall(&self, access_key_id: &str) -> Result<Option<Known>, CallersError>;

    /// Whether that key stands at an instant after the call, wherever it may have been revoked.
    ///
    /// # Errors
    /// When nobody can say.
    async fn stands(&self, access_key_id: &str) -> Result<bool, CallersError>;
}

#[async_trait]
impl Callers for Access {
    fn recall(&self, access_key_id: &str) -> Result<Option<Known>, CallersError> {
        Ok(Access::recall(self, access_key_id)?)
    }

    async fn stands(&self, access_key_id: &str) -> Result<bool, CallersError> {
        Ok(Access::stands(self, access_key_id).await?)
    }
}
