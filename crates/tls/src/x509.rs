//! What people want to know of a certificate: until when it is good, and for which names. Whether it is *believed* is
//! rustls's to judge; nothing here decides that.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use time::{Date, Month, Time};

use crate::{Error, Result};

/// Tags of DER (X.690 §8).
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
/// `id-ce-subjectAltName`, 2.5.29.17.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// What a certificate says of itself (RFC 5280 §4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// From when on it is good, in seconds since 1970.
    pub from_s: i64,
    /// Until when, in seconds since 1970.
    pub until_s: i64,
    /// For whom.
    pub names: Vec<Name>,
}

/// One name of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Name {
    /// A host's, or with `*.` those of a domain.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl Certificate {
    /// Reads the first one of a PEM file.
    ///
    /// # Errors
    /// When the file can't be read, or holds none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
        })?;
        let der = CertificateDer::from_pem_slice(&text).ok();
        der.and_then(|der| Self::parse(&der))
            .ok_or_else(|| Error::NotPem {
                path: path.to_owned(),
                what: "certificate",
            })
    }

    /// Reads it from DER; `None` for what is no certificate.
    #[must_use]
    pub fn parse(der: &[u8]) -> Option<Self> {
        let (whole, _) = expect(der, SEQUENCE)?;
        let (mut body, _) = expect(whole, SEQUENCE)?;
        if let Some((_, rest)) = expect(body, VERSION) {
            body = rest;
        }
        let (_, body) = expect(body, INTEGER)?;
        let (_, body) = expect(body, SEQUENCE)?;
        let (_, body) = expect(body, SEQUENCE)?;
        let (validity, body) = expect(body, SEQUENCE)?;
        let (from_s, validity) = moment(validity)?;
        let (until_s, _) = moment(validity)?;
        let (_, body) = expect(body, SEQUENCE)?;
        let (_, mut rest) = expect(body, SEQUENCE)?;
        let mut names = Vec::new();
        while let Some((tag, content, after)) = element(rest) {
            if tag == EXTENSIONS {
                names = subject_names(content).unwrap_or_default();
            }
            rest = after;
        }
        Some(Self {
            from_s,
            until_s,
            names,
        })
    }
}

/// The next element: its tag, its content, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// The next element, if it has that tag: its content, and what comes after it.
fn expect(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = element(der)?;
    (tag == wanted).then_some((content, rest))
}

/// A time in seconds since 1970 (RFC 5280 §4.1.2.5), and what comes after it.
fn moment(der: &[u8]) -> Option<(i64, &[u8])> {
    let (tag, text, rest) = element(der)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (year, text) = match tag {
        UTC_TIME => {
            let (year, text) = text.split_at_checked(2)?;
            let year: i32 = year.parse().ok()?;
            (if year < 50 { 2000 } else { 1900 } + year, text)
        }
        GENERALIZED_TIME => {
            let (year, text) = text.split_at_checked(4)?;
            (year.parse().ok()?, text)
        }
        _ => return None,
    };
    let pair = |place: usize| text.get(2 * place..2 * place + 2)?.parse::<u8>().ok();
    let month = Month::try_from(pair(0)?).ok()?;
    let date = Date::from_calendar_date(year, month, pair(1)?).ok()?;
    let time = Time::from_hms(pair(2)?, pair(3)?, pair(4)?).ok()?;
    Some((date.with_time(time).assume_utc().unix_timestamp(), rest))
}

/// The names among the extensions.
fn subject_names(extensions: &[u8]) -> Option<Vec<Name>> {
    let (mut rest, _) = expect(extensions, SEQUENCE)?;
    while let Some((extension, after)) = expect(rest, SEQUENCE) {
        rest = after;
        let (oid, mut value) = expect(extension, OID)?;
        if oid != SUBJECT_ALT_NAME {
            continue;
        }
        // It may say whether it is critical before its value.
        if value.first() != Some(&OCTETS) {
            (_, _, value) = element(value)?;
        }
        let (value, _) = expect(value, OCTETS)?;
        let (mut listed, _) = expect(value, SEQUENCE)?;
        let mut names = Vec::new();
        while let Some((tag, name, after)) = element(listed) {
            listed = after;
            names.extend(match tag {
                DNS_NAME => std::str::from_utf8(name)
                    .ok()
                    .map(|name| Name::Dns(name.to_owned())),
                IP_ADDRESS => address(name).map(Name::Ip),
                _ => None,
            });
        }
        return Some(names);
    }
    None
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(four.into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_are_too_bad(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Certificate::parse(&bytes);
        }
    }
}
