//! A site's name.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::{Error, Result};

/// The longest name: the site's bucket has the same, and a bucket has no longer one.
const MAX_HOST_BYTES: usize = 63;

/// A host's name in DNS (RFC 1123 §2.1), in lower case, other scripts in their `xn--` form. Cheap to copy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Host(Arc<str>);

impl Host {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A host as it stands in a request or an address: case, a port and a final dot don't matter.
    ///
    /// # Errors
    /// [`Error::Host`].
    pub fn of_request(text: &str) -> Result<Self> {
        let name = match text.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => text,
        };
        name.strip_suffix('.')
            .unwrap_or(name)
            .to_ascii_lowercase()
            .parse()
    }

    /// The deploy and the site that a preview's name tells: `7--www.finances.gov`.
    #[must_use]
    pub fn of_preview(text: &str) -> Option<(u64, Self)> {
        let (number, host) = text.split_once("--")?;
        let canonical =
            number.bytes().all(|digit| digit.is_ascii_digit()) && !number.starts_with('0');
        let number = number.parse().ok().filter(|_| canonical)?;
        Some((number, Self::of_request(host).ok()?))
    }
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why| {
            Err(Error::Host {
                host: text.chars().take(100).collect(),
                why,
            })
        };
        if !(3..=MAX_HOST_BYTES).contains(&text.len()) {
            return wrong("it has 3 to 63 characters");
        }
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        for label in text.split('.') {
            if label.is_empty() || !label.bytes().all(plain) {
                return wrong(
                    "its parts are small letters a to z, digits and hyphens, with a dot between them",
                );
            }
            if label.starts_with('-') || label.ends_with('-') {
                return wrong("a part doesn't begin or end with a hyphen");
            }
        }
        if text
            .split('.')
            .all(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return wrong("it is a number, and not a name");
        }
        if text
            .split_once("--")
            .is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return wrong("names with a number and two hyphens first are those of previews");
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
