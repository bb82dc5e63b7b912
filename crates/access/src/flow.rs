//! What a browser holds between a page and the answer to it, before anybody is signed in: a *flow*. Nothing of it is kept
//! here, so that any node answers; a mac under the data centre's key vouches for it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::verbs::random;
use crate::{Access, Result};

/// How long a page may stay open before it is answered.
pub const FLOW_MS: i64 = 15 * 60 * 1000;
const RANDOM_BYTES: usize = 32;
const TIME_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// What a challenge is asked for: the answer to one is none to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A passkey is made.
    Register,
    /// A person signs in.
    SignIn,
}

/// `random (32) ‖ end in milliseconds (8, big-endian)`, and in its cookie a mac (32) after it.
///
/// Challenge, form token and TOTP seed derive from it, so that each is bound to one browser, for a quarter of an hour.
pub struct Flow {
    bytes: Zeroizing<[u8; RANDOM_BYTES + TIME_BYTES]>,
    key: Zeroizing<[u8; 32]>,
}

impl Flow {
    /// The value of its cookie.
    #[must_use]
    pub fn cookie(&self) -> Zeroizing<String> {
        let mac = mac(&self.key, "flow", &[&*self.bytes]);
        Zeroizing::new(URL_SAFE_NO_PAD.encode([&self.bytes[..], &mac].concat()))
    }

    /// The token of the forms that answer it.
    #[must_use]
    pub fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.key, "flow-form", &[&*self.bytes]))
    }

    /// Whether a form brought its token; the comparison takes the same time either way.
    #[must_use]
    pub fn is_form(&self, token: &str) -> bool {
        self.form_token().as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// The challenge of 32 bytes for an authenticator.
    #[must_use]
    pub fn challenge(&self, purpose: Purpose) -> [u8; 32] {
        self.derived(
            match purpose {
                Purpose::Register => "challenge-register",
                Purpose::SignIn => "challenge-sign-in",
            },
            &[],
        )
    }

    /// The seed of a TOTP that is being set up.
    #[must_use]
    pub fn totp_seed(&self) -> Zeroizing<[u8; 20]> {
        let whole = Zeroizing::new(mac(&self.key, "totp", &[&*self.bytes]));
        let mut seed = Zeroizing::new([0; 20]);
        seed.copy_from_slice(&whole[..20]);
        seed
    }

    /// Anything else that this flow's browser, and nobody else's, is to bring or to answer.
    pub(crate) fn derived(&self, label: &str, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
        mac(&self.key, label, &[&[&self.bytes[..]], parts].concat())
    }

    /// Until when it may be answered.
    #[must_use]
    pub fn until_ms(&self) -> i64 {
        let time = self.bytes.last_chunk().copied().unwrap_or_default();
        i64::from_be_bytes(time)
    }
}

impl Access {
    /// A new flow.
    ///
    /// # Errors
    /// [`crate::Error::Store`] when the system gives no randomness.
    pub fn begin_flow(&self) -> Result<Flow> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES + TIME_BYTES]);
        bytes[..RANDOM_BYTES].copy_from_slice(&random::<RANDOM_BYTES>()?);
        let until_ms = self.store().now_ms() + FLOW_MS;
        bytes[RANDOM_BYTES..].copy_from_slice(&until_ms.to_be_bytes());
        Ok(Flow {
            bytes,
            key: self.store().keys().sign_in_key(),
        })
    }

    /// The flow of a cookie; nothing when it isn't ours, or is over.
    #[must_use]
    pub fn flow(&self, cookie: &str) -> Option<Flow> {
        let whole = Zeroizing::new(URL_SAFE_NO_PAD.decode(cookie).ok()?);
        let (told, given) = whole.split_last_chunk::<MAC_BYTES>()?;
        let flow = Flow {
            bytes: Zeroizing::new(told.try_into().ok()?),
            key: self.store().keys().sign_in_key(),
        };
        let ours = mac(&flow.key, "flow", &[told]);
        let genuine = bool::from(ours.ct_eq(given));
        (genuine && flow.until_ms() > self.store().now_ms()).then_some(flow)
    }
}

/// HMAC-SHA256 over a label and parts, each after its length.
pub(crate) fn mac(key: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; MAC_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(b"amana/sign-in/v1\0");
    for part in [label.as_bytes()].iter().chain(parts) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
