//! Configuration of a gateway: `gateway.toml`, each field of which has a default and can be overridden by `AMANA_…` in
//! the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use amana_tls::{Connector, Place, Trust};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use toml::{Table, Value};

use crate::config::{LogFormat, NOT_FIELDS, PREFIX};
use crate::tls::{self, Which};

/// Fields that are numbers, yes or no, and lists, which in the environment are separated by commas. All others are words.
const NUMBERS: [&str; 5] = [
    "mirror_hold_days",
    "spool_max_gib",
    "witness_every_s",
    "follow_every_s",
    "stop_within_s",
];
const SWITCHES: [&str; 2] = ["allow_plain_http", "accept_single_copy"];
const LISTS: [&str; 5] = ["s3_domains", "peers", "spool", "limit", "tls_names"];

/// Every field. Names are stable: they are also the names in the environment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The data centre's web listener; written by `amana gateway init`.
    pub(crate) centre: Option<String>,
    /// Whom to believe there by https: a file of certificates, or `sha256:` and the digest of the data centre's own
    /// authority; written by `amana gateway init`. Without it, whom the system believes.
    pub(crate) authority: Option<String>,
    /// Status, health and metrics.
    pub(crate) listen_web: SocketAddr,
    /// S3, for the institution's programs.
    pub(crate) listen_s3: SocketAddr,
    /// SFTP, for programs that know folders; nowhere when it isn't said.
    pub(crate) listen_sftp: Option<SocketAddr>,
    /// Whether listeners beyond loopback are let without TLS, and a data centre beyond it, behind proxies that have it.
    pub(crate) allow_plain_http: bool,
    /// Which listeners speak TLS.
    pub(crate) tls: Which,
    /// Certificate chain in PEM; without one, leaves of an own authority are shown.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its key in PEM.
    pub(crate) tls_key: Option<PathBuf>,
    /// Names and addresses by which others reach the listeners, for the own certificate.
    pub(crate) tls_names: Vec<String>,
    /// Domains under which `<bucket>.<domain>` is a bucket.
    pub(crate) s3_domains: Vec<String>,
    /// The region that buckets are told to be in.
    pub(crate) s3_region: String,
    /// File with the passphrase of this gateway's key, mode 600.
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Institutions whose ledgers are cosigned beside one's own and the national log; all when none is named.
    pub(crate) peers: Vec<String>,
    /// Seconds between the witness's visits.
    pub(crate) witness_every_s: f64,
    /// Seconds between two looks at the institution's ledger.
    pub(crate) follow_every_s: f64,
    /// Folders, on disks of their own, that take writes while the data centre can't be reached.
    pub(crate) spool: Vec<PathBuf>,
    /// Whether one spool folder is enough.
    pub(crate) accept_single_copy: bool,
    /// What the spool holds at most.
    pub(crate) spool_max_gib: f64,
    /// Folder, on a disk of its own, that holds a copy of everything of the institution's, sealed to it.
    pub(crate) mirror: Option<PathBuf>,
    /// For how many days the mirror keeps content that was deleted.
    pub(crate) mirror_hold_days: f64,
    /// Bandwidth by time of day, such as `08:00-18:00 2 Mbit/s`.
    pub(crate) limit: Vec<String>,
    /// Seconds that requests under way have to end when the gateway is told to stop.
    pub(crate) stop_within_s: f64,
    /// What is logged.
    pub(crate) log: String,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
}

/// The file that `amana gateway init` writes: every field, commented out, with its default.
const TEMPLATE: &str = r#"# Configuration of this gateway. Each field can be overridden in the environment: AMANA_ and its name in capitals.

# The data centre's web listener, and whom to believe there by https: the digest of its own authority, or a file with
# certificates; without it, the authorities that this system believes.
centre = "{centre}"
{authority}

# Where it listens: the status page, and S3 for the institution's programs. Beyond loopback it speaks TLS; behind a proxy
# that does so itself, set allow_plain_http.
# listen_web = "127.0.0.1:7500"
# listen_s3 = "127.0.0.1:7501"
# allow_plain_http = false

# SFTP, for programs that know folders and not S3: an access key's id is the user, its secret the password.
# listen_sftp = "127.0.0.1:7502"

