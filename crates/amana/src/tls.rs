//! TLS, as the configuration wants it: which listeners speak it, what they show, and whom connections believe.

pub(crate) mod own_authority;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_store::clock;
use amana_tls::{Acceptor, ClockSeconds, Connector, Digest, Identity, Place, Trust};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

/// Which listeners speak TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Which {
    /// Those that others than this machine reach.
    #[default]
    BeyondLoopback,
    /// All.
    Always,
}

/// What a configuration says of it, by the names of its fields.
#[derive(Clone)]
pub(crate) struct Settings {
    /// `tls`.
    pub(crate) which: Which,
    /// `allow_plain_http`.
    pub(crate) allow_plain_http: bool,
    /// `tls_certificate`.
    pub(crate) certificate: Option<PathBuf>,
    /// `tls_key`.
    pub(crate) key: Option<PathBuf>,
    /// `tls_names`.
    pub(crate) names: Vec<String>,
}

impl Settings {
    /// What types can't say.
    ///
    /// # Errors
    /// For fields that contradict one another, which are named.
    pub(crate) fn check(&self) -> Result<()> {
        match (&self.certificate, &self.key) {
            (Some(_), None) => bail!("tls_certificate needs tls_key, the file with its key"),
            (None, Some(_)) => {
                bail!("tls_key needs tls_certificate, the file with its certificate")
            }
            _ => {}
        }
        if self.which == Which::Always && self.allow_plain_http {
            bail!("tls is \"always\" and allow_plain_http is true: one of the two can't be meant");
        }
        Ok(())
    }

    fn is_spoken_at(&self, address: SocketAddr) -> bool {
        match self.which {
            Which::Always => true,
            Which::BeyondLoopback => !address.ip().is_loopback() && !self.allow_plain_http,
        }
    }

    /// What listeners at those addresses need: nothing when none of them speaks TLS. The own authority of `folder` is
    /// made if it is needed and not there.
    ///
    /// # Errors
    /// For files that can't be read, and names that are none; the fields are named.
    pub(crate) fn listeners(
        self,
        folder: &Path,
        addresses: &[SocketAddr],
        domains: &[String],
    ) -> Result<Listeners> {
        let spoken = addresses.iter().any(|address| self.is_spoken_at(*address));
        let identity = spoken
            .then(|| self.identity(folder, addresses, domains).map(Arc::new))
            .transpose()?;
        Ok(Listeners {
            settings: self,
            identity,
        })
    }

    fn identity(
        &self,
        folder: &Path,
        addresses: &[SocketAddr],
        domains: &[String],
    ) -> Result<Identity> {
        let now_s: ClockSeconds = Arc::new(|| clock::system_ms().div_euclid(1000));
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            return Identity::given(certificate.clone(), key.clone(), now_s)
                .context("tls_certificate and tls_key");
        }
        let authority = own_authority::load_or_make(folder, now_s())?;
        let names = self.all_names(addresses, domains);
        Identity::own(authority, names, now_s).context("tls_names")
    }

    /// Those of the configuration, those by which this machine calls itself, and where it listens; each once.
    fn all_names(&self, addresses: &[SocketAddr], domains: &[String]) -> Vec<String> {
        let mut names = self.names.clone();
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        // A host's name may be none that DNS has; then nobody calls it so.
        if !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        {
            names.push(host);
        }
        names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
        let listening = addresses.iter().map(SocketAddr::ip);
        names.extend(
            listening
                .filter(|ip| !ip.is_unspecified())
                .map(|ip| ip.to_string()),
        );
        // A bucket may be a host of its own.
        for domain in domains
            .iter()
            .filter(|domain| domain.parse::<IpAddr>().is_err())
        {
            names.extend([domain.clone(), format!("*.{domain}")]);
        }
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }
}

/// The listeners of one process.
#[derive(Clone)]
pub(crate) struct Listeners {
    settings: Settings,
    identity: Option<Arc<Identity>>,
}

impl Listeners {
    /// For the listener at that address.
    pub(crate) fn acceptor(&self, address: SocketAddr) -> Acceptor {
        match &self.identity {
            Some(identity) if self.settings.is_spoken_at(address) => {
                Acceptor::tls(identity.clone())
            }
            _ => Acceptor::plain(),
        }
    }

    /// The digest that clients of that listener pin, if it shows leaves of an own authority.
    pub(crate) fn authority(&self, address: SocketAddr) -> Option<Digest> {
        let identity = self.identity.as_ref()?;
        let spoken = self.settings.is_spoken_at(address);
        spoken.then(|| identity.authority()).flatten()
    }

    /// For whoever looks after the machine: until when the certificate is good, and for whom.
    pub(crate) fn shown(&self) -> Value {
        let Some(identity) = &self.identity else {
            return Value::Null;
        };
        let names = identity.names();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        json!({ "expires_s": identity.expires_s(), "names": names })
    }

    /// For Prometheus: until when the certificate is good; nothing where none is shown.
    pub(crate) fn metrics(&self) -> String {
        let Some(identity) = &self.identity else {
            return String::new();
        };
        let name = "amana_tls_certificate_expiry_timestamp_seconds";
        format!(
            "# HELP {name} When the certificate that is shown expires.\n# TYPE {name} gauge\n{name} {}\n",
            identity.expires_s()
        )
    }
}

/// Whom a command believes at an `https://` URL.
#[derive(Args, Clone, Default)]
pub(crate) struct Authority {
    /// Whom to believe at an https:// URL: a file with the authority's certificate, or its digest, sha256:…, as amana
    /// authority show prints it; without it, whom this system believes
    #[arg(long, value_name = "FILE|DIGEST")]
    pub(crate) authority: Option<Trust>,
}

impl Authority {
    /// A way to that URL.
    ///
    /// # Errors
    /// For what is no URL, and an authority that can't be read.
    pub(crate) fn way_to(&self, url: &str) -> Result<Connector> {
        way(url, self.authority.clone())
    }
}

/// A way to that URL; without an authority, those count that the system believes.
///
/// # Errors
/// As [`Authority::way_to`].
pub(crate) fn way(url: &str, authority: Option<Trust>) -> Result<Connector> {
    let place: Place = url.parse()?;
    Ok(Connector::new(place, authority.unwrap_or_default())?)
}

/// The same file from wherever a command is started later.
pub(crate) fn absolute(trust: Trust) -> Trust {
    match trust {
        Trust::File(path) => Trust::File(std::path::absolute(&path).unwrap_or(path)),
        other => other,
    }
}
