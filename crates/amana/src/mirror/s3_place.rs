//! A place in a bucket: any S3, another Amana's too.
//!
//! A stream of more than a piece goes as a multipart upload, whose completion shows it whole; a longer one is read by ranges.

use std::io::{self, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amana_store::mirror::{Listed, Place};
use amana_store::{Error, Result};
use amana_tls::Trust;
use anyhow::Context as _;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::s3_line::S3Line;
use super::stop::Stop;
use crate::durable::read_private;
use crate::patience::Patience;
use crate::s3_client::{AccessKey, Answer, Call, path};

/// What goes, or comes, in one request.
const PIECE_BYTES: usize = 8 * 1024 * 1024;
/// A store may think for a while before it answers, but not for long: reads of whoever asks the data centre wait for it.
const PATIENCE: Patience = Patience {
    connect: Some(Duration::from_secs(20)),
    asked: Some(Duration::from_secs(30)),
    deposited: Some(Duration::from_secs(120)),
};

/// A file with an access key, as `amana access-key create --json` prints it.
#[derive(Deserialize)]
struct KeyFile {
    access_key_id: String,
    secret_access_key: String,
}

/// Where a bucket is, and as whom it is asked.
pub(crate) struct Endpoint<'e> {
    /// `https://…`.
    pub(crate) url: &'e str,
    /// The region that requests are signed for.
    pub(crate) region: Option<&'e str>,
    /// A file with the access key, which only its owner reads.
    pub(crate) key_file: &'e Path,
    /// Whom to believe there; without it, whom this system believes.
    pub(crate) authority: Option<Trust>,
}

/// Streams as objects of a bucket, under a prefix.
pub(crate) struct S3Place(Arc<Bucket>);

struct Bucket {
    name: String,
    bucket: String,
    /// Empty, or ending in a slash.
    prefix: String,
    line: S3Line,
}

impl S3Place {
    /// Connects to `bucket/prefix`.
    ///
    /// # Errors
    /// A key file that is no key, or an endpoint that doesn't answer.
    pub(crate) fn connect(place: &str, at: &Endpoint<'_>, stop: Stop) -> anyhow::Result<Self> {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let prefix = match prefix.trim_end_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let key = read_key(at.key_file)?;
        let connector = crate::tls::way(at.url, at.authority.clone())?;
        let line = S3Line::connect(connector, key, at.region, stop, PATIENCE)?;
        Ok(Self(Arc::new(Bucket {
            name: format!("s3://{place}"),
            bucket: bucket.to_owned(),
            prefix,
            line,
        })))
    }
}

fn read_key(file: &Path) -> anyhow::Result<AccessKey> {
    let shown = || file.display().to_string();
    let text = read_private(file)?;
    let key: KeyFile = serde_json::from_str(&text).with_context(|| {
        format!(
            "{}: it must hold what `amana access-key create --json` prints",
            shown()
        )
    })?;
    Ok(AccessKey {
        id: key.access_key_id,
        secret: Zeroizing::new(key.secret_access_key),
    })
}

impl Bucket {
    fn failed(&self, name: &str, why: &dyn std::fmt::Display) -> Error {
        Error::Place {
            place: self.name.clone(),
            name: name.to_owned(),
            why: why.to_string(),
        }
    }

    fn path(&self, name: &str) -> String {
        path(&self.bucket, &format!("{}{name}", self.prefix))
    }

    fn ask(&self, name: &str, call: &dyn Fn() -> Call) -> Result<Answer> {
        let answer = self.line.ask(call);
        answer.map_err(|error| self.failed(name, &format!("{error:#}")))
    }

    /// The answer, if it is that of something done.
    fn done(&self, name: &str, call: &dyn Fn() -> Call) -> Result<Answer> {
        let answer = self.ask(name, call)?;
        match answer.status.is_success() {
            true => Ok(answer),
            false => Err(self.failed(name, &answer.said())),
        }
    }

