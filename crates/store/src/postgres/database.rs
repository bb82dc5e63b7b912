//! Where PostgreSQL is, and whom to believe there.

use std::net::IpAddr;
use std::time::Duration;

use amana_tls::Trust;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::tls::Secured;
use crate::{Error, Result};

/// A server that doesn't answer within this is tried again, or the next one of the list.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A line on which nothing arrives for so long is given up.
const SILENT: Duration = Duration::from_secs(15);
/// Between two questions whether it is there still.
const PROBE: Duration = Duration::from_secs(5);

/// Where PostgreSQL is, and whom to believe there.
#[derive(Clone)]
pub struct Database {
    pub(super) config: Config,
    pub(super) tls: Option<Secured>,
}

impl Database {
    /// From libpq's `postgres://user:password@host:port/name?…` or `host=… dbname=…`; several hosts are tried in turn, for
    /// the one that takes writes. `password` stands in place of one in the address. Beyond loopback and sockets the line is under TLS, and the server must be one that
    /// `trust` believes.
    ///
    /// # Errors
    /// [`Error::Refused`] for what isn't such an address; when there is nobody to believe.
    pub fn parse(address: &str, password: Option<&str>, trust: &Trust) -> Result<Self> {
        let refused = |why: String| Error::Refused {
            what: "the address of the database".into(),
            why,
        };
        let mut config: Config = address.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            refused(cause.unwrap_or_else(|| error.to_string()))
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(refused("it names no host".into()));
        }
        if config.get_dbname().is_none() {
            return Err(refused("it names no database".into()));
        }
        let near = config.get_hosts().iter().all(is_near)
            && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
        let mode = config.get_ssl_mode();
        if !near && mode == SslMode::Disable {
            return Err(refused(
                "beyond this machine it must be under TLS: take sslmode=disable out".into(),
            ));
        }
        let secured = !near || mode == SslMode::Require;
        config.ssl_mode(if secured {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        let connector = secured.then(|| trust.connector(&[b"postgresql"]));
        let tls = connector
            .transpose()
            .map_err(|error| refused(error.to_string()))?
            .map(Secured);
        if let Some(password) = password {
            config.password(password);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_WITHIN);
        }
        config
            .keepalives_idle(PROBE)
            .keepalives_interval(PROBE)
            .keepalives_retries(3)
            .tcp_user_timeout(SILENT)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("amana");
        }
        Ok(Self { config, tls })
    }

    /// How it is shown to people: without a password.
    #[must_use]
    pub fn shown(&self) -> String {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let hosts: Vec<_> = hosts.collect();
        let name = self.config.get_dbname().unwrap_or_default();
        format!("the database {name} at {}", hosts.join(","))
    }
}

fn is_near(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        }
    }
}
