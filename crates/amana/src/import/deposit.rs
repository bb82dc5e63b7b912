//! Deposits at a gateway, in the words of S3.

use std::fmt::Write as _;

use amana_tls::Connector;
use amana_vault::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectAttrs, Tags, Versioning};
use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use super::acts::Object;
use crate::client::segment;
use crate::patience::Patience;
use crate::s3_client::{AccessKey, Answer, Call, Content, S3Client};

/// A gateway's S3, and the institution's key there.
pub(crate) struct Deposits {
    client: S3Client,
}

type Open<'o> = dyn Fn(usize) -> Result<Content> + 'o;

impl Deposits {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there, or who does isn't believed.
    pub(crate) async fn connect(gateway: Connector, key: AccessKey) -> Result<Self> {
        // A gateway answers once the data centre has it, over whatever line: however long that takes.
        let client = S3Client::connect(gateway, key, Patience::default()).await?;
        Ok(Self { client })
    }

    /// Makes a bucket, or finds it there and empty; unless it is `ours` already, from an earlier run.
    pub(super) async fn make_bucket(&mut self, bucket: &str, ours: bool) -> Result<()> {
        let made = self
            .client
            .call(Call::new(Method::PUT, bucket_path(bucket)))
            .await?;
        if made.status.is_success() || made.error_code() == "BucketAlreadyOwnedByYou" {
            ensure!(
                ours || self.versions(bucket, "").await?.is_empty(),
                "the bucket {bucket} is there and holds something: what it holds and what is imported would be mixed"
            );
            return Ok(());
        }
        bail!("the bucket {bucket} is refused: {}", told(&made))
    }

    pub(super) async fn versioning(&mut self, bucket: &str) -> Result<Versioning> {
        let call = Call::new(Method::GET, bucket_path(bucket)).query("versioning", "");
        let answer = accepted(self.client.call(call).await?)?;
        let text = String::from_utf8_lossy(&answer.body);
        Ok(match text {
            text if text.contains("<Status>Enabled</Status>") => Versioning::Enabled,
            text if text.contains("<Status>Suspended</Status>") => Versioning::Suspended,
            _ => Versioning::Unversioned,
        })
    }

    pub(super) async fn set_versioning(&mut self, bucket: &str, wanted: Versioning) -> Result<()> {
        let status = match wanted {
            Versioning::Enabled => "Enabled",
            Versioning::Suspended | Versioning::Unversioned => "Suspended",
        };
        let body =
            format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        let call = Call::new(Method::PUT, bucket_path(bucket)).query("versioning", "");
        accepted(self.client.call(call.body(body)).await?).map(|_| ())
    }

    /// How many versions a key has, delete markers among them.
    pub(super) async fn versions_of(&mut self, bucket: &str, key: &str) -> Result<u64> {
        let keys = self.versions(bucket, key).await?;
        let wanted = percent(key);
        Ok(keys.iter().filter(|found| **found == wanted).count() as u64)
    }

    /// The keys of the first versions that begin with a prefix, one for each version, percent-encoded. A key's own come
    /// first among those that it begins.
    async fn versions(&mut self, bucket: &str, prefix: &str) -> Result<Vec<String>> {
        let call = Call::new(Method::GET, bucket_path(bucket))
            .query("encoding-type", "url")
            .query("prefix", prefix)
            .query("versions", "");
        let answer = accepted(self.client.call(call).await?)?;
        let text = String::from_utf8_lossy(&answer.body);
        let after = text.split("<Key>").skip(1);
        let keys = after.filter_map(|rest| rest.split_once("</Key>"));
        Ok(keys.map(|(key, _)| percent(&decoded(key))).collect())
    }

    /// Deletes the object: a delete marker where versions are kept.
    pub(super) async fn delete(&mut self, bucket: &str, key: &str) -> Result<()> {
        let call = Call::new(Method::DELETE, object_path(bucket, key));
        accepted(self.client.call(call).await?).map(|_| ())
    }

    /// Deposits an object as it was: whole, or in the same parts.
    pub(super) async fn put(
        &mut self,
        bucket: &str,
        key: &str,
        object: &Object,
        tags: &Tags,
        open: &Open<'_>,
    ) -> Result<()> {
        let path = object_path(bucket, key);
        let found = match object.etag.parts {
            None => self.put_whole(path, object, tags, open).await?,
            Some(_) => self.put_parts(&path, object, tags, open).await?,
        };
        ensure!(
            found.contains(&object.etag.to_string()),
            "the gateway answers with another ETag than it had"
        );
        Ok(())
    }

    async fn put_whole(
        &mut self,
        path: String,
        object: &Object,
        tags: &Tags,
        open: &Open<'_>,
    ) -> Result<String> {
        ensure!(
            object.extents.len() == 1,
            "an object put whole has one extent"
        );
        let mut call = described(Call::new(Method::PUT, path), &object.attrs, tags);
        if let Some(checksum) = &object.attrs.checksum {
            call = call.header(
                &checksum_header(checksum),
                &STANDARD.encode(&checksum.value),
            );
        }
        let answer = accepted(self.client.call(call.content(open(0)?)).await?)?;
        Ok(answer.header("etag").to_owned())
    }