# TLS: "beyond-loopback", or "always". Its certificate comes from an authority of its own (amana authority show), for the
# machine's name, the addresses above, and tls_names; or it is given in two files, read again when they change.
# tls = "beyond-loopback"
# tls_names = ["gateway.finances.example", "10.0.0.7"]
# tls_certificate = "/etc/amana/fullchain.pem"
# tls_key = "/etc/amana/privkey.pem"

# Domains under which <bucket>.<domain> is a bucket, beside <domain>/<bucket>.
# s3_domains = ["s3.localhost"]

# The region that buckets are told to be in; signatures for any region are taken.
# s3_region = "us-east-1"

# A file with the passphrase of this gateway's key, mode 600, for starts without anybody at the terminal. Better: the
# systemd credential amana-passphrase. Never the passphrase itself.
# passphrase_file = "/etc/amana/passphrase"

# This gateway witnesses the national log and its own ledger. Name the institutions whose ledgers it cosigns as well, two
# peers for instance; with none named, it cosigns all that the data centre shows it.
# peers = []

# Seconds between its visits as a witness.
# witness_every_s = 10

# Seconds between two looks at the institution's own ledger, for what other gateways did; more on a thin line.
# follow_every_s = 2

# Folders that take writes, sealed, while the data centre can't be reached: two, on two disks. With none, such writes are
# answered 503, so that nothing acknowledged hangs on this machine. One alone must be accepted.
# spool = ["/disk1/amana-spool", "/disk2/amana-spool"]
# accept_single_copy = false
# spool_max_gib = 100

# A folder on a disk of its own, such as one on USB, that holds a copy of everything of the institution's, sealed to it: the
# data centre gets back from it what it lost, and another one is fed from it. The folder must be there; a disk that is away
# is told once, and asked for again. What was deleted stays there for so many days.
# mirror = "/mnt/usb/amana"
# mirror_hold_days = 30

# Bandwidth towards the data centre, by time of day, in the machine's time zone as it is when the gateway starts.
# limit = ["08:00-18:00 2 Mbit/s"]

# Seconds that requests under way have to end when the gateway is told to stop; told twice, it ends at once.
# stop_within_s = 10

# What is logged, on stderr: error, warn, info, debug, or a filter; as text or json.
# log = "info"
# log_format = "text"
"#;

impl Default for Config {
    fn default() -> Self {
        Self {
            centre: None,
            authority: None,
            listen_web: SocketAddr::from(([127, 0, 0, 1], 7500)),
            listen_s3: SocketAddr::from(([127, 0, 0, 1], 7501)),
            listen_sftp: None,
            allow_plain_http: false,
            tls: Which::default(),
            tls_certificate: None,
            tls_key: None,
            tls_names: Vec::new(),
            s3_domains: vec!["s3.localhost".to_owned()],
            s3_region: "us-east-1".to_owned(),
            passphrase_file: None,
            peers: Vec::new(),
            witness_every_s: 10.0,
            follow_every_s: 2.0,
            spool: Vec::new(),
            accept_single_copy: false,
            spool_max_gib: 100.0,
            mirror: None,
            mirror_hold_days: 30.0,
            limit: Vec::new(),
            stop_within_s: 10.0,
            log: "info".to_owned(),
            log_format: LogFormat::Text,
        }
    }
}

impl Config {
    /// The configuration in `file`, if it is there, then from the environment.
    ///
    /// # Errors
    /// For a file that can't be read, and for any field that isn't known or has a wrong value, which is named.
    pub(crate) fn load(
        file: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self> {
        let mut table = Table::new();
        if file.exists() {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("{}: the configuration can't be read", file.display()))?;
            let wrong = || format!("{}: wrong configuration", file.display());
            table = text.parse().with_context(wrong)?;
            // Judged before the environment hides or adds anything, so that a fault is blamed on its place.
            toml::from_str::<Self>(&text).with_context(wrong)?;
        }
        for (name, value) in environment {
            let Some(field) = name.strip_prefix(PREFIX) else {
                continue;
            };
            if NOT_FIELDS.contains(&name.as_str()) {
                continue;
            }
            let field = field.to_lowercase();
            let set = || -> Result<()> {
                let parsed = typed(&field, &value)?;
                let alone = Table::from_iter([(field.clone(), parsed.clone())]);
                let _: Self = alone.try_into()?;
                table.insert(field.clone(), parsed);
                Ok(())
            };
            let mut set = set;
            set().with_context(|| format!("{name}={value} in the environment"))?;
        }
        let config: Self = table.try_into()?;
        config.check()?;
        Ok(config)
    }

