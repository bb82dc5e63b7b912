//! What a site's publishers sign. Drawn in `docs/formats/site.md`.

use std::fmt;
use std::str::FromStr;

use amana_ledger::{Hash, digits, parse_digits};

use super::Host;
use crate::{Error, Result};

/// The longest statement, in bytes.
const MAX_BYTES: usize = 1024;

/// A change of a site that its publishers want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The origin of the ledger that it is for: a statement made for one data centre is worth nothing in another.
    pub ledger: String,
    /// The site.
    pub host: Host,
    /// One more than the number of the site's last change; the first is 1.
    pub number: u64,
    /// The change.
    pub says: Says,
}

/// A change of a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// What is published from now on is this manifest: a deploy, or a way back to an older one.
    Deploy {
        /// Its SHA-256.
        manifest: Hash,
    },
    /// From the next change on, these publishers sign.
    Publishers {
        /// SHA-256 of the file that lists them.
        publishers: Hash,
    },
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, key, digest) = match &self.says {
            Says::Deploy { manifest } => ("deploy", "manifest", manifest),
            Says::Publishers { publishers } => ("publishers", "publishers", publishers),
        };
        writeln!(f, "amana/site-{kind}/v1")?;
        writeln!(f, "ledger {}", self.ledger)?;
        writeln!(f, "host {}", self.host)?;
        writeln!(f, "number {}", self.number)?;
        writeln!(f, "{key} {}", digits(digest))
    }
}

impl FromStr for Statement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why| Error::Statement { why };
        if text.len() > MAX_BYTES {
            return Err(wrong("it is too long"));
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let [header, ledger, host, number, last] = lines[..] else {
            return Err(wrong("it has five lines"));
        };
        let value = |line: &str, key: &str| -> Option<String> {
            Some(
                line.strip_suffix('\n')?
                    .strip_prefix(key)?
                    .strip_prefix(' ')?
                    .to_owned(),
            )
        };
        let says = match header {
            "amana/site-deploy/v1\n" => Says::Deploy {
                manifest: parse_digits(
                    &value(last, "manifest").ok_or(wrong("its fifth line names no manifest"))?,
                )?,
            },
            "amana/site-publishers/v1\n" => Says::Publishers {
                publishers: parse_digits(
                    &value(last, "publishers")
                        .ok_or(wrong("its fifth line names no publishers"))?,
                )?,
            },
            _ => return Err(wrong("its first line is not one of a site's statements")),
        };
        let statement = Self {
            ledger: value(ledger, "ledger").ok_or(wrong("its second line names no ledger"))?,
            host: value(host, "host")
                .ok_or(wrong("its third line names no host"))?
                .parse()?,
            number: value(number, "number")
                .and_then(|digits| digits.parse().ok())
                .ok_or(wrong("its fourth line has no number"))?,
            says,
        };
        // One spelling: a number without leading zeroes or a sign.
        if statement.to_string() != text {
            return Err(wrong("it isn't written as it must be"));
        }
        Ok(statement)
    }
}
