//! Releases: what rebuilders sign, each after building the same bytes from the same source. Drawn in
//! `docs/formats/release.md`.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::note::Note;
use crate::policy::{Policy, PolicyWitness};
use crate::text::{decimal, field, take_line};
use crate::vkey::KeyType;

/// First line of a release.
const HEADER: &str = "amana/release/v1";

/// The longest release, in bytes, without signatures.
pub const MAX_RELEASE_BYTES: usize = 1024;

/// The ledger that releases are acts of, in every data centre.
pub const RELEASES: &str = "operator/releases";

/// The longest target triple, in bytes.
const MAX_TARGET_BYTES: usize = 64;

/// `major.minor.patch`, each below 2³². Ordered as releases follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Version {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Option<Vec<u32>> = text
            .split('.')
            .map(|part| u32::try_from(decimal(part)?).ok())
            .collect();
        match parts.as_deref() {
            Some(&[major, minor, patch]) => Ok(Self {
                major,
                minor,
                patch,
            }),
            _ => Err(malformed(
                "a version is three numbers with dots between them",
            )),
        }
    }
}

/// What was built from what. Its text is what rebuilders sign, each in a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// What it runs on, as the compiler names it: `x86_64-unknown-linux-gnu`.
    pub target: String,
    /// SHA-256 of the binary.
    pub binary: Hash,
    /// SHA-256 of the Debian package that holds it, if there is one.
    pub package: Option<Hash>,
    /// SHA-256 of the list of the source's files, in the format of `sha256sum`.
    pub source: Hash,
    /// SHA-256 of the SBOM.
    pub sbom: Hash,
}

impl Release {
    /// Whether a file of that digest is of this release: the binary, or the package.
    #[must_use]
    pub fn holds(&self, file: &Hash) -> bool {
        self.binary == *file || self.package == Some(*file)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        writeln!(f, "version {}", self.version)?;
        writeln!(f, "target {}", self.target)?;
        writeln!(f, "binary {}", digits(&self.binary))?;
        if let Some(package) = &self.package {
            writeln!(f, "package {}", digits(package))?;
        }
        writeln!(f, "source {}", digits(&self.source))?;
        writeln!(f, "sbom {}", digits(&self.sbom))
    }
}

impl FromStr for Release {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_RELEASE_BYTES {
            return Err(Error::TooLarge {
                format: Format::Release,
                max: MAX_RELEASE_BYTES,
            });
        }
        let mut rest = text;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(malformed("the first line is not amana/release/v1"));
        }
        let missing = malformed("a line of version, target, binary, source and sbom is missing");
        let mut line = |key| field(&mut rest, key);
        let version = line("version").ok_or(missing.clone())?.parse()?;
        let target = parse_target(line("target").ok_or(missing.clone())?)?;
        let binary = parse_digits(line("binary").ok_or(missing.clone())?)?;
        let package = line("package").map(parse_digits).transpose()?;
        let source = parse_digits(line("source").ok_or(missing.clone())?)?;
        let sbom = parse_digits(line("sbom").ok_or(missing)?)?;
        if !rest.is_empty() {
            return Err(malformed("there is more after the line of the sbom"));
        }
        Ok(Self {
            version,
            target,
            binary,
            package,
            source,
            sbom,
        })
    }
}

/// Who rebuilds, and how many of them must have had the same bytes: a file in the syntax of tlog-policy, whose `witness`
/// lines hold plain Ed25519 keys (type 1), with a quorum and no log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilders(Policy);

impl Rebuilders {
    /// The rebuilders of a file.
    ///
    /// # Errors
    /// [`Error::Malformed`] and [`Error::TooLarge`], as a trust policy; also without a quorum, which would let anything
    /// pass, and with a log, which signs no release.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let policy = Policy::parse_with(bytes, KeyType::Ed25519)?;
        if !policy.has_quorum() {
            return Err(Format::Policy.malformed("rebuilders need a quorum"));
        }
        if !policy.logs().is_empty() {
            return Err(Format::Policy.malformed("a log is no rebuilder"));
        }
        Ok(Self(policy))
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[PolicyWitness] {
        self.0.witnesses()
    }

    /// How many of them must sign, at least.
    #[must_use]
    pub fn fewest(&self) -> usize {
        self.0.fewest()
    }

    /// The names, in the file, of those who signed, and whether they are enough.
    ///
    /// # Errors
    /// [`Error::BadSignature`] when a line in the name of one of them doesn't verify.
    pub fn signed(&self, note: &Note) -> Result<(Vec<String>, bool)> {
        let mut names = Vec::new();
        let mut keys = Vec::new();
        for one in self.all() {
            match note.verify(&one.key) {
                Ok(()) => {
                    names.push(String::from_utf8_lossy(&one.name).into_owned());
                    keys.push(&one.key);
                }
                Err(Error::Unsigned { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        let enough = self.0.quorum_met(&|key| keys.contains(&key));
        Ok((names, enough))
    }
}

/// A digest as `sha256sum` shows it.
#[must_use]
pub fn digits(hash: &Hash) -> String {
    use fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in hash.as_bytes() {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A digest from 64 hexadecimal digits in lower case.
///
/// # Errors
/// [`Error::Malformed`] for anything else.
pub fn parse_digits(text: &str) -> Result<Hash> {
    let wrong = || malformed("a digest is not 64 hexadecimal digits in lower case");
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if text.len() != 64 {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let (high, low) = value(pair[0]).zip(value(pair[1])).ok_or_else(wrong)?;
        *byte = high << 4 | low;
    }
    Ok(Hash::from_bytes(bytes))
}

fn parse_target(text: &str) -> Result<String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if text.is_empty() || text.len() > MAX_TARGET_BYTES || !text.bytes().all(plain) {
        return Err(malformed("the target is not the compiler's name of one"));
    }
    Ok(text.to_owned())
}

fn malformed(why: &'static str) -> Error {
    Format::Release.malformed(why)
}