    async fn put_parts(
        &mut self,
        path: &str,
        object: &Object,
        tags: &Tags,
        open: &Open<'_>,
    ) -> Result<String> {
        let begin = Call::new(Method::POST, path.to_owned()).query("uploads", "");
        let mut begin = described(begin, &object.attrs, tags);
        if let Some(checksum) = &object.attrs.checksum {
            let kind = match checksum.kind {
                ChecksumType::FullObject => "FULL_OBJECT",
                ChecksumType::Composite => "COMPOSITE",
            };
            begin = begin
                .header(
                    "x-amz-checksum-algorithm",
                    &algorithm(checksum.algorithm).to_uppercase(),
                )
                .header("x-amz-checksum-type", kind);
        }
        let begun = accepted(self.client.call(begin).await?)?;
        let text = String::from_utf8_lossy(&begun.body).into_owned();
        let upload = element(&text, "UploadId").context("an upload without an id")?;
        let mut parts = String::new();
        for (place, extent) in object.extents.iter().enumerate() {
            let number = extent.part.map_or(place as u64 + 1, u64::from);
            let mut call = Call::new(Method::PUT, path.to_owned())
                .query("partNumber", &number.to_string())
                .query("uploadId", &upload);
            let mut checksum = String::new();
            if let Some(found) = &extent.checksum {
                let value = STANDARD.encode(&found.value);
                call = call.header(&checksum_header(found), &value);
                let name = format!("Checksum{}", algorithm(found.algorithm).to_uppercase());
                checksum = format!("<{name}>{value}</{name}>");
            }
            let answer = accepted(self.client.call(call.content(open(place)?)).await?)?;
            // Writing to a string can't fail.
            let _ = write!(
                parts,
                "<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag>{checksum}</Part>",
                answer.header("etag")
            );
        }
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let call = Call::new(Method::POST, path.to_owned()).query("uploadId", &upload);
        let answer = accepted(self.client.call(call.body(body)).await?)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        element(&text, "ETag").with_context(|| format!("the upload is refused: {}", told(&answer)))
    }
}

/// Adds what a depositor said of an object.
fn described(mut call: Call, attrs: &ObjectAttrs, tags: &Tags) -> Call {
    let given = [
        ("content-type", &attrs.content_type),
        ("content-encoding", &attrs.content_encoding),
        ("content-language", &attrs.content_language),
        ("content-disposition", &attrs.content_disposition),
        ("cache-control", &attrs.cache_control),
        ("expires", &attrs.expires),
        ("x-amz-storage-class", &attrs.storage_class),
        ("x-amz-website-redirect-location", &attrs.website_redirect),
    ];
    for (name, value) in given {
        if let Some(value) = value {
            call = call.header(name, value);
        }
    }
    for (name, value) in attrs.metadata.pairs() {
        call = call.header(&format!("x-amz-meta-{name}"), value);
    }
    if !tags.is_empty() {
        let pairs = tags.pairs().iter();
        let pairs: Vec<String> = pairs
            .map(|(key, value)| format!("{}={}", segment(key), segment(value)))
            .collect();
        call = call.header("x-amz-tagging", &pairs.join("&"));
    }
    call
}

fn algorithm(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "crc32",
        ChecksumAlgorithm::Crc32c => "crc32c",
        ChecksumAlgorithm::Crc64Nvme => "crc64nvme",
        ChecksumAlgorithm::Sha1 => "sha1",
        ChecksumAlgorithm::Sha256 => "sha256",
    }
}

fn checksum_header(checksum: &Checksum) -> String {
    format!("x-amz-checksum-{}", algorithm(checksum.algorithm))
}

fn bucket_path(bucket: &str) -> String {
    format!("/{}", segment(bucket))
}

fn object_path(bucket: &str, key: &str) -> String {
    let parts: Vec<String> = key.split('/').map(segment).collect();
    format!("/{}/{}", segment(bucket), parts.join("/"))
}

fn percent(key: &str) -> String {
    segment(key)
}

/// From the answer's own percent-encoding, in which a plus may stand for a space.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let mut byte = [0];
        if hex.is_some_and(|hex| hex::decode_to_slice(hex, &mut byte).is_ok()) {
            bytes.push(byte[0]);
            rest = &after[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The first element of that name, which holds no other.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once('<')?;
    Some(value.replace("&quot;", "\"").replace("&amp;", "&"))
}

fn accepted(answer: Answer) -> Result<Answer> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    bail!("the gateway refuses it: {}", told(&answer))
}

fn told(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let message = element(&text, "Message").unwrap_or_default();
    format!(
        "{} {} {message}",
        answer.status.as_u16(),
        answer.error_code()
    )
}
