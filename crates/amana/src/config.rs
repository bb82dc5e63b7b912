//! Configuration: `amana.toml`, each field of which has a default and can be overridden by `AMANA_…` in the environment.

mod console;
mod database;
mod oidc;
mod sites;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amana_store::parity::Fraction;
use anyhow::{Context as _, Result, anyhow, bail};
use serde::Deserialize;

use crate::config::sites::SitesConfig;
use crate::mirror::MirrorConfig;
use crate::object_place::BlobsConfig;

use crate::tls::{self, Which};
use oidc::OidcConfig;

/// Variables of that prefix are fields in capitals.
pub(crate) const PREFIX: &str = "AMANA_";

/// Variables with the prefix that are not fields: the crash point of a test, whether golden files are written anew, and
/// the binary that the client tests drive.
pub(crate) const NOT_FIELDS: [&str; 3] = ["AMANA_CRASH_AT", "AMANA_BLESS", "AMANA_BIN"];

/// Every field. Names are stable: they are also the names in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Name of the data centre, which stands in every origin; fixed at first start.
    pub(crate) centre: Option<String>,
    /// Ledgers, national log, health and metrics.
    pub(crate) listen_web: SocketAddr,
    /// S3.
    pub(crate) listen_s3: SocketAddr,
    /// Sites by HTTP.
    pub(crate) listen_sites_http: SocketAddr,
    /// Sites by HTTPS.
    pub(crate) listen_sites_https: SocketAddr,
    /// Domains under which `<bucket>.<domain>` is a bucket.
    pub(crate) s3_domains: Vec<String>,
    /// The region that buckets are told to be in.
    pub(crate) s3_region: String,
    /// Where people reach the pages, as their browsers say it; the listener's own origin when empty.
    pub(crate) console_origin: String,
    /// Whether everybody may see the indicators, at `/indicators`.
    pub(crate) public_indicators: bool,
    /// Whether listeners beyond loopback are let without TLS, behind a proxy that has it.
    pub(crate) allow_plain_http: bool,
    /// Which listeners speak TLS.
    pub(crate) tls: Which,
    /// Certificate chain in PEM; without one, leaves of an own authority are shown.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its key in PEM.
    pub(crate) tls_key: Option<PathBuf>,
    /// Names and addresses by which others reach the listeners, for the own certificate.
    pub(crate) tls_names: Vec<String>,
    /// Seconds between epochs of the national log while anything happens.
    pub(crate) epoch_busy_s: f64,
    /// Seconds between epochs while nothing happens.
    pub(crate) epoch_idle_s: f64,
    /// Seconds that requests under way have to end when the server is told to stop.
    pub(crate) stop_within_s: f64,
    /// Length of a day for expiry rules, in seconds.
    pub(crate) lifecycle_day_s: f64,
    /// Days within which everything is read again; 0 leaves it to `amana scrub`.
    pub(crate) scrub_days: f64,
    /// Of each site, how many of its newest deploys keep their files.
    pub(crate) sites_keep_deploys: u32,
    /// How much of each blob repairs itself, such as `10%`; none when empty.
    pub(crate) parity: String,
    /// What is logged: a level, or a filter such as `info,amana_store=debug`.
    pub(crate) log: String,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
    /// PostgreSQL in place of the embedded engine, as libpq's URL or words; the embedded one when empty.
    pub(crate) database: String,
    /// File with its password, mode 600.
    pub(crate) database_password_file: Option<PathBuf>,
    /// Whom to believe there: `sha256:…` or a PEM file; the system's authorities otherwise.
    pub(crate) database_authority: Option<String>,
    /// Seconds for which witnesses wait until a mirror holds what they are to cosign.
    pub(crate) mirror_wait_s: f64,
    /// Other places that hold a copy.
    #[serde(rename = "mirror")]
    pub(crate) mirrors: Vec<MirrorConfig>,
    /// Where large content lies, when that isn't the data folder.
    pub(crate) blobs: Option<BlobsConfig>,
    /// The provider of the State by which officials may sign in.
    pub(crate) oidc: Option<OidcConfig>,
    /// How sites are served.
    pub(crate) sites: SitesConfig,
}

/// How logs are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The file that first start writes: every field, commented out, with its default.
const TEMPLATE: &str = r#"# Configuration of this data centre. Each field can be overridden in the environment: AMANA_ and its name in capitals.

# Its name stands in every checkpoint and receipt. It is fixed once the data centre has started.
centre = "{centre}"

# Where it listens. Beyond loopback it speaks TLS; behind a proxy that does so itself, set allow_plain_http.
# listen_web = "127.0.0.1:7400"
# listen_s3 = "127.0.0.1:7401"
# listen_sites_http = "127.0.0.1:7480"
# listen_sites_https = "127.0.0.1:7443"
# allow_plain_http = false

