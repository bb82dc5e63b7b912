//! Where somebody is reached: a URL, as far as one is needed to connect.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::Error;

/// `http[s]://host[:port][/path]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Whether TLS is spoken there.
    pub is_tls: bool,
    /// Name or address; an IPv6 one without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path before all others, without a slash at its end; mostly empty.
    pub prefix: String,
}

impl Place {
    /// Host and port, as the `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether it is this machine, by its name alone.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.host.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => self.host == "localhost" || self.host.ends_with(".localhost"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        let wrong = |why| Error::Url {
            url: url.to_owned(),
            why,
        };
        let (is_tls, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(wrong("it must begin with http:// or https://")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if path.contains(['?', '#']) || authority.contains(['?', '#', '@']) {
            return Err(wrong(
                "it is a host, perhaps a port, perhaps a path, and no more",
            ));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(v6) => {
                let (host, port) = v6.split_once(']').ok_or(wrong("it lacks a bracket"))?;
                (host, port.strip_prefix(':'))
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(wrong("it names no host"));
        }
        let port = match port {
            None if is_tls => 443,
            None => 80,
            Some(port) => port.parse().map_err(|_| wrong("its port is none"))?,
        };
        Ok(Self {
            is_tls,
            host: host.to_ascii_lowercase(),
            port,
            prefix: path.trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        for (url, shown) in [
            ("http://centre:7400", "http://centre:7400"),
            ("https://Centre.example", "https://centre.example:443"),
            ("http://[::1]/", "http://[::1]:80"),
            ("https://1.2.3.4:5/a/b/", "https://1.2.3.4:5/a/b"),
        ] {
            let place: Place = url.parse().expect("a place");
            assert_eq!(place.to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for url in [
            "centre:7400",
            "ftp://centre",
            "http://",
            "http://a:b",
            "http://[::1",
            "http://u@h",
            "http://h/?q",
            "http://h\r\nx: y",
        ] {
            assert!(url.parse::<Place>().is_err(), "{url}");
        }
    }

    #[test]
    fn loopback_is_known_by_its_name() {
        for (url, is_loopback) in [
            ("http://127.0.0.2:1", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("http://a.localhost", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            let place: Place = url.parse().expect("a place");
            assert_eq!(place.is_loopback(), is_loopback, "{url}");
        }
    }
}