    /// The text of a new `gateway.toml`.
    pub(crate) fn template(centre: &str, authority: Option<&Trust>) -> String {
        let authority = match authority.cloned().map(tls::absolute) {
            Some(Trust::Pinned(digest)) => format!("authority = \"{digest}\""),
            Some(Trust::File(path)) => {
                // JSON's strings are TOML's as well.
                let path = serde_json::Value::from(path.to_string_lossy());
                format!("authority = {path}")
            }
            _ => "# authority = \"sha256:…\"".to_owned(),
        };
        TEMPLATE
            .replace("{centre}", centre)
            .replace("{authority}", &authority)
    }

    /// The way to the data centre at that URL.
    ///
    /// # Errors
    /// For what is no URL, an authority that can't be read, and plain HTTP that goes beyond this machine.
    pub(crate) fn way_to(&self, centre: &str) -> Result<Connector> {
        let place: Place = centre.parse().context("centre")?;
        if !place.is_tls && !place.is_loopback() && !self.allow_plain_http {
            bail!(
                "centre is {centre}, which isn't on loopback, without TLS: take https://, or set allow_plain_http = true \
                 (AMANA_ALLOW_PLAIN_HTTP) if a tunnel lies between"
            );
        }
        tls::way(centre, self.trust()?).context("centre and authority")
    }

    /// Time for requests under way when the gateway is told to stop.
    pub(crate) fn stop_within(&self) -> Duration {
        Duration::from_secs_f64(self.stop_within_s)
    }

    /// Whom it believes, if it says so.
    pub(crate) fn trust(&self) -> Result<Option<Trust>> {
        let trust = self.authority.as_deref().map(str::parse).transpose();
        trust.context("authority")
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

    /// What types can't say.
    fn check(&self) -> Result<()> {
        if !(0.0..=3600.0).contains(&self.stop_within_s) {
            bail!(
                "stop_within_s is {}, and must be between 0 and 3600 seconds",
                self.stop_within_s
            );
        }
        self.tls_settings().check()?;
        self.trust()?;
        for (field, seconds) in [
            ("witness_every_s", self.witness_every_s),
            ("follow_every_s", self.follow_every_s),
        ] {
            if !(0.01..=86_400.0).contains(&seconds) {
                bail!("{field} is {seconds}, and must be between 0.01 and 86400 seconds");
            }
        }
        if !(0.0..=36_500.0).contains(&self.mirror_hold_days) {
            bail!(
                "mirror_hold_days is {}, and must be between 0 and 36500 days",
                self.mirror_hold_days
            );
        }
        if !(0.001..=1e6).contains(&self.spool_max_gib) {
            bail!(
                "spool_max_gib is {}, and must be between 0.001 and 1000000",
                self.spool_max_gib
            );
        }
        if self.spool.len() == 1 && !self.accept_single_copy {
            bail!(
                "spool names one folder: what it acknowledges would be lost with that disk. Name a second one on \
                 another disk, or set accept_single_copy = true"
            );
        }
        Ok(())
    }
}

/// A value of the environment, as the field wants it.
fn typed(field: &str, value: &str) -> Result<Value> {
    if NUMBERS.contains(&field) {
        let number: f64 = value.parse().context("must be a number")?;
        return Ok(Value::Float(number));
    }
    if SWITCHES.contains(&field) {
        let on: bool = value.parse().context("must be true or false")?;
        return Ok(Value::Boolean(on));
    }
    if LISTS.contains(&field) {
        let words = value.split(',').map(str::trim).filter(|w| !w.is_empty());
        return Ok(Value::Array(
            words.map(|w| Value::String(w.to_owned())).collect(),
        ));
    }
    Ok(Value::String(value.to_owned()))
}
