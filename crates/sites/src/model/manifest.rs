//! What is published: every address with the digest of its file, and the rules. Drawn in `docs/formats/site.md`.

use std::collections::{BTreeMap, HashMap};

use amana_ledger::Hash;
use serde::{Deserialize, Serialize};

use super::digest::Digits;
use super::pattern::Pattern;
use super::{
    Address, ApplicationRule, HeaderRule, Host, Redirect, applications, digest, headers, redirects,
};
use crate::{Error, Result};

/// The largest manifest, in bytes.
pub const MAX_MANIFEST_BYTES: usize = 64 << 20;

/// The most addresses of a site.
pub const MAX_FILES: usize = 250_000;

const FORMAT: &str = "amana/site/v1";

/// A file that an address answers with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// SHA-256 of its bytes.
    #[serde(with = "digest")]
    pub sha256: Hash,
    /// How many bytes it has.
    pub size: u64,
    /// Its media type, with a charset where it is known.
    #[serde(rename = "type")]
    pub media_type: String,
}

/// The fields as they stand in JSON, in the order of the canonical form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    /// Left out when there is none, so that manifests from before keep their digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    applications: Vec<ApplicationRule>,
    /// Digests of applications' programs, by name; left out when there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    code: BTreeMap<String, Digits>,
    files: BTreeMap<String, File>,
    format: String,
    headers: Vec<HeaderRule>,
    host: String,
    redirects: Vec<Redirect>,
}

/// A manifest, ready to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    host: Host,
    pub(super) applications: Vec<(Pattern, ApplicationRule)>,
    code: BTreeMap<String, Hash>,
    files: BTreeMap<String, File>,
    headers: Vec<(Pattern, HeaderRule)>,
    pub(super) redirects: Vec<(Pattern, Redirect)>,
    /// Of rules without placeholders, by their path without the slash at its end: their places, in order.
    pub(super) exact: HashMap<String, Vec<usize>>,
    /// The places of the other rules, in order.
    pub(super) patterned: Vec<usize>,
}

impl Manifest {
    /// A manifest of its parts.
    ///
    /// # Errors
    /// [`Error::Manifest`] for an address in another spelling than [`Address`] gives it, a media type that can't stand in a
    /// header, a rule that is wrong, or too many of them.
    pub fn new(
        host: Host,
        files: BTreeMap<String, File>,
        headers: Vec<HeaderRule>,
        redirects: Vec<Redirect>,
    ) -> Result<Self> {
        let wrong = |why: String| Error::Manifest { why };
        if files.len() > MAX_FILES
            || redirects.len() > redirects::MAX_RULES
            || headers.len() > headers::MAX_RULES
        {
            return Err(wrong(
                "it has too many files, redirects or headers".to_owned(),
            ));
        }
        for (address, file) in &files {
            if Address::parse(address)?.as_str() != address {
                return Err(wrong(format!(
                    "{address} isn't in the one spelling of addresses"
                )));
            }
            let plain = file
                .media_type
                .bytes()
                .all(|byte| (b' '..0x7f).contains(&byte));
            if !plain || !file.media_type.contains('/') {
                return Err(wrong(format!("{address} has a type that is none")));
            }
        }
        let headers = headers
            .into_iter()
            .map(|rule| {
                Ok((
                    rule.check()
                        .map_err(|why| wrong(format!("headers of {}: {why}", rule.path)))?,
                    rule,
                ))
            })
            .collect::<Result<_>>()?;
        let redirects: Vec<(Pattern, Redirect)> = redirects
            .into_iter()
            .map(|rule| {
                Ok((
                    rule.check()
                        .map_err(|why| wrong(format!("redirect of {}: {why}", rule.from)))?,
                    rule,
                ))
            })
            .collect::<Result<_>>()?;
        let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
        let mut patterned = Vec::new();
        for (place, (pattern, _)) in redirects.iter().enumerate() {
            match pattern.exact() {
                Some(path) => exact.entry(path).or_default().push(place),
                None => patterned.push(place),
            }
        }
        Ok(Self {
            host,
            applications: Vec::new(),
            code: BTreeMap::new(),
            files,
            headers,
            redirects,
            exact,
            patterned,
        })
    }

