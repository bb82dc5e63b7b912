//! Paths, parsed at the edge: what a name in a folder stands for in the vault.

use amana_vault::{BucketName, ObjectKey};

use crate::{Error, Result};

/// What a path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// The folder of all buckets.
    Top,
    /// A bucket's own folder.
    Bucket(BucketName),
    /// Something in a bucket; a file or a folder. The name neither begins nor ends with `/`.
    Within(BucketName, String),
}

impl Place {
    /// Parses a path; a `/` at the end says nothing, since clients leave it out and put it in.
    ///
    /// # Errors
    /// [`Error::Name`] for what no key can be named, [`Error::TopName`] for what no bucket can be.
    pub fn parse(path: &str) -> Result<Self> {
        let path = path.trim_start_matches('/');
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() {
            return Ok(Self::Top);
        }
        let wrong = |why: &str| Error::Name {
            name: path.chars().take(200).collect(),
            why: why.to_owned(),
        };
        if !path.split('/').all(is_shown) {
            return Err(wrong(
                "no part of a path is empty, `.` or `..`, or has control characters",
            ));
        }
        let (bucket, name) = match path.split_once('/') {
            Some((bucket, name)) => (bucket, Some(name)),
            None => (path, None),
        };
        let bucket = BucketName::parse(bucket).map_err(|error| Error::TopName {
            name: bucket.chars().take(200).collect(),
            why: error.to_string(),
        })?;
        match name {
            None => Ok(Self::Bucket(bucket)),
            Some(name) => {
                // With the `/` that a folder of that name has.
                ObjectKey::parse(format!("{name}/")).map_err(|error| wrong(&error.to_string()))?;
                Ok(Self::Within(bucket, name.to_owned()))
            }
        }
    }

    /// The folder that it is in; the top is in itself.
    #[must_use]
    pub fn parent(&self) -> Self {
        match self {
            Self::Top | Self::Bucket(_) => Self::Top,
            Self::Within(bucket, name) => match name.rsplit_once('/') {
                Some((folder, _)) => Self::Within(bucket.clone(), folder.to_owned()),
                None => Self::Bucket(bucket.clone()),
            },
        }
    }

    /// The bucket that it is, or is in.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        match self {
            Self::Top => None,
            Self::Bucket(bucket) | Self::Within(bucket, _) => Some(bucket.as_str()),
        }
    }

    /// Its path, without a `/` at either end; empty for the top.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Top => String::new(),
            Self::Bucket(bucket) => bucket.as_str().to_owned(),
            Self::Within(bucket, name) => format!("{}/{name}", bucket.as_str()),
        }
    }

    /// The bucket, and what keys in this folder begin with.
    pub(crate) fn prefix(&self) -> Option<(&str, String)> {
        match self {
            Self::Top => None,
            Self::Bucket(bucket) => Some((bucket.as_str(), String::new())),
            Self::Within(bucket, name) => Some((bucket.as_str(), format!("{name}/"))),
        }
    }
}

/// Whether a part of a key can be a name in a folder.
pub(crate) fn is_shown(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && !part.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(path: &str) -> Option<(Place, Place)> {
        let place = Place::parse(path).ok()?;
        let parent = place.parent();
        Some((place, parent))
    }

    #[test]
    fn paths_name_places() {
        let office = BucketName::parse("office").expect("a name");
        let within = |name: &str| Place::Within(office.clone(), name.to_owned());
        let bucket = Place::Bucket(office.clone());
        for (path, place, parent) in [
            ("", Place::Top, Place::Top),
            ("/", Place::Top, Place::Top),
            ("/office", bucket.clone(), Place::Top),
            ("/office/", bucket.clone(), Place::Top),
            ("office/a", within("a"), bucket.clone()),
            ("/office/a/b c/", within("a/b c"), within("a")),
            ("/office/.../é", within(".../é"), within("...")),
        ] {
            assert_eq!(parsed(path), Some((place, parent)), "{path}");
        }
    }

    #[test]
    fn what_no_key_can_be_is_no_place() {
        let long = format!("/office/{}", "x".repeat(1024));
        for path in [
            "/office//a",
            "/office/a//",
            "/office/./a",
            "/office/..",
            "/../office",
            "/office/a\nb",
            "/Office/a",
            "/of/a",
            &long,
        ] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }
}