# Where people reach the pages, as their browsers say it: passkeys are bound to its domain for good. By default the first of
# tls_names with listen_web's port, or http://localhost:7400.
# console_origin = "https://centre.example"

# Whether everybody may see the indicators, at /indicators, and not the operator's staff alone.
# public_indicators = false

# TLS: "beyond-loopback", or "always". Its certificate comes from an authority of its own (amana authority show), for the
# machine's name, the addresses above, and tls_names; or it is given in two files, read again when they change.
# tls = "beyond-loopback"
# tls_names = ["centre.example", "192.0.2.7"]
# tls_certificate = "/etc/amana/fullchain.pem"
# tls_key = "/etc/amana/privkey.pem"

# Domains under which <bucket>.<domain> is a bucket, beside <domain>/<bucket>.
# s3_domains = ["s3.localhost"]

# The region that buckets are told to be in; signatures for any region are taken.
# s3_region = "us-east-1"

# Seconds between epochs of the national log, while anything happens and while nothing does.
# epoch_busy_s = 2
# epoch_idle_s = 60

# Length of a day for expiry rules, in seconds.
# lifecycle_day_s = 86400

# Seconds that requests under way have to end when the server is told to stop; told twice, it ends at once.
# stop_within_s = 10

# Days within which all content and all rows are read again, with low priority; 0 leaves that to amana scrub.
# scrub_days = 30

# Of each web site, how many of its newest deploys keep their files, so that they can be looked at and gone back to.
# sites_keep_deploys = 10

# On a site with one disk: how much of each large content may be damaged and still repair itself. It costs that much room.
# parity = "10%"

# What is logged, on stderr: error, warn, info, debug, or a filter; as text or json.
# log = "info"
# log_format = "text"

# Rows in PostgreSQL 15 or later, in place of the embedded engine; several nodes may share them. Beyond this machine the line is
# under TLS; whom to believe there, if not the system's authorities, is a PEM file or sha256:….
# database = "postgres://amana@db1.example,db2.example/amana"
# database_password_file = "/etc/amana/database-password"
# database_authority = "/etc/amana/database-ca.pem"

# Seconds for which witnesses wait until a mirror holds what they are to cosign, so that after a loss they know no more.
# mirror_wait_s = 60

# Copies of everything but the operator's seed, kept up by the running data centre; a folder that is there, such as
# another disk, or a bucket, with an endpoint and a key_file. Where the place isn't the operator's own, everything in it is
# sealed: folders are by default, buckets aren't. Limits are in local time.
# [[mirror]]
# name = "usb"
# place = "/mnt/usb/amana"
# operator = true
# limit = ["08:00-18:00 2 Mbit/s"]
# hold_days = 30

# Large content in an object store rather than in this folder: s3://bucket/prefix, az://container/prefix or
# gs://bucket/prefix, with its key in a file of mode 600. What is read stays in a cache of cache_mib in this folder.
# [blobs]
# url = "s3://amana-content"
# endpoint = "https://s3.example:7401"
# region = "us-east-1"
# key_file = "/etc/amana/content.key"
# authority = "/etc/amana/content-authority.crt"
# cache_mib = 1024

# The provider of the State (OpenID Connect) by which officials may sign in once they have linked their identity. It is told
# that browsers come back to <console_origin>/account/provider/back. Without a client_secret_file the client has no secret.
# [oidc]
# issuer = "https://id.example"
# client_id = "amana"
# client_secret_file = "/etc/amana/oidc-secret"
# name_fr = "l’identité numérique"
# name_en = "the digital identity"
# authority = "/etc/amana/oidc-authority.crt"

# How web sites are served. certificates is a folder with NAME.crt and NAME.key; without one for a site, and without [sites.acme],
# it is shown one of the authority of this folder. Requests are logged to access_log, with addresses truncated.
# [sites]
# certificates = "/etc/amana/certificates"
# access_log = "/var/log/amana/sites.log"
# whole_addresses = false
# cache_mib = 64
# hsts_s = 31536000
# connections = 8192
# connections_each = 512
# requests_per_s = 500

# An authority that certificates of sites are fetched from; proof is "http", at port 80, or "tls", at port 443.
# [sites.acme]
# directory = "https://acme-v02.api.letsencrypt.org/directory"
# contacts = ["mailto:webmaster@centre.example"]
# proof = "http"
# authority = "/etc/amana/acme-authority.crt"
# external_account = "kid-1"
# external_key_file = "/etc/amana/acme-external.key"

