//! A deploy that is served: its manifest, and the answers that were asked for, ready to be copied.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use amana_ledger::Hash;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LOCATION, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::coding::Coding;
use super::content::Wanted;
use super::variants;
use crate::{Address, Answer, Host, Manifest, lasting};

/// Answers kept ready beyond one for each file: addresses with queries that don't count, or without `index.html`.
const MORE_TARGETS: usize = 1024;
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// One deploy of a site, as it is served.
pub struct Live {
    manifest: Manifest,
    digest: Hash,
    number: u64,
    is_preview: bool,
    ready: RwLock<HashMap<Box<str>, Arc<Ready>, foldhash::fast::RandomState>>,
}

/// What a target is answered with.
pub(super) enum Ready {
    File(FileAnswer),
    /// A redirect, without a body.
    Redirect(StatusCode, HeaderMap),
    /// Nothing is there: the built-in page.
    Missing,
    /// It is no address.
    Wrong,
}

/// A file, with its headers.
pub(super) struct FileAnswer {
    pub(super) status: StatusCode,
    pub(super) address: Box<str>,
    pub(super) file: Wanted,
    /// Whether it is worth asking for it in another coding.
    pub(super) is_compressible: bool,
    /// All headers but those that depend on the coding.
    pub(super) base: HeaderMap,
    /// The headers of the file as it is.
    pub(super) plain: HeaderMap,
}

impl Live {
    /// A deploy, by its number and its manifest.
    #[must_use]
    pub fn new(number: u64, manifest: Manifest) -> Self {
        Self {
            digest: manifest.digest(),
            manifest,
            number,
            is_preview: false,
            ready: RwLock::default(),
        }
    }

    /// The same, which search engines are asked to leave out.
    #[must_use]
    pub fn as_preview(self) -> Self {
        Self {
            is_preview: true,
            ..self
        }
    }

    /// The site.
    #[must_use]
    pub fn host(&self) -> &Host {
        self.manifest.host()
    }

    /// The deploy's number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether it is shown as a preview.
    pub(super) fn is_preview(&self) -> bool {
        self.is_preview
    }

    /// What is published.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest's digest.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// The answer to a target, a path perhaps with a query, made now or before.
    pub(super) fn answer(&self, target: &str) -> Arc<Ready> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = ready.get(target) {
            return ready.clone();
        }
        drop(ready);
        let made = Arc::new(self.make(target));
        // What isn't there has endless addresses, so that only what is there is kept; and not under endless queries.
        let is_kept = matches!(&*made, Ready::File(file) if file.status == StatusCode::OK);
        if is_kept {
            let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
            if ready.len() < self.manifest.files().len() + MORE_TARGETS {
                ready.insert(target.into(), made.clone());
            }
        }
        made
    }

    fn make(&self, target: &str) -> Ready {
        let Ok(asked) = Address::parse(target) else {
            return Ready::Wrong;
        };
        match self.manifest.answer(&asked) {
            Answer::File {
                status,
                address,
                file,
            } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                Ready::File(self.file(status, asked.path(), address, file))
            }
            Answer::Redirect { status, to } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FOUND);
                let mut headers = self.headers(asked.path());
                match HeaderValue::try_from(to) {
                    Ok(to) => headers.insert(LOCATION, to),
                    Err(_) => return Ready::Wrong,
                };
                headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
                Ready::Redirect(status, headers)
            }
            Answer::Missing => Ready::Missing,
        }
    }

    fn file(
        &self,
        status: StatusCode,
        path: &str,
        address: &str,
        file: &crate::File,
    ) -> FileAnswer {
        let wanted = Wanted::new(file.sha256, file.size);
        let is_compressible = variants::is_worth_it(&file.media_type, file.size);
        let mut base = self.headers(path);
        let mut default = |name: HeaderName, value: HeaderValue| {
            base.entry(name).or_insert(value);
        };
        if let Ok(media_type) = HeaderValue::try_from(&file.media_type) {
            default(CONTENT_TYPE, media_type);
        }
        default(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let lasting = lasting(status.as_u16(), address);
        default(CACHE_CONTROL, HeaderValue::from_static(lasting));
        if is_compressible {
            base.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        base.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        let mut plain = base.clone();
        plain.insert(ETAG, etag(&wanted, None));
        plain.insert(CONTENT_LENGTH, HeaderValue::from(wanted.size));
        FileAnswer {
            status,
            address: address.into(),
            file: wanted,
            is_compressible,
            base,
            plain,
        }
    }

    /// What the manifest says of a path.
    pub(super) fn headers(&self, path: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in self.manifest.headers(path) {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        }
        if self.is_preview {
            headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
        }
        headers
    }
}

/// Strong (RFC 9110 §8.8.1): equal ETags are equal bytes, and each coding has its own.
pub(super) fn etag(file: &Wanted, coding: Option<Coding>) -> HeaderValue {
    // 128 bits tell any two files of a site apart.
    let name = &file.name[..32];
    let text = match coding {
        None => format!("\"{name}\""),
        Some(coding) => format!("\"{name}-{}\"", coding.name()),
    };
    HeaderValue::try_from(text).expect("digits, letters and quotes can stand in a header")
}
