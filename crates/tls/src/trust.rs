//! Whom a connection believes.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore,
    SignatureScheme,
};
use tokio_rustls::TlsConnector;

use crate::{Digest, Error, HTTP_1_1, Result, VERSIONS, provider};

/// Where systems keep the list of public authorities.
const BUNDLES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
/// Another place for it, as OpenSSL and curl know it.
const BUNDLE_VARIABLE: &str = "SSL_CERT_FILE";

/// Who may sign the other side's certificate. As text: `sha256:` and 64 digits, or the path of a PEM file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Trust {
    /// The authorities that the system believes.
    #[default]
    System,
    /// Those in a PEM file, and no other.
    File(PathBuf),
    /// The one whose certificate has that digest, and no other.
    Pinned(Digest),
}

impl FromStr for Trust {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.starts_with("sha256:") {
            true => text.parse().map(Self::Pinned),
            false => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("an authority that this system believes"),
            Self::File(path) => write!(f, "an authority in {}", path.display()),
            Self::Pinned(digest) => write!(f, "the pinned authority {digest}"),
        }
    }
}

impl Trust {
    /// What makes connections of another protocol than HTTP, which `alpn` names.
    ///
    /// # Errors
    /// When there is no authority to believe.
    pub fn connector(&self, alpn: &[&[u8]]) -> Result<TlsConnector> {
        let mut config = self.config()?;
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Ok(TlsConnector::from(Arc::new(config)))
    }

    /// How connections are made under it.
    ///
    /// # Errors
    /// When there is no authority to believe.
    pub(crate) fn config(&self) -> Result<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&VERSIONS)
            .map_err(|error| Error::unusable("TLS", error))?;
        let mut config = match self {
            Self::System => builder.with_root_certificates(system()?),
            Self::File(path) => builder.with_root_certificates(roots_in(path)?),
            Self::Pinned(digest) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Pinned {
                    digest: *digest,
                    provider: provider(),
                })),
        }
        .with_no_client_auth();
        config.alpn_protocols = vec![HTTP_1_1.to_vec()];
        Ok(config)
    }
}

fn system() -> Result<RootCertStore> {
    let named = std::env::var_os(BUNDLE_VARIABLE).map(PathBuf::from);
    let path = named
        .into_iter()
        .chain(BUNDLES.map(PathBuf::from))
        .find(|path| path.exists())
        .ok_or(Error::NoAuthorities)?;
    roots_in(&path)
}

fn roots_in(path: &std::path::Path) -> Result<RootCertStore> {
    let text = std::fs::read(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })?;
    let mut roots = RootCertStore::empty();
    // Lists of systems hold odd ones, which are passed over as everywhere.
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).flatten());
    if roots.is_empty() {
        return Err(Error::NotPem {
            path: path.to_owned(),
            what: "authority's certificate",
        });
    }
    Ok(roots)
}

/// Believes the one authority, which the other side shows along with its leaf.
#[derive(Debug)]
struct Pinned {
    digest: Digest,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let pinned = intermediates
            .iter()
            .find(|certificate| Digest::of(certificate) == self.digest)
            .ok_or(CertificateError::UnknownIssuer)?;
        let mut roots = RootCertStore::empty();
        roots.add(pinned.clone().into_owned())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(roots.into(), self.provider.clone())
                .build()
                .map_err(|error| TlsError::General(error.to_string()))?;
        verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
