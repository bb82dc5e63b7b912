//! Certificates of many names at one listener: the client says which it came for (RFC 6066 §3), and gets that one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::Ticketer;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::x509::{Certificate, Name};
use crate::{ACME_TLS_1, Error, HTTP_1_1, HTTP_2, Leaf, Result, VERSIONS, provider};

/// Makes a leaf for a name that has no certificate.
pub type MakeLeaf = Arc<dyn Fn(&str) -> Option<Leaf> + Send + Sync>;

/// Leaves of an own authority that are kept; beyond, they are made again.
const MAX_OWN: usize = 10_000;

/// The certificates of many names. A change counts from the next handshake on.
pub struct Certificates {
    /// By name; those for all names of a domain under `*.` and the domain.
    named: RwLock<HashMap<String, Held>>,
    /// Of an own authority, for names that nobody else certified.
    own: RwLock<HashMap<String, Held>>,
    make_own: Option<MakeLeaf>,
    /// For authorities that ask whether a name is ours: by name (RFC 8737), and by token (RFC 8555 §8.3).
    tls_proofs: Mutex<HashMap<String, Arc<CertifiedKey>>>,
    http_proofs: Mutex<HashMap<String, String>>,
}

#[derive(Clone)]
struct Held {
    key: Arc<CertifiedKey>,
    until_s: i64,
}

impl Certificates {
    /// None yet; with `make_own`, names without one get leaves of an own authority, which clients have to know.
    #[must_use]
    pub fn new(make_own: Option<MakeLeaf>) -> Arc<Self> {
        Arc::new(Self {
            named: RwLock::default(),
            own: RwLock::default(),
            make_own,
            tls_proofs: Mutex::default(),
            http_proofs: Mutex::default(),
        })
    }

