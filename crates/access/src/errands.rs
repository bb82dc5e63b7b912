//! What a browser takes to the provider of the State, and what it must bring back: all of it derives from its flow, so that
//! nothing is remembered here, and what another browser fetched is none of this one's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::flow::Flow;

/// What somebody goes to the provider for. What was fetched for one is none for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// To sign in.
    SignIn,
    /// To bind an identity by a link, in place of a first passkey.
    Enrol,
    /// To bind an identity while signed in.
    Bind,
}

impl Errand {
    const ALL: [Self; 3] = [Self::SignIn, Self::Enrol, Self::Bind];

    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Enrol => "enrol",
            Self::Bind => "bind",
        }
    }

    /// Which errand a `state` claims to come back from; whether it does, [`Flow::is_state`] says.
    #[must_use]
    pub fn of_state(state: &str) -> Option<Self> {
        let name = state.split_once('.')?.0;
        Self::ALL.into_iter().find(|errand| errand.name() == name)
    }
}

impl Flow {
    /// `<errand>.<mac>`: the parameter `state` (RFC 6749 §10.12). `bound_to` is what must be the same when it comes back: the
    /// session, or the link.
    #[must_use]
    pub fn state(&self, errand: Errand, bound_to: &str) -> String {
        let parts = [errand.name().as_bytes(), bound_to.as_bytes()];
        let mac = URL_SAFE_NO_PAD.encode(self.derived("provider-state", &parts));
        format!("{}.{mac}", errand.name())
    }

    /// Whether a `state` is this browser's; the comparison takes the same time either way.
    #[must_use]
    pub fn is_state(&self, errand: Errand, bound_to: &str, state: &str) -> bool {
        let ours = self.state(errand, bound_to);
        ours.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// The 32 bytes whose base64url is the `nonce` of the ID token. It is answered once, like a passkey's challenge.
    #[must_use]
    pub fn nonce(&self, errand: Errand) -> [u8; 32] {
        self.derived("provider-nonce", &[errand.name().as_bytes()])
    }

    /// The `code_verifier` (RFC 7636 §4.1), without which a code that somebody saw on the way fetches nothing.
    #[must_use]
    pub fn code_verifier(&self, errand: Errand) -> Zeroizing<String> {
        let verifier = self.derived("provider-verifier", &[errand.name().as_bytes()]);
        Zeroizing::new(URL_SAFE_NO_PAD.encode(verifier))
    }
}