    /// The same, with paths that applications answer.
    ///
    /// # Errors
    /// [`Error::Manifest`] for a rule that is wrong, or too many of them.
    pub fn with_applications(self, rules: Vec<ApplicationRule>) -> Result<Self> {
        let wrong = |why: String| Error::Manifest { why };
        if rules.len() > applications::MAX_RULES {
            return Err(wrong("it has too many applications' paths".to_owned()));
        }
        let applications = rules
            .into_iter()
            .map(|rule| match rule.check() {
                Ok(pattern) => Ok((pattern, rule)),
                Err(why) => Err(wrong(format!("application at {}: {why}", rule.path))),
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            applications,
            ..self
        })
    }

    /// The same, with the digests of applications' programs.
    ///
    /// # Errors
    /// [`Error::Manifest`] for an application that no path is of.
    pub fn with_code(self, code: BTreeMap<String, Hash>) -> Result<Self> {
        for name in code.keys() {
            if !self.applications().any(|rule| rule.name == *name) {
                return Err(Error::Manifest {
                    why: format!("it has the code of {name}, and no path is that application's"),
                });
            }
        }
        Ok(Self { code, ..self })
    }

    /// The manifest of its bytes.
    ///
    /// # Errors
    /// [`Error::Manifest`] for anything but the one spelling of a manifest (RFC 8785), [`Error::Host`], [`Error::Address`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: String| Error::Manifest { why };
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(wrong(format!(
                "it has more than {MAX_MANIFEST_BYTES} bytes"
            )));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if wire.format != FORMAT {
            return Err(wrong(format!(
                "its format is {:?}, not {FORMAT:?}",
                wire.format
            )));
        }
        let manifest = Self::new(wire.host.parse()?, wire.files, wire.headers, wire.redirects)?
            .with_applications(wire.applications)?
            .with_code(
                wire.code
                    .into_iter()
                    .map(|(name, code)| (name, code.0))
                    .collect(),
            )?;
        if manifest.to_bytes() != bytes {
            return Err(wrong("it isn't in canonical JSON".to_owned()));
        }
        Ok(manifest)
    }

    /// Its bytes: canonical JSON (RFC 8785).
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            applications: self.applications().cloned().collect(),
            code: self
                .code
                .iter()
                .map(|(name, code)| (name.clone(), Digits(*code)))
                .collect(),
            files: self.files.clone(),
            format: FORMAT.to_owned(),
            headers: self.headers.iter().map(|(_, rule)| rule.clone()).collect(),
            host: self.host.to_string(),
            redirects: self
                .redirects
                .iter()
                .map(|(_, rule)| rule.clone())
                .collect(),
        };
        serde_json::to_vec(&wire).expect("strings and numbers can be written as JSON")
    }

    /// The SHA-256 of its bytes, which publishers sign.
    #[must_use]
    pub fn digest(&self) -> Hash {
        digest::of(&self.to_bytes())
    }

    /// The site.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Its files by address.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, File> {
        &self.files
    }

    /// Its redirects and rewrites, in order.
    pub fn redirects(&self) -> impl Iterator<Item = &Redirect> {
        self.redirects.iter().map(|(_, rule)| rule)
    }

    /// The digest of an application's programs, if its publishers signed one.
    #[must_use]
    pub fn code(&self, application: &str) -> Option<&Hash> {
        self.code.get(application)
    }

    /// Whether the two have the same redirects, headers and applications.
    #[must_use]
    pub fn has_rules_of(&self, other: &Self) -> bool {
        self.redirects == other.redirects
            && self.headers == other.headers
            && self.applications().eq(other.applications())
            && self.code == other.code
    }

    /// The headers that it adds to answers at that path, each name once, in small letters: what several rules say of one is
    /// joined by commas.
    #[must_use]
    pub fn headers(&self, path: &str) -> Vec<(&str, String)> {
        let mut said: Vec<(&str, String)> = Vec::new();
        for (pattern, rule) in &self.headers {
            if pattern.captures(path).is_none() {
                continue;
            }
            for (name, value) in &rule.set {
                match said.iter_mut().find(|(known, _)| known == name) {
                    Some((_, before)) => {
                        before.push_str(", ");
                        before.push_str(value);
                    }
                    None => said.push((name, value.clone())),
                }
            }
        }
        said
    }
}
