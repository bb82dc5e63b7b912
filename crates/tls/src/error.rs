//! What can be wrong with certificates, keys and places.

use std::io;
use std::path::PathBuf;

/// Why TLS can't be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file can't be read.
    #[error("{} can't be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file isn't what it must be.
    #[error("{} holds no {what} in PEM", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// A certificate or a key that no TLS takes.
    #[error("{what}: {why}")]
    Unusable {
        /// Which.
        what: String,
        /// Why.
        why: String,
    },
    /// The key isn't the certificate's.
    #[error("{} isn't the key of {}", key.display(), certificate.display())]
    OtherKey {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Neither a DNS name nor an IP address.
    #[error("{name:?} is neither a DNS name nor an IP address")]
    Name {
        /// What was given.
        name: String,
    },
    /// Not a place to connect to.
    #[error("{url}: {why}")]
    Url {
        /// What was given.
        url: String,
        /// Why.
        why: &'static str,
    },
    /// Neither a digest nor a file.
    #[error("{given:?} is no digest: sha256: and 64 hexadecimal digits")]
    Digest {
        /// What was given.
        given: String,
    },
    /// This machine has no list of public authorities.
    #[error(
        "this machine has no list of public authorities (/etc/ssl/certs/ca-certificates.crt): install ca-certificates, or say \
         which authority is believed"
    )]
    NoAuthorities,
}

impl Error {
    pub(crate) fn unusable(what: impl Into<String>, why: impl ToString) -> Self {
        Self::Unusable {
            what: what.into(),
            why: why.to_string(),
        }
    }
}

/// What may fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;
