//! Passkeys: WebAuthn Level 3, as far as the console asks for it. The person is verified by the authenticator, no
//! attestation is asked for, and a key is ES256, `EdDSA` or RS256.
//!
//! A verifier of our own: the kept ones bring OpenSSL or a second copy of every curve, and what is left without attestation is
//! one signature over two hashes, with the checks of §7.1 and §7.2 in order.

mod cbor;
mod ceremony;
mod cose;

use amana_ledger::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::{Error, Result};

pub use ceremony::{Assertion, NewPasskey, Registration};
pub use cose::PublicKey;

/// Why an answer of an authenticator, or of the browser between, isn't taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PasskeyFault {
    /// The browser's part isn't the JSON that it must be.
    #[error("the client data are malformed")]
    ClientData,
    /// An answer to something else: a registration in place of an assertion, or the reverse.
    #[error("the answer is of another ceremony")]
    Ceremony,
    /// An answer to another question than ours.
    #[error("the answer is to another challenge")]
    Challenge,
    /// Another site's page asked.
    #[error("the answer was given to another origin")]
    Origin,
    /// A page within another site's page asked.
    #[error("the answer was given within another site's page")]
    CrossOrigin,
    /// The authenticator's part isn't what it must be.
    #[error("the authenticator data are malformed")]
    AuthenticatorData,
    /// The authenticator answered for another site.
    #[error("the answer is for another relying party")]
    RelyingParty,
    /// Nobody touched the authenticator.
    #[error("nobody was present")]
    NotPresent,
    /// The authenticator didn't verify who touched it.
    #[error("the person was not verified")]
    NotVerified,
    /// The attestation object isn't the CBOR that it must be.
    #[error("the attestation object is malformed")]
    Attestation,
    /// The public key isn't one of the three kinds, or isn't a key.
    #[error("the public key is of no kind that is taken")]
    Key,
    /// The signature doesn't verify.
    #[error("the signature does not verify")]
    Signature,
    /// The authenticator counts backwards: perhaps a copy of it signed in meanwhile.
    #[error("the authenticator's counter went back; perhaps it was copied")]
    Counter,
    /// The challenge was answered before.
    #[error("the challenge was answered before")]
    Replay,
}

/// The console, as browsers and authenticators know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelyingParty {
    origin: String,
    id: Option<String>,
}

impl RelyingParty {
    /// Of an origin, `https://host[:port]` or `http://host[:port]`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything else: a path, a user, a capital letter.
    pub fn of_origin(origin: &str) -> Result<Self> {
        let invalid = Error::Invalid {
            what: "the console's origin",
            why: "must be https://host or http://host, with a port if need be and nothing after it",
        };
        let (tls, place) = match (
            origin.strip_prefix("https://"),
            origin.strip_prefix("http://"),
        ) {
            (Some(place), _) => (true, place),
            (_, Some(place)) => (false, place),
            _ => return Err(invalid),
        };
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b);
        if place.is_empty() || place.len() > 260 || !place.bytes().all(plain) {
            return Err(invalid);
        }
        let host = place.split(':').next().unwrap_or_default();
        // Browsers know no relying party by an address, and none over plain HTTP but on the machine itself.
        let named = host.bytes().any(|b| b.is_ascii_lowercase()) && !host.starts_with('[');
        let reachable = tls || host == "localhost" || host.ends_with(".localhost");
        Ok(Self {
            origin: origin.to_owned(),
            id: (named && reachable).then(|| host.to_owned()),
        })
    }

    /// `https://console.example`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The domain that passkeys are bound to; nothing where browsers would make none.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether the console is reached over TLS, by its own word.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.origin.starts_with("https:")
    }

    fn id_hash(&self) -> Option<Hash> {
        self.id.as_ref().map(|id| Hash::of(&[id.as_bytes()]))
    }
}

/// Base64url without padding, as browsers write it, of at most `max_bytes`.
fn decoded(what: &'static str, text: &str, max_bytes: usize) -> Result<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    bytes
        .filter(|bytes| bytes.len() <= max_bytes)
        .ok_or(Error::Invalid {
            what,
            why: "must be base64url, and not that long",
        })
}
