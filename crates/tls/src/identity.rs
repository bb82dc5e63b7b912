//! What a listener shows: a certificate that somebody gave, or leaves of one's own authority, renewed before they expire.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::authority::{Authority, LEAF_LIFE_S};
use crate::x509::{Certificate, Name};
use crate::{Digest, Error, HTTP_1_1, Result, VERSIONS, provider};

/// Seconds since 1970.
pub type ClockSeconds = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A certificate and its key, as they are now. Shared by all listeners of a process.
pub struct Identity {
    source: Source,
    now_s: ClockSeconds,
    held: Mutex<Held>,
}

enum Source {
    Given {
        certificate: PathBuf,
        key: PathBuf,
    },
    Own {
        authority: Authority,
        names: Vec<String>,
    },
}

struct Held {
    config: Arc<ServerConfig>,
    shown: Certificate,
    /// When it was last asked whether there is a newer one.
    looked_s: i64,
    /// Of the two files, when they were last read.
    stamps: Option<[Stamp; 2]>,
}

/// What changes when a file does: a rename over it changes the node, an edit the time and mostly the size.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    node: u64,
    size_bytes: u64,
    changed: Option<SystemTime>,
}

impl Identity {
    /// The certificate and the key in two PEM files, read again when they change.
    ///
    /// # Errors
    /// When they can't be read, or aren't of one another.
    pub fn given(certificate: PathBuf, key: PathBuf, now_s: ClockSeconds) -> Result<Self> {
        let source = Source::Given { certificate, key };
        Self::new(source, now_s)
    }

    /// Leaves of `authority` for `names`: DNS names, perhaps with `*.`, and IP addresses.
    ///
    /// # Errors
    /// [`Error::Name`], and when the system has no randomness.
    pub fn own(authority: Authority, names: Vec<String>, now_s: ClockSeconds) -> Result<Self> {
        let source = Source::Own { authority, names };
        Self::new(source, now_s)
    }

    fn new(source: Source, now_s: ClockSeconds) -> Result<Self> {
        let held = Mutex::new(source.load(now_s())?);
        Ok(Self {
            source,
            now_s,
            held,
        })
    }

    /// The own authority's digest, which clients pin; none for a given certificate.
    #[must_use]
    pub fn authority(&self) -> Option<Digest> {
        match &self.source {
            Source::Own { authority, .. } => Some(authority.digest()),
            Source::Given { .. } => None,
        }
    }

    /// When what is shown expires, in seconds since 1970.
    #[must_use]
    pub fn expires_s(&self) -> i64 {
        self.lock().shown.until_s
    }

    /// For whom it is.
    #[must_use]
    pub fn names(&self) -> Vec<Name> {
        self.lock().shown.names.clone()
    }

    /// What the next handshake goes by, renewed if that is due. Blocking, for as long as two small files take.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        let now_s = (self.now_s)();
        let mut held = self.lock();
        if held.looked_s != now_s {
            held.looked_s = now_s;
            if self.source.is_newer_than(&held, now_s) {
                match self.source.load(now_s) {
                    Ok(fresh) => {
                        tracing::info!(
                            expires_s = fresh.shown.until_s,
                            "the certificate is renewed"
                        );
                        *held = fresh;
                    }
                    // What is being written is whole the next time; and an old certificate serves better than none.
                    Err(error) => {
                        tracing::warn!(%error, "the certificate can't be renewed, the old one serves on");
                    }
                }
            }
        }
        held.config.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source {
    fn is_newer_than(&self, held: &Held, now_s: i64) -> bool {
        match self {
            Self::Own { .. } => {
                let left_s = held.shown.until_s - now_s;
                // Also after a clock was set back: such a leaf isn't good yet.
                left_s < LEAF_LIFE_S / 2 || now_s < held.shown.from_s
            }
            Self::Given { certificate, key } => {
                stamps(certificate, key).is_ok_and(|stamps| held.stamps != Some(stamps))
            }
        }
    }

    fn load(&self, now_s: i64) -> Result<Held> {
        let (chain, key, stamps) = match self {
            Self::Own { authority, names } => {
                let leaf = authority.fresh_leaf(names, now_s)?;
                (leaf.chain, leaf.key, None)
            }
            Self::Given { certificate, key } => {
                let stamps = stamps(certificate, key)?;
                let (chain, key) = read(certificate, key)?;
                (chain, key, Some(stamps))
            }
        };
        let what = || match self {
            Self::Own { .. } => "the own certificate".to_owned(),
            Self::Given { certificate, .. } => certificate.display().to_string(),
        };
        let first = chain.first().and_then(|first| Certificate::parse(first));
        let shown = first.ok_or_else(|| Error::unusable(what(), "it is no certificate"))?;
        let config = configured(chain, key).map_err(|error| match (self, error) {
            (
                Self::Given { certificate, key },
                rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch),
            ) => Error::OtherKey {
                certificate: certificate.clone(),
                key: key.clone(),
            },
            (_, error) => Error::unusable(what(), error),
        })?;
        Ok(Held {
            config: Arc::new(config),
            shown,
            looked_s: now_s,
            stamps,
        })
    }
}

fn configured(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&VERSIONS)?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(config)
}

fn read(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let text = fs::read(certificate).map_err(|source| unreadable(certificate, source))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(Error::NotPem {
            path: certificate.to_owned(),
            what: "certificate",
        });
    }
    let text = fs::read(key).map_err(|source| unreadable(key, source))?;
    let text = zeroize::Zeroizing::new(text);
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|_| Error::NotPem {
        path: key.to_owned(),
        what: "private key",
    })?;
    Ok((chain, key))
}

fn stamps(certificate: &Path, key: &Path) -> Result<[Stamp; 2]> {
    Ok([stamp(certificate)?, stamp(key)?])
}

fn stamp(path: &Path) -> Result<Stamp> {
    use std::os::unix::fs::MetadataExt as _;
    let file = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    Ok(Stamp {
        node: file.ino(),
        size_bytes: file.len(),
        changed: file.modified().ok(),
    })
}

fn unreadable(path: &Path, source: io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}
