//! How sites are served: the table `[sites]`, with `[sites.acme]` and `[[sites.application]]`.

mod applications;

use std::path::PathBuf;

use amana_sites::certificates::{AcmeSettings, Proof};
use amana_sites::serve::{Allowance, Settings};
use amana_tls::Trust;
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::durable::read_private;

use applications::{ApplicationConfig, applications};

/// `[sites]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SitesConfig {
    /// Folder with certificates of sites: `NAME.crt` and `NAME.key`.
    pub(crate) certificates: Option<PathBuf>,
    /// File that requests are logged to; they aren't when it isn't named.
    access_log: Option<PathBuf>,
    /// Whether the log has whole addresses.
    whole_addresses: bool,
    /// Memory for what was verified, in MiB.
    cache_mib: Option<u32>,
    /// For how long browsers ask by HTTPS alone, in seconds; 0 doesn't tell them to.
    hsts_s: Option<u64>,
    /// Connections at a time, of all.
    connections: Option<usize>,
    /// Connections at a time of one address.
    connections_each: Option<usize>,
    /// Requests a second of one address.
    requests_per_s: Option<f64>,
    /// An authority that certificates are fetched from.
    acme: Option<AcmeConfig>,
    /// Applications that answer paths of sites.
    #[serde(rename = "application")]
    applications: Vec<ApplicationConfig>,
}

/// `[sites.acme]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcmeConfig {
    /// The URL of its directory.
    directory: String,
    /// Whom it writes to: `mailto:…`.
    #[serde(default)]
    contacts: Vec<String>,
    /// Whom to believe at that URL.
    authority: Option<String>,
    /// The account of its own that ours is bound to, and the file with that one's key, in base64url, mode 600.
    external_account: Option<String>,
    external_key_file: Option<PathBuf>,
    /// `http` or `tls`.
    #[serde(default)]
    proof: ProofConfig,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProofConfig {
    #[default]
    Http,
    Tls,
}

impl SitesConfig {
    /// What types can't say.
    ///
    /// # Errors
    /// A field with a wrong value, which is named.
    pub(crate) fn check(&self) -> Result<()> {
        if self.connections == Some(0) || self.connections_each == Some(0) {
            bail!("sites.connections and sites.connections_each are at least 1");
        }
        if self
            .requests_per_s
            .is_some_and(|rate| !(0.01..=1e9).contains(&rate))
        {
            bail!("sites.requests_per_s must be between 0.01 and 1000000000");
        }
        if let Some(acme) = &self.acme {
            if !acme.directory.starts_with("https://") {
                bail!(
                    "sites.acme.directory is {}, and must begin with https://",
                    acme.directory
                );
            }
            if acme.external_account.is_some() != acme.external_key_file.is_some() {
                bail!("sites.acme.external_account and external_key_file belong together");
            }
        }
        applications(&self.applications).map(drop)
    }

    /// How the server behaves.
    ///
    /// # Errors
    /// For an application that is described wrongly.
    pub(crate) fn settings(&self) -> Result<Settings> {
        let usual = Settings::default();
        let allowance = Allowance::default();
        let requests_per_s = self.requests_per_s.unwrap_or(allowance.requests_per_s);
        let cache_bytes = self.cache_mib.map(|mib| mib as usize * 1024 * 1024);
        Ok(Settings {
            applications: applications(&self.applications)?,
            cache_bytes: cache_bytes.unwrap_or(usual.cache_bytes),
            allowance: Allowance {
                connections: self.connections.unwrap_or(allowance.connections),
                connections_each: self.connections_each.unwrap_or(allowance.connections_each),
                requests_per_s,
                burst: 4.0 * requests_per_s,
            },
            access_log: self.access_log.clone(),
            logs_whole_addresses: self.whole_addresses,
            hsts_s: self.hsts_s.unwrap_or(usual.hsts_s),
            ..usual
        })
    }

    /// The authority that certificates are fetched from, if there is one.
    ///
    /// # Errors
    /// For a key that can't be read, or that others may read.
    pub(crate) fn acme(&self) -> Result<Option<AcmeSettings>> {
        let Some(acme) = &self.acme else {
            return Ok(None);
        };
        let trust = match &acme.authority {
            Some(authority) => authority.parse().context("sites.acme.authority")?,
            None => Trust::System,
        };
        let external_account = match (&acme.external_account, &acme.external_key_file) {
            (Some(account), Some(file)) => {
                let key = read_private(file).context("sites.acme.external_key_file")?;
                let key = URL_SAFE_NO_PAD.decode(key.trim().trim_end_matches('='));
                Some((
                    account.clone(),
                    key.context("sites.acme.external_key_file: it isn't base64url")?,
                ))
            }
            _ => None,
        };
        Ok(Some(AcmeSettings {
            directory: acme.directory.clone(),
            contacts: acme.contacts.clone(),
            trust,
            external_account,
            proof: match acme.proof {
                ProofConfig::Http => Proof::Http,
                ProofConfig::Tls => Proof::Tls,
            },
        }))
    }
}
