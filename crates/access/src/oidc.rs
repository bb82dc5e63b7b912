//! The word of a provider of the State: ID tokens of OpenID Connect Core 1.0, as far as the console asks for them. A token is
//! signed by RS256 or ES256, with a key of the provider's published set, for us alone, and answers this browser's nonce.
//!
//! A verifier of our own, as for passkeys: what is left is one signature over a JSON text, and the checks of §3.1.3.7 in order.
//! Which algorithm is meant is the key's to say, never the token's (RFC 8725 §3.1): so neither `none` nor a public key used as a
//! shared secret is anything here.

mod id_token;
mod key_set;

use amana_ledger::Hash;

use crate::acts::credential::Answered;
use crate::credentials::answered_by;

pub use id_token::IdToken;
pub use key_set::KeySet;

/// Why a token, or the keys to it, aren't taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenFault {
    /// It isn't three parts of base64url, with the JSON in them that must be there.
    #[error("the token is malformed")]
    Malformed,
    /// The set of keys isn't one, or has more than is read.
    #[error("the provider's set of keys is malformed")]
    Keys,
    /// Signed by something else than RS256 or ES256, or by nothing.
    #[error("the token's algorithm is not one that is taken")]
    Algorithm,
    /// The set has no key of that name and kind. The provider may have a new one.
    #[error("the token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// The signature doesn't verify.
    #[error("the signature does not verify")]
    Signature,
    /// Another provider's.
    #[error("the token is of another issuer")]
    Issuer,
    /// Meant for another than us, or for others as well.
    #[error("the token is not meant for this console alone")]
    Audience,
    /// It is over.
    #[error("the token has expired")]
    Expired,
    /// It begins in the future.
    #[error("the token is from the future; one of the two clocks is wrong")]
    Early,
    /// An answer to another browser, or to another errand.
    #[error("the token answers another request")]
    Nonce,
    /// It was brought before.
    #[error("the token was brought before")]
    Replay,
}

/// Whose tokens are believed, and for whom they must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// The issuer, to the byte as its tokens say it.
    pub issuer: String,
    /// What the provider calls us.
    pub client_id: String,
}

/// Who somebody is by a provider's word, which was verified for one flow.
pub struct Identity {
    digest: Hash,
    label: String,
    nonce: [u8; 32],
    until_ms: i64,
}

impl Identity {
    /// What it is found by: a digest over issuer and subject, which together name a person for ever (§5.7).
    pub(crate) fn digest(&self) -> &[u8] {
        self.digest.as_bytes()
    }

    /// What its owner knows it by: a name that the provider gave, and the provider.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn answered(&self) -> Answered {
        answered_by(&self.nonce, self.until_ms)
    }
}