    /// Takes a chain and its key, both in PEM, for the names that the certificate has. Gives the names, and until when it is good.
    ///
    /// # Errors
    /// When they are none, or not of one another.
    pub fn take(&self, chain: &[u8], key: &[u8]) -> Result<(Vec<String>, i64)> {
        let unusable = |why: &str| Error::unusable("a site's certificate", why);
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| unusable("it isn't in PEM"))?;
        let first = chain.first().and_then(|first| Certificate::parse(first));
        let shown = first.ok_or_else(|| unusable("it is no certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| Error::unusable("a site's key", "it isn't in PEM"))?;
        let held = Held {
            key: Arc::new(certified(chain, key)?),
            until_s: shown.until_s,
        };
        let names: Vec<String> = shown
            .names
            .iter()
            .filter_map(|name| match name {
                Name::Dns(name) => Some(name.to_ascii_lowercase()),
                Name::Ip(_) => None,
            })
            .collect();
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        for name in &names {
            // Of two for one name the one that is good for longer.
            let known = named.get(name).map_or(i64::MIN, |known| known.until_s);
            if known <= held.until_s {
                named.insert(name.clone(), held.clone());
            }
        }
        Ok((names, held.until_s))
    }

    /// Whether the name has a certificate that wasn't made here.
    #[must_use]
    pub fn is_believed_for(&self, name: &str) -> bool {
        self.until_s(name).is_some()
    }

    /// Until when the name's certificate is good, in seconds since 1970; none when it has none but of the own authority.
    #[must_use]
    pub fn until_s(&self, name: &str) -> Option<i64> {
        let named = self.named.read().unwrap_or_else(PoisonError::into_inner);
        if named.is_empty() {
            return None;
        }
        found(&named, name).map(|held| held.until_s)
    }

    /// Shows, to an authority that comes for `name` by `acme-tls/1`, that the name is ours (RFC 8737 §3). `digest` is SHA-256 of the
    /// key authorization.
    ///
    /// # Errors
    /// [`Error::Name`], and when the system has no randomness.
    pub fn prove_by_tls(&self, name: &str, digest: &[u8]) -> Result<()> {
        let failed = |error: rcgen::Error| Error::unusable("a proof for an authority", error);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(failed)?;
        let mut params = CertificateParams::new([name.to_owned()]).map_err(|_| Error::Name {
            name: name.to_owned(),
        })?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let certificate = params.self_signed(&key).map_err(failed)?;
        let key = PrivatePkcs8KeyDer::from(key.serialized_der().to_vec());
        // Not `certified`, which refuses the extension that makes this a proof.
        let key = provider()
            .key_provider
            .load_private_key(key.into())
            .map_err(|error| Error::unusable("a proof for an authority", error))?;
        let certified = CertifiedKey::new(vec![certificate.der().clone()], key);
        let mut proofs = self
            .tls_proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.insert(name.to_owned(), Arc::new(certified));
        Ok(())
    }

    /// Shows it to an authority that asks for `token` by HTTP (RFC 8555 §8.3).
    pub fn prove_by_http(&self, token: &str, proof: String) {
        let mut proofs = self
            .http_proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.insert(token.to_owned(), proof);
    }

    /// What an authority that asks for `token` is to read.
    #[must_use]
    pub fn http_proof(&self, token: &str) -> Option<String> {
        let proofs = self
            .http_proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.get(token).cloned()
    }

    /// Shows neither any more.
    pub fn end_proofs(&self, name: &str, token: &str) {
        let mut proofs = self
            .tls_proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.remove(name);
        drop(proofs);
        let mut proofs = self
            .http_proofs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        proofs.remove(token);
    }

    /// What a listener goes by: HTTP/2 before HTTP/1.1, and an authority's questions.
    #[must_use]
    pub fn server_config(self: &Arc<Self>) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&VERSIONS)
            .expect("aws-lc-rs speaks both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Resolver(self.clone())));
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec(), ACME_TLS_1.to_vec()];
        // Keys of tickets change by themselves every six hours; without them a client shakes hands anew, which is no harm.
        if let Ok(ticketer) = Ticketer::new() {
            config.ticketer = ticketer;
        }
        Arc::new(config)
    }

    fn own(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let make = self.make_own.as_ref()?;
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = own.get(name) {
            return Some(held.key.clone());
        }
        drop(own);
        let leaf = make(name)?;
        let until_s = leaf.expires_s;
        let key = Arc::new(certified(leaf.chain, leaf.key).ok()?);
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        if own.len() >= MAX_OWN {
            own.clear();
        }
        own.insert(
            name.to_owned(),
            Held {
                key: key.clone(),
                until_s,
            },
        );
        Some(key)
    }

    /// Lets go of own leaves that are to be made again before `now_s`, and of foreign ones that are over.
    pub fn let_go(&self, now_s: i64) {
        let half = crate::LEAF_LIFE_S / 2;
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        own.retain(|_, held| held.until_s - now_s > half);
        drop(own);
        let mut named = self.named.write().unwrap_or_else(PoisonError::into_inner);
        named.retain(|_, held| held.until_s > now_s);
    }
}

fn certified(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey> {
    CertifiedKey::from_der(chain, key, &provider())
        .map_err(|error| Error::unusable("a site's certificate", error))
}

/// The name's own, or that of all names of its domain (RFC 6125 §6.4.3: one label, the first).
fn found<'a>(named: &'a HashMap<String, Held>, name: &str) -> Option<&'a Held> {
    named.get(name).or_else(|| {
        let (_, domain) = name.split_once('.')?;
        named.get(&format!("*.{domain}"))
    })
}

struct Resolver(Arc<Certificates>);

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // rustls gives it in lower case, and never an address.
        let name = hello.server_name()?;
        let asks_for_proof = hello
            .alpn()
            .is_some_and(|mut offered| offered.any(|protocol| protocol == ACME_TLS_1));
        if asks_for_proof {
            let proofs = self
                .0
                .tls_proofs
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            return proofs.get(name).cloned();
        }
        let named = self.0.named.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = found(&named, name) {
            return Some(held.key.clone());
        }
        drop(named);
        self.0.own(name)
    }
}
