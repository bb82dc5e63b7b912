//! `[[mirror]]` in amana.toml: a place, whose it is, and how much of the line it may have.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_gateway::centre::limit::Limit;
use amana_store::mirror::{FolderPlace, MirrorOptions, Place};
use amana_tls::Trust;
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use super::s3_place::{Endpoint, S3Place};
use super::stop::Stop;
use crate::config::Config;

/// For how long content that was freed stays in a mirror, in days.
const HOLD_DAYS: u32 = 30;
/// Before a place in a bucket.
const S3: &str = "s3://";

/// A place.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MirrorConfig {
    /// What people call it.
    pub(crate) name: String,
    /// A folder that is there, or `s3://bucket/prefix`.
    pub(crate) place: String,
    /// Where the bucket is: `https://…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// The bucket's region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    /// File with the access key, mode 600, as `amana access-key create --json` prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_file: Option<PathBuf>,
    /// Whom to believe at an `https://` endpoint: a file with the authority's certificate, or its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authority: Option<String>,
    /// Whether the place is the operator's own; otherwise everything in it is sealed. Folders are by default,
    /// buckets aren't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operator: Option<bool>,
    /// Bandwidth by time of day, such as `08:00-18:00 2 Mbit/s`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) limit: Vec<String>,
    /// For how many days content that was freed stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hold_days: Option<u32>,
}

impl MirrorConfig {
    /// A place that no configuration names.
    pub(crate) fn of_place(place: &str) -> Self {
        Self {
            name: "place".to_owned(),
            place: place.to_owned(),
            ..Self::default()
        }
    }

    /// The same from wherever a command is started later.
    pub(crate) fn absolute(self) -> Self {
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let text = |path: String| absolute(path.into()).display().to_string();
        Self {
            place: match self.place.starts_with(S3) {
                true => self.place,
                false => text(self.place),
            },
            key_file: self.key_file.map(absolute),
            authority: self.authority.map(|authority| match authority.parse() {
                Ok(Trust::Pinned(_)) => authority,
                _ => text(authority),
            }),
            ..self
        }
    }

    /// What types can't say.
    ///
    /// # Errors
    /// A field with a wrong value, which is named.
    pub(crate) fn check(&self) -> Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || self.name.len() > 32 || !self.name.chars().all(plain) {
            bail!(
                "mirror.name is {:?}, and must be 1 to 32 small letters, digits and dashes",
                self.name
            );
        }
        if self.place.starts_with(S3) && (self.endpoint.is_none() || self.key_file.is_none()) {
            bail!(
                "the mirror {}: a place in a bucket needs an endpoint and a key_file",
                self.name
            );
        }
        self.authority()?;
        self.limits().map(drop)
    }

    /// Whom to believe at the endpoint.
    ///
    /// # Errors
    /// What is neither a digest nor a file's name, or stands beside a line that isn't proved.
    fn authority(&self) -> Result<Option<Trust>> {
        let Some(authority) = &self.authority else {
            return Ok(None);
        };
        let url = self.endpoint.as_deref().unwrap_or_default();
        if !url.starts_with("https://") {
            bail!(
                "the mirror {}: an authority needs an endpoint with https://",
                self.name
            );
        }
        let trust = authority.parse();
        let trust = trust.with_context(|| format!("the mirror {}: authority", self.name))?;
        Ok(Some(trust))
    }

    /// Whether the place is the operator's own.
    pub(crate) fn is_operators(&self) -> bool {
        self.operator.unwrap_or(!self.place.starts_with(S3))
    }

    /// The limits.
    ///
    /// # Errors
    /// One that is none.
    pub(crate) fn limits(&self) -> Result<Vec<Limit>> {
        let limit = |text: &String| {
            text.parse()
                .with_context(|| format!("the mirror {}: limit {text:?}", self.name))
        };
        self.limit.iter().map(limit).collect()
    }

    /// How the store keeps it; what it saw there is noted in the data folder.
    pub(crate) fn options(&self, data: &Path) -> MirrorOptions {
        MirrorOptions {
            operator: self.is_operators(),
            hold_days: self.hold_days.unwrap_or(HOLD_DAYS),
            hint: Some(self.beside(data, "seen")),
        }
    }

    /// A file of this mirror's in the data folder; losing any of them does no harm.
    pub(crate) fn beside(&self, data: &Path, what: &str) -> PathBuf {
        folder(data).join(format!("{}.{what}", self.name))
    }
}

/// Where a data centre notes what it knows of its mirrors.
pub(crate) fn folder(data: &Path) -> PathBuf {
    data.join("mirror")
}

/// The place of that name in a configuration, or else the place itself.
pub(crate) fn find(config: &Config, name: &str) -> MirrorConfig {
    let mut mirrors = config.mirrors.iter();
    mirrors
        .find(|mirror| mirror.name == name || mirror.place == name)
        .cloned()
        .unwrap_or_else(|| MirrorConfig::of_place(name))
}

/// Opens a place. Blocking.
///
/// # Errors
/// When it isn't there.
pub(crate) fn open_place(mirror: &MirrorConfig, stop: &Stop) -> Result<Arc<dyn Place>> {
    let Some(bucket) = mirror.place.strip_prefix(S3) else {
        return Ok(Arc::new(FolderPlace::open(Path::new(&mirror.place))?));
    };
    let (Some(endpoint), Some(key_file)) = (&mirror.endpoint, &mirror.key_file) else {
        bail!("{}: name its endpoint and its key file", mirror.place);
    };
    let endpoint = Endpoint {
        url: endpoint,
        region: mirror.region.as_deref(),
        key_file,
        authority: mirror.authority()?,
    };
    let place = S3Place::connect(bucket, &endpoint, stop.clone());
    Ok(Arc::new(place.with_context(|| mirror.place.clone())?))
}
