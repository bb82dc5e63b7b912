//! The enrolment code as an operator hands it over: the code, and for a data centre with an authority of its own a `+` and
//! the 64 digits of its digest, so that the gateway believes nobody else from its first request on.

use std::str::FromStr;

use amana_tls::{Digest, Trust};
use zeroize::Zeroizing;

const SEPARATOR: char = '+';

/// A code, and whom to believe.
#[derive(Clone)]
pub(crate) struct GivenCode {
    /// The code alone, as the data centre knows it.
    pub(crate) code: Zeroizing<String>,
    /// The data centre's own authority.
    pub(crate) authority: Option<Trust>,
}

impl GivenCode {
    /// The text that is handed over.
    pub(crate) fn shown(code: &str, authority: Option<Digest>) -> String {
        match authority {
            None => code.to_owned(),
            Some(digest) => format!("{code}{SEPARATOR}{}", digest.to_hex()),
        }
    }
}

impl FromStr for GivenCode {
    type Err = amana_tls::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (code, authority) = match text.split_once(SEPARATOR) {
            None => (text, None),
            Some((code, digest)) => (code, Some(Trust::Pinned(digest.trim().parse()?))),
        };
        Ok(Self {
            code: Zeroizing::new(code.to_owned()),
            authority,
        })
    }
}
