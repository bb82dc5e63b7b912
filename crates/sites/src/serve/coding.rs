//! Content codings: which one a client gets (RFC 9110 §12.5.3).

use http::HeaderValue;

/// A coding that files are kept in, beside their own bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

/// How many there are.
pub(super) const CODINGS: usize = 3;

impl Coding {
    /// All, the one that is chosen among equals first.
    pub const ALL: [Self; CODINGS] = [Self::Brotli, Self::Zstd, Self::Gzip];

    /// Its name in HTTP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        }
    }

    /// What follows the digest in the name of a variant.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Zstd => ".zst",
            Self::Gzip => ".gz",
        }
    }

    /// Its place in [`Coding::ALL`].
    pub(super) fn place(self) -> usize {
        match self {
            Self::Brotli => 0,
            Self::Zstd => 1,
            Self::Gzip => 2,
        }
    }
}

/// A client's wishes: of each coding, and of none, a weight in thousandths; 0 forbids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wishes {
    codings: [u16; CODINGS],
    identity: u16,
}

impl Wishes {
    /// Nothing but a file's own bytes.
    pub(super) const NONE: Self = Self {
        codings: [0; CODINGS],
        identity: 1000,
    };

    /// What `Accept-Encoding` says; what can't be read counts for nothing.
    pub(super) fn parse(header: &HeaderValue) -> Self {
        let Ok(text) = header.to_str() else {
            return Self::NONE;
        };
        let mut said = [None; CODINGS];
        let (mut identity, mut rest) = (None, None);
        for part in text.split(',') {
            let (name, weight) = match part.split_once(';') {
                Some((name, parameters)) => (name.trim(), weight(parameters)),
                None => (part.trim(), Some(1000)),
            };
            let Some(weight) = weight else { continue };
            let named = Coding::ALL
                .into_iter()
                .find(|coding| name.eq_ignore_ascii_case(coding.name()));
            match named {
                Some(coding) => said[coding.place()] = Some(weight),
                None if name.eq_ignore_ascii_case("x-gzip") => {
                    said[Coding::Gzip.place()] = Some(weight);
                }
                None if name.eq_ignore_ascii_case("identity") => identity = Some(weight),
                None if name == "*" => rest = Some(weight),
                None => {}
            }
        }
        Self {
            codings: said.map(|said| said.or(rest).unwrap_or(0)),
            // Not named, it is let; but any coding that was asked for is better.
            identity: identity.or(rest.filter(|rest| *rest == 0)).unwrap_or(1),
        }
    }

    /// The codings that are at least as welcome as the bytes themselves, the best first.
    pub(super) fn in_order(&self) -> impl Iterator<Item = Coding> + use<> {
        let mut wanted = Coding::ALL.map(|coding| (self.codings[coding.place()], coding));
        // Stable: among equals the order of `ALL` stays.
        wanted.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let identity = self.identity;
        wanted
            .into_iter()
            .filter(move |(weight, _)| *weight > 0 && *weight >= identity)
            .map(|(_, coding)| coding)
    }
}

/// `q=0.5` as 500.
fn weight(parameters: &str) -> Option<u16> {
    let value = parameters.trim().strip_prefix(['q', 'Q'])?.trim_start();
    let value = value.strip_prefix('=')?.trim();
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &'static str) -> Vec<&'static str> {
        let wishes = Wishes::parse(&HeaderValue::from_static(header));
        wishes.in_order().map(Coding::name).collect()
    }

    #[test]
    fn the_order_is_the_clients_and_then_ours() {
        assert_eq!(chosen("gzip, deflate, br, zstd"), ["br", "zstd", "gzip"]);
        assert_eq!(chosen("gzip;q=1.0, br;q=0.5"), ["gzip", "br"]);
        assert_eq!(chosen("gzip"), ["gzip"]);
        assert_eq!(chosen("X-GZIP"), ["gzip"]);
        assert_eq!(chosen("*"), ["br", "zstd", "gzip"]);
        assert_eq!(chosen("br;q=0, *"), ["zstd", "gzip"]);
    }

    #[test]
    fn what_is_forbidden_or_unreadable_is_not_chosen() {
        assert!(chosen("identity").is_empty());
        assert!(chosen("br;q=0").is_empty());
        assert!(chosen("br;q=2, gzip;q=0.0001, zstd;r=1").is_empty());
        assert!(chosen("").is_empty());
        assert_eq!(chosen("identity;q=0.5, gzip;q=0.4, br;q=0.6"), ["br"]);
    }
}
