//! Where people reach the pages.

use std::net::SocketAddr;

use amana_access::RelyingParty;
use anyhow::{Context as _, Result};

use super::Config;

impl Config {
    /// The origin of the pages, which passkeys are bound to: `console_origin`, or else what the listener of the web is
    /// called. On loopback that is `localhost`, since browsers make no passkeys for an address.
    ///
    /// # Errors
    /// For an origin that is none; the field is named.
    pub(crate) fn console(&self, scheme: &str) -> Result<RelyingParty> {
        let origin = match self.console_origin.as_str() {
            "" => self.own_origin(scheme, self.listen_web),
            given => given.to_owned(),
        };
        RelyingParty::of_origin(&origin).with_context(|| format!("console_origin: {origin}"))
    }

    /// Where software reaches S3, as the listener is called.
    pub(crate) fn s3_url(&self, scheme: &str) -> String {
        self.own_origin(scheme, self.listen_s3)
    }

    fn own_origin(&self, scheme: &str, address: SocketAddr) -> String {
        let host = match self.tls_names.iter().find(|name| is_domain(name)) {
            Some(name) => name.to_ascii_lowercase(),
            None if address.ip().is_loopback() => "localhost".to_owned(),
            None => return format!("{scheme}://{address}"),
        };
        format!("{scheme}://{host}:{}", address.port())
    }
}

/// A name that browsers go to, and no address or pattern.
fn is_domain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    name.chars().all(plain) && name.contains(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn pages_are_where_the_listener_is_unless_it_is_said() {
        let mut config = Config::default();
        let origin = |config: &Config, scheme| {
            let console = config.console(scheme).ok()?;
            Some(console.origin().to_owned())
        };
        assert_eq!(
            origin(&config, "http").as_deref(),
            Some("http://localhost:7400")
        );
        config.listen_web = ([0, 0, 0, 0], 443).into();
        assert_eq!(
            origin(&config, "https").as_deref(),
            Some("https://0.0.0.0:443")
        );
        config.tls_names = ["192.0.2.7", "*.example", "Centre.example"]
            .map(str::to_owned)
            .into();
        assert_eq!(
            origin(&config, "https").as_deref(),
            Some("https://centre.example:443")
        );
        config.console_origin = "https://console.example".to_owned();
        assert_eq!(
            origin(&config, "http").as_deref(),
            Some("https://console.example")
        );
        config.console_origin = "console.example".to_owned();
        assert_eq!(origin(&config, "http"), None);
    }
}