    /// A piece of a stream from an offset, and the length of the whole; nothing when there is no such stream.
    fn piece(&self, name: &str, from: u64) -> Result<Option<(Bytes, u64)>> {
        let path = self.path(name);
        let range = format!("bytes={from}-{}", from + PIECE_BYTES as u64 - 1);
        let call = || Call::new(Method::GET, path.clone()).header("range", &range);
        let answer = self.ask(name, &call)?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            // Nothing stands at the offset.
            StatusCode::RANGE_NOT_SATISFIABLE => Ok(Some((Bytes::new(), from))),
            StatusCode::OK => {
                let size = answer.body.len() as u64;
                let skip = usize::try_from(from.min(size)).unwrap_or(usize::MAX);
                Ok(Some((answer.body.slice(skip..), size)))
            }
            StatusCode::PARTIAL_CONTENT => {
                let range = answer.header("content-range");
                let size = range
                    .rsplit_once('/')
                    .and_then(|(_, size)| size.parse().ok());
                let size = size.ok_or_else(|| self.failed(name, &"its length isn't told"))?;
                Ok(Some((answer.body, size)))
            }
            _ => Err(self.failed(name, &answer.said())),
        }
    }

    /// Puts a stream in parts; `first` was read already.
    fn put_parts(&self, name: &str, first: Bytes, content: &mut dyn Read) -> Result<()> {
        let path = self.path(name);
        let begun = self.done(name, &|| {
            Call::new(Method::POST, path.clone()).query("uploads", "")
        })?;
        let upload = element(&String::from_utf8_lossy(&begun.body), "UploadId")
            .ok_or_else(|| self.failed(name, &"no upload was begun"))?;
        let put = self.put_each(name, &path, &upload, first, content);
        if put.is_err() {
            // What stays is swept at the next start.
            let _ = self.done(name, &|| {
                Call::new(Method::DELETE, path.clone()).query("uploadId", &upload)
            });
        }
        put
    }

    fn put_each(
        &self,
        name: &str,
        path: &str,
        upload: &str,
        first: Bytes,
        content: &mut dyn Read,
    ) -> Result<()> {
        let mut listed = String::from("<CompleteMultipartUpload>");
        let mut part = first;
        for number in 1_u32.. {
            let put = self.done(name, &|| {
                Call::new(Method::PUT, path.to_owned())
                    .query("partNumber", &number.to_string())
                    .query("uploadId", upload)
                    .body(part.clone())
            })?;
            let etag = put.header("etag");
            listed += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
            let last = part.len() < PIECE_BYTES;
            part = read_piece(content).map_err(|error| self.failed(name, &error))?;
            if last || part.is_empty() {
                break;
            }
        }
        listed += "</CompleteMultipartUpload>";
        let completed = self.done(name, &|| {
            Call::new(Method::POST, path.to_owned())
                .query("uploadId", upload)
                .body(listed.clone())
        })?;
        // A completion may fail after its status was sent.
        match completed.error_code().as_str() {
            "" => Ok(()),
            code => Err(self.failed(name, &code)),
        }
    }

    /// Visits the answers to a query page by page, whose next page `next` finds.
    fn pages(
        &self,
        query: &[(&str, &str)],
        next: &dyn Fn(&str) -> Vec<(&'static str, String)>,
        visit: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let path = format!("/{}", self.bucket);
        let mut more: Vec<(&'static str, String)> = Vec::new();
        loop {
            let answer = self.done("", &|| {
                let call = Call::new(Method::GET, path.clone()).query("prefix", &self.prefix);
                let call = query
                    .iter()
                    .fold(call, |call, (name, value)| call.query(name, value));
                more.iter()
                    .fold(call, |call, (name, value)| call.query(name, value))
            })?;
            let page = String::from_utf8_lossy(&answer.body).into_owned();
            visit(&page)?;
            if element(&page, "IsTruncated").as_deref() != Some("true") {
                return Ok(());
            }
            let following = next(&page);
            if following == more || following.is_empty() {
                return Err(self.failed("", &"a listing doesn't go on"));
            }
            more = following;
        }
    }
}

impl Place for S3Place {
    fn describe(&self) -> String {
        self.0.name.clone()
    }

    fn put(&self, name: &str, _: Option<u64>, content: &mut dyn Read) -> Result<()> {
        let first = read_piece(content).map_err(|error| self.0.failed(name, &error))?;
        if first.len() == PIECE_BYTES {
            return self.0.put_parts(name, first, content);
        }
        let path = self.0.path(name);
        let put = self.0.done(name, &|| {
            Call::new(Method::PUT, path.clone()).body(first.clone())
        });
        put.map(drop)
    }

    fn open(&self, name: &str, from: u64) -> Result<Option<Box<dyn Read + Send>>> {
        let Some((piece, size)) = self.0.piece(name, from)? else {
            return Ok(None);
        };
        let at = from + piece.len() as u64;
        Ok(Some(Box::new(Ranged {
            bucket: self.0.clone(),
            name: name.to_owned(),
            piece: Cursor::new(piece),
            at,
            size,
        })))
    }

    fn list(&self, prefix: &str, visit: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()> {
        let whole = format!("{}{prefix}", self.0.prefix);
        let next = |page: &str| {
            let token = element(page, "NextContinuationToken");
            token
                .into_iter()
                .map(|token| ("continuation-token", token))
                .collect()
        };
        let query = [("list-type", "2"), ("prefix", whole.as_str())];
        self.0.pages(&query, &next, &mut |page| {
            for object in page.split("<Contents>").skip(1) {
                let key = element(object, "Key").unwrap_or_default();
                let size = element(object, "Size").and_then(|size| size.parse().ok());
                if let (Some(name), Some(size_bytes)) = (key.strip_prefix(&self.0.prefix), size) {
                    visit(Listed {
                        name: name.to_owned(),
                        size_bytes,
                    })?;
                }
            }
            Ok(())
        })
    }

    fn delete(&self, name: &str) -> Result<()> {
        let path = self.0.path(name);
        let call = || Call::new(Method::DELETE, path.clone());
        let answer = self.0.ask(name, &call)?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(()),
            status if status.is_success() => Ok(()),
            _ => Err(self.0.failed(name, &answer.said())),
        }
    }

    fn sweep_unfinished(&self) -> Result<()> {
        let next = |page: &str| {
            let markers = [
                ("key-marker", element(page, "NextKeyMarker")),
                ("upload-id-marker", element(page, "NextUploadIdMarker")),
            ];
            let known = markers.into_iter();
            known
                .filter_map(|(name, value)| Some((name, value?)))
                .collect()
        };
        let mut uploads = Vec::new();
        self.0.pages(&[("uploads", "")], &next, &mut |page| {
            for upload in page.split("<Upload>").skip(1) {
                uploads.extend(element(upload, "Key").zip(element(upload, "UploadId")));
            }
            Ok(())
        })?;
        for (key, upload) in uploads {
            let path = path(&self.0.bucket, &key);
            self.0.done(&key, &|| {
                Call::new(Method::DELETE, path.clone()).query("uploadId", &upload)
            })?;
        }
        Ok(())
    }
}

/// A stream that is fetched piece by piece.
struct Ranged {
    bucket: Arc<Bucket>,
    name: String,
    piece: Cursor<Bytes>,
    at: u64,
    size: u64,
}

impl Read for Ranged {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.read(to)?;
        if count > 0 || to.is_empty() || self.at >= self.size {
            return Ok(count);
        }
        let piece = self
            .bucket
            .piece(&self.name, self.at)
            .map_err(io::Error::other)?;
        let gone = || {
            io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it is gone, or became shorter",
            )
        };
        let (piece, size) = piece.ok_or_else(gone)?;
        if piece.is_empty() || size != self.size {
            return Err(gone());
        }
        self.at += piece.len() as u64;
        self.piece = Cursor::new(piece);
        self.piece.read(to)
    }
}

/// The next piece; shorter only at the end.
fn read_piece(content: &mut dyn Read) -> io::Result<Bytes> {
    let mut piece = Vec::new();
    content.take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
    Ok(piece.into())
}

/// The text of the first element of that name: the answers read here have no attributes, and few characters that XML escapes.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let text = text
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    Some(text.replace("&amp;", "&"))
}