# An application that answers paths of a site, where the site's publishers signed so (the file _applications of its folder):
# either by http = "http://127.0.0.1:8080", or "unix:/path", or by fastcgi. Who isn't in from is shown what was signed.
# [[sites.application]]
# host = "www.finances.example"
# name = "wordpress"
# fastcgi = "unix:/run/php/finances.sock"
# root = "/srv/finances"
# no_scripts = ["/wp-content/uploads", "/sites/default/files"]
# from = ["10.0.0.0/8"]
# health = "/wp-login.php"
# health_every_s, connections, wait_s, connect_s, timeout_s, idle_s, body_mib and index have their usual values: docs/sites.md.
"#;

impl Default for Config {
    fn default() -> Self {
        Self {
            centre: None,
            listen_web: SocketAddr::from(([127, 0, 0, 1], 7400)),
            listen_s3: SocketAddr::from(([127, 0, 0, 1], 7401)),
            listen_sites_http: SocketAddr::from(([127, 0, 0, 1], 7480)),
            listen_sites_https: SocketAddr::from(([127, 0, 0, 1], 7443)),
            s3_domains: vec!["s3.localhost".to_owned()],
            s3_region: "us-east-1".to_owned(),
            console_origin: String::new(),
            public_indicators: false,
            allow_plain_http: false,
            tls: Which::default(),
            tls_certificate: None,
            tls_key: None,
            tls_names: Vec::new(),
            epoch_busy_s: 2.0,
            epoch_idle_s: 60.0,
            stop_within_s: 10.0,
            lifecycle_day_s: 86_400.0,
            scrub_days: 30.0,
            sites_keep_deploys: 10,
            parity: String::new(),
            log: "info".to_owned(),
            log_format: LogFormat::Text,
            database: String::new(),
            database_password_file: None,
            database_authority: None,
            mirror_wait_s: 60.0,
            mirrors: Vec::new(),
            blobs: None,
            oidc: None,
            sites: SitesConfig::default(),
        }
    }
}

impl Config {
    /// The configuration of the data centre in `data`: from `file`, or else from `amana.toml` in it, then from the
    /// environment.
    ///
    /// # Errors
    /// For a file that can't be read, and for any field that isn't known or has a wrong value, which is named.
    pub(crate) fn load(
        data: &Path,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let own = data.join("amana.toml");
        let mut config = match file {
            Some(file) => Self::read(file)?,
            None if own.exists() => Self::read(&own)?,
            None => Self::default(),
        };
        for (name, value) in environment {
            let Some(field) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if NOT_FIELDS.contains(&name.as_str()) {
                continue;
            }
            config
                .set(&field.to_lowercase(), &value)
                .with_context(|| format!("{name}={value} in the environment"))?;
        }
        config.check()?;
        Ok(config)
    }

