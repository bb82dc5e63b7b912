//! The cookies: of a session, of a page that waits for its answer, of a link that is being followed, of the page
//! that was asked for first, of a browser that is known.
//!
//! Behind TLS their names begin with `__Host-`, so that neither a neighbouring host nor a plain line can set them (RFC 6265bis
//! §4.1.3.2). None is read by scripts, none travels with what another site asks.

use amana_access::{FLOW_MS, RelyingParty, SESSION_MS};
use http::{HeaderMap, HeaderValue, header};

/// A cookie of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cookie {
    /// Who is signed in.
    Session,
    /// A page that waits for its answer.
    Flow,
    /// The code of a link, while its browser is at the provider of the State.
    Link,
    /// The page that was asked for first, while its browser is at the provider of the State.
    Onward,
    /// A browser that was let in before.
    Device,
}

const YEAR_S: i64 = 365 * 24 * 60 * 60;

impl Cookie {
    fn name(self, console: &RelyingParty) -> String {
        let name = match self {
            Self::Session => "amana-session",
            Self::Flow => "amana-flow",
            Self::Link => "amana-link",
            Self::Onward => "amana-onward",
            Self::Device => "amana-browser",
        };
        if console.is_tls() {
            format!("__Host-{name}")
        } else {
            name.to_owned()
        }
    }

    /// Its value in a request.
    pub(super) fn read(self, console: &RelyingParty, headers: &HeaderMap) -> Option<String> {
        let name = self.name(console);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|cookies| cookies.to_str().ok())
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(one, _)| *one == name)
            .map(|(_, value)| value.to_owned())
    }

    /// The header that sets it.
    pub(super) fn set(self, console: &RelyingParty, value: &str) -> HeaderValue {
        let kept_s = match self {
            Self::Session => SESSION_MS / 1000,
            Self::Flow | Self::Link | Self::Onward => FLOW_MS / 1000,
            Self::Device => YEAR_S,
        };
        self.written(console, value, kept_s)
    }

    /// The header that ends it.
    pub(super) fn end(self, console: &RelyingParty) -> HeaderValue {
        self.written(console, "", 0)
    }

    fn written(self, console: &RelyingParty, value: &str, kept_s: i64) -> HeaderValue {
        let secure = if console.is_tls() { "; Secure" } else { "" };
        let text = format!(
            "{}={value}; Path=/; Max-Age={kept_s}; HttpOnly; SameSite=Strict{secure}",
            self.name(console)
        );
        let mut header =
            HeaderValue::try_from(text).expect("our cookies are base64url, digits and dots");
        header.set_sensitive(true);
        header
    }

    /// Whether an answer sets it already.
    pub(super) fn is_set_by(self, console: &RelyingParty, headers: &HeaderMap) -> bool {
        let begin = format!("{}=", self.name(console));
        let mut set = headers.get_all(header::SET_COOKIE).iter();
        set.any(|header| header.as_bytes().starts_with(begin.as_bytes()))
    }
}
