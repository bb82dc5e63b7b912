//! What belongs to the site: its host, the names it went by, the hosts whose files come along.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use url::Url;

use crate::{Error, Result};

/// Files of other hosts stand below this, one folder a host.
pub const ASSETS: &str = "/_assets/";

/// Scheme, host and port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// The host, in lower case, and the port unless it is the scheme's own.
    pub authority: String,
}

impl Origin {
    /// `host`, `host:port`, or either behind `http://` or `https://`, which is meant where none is given.
    ///
    /// # Errors
    /// For what names no host.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| Error::Url {
            text: text.to_owned(),
            why: why.to_owned(),
        };
        let whole = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let url = Url::parse(&whole).map_err(|error| wrong(&error.to_string()))?;
        Self::of(&url).ok_or_else(|| wrong("it must be a host, or begin with http:// or https://"))
    }

    /// Where that address is, if it is on the web.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let is_tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Some(Self { is_tls, authority })
    }

    /// The same name with or without `www.`, which people take for the same site; nothing for an address.
    #[must_use]
    pub fn twin(&self) -> Option<String> {
        let name = self.authority.split(':').next().unwrap_or_default();
        let is_name =
            name.contains('.') && !name.starts_with('[') && name.parse::<Ipv4Addr>().is_err();
        is_name.then(|| match self.authority.strip_prefix("www.") {
            Some(bare) => bare.to_owned(),
            None => format!("www.{}", self.authority),
        })
    }

    /// `https://host`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

/// A site that is imported.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where it is now.
    pub home: Origin,
    /// Other names that lead to it, such as the one without `www.`.
    pub aliases: Vec<String>,
    /// The name that it will have; its own, if none is given.
    pub new_host: Option<String>,
    /// Hosts whose files come along.
    pub assets: Vec<Origin>,
}

/// An address of the site, or of a host whose files come along.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Target {
    /// Nothing for the site itself, otherwise which of `Site::assets`.
    pub asset_host: Option<usize>,
    /// The path, and the query behind `?` unless it is empty; percent-encoding normalised.
    pub path: String,
}

impl Target {
    /// Of the site itself.
    #[must_use]
    pub fn own(path: &str) -> Self {
        Self {
            asset_host: None,
            path: normalised(path),
        }
    }

    /// The path, without the query.
    #[must_use]
    pub fn bare(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// The query, if there is one.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }
}

impl Site {
    /// The target that an address names; nothing for one elsewhere.
    #[must_use]
    pub fn target(&self, url: &Url) -> Option<Target> {
        let authority = Origin::of(url)?.authority;
        let asset_host = if authority == self.home.authority || self.aliases.contains(&authority) {
            None
        } else {
            let at = |origin: &Origin| origin.authority == authority;
            Some(self.assets.iter().position(at)?)
        };
        let path = match url.query().filter(|query| !query.is_empty()) {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Some(Target {
            asset_host,
            path: normalised(&path),
        })
    }

    /// Where a target is fetched.
    #[must_use]
    pub fn url(&self, target: &Target) -> String {
        let origin = match target.asset_host {
            Some(host) => &self.assets[host],
            None => &self.home,
        };
        format!("{}{}", origin.url(), target.path)
    }

    /// Where it answers in the new site.
    #[must_use]
    pub fn address(&self, target: &Target) -> String {
        match target.asset_host {
            Some(host) => format!("{}{}", self.asset_prefix(host), target.path),
            None => target.path.clone(),
        }
    }

    /// What stands before the paths of a host whose files come along.
    #[must_use]
    pub fn asset_prefix(&self, host: usize) -> String {
        format!("{ASSETS}{}", self.assets[host].authority.replace(':', "_"))
    }

    /// Every host that is read, the site's names first; a target's `asset_host` follows from the place in it.
    #[must_use]
    pub fn authorities(&self) -> Vec<String> {
        std::iter::once(&self.home.authority)
            .chain(&self.aliases)
            .chain(self.assets.iter().map(|origin| &origin.authority))
            .cloned()
            .collect()
    }

    /// Whether a place in `authorities` is a host whose files come along: which one.
    #[must_use]
    pub fn asset_at(&self, place: usize) -> Option<usize> {
        place.checked_sub(1 + self.aliases.len())
    }

    /// The origin that absolute references get.
    #[must_use]
    pub fn new_origin(&self) -> String {
        match &self.new_host {
            Some(host) if *host != self.home.authority => format!("https://{host}"),
            _ => self.home.url(),
        }
    }
}

/// RFC 3986 §6.2.2: escapes of plain characters resolved, the others in upper case; what must be escaped is.
#[must_use]
pub fn normalised(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut plain = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = path.get(at + 1..at + 3);
        let code = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let (byte, is_escaped) = match (bytes[at], code) {
            (b'%', Some(code)) => (code, true),
            (byte, _) => (byte, false),
        };
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let stays = is_plain || (!is_escaped && b"!$&'()*+,;=:@/?".contains(&byte));
        if stays {
            plain.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(plain, "%{byte:02X}");
        }
        at += if is_escaped { 3 } else { 1 };
    }
    plain
}
