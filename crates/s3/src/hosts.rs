//! Which bucket a `Host` header names.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

/// The domains under which buckets are hosts of their own: `<bucket>.<domain>`. Any other host is path style.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    domains: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(domains: &[String]) -> Self {
        Self {
            domains: domains
                .iter()
                .map(|domain| domain.to_ascii_lowercase())
                .collect(),
        }
    }

    /// What stands before one of the domains, in lower case; nothing in path style.
    pub(crate) fn label(&self, host: &str) -> Option<String> {
        let host = without_port(host).to_ascii_lowercase();
        self.domains.iter().find_map(|domain| {
            let label = host.strip_suffix(domain.as_str())?.strip_suffix('.')?;
            (!label.is_empty()).then(|| label.to_owned())
        })
    }

    /// Whether the host is a website endpoint (`<bucket>.s3-website.<domain>`), which this front is not.
    pub(crate) fn is_website(&self, host: &str) -> bool {
        self.label(host).is_some_and(|label| {
            label
                .rsplit('.')
                .next()
                .is_some_and(|last| last.starts_with("s3-website"))
        })
    }
}

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        let named = VirtualHost::new(without_port(host));
        Ok(match self.label(host) {
            Some(label) => named.with_bucket(label),
            None => named,
        })
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}