    /// A configuration file alone.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{}: the configuration can't be read", file.display()))?;
        toml::from_str(&text).with_context(|| format!("{}: wrong configuration", file.display()))
    }

    /// The text of a new `amana.toml`.
    pub(crate) fn template(centre: &str) -> String {
        TEMPLATE.replace("{centre}", centre)
    }

    fn set(&mut self, field: &str, value: &str) -> Result<()> {
        let seconds = || value.parse::<f64>().context("must be a number of seconds");
        let address = || {
            value
                .parse::<SocketAddr>()
                .context("must be an address and a port, such as 127.0.0.1:7400")
        };
        match field {
            "centre" => self.centre = Some(value.to_owned()),
            "listen_web" => self.listen_web = address()?,
            "listen_s3" => self.listen_s3 = address()?,
            "listen_sites_http" => self.listen_sites_http = address()?,
            "listen_sites_https" => self.listen_sites_https = address()?,
            "s3_domains" => self.s3_domains = listed(value),
            "s3_region" => value.clone_into(&mut self.s3_region),
            "console_origin" => value.clone_into(&mut self.console_origin),
            "public_indicators" => {
                self.public_indicators = value.parse().context("must be true or false")?;
            }
            "allow_plain_http" => {
                self.allow_plain_http = value.parse().context("must be true or false")?;
            }
            "tls" => {
                self.tls = match value {
                    "beyond-loopback" => Which::BeyondLoopback,
                    "always" => Which::Always,
                    _ => bail!("must be beyond-loopback or always"),
                }
            }
            "tls_certificate" => self.tls_certificate = Some(value.into()),
            "tls_key" => self.tls_key = Some(value.into()),
            "tls_names" => self.tls_names = listed(value),
            "epoch_busy_s" => self.epoch_busy_s = seconds()?,
            "epoch_idle_s" => self.epoch_idle_s = seconds()?,
            "stop_within_s" => self.stop_within_s = seconds()?,
            "lifecycle_day_s" => self.lifecycle_day_s = seconds()?,
            "mirror_wait_s" => self.mirror_wait_s = seconds()?,
            "database" => value.clone_into(&mut self.database),
            "database_password_file" => self.database_password_file = Some(value.into()),
            "database_authority" => self.database_authority = Some(value.to_owned()),
            "scrub_days" => self.scrub_days = value.parse().context("must be a number of days")?,
            "sites_keep_deploys" => {
                self.sites_keep_deploys = value.parse().context("must be a number")?;
            }
            "parity" => value.clone_into(&mut self.parity),
            "log" => value.clone_into(&mut self.log),
            "log_format" => {
                self.log_format = match value {
                    "text" => LogFormat::Text,
                    "json" => LogFormat::Json,
                    _ => bail!("must be text or json"),
                }
            }
            _ => bail!("there is no field {field}; amana.toml in the data folder lists them all"),
        }
        Ok(())
    }

    /// What types can't say.
    fn check(&self) -> Result<()> {
        let mut names = std::collections::HashSet::new();
        for mirror in &self.mirrors {
            mirror.check()?;
            if !names.insert(&mirror.name) {
                bail!("two mirrors are named {}", mirror.name);
            }
        }
        if !(0.0..=36_500.0).contains(&self.scrub_days) {
            bail!(
                "scrub_days is {}, and must be between 0 and 36500",
                self.scrub_days
            );
        }
        if self.sites_keep_deploys == 0 {
            bail!("sites_keep_deploys is 0, and must be at least 1: what is live is kept");
        }
        self.parity()?;
        if let Some(oidc) = &self.oidc {
            oidc.check()?;
        }
        let fields = [
            ("epoch_busy_s", self.epoch_busy_s),
            ("epoch_idle_s", self.epoch_idle_s),
            ("lifecycle_day_s", self.lifecycle_day_s),
            ("mirror_wait_s", self.mirror_wait_s),
        ];
        for (field, seconds) in fields {
            // A hundredth of a second to ten years: below, epochs would leave no time for anything else.
            if !(0.01..=3.2e8).contains(&seconds) {
                bail!("{field} is {seconds}, and must be between 0.01 and 320000000 seconds");
            }
        }
        if !(0.0..=3600.0).contains(&self.stop_within_s) {
            bail!(
                "stop_within_s is {}, and must be between 0 and 3600 seconds",
                self.stop_within_s
            );
        }
        if let Some(blobs) = &self.blobs {
            blobs.check()?;
            if !self.parity.is_empty() {
                bail!(
                    "parity is for large content in the data folder: [blobs] says that it is elsewhere"
                );
            }
        }
        self.sites.check()?;
        self.tls_settings().check()
    }

    /// What it says of TLS.
    pub(crate) fn tls_settings(&self) -> tls::Settings {
        tls::Settings {
            which: self.tls,
            allow_plain_http: self.allow_plain_http,
            certificate: self.tls_certificate.clone(),
            key: self.tls_key.clone(),
            names: self.tls_names.clone(),
        }
    }

    /// Time within which everything is read again; zero when it isn't.
    pub(crate) fn scrub_period(&self) -> Duration {
        Duration::from_secs_f64(self.scrub_days * 86_400.0)
    }

    /// How much of a blob repairs itself, if parity is kept.
    ///
    /// # Errors
    /// For what is no percentage.
    pub(crate) fn parity(&self) -> Result<Option<Fraction>> {
        if self.parity.is_empty() {
            return Ok(None);
        }
        let fraction = self.parity.parse();
        fraction
            .map(Some)
            .map_err(|why: String| anyhow!("parity: {why}"))
    }

    /// Time between epochs while anything happens.
    pub(crate) fn epoch_busy(&self) -> Duration {
        Duration::from_secs_f64(self.epoch_busy_s)
    }

    /// Time for requests under way when the server is told to stop.
    pub(crate) fn stop_within(&self) -> Duration {
        Duration::from_secs_f64(self.stop_within_s)
    }

    /// For how long witnesses wait for a mirror, in milliseconds.
    pub(crate) fn mirror_wait_ms(&self) -> i64 {
        // At most ten years, as checked.
        i64::try_from(Duration::from_secs_f64(self.mirror_wait_s).as_millis()).unwrap_or(i64::MAX)
    }

    /// Time between epochs while nothing happens.
    pub(crate) fn epoch_idle(&self) -> Duration {
        Duration::from_secs_f64(self.epoch_idle_s)
    }
}

/// Words of a list, which the environment separates by commas.
fn listed(value: &str) -> Vec<String> {
    let words = value.split(',').map(str::trim);
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The environment, as far as it is UTF-8: what isn't can't be a field of ours.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Path of the configuration in a data folder.
pub(crate) fn path_in(data: &Path) -> PathBuf {
    data.join("amana.toml")
}
