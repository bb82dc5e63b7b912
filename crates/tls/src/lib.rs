//! TLS 1.3 and 1.2 for every listener and every connection: an authority of one's own, leaves that renew themselves,
//! given certificates that are read again when they change, and connections that know whom to believe.
//!
//! What this crate promises:
//! - **A handshake harms nobody else**: it happens after the connection was accepted, in a time of its own.
//! - **Old or new**: a certificate that is read again is taken with its key, or not at all.
//! - **Whoever is refused is told why**, in words: another authority, a name, a date, a line that speaks no TLS.
//!
//! TLS hides from the line who asks for what. It is no part of what makes the data centre's word believable: signatures,
//! seals and witnesses hold over plain lines as well.
//!
//! What it deliberately does not do: write files, know HTTP, ask clients for certificates, fetch revocation lists (an own
//! leaf lives for a week instead).

mod acceptor;
mod authority;
mod certificates;
mod connector;
mod digest;
mod error;
mod identity;
mod pem;
mod place;
mod stream;
mod trust;
mod x509;

pub use acceptor::Acceptor;
pub use authority::{Authority, LEAF_LIFE_S, Leaf};
pub use certificates::{Certificates, MakeLeaf};
pub use connector::Connector;
pub use digest::Digest;
pub use error::{Error, Result};
pub use identity::{ClockSeconds, Identity};
pub use place::Place;
pub use stream::Stream;
pub use trust::Trust;
pub use x509::{Certificate, Name};

use std::sync::{Arc, OnceLock};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{SupportedProtocolVersion, version};

/// The versions that are spoken, the newer one first.
static VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
/// What is spoken inside (RFC 7301), everywhere.
const HTTP_1_1: &[u8] = b"http/1.1";
/// What browsers speak as well, to sites (RFC 9113).
pub const HTTP_2: &[u8] = b"h2";
/// What an authority offers that looks whether a name is ours (RFC 8737).
pub const ACME_TLS_1: &[u8] = b"acme-tls/1";

/// AWS-LC, as for age files.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| Arc::new(aws_lc_rs::default_provider()))
        .clone()
}
