//! A body on its way into the vault: everything that the client declared holds before anything is kept.

use amana_vault::{ChecksumAlgorithm, IngestOptions, Ingested, Vault};
use futures::StreamExt as _;
use http::{HeaderMap, StatusCode};
use s3s::dto::StreamingBlob;
use s3s::{S3Result, StdError, TrailingHeaders};

use crate::checksums::{self, Declared};
use crate::document::{invalid_md5, md5_mismatch, parse_md5, sha256_mismatch};
use crate::error::refused;
use crate::guard::MAX_PUT_BYTES;
use crate::refusal::Refusal;

/// What the headers declare of a body.
pub(crate) struct Declarations {
    md5: Option<[u8; 16]>,
    size_bytes: Option<u64>,
    pub(crate) checksum: Option<Declared>,
}

impl Declarations {
    /// Reads them. `s3s` puts the decoded length of an `aws-chunked` body in `Content-Length`.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let md5 = text("content-md5")
            .map(|value| parse_md5(value).ok_or_else(invalid_md5))
            .transpose()?;
        let decoded = text("x-amz-decoded-content-length");
        Ok(Self {
            md5,
            size_bytes: decoded
                .or(text("content-length"))
                .and_then(|digits| digits.parse().ok()),
            checksum: checksums::declared(headers)?,
        })
    }

    /// The algorithm that the client chose, or that S3 chooses when nobody does.
    pub(crate) fn algorithm(&self) -> ChecksumAlgorithm {
        self.checksum
            .as_ref()
            .map_or(ChecksumAlgorithm::Crc64Nvme, |declared| declared.algorithm)
    }
}

/// Takes a body in, for an object or a part in `bucket`, and verifies it. On an error nothing of it is left.
pub(crate) async fn take(
    vault: &Vault,
    bucket: &str,
    body: Option<StreamingBlob>,
    declarations: &Declarations,
    algorithms: Vec<ChecksumAlgorithm>,
    trailers: Option<&TrailingHeaders>,
) -> S3Result<Ingested> {
    let options = IngestOptions {
        algorithms,
        max_bytes: MAX_PUT_BYTES,
    };
    let mut ingest = vault.ingest(bucket, options).map_err(refused)?;
    if let Some(mut body) = body {
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(broken)?;
            ingest.write(piece).await.map_err(refused)?;
        }
    }
    let content = ingest.finish().await.map_err(refused)?;
    verify(&content, declarations, trailers)?;
    Ok(content)
}

fn verify(
    content: &Ingested,
    declarations: &Declarations,
    trailers: Option<&TrailingHeaders>,
) -> Result<(), Refusal> {
    if declarations
        .size_bytes
        .is_some_and(|size_bytes| size_bytes != content.size_bytes)
    {
        return Err(incomplete());
    }
    if declarations.md5.is_some_and(|md5| md5 != content.md5) {
        return Err(md5_mismatch());
    }
    let Some(declared) = &declarations.checksum else {
        return Ok(());
    };
    let computed = content.checksums.get(&declared.algorithm);
    declared.verify(computed.map_or(&[], Vec::as_slice), trailers)
}

/// What broke a body. `s3s` keeps the types of its streams' errors to itself, so that only their text tells.
fn broken(error: StdError) -> Refusal {
    let text = error.to_string();
    if text.contains("Sha256Mismatch") {
        sha256_mismatch()
    } else if text.contains("SignatureMismatch") {
        Refusal::new(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            "The signature of a chunk, or of the trailers, does not match what was received.",
        )
    } else if text.contains("FormatError") {
        Refusal::request("The body is not well-formed aws-chunked")
    } else {
        tracing::debug!(%text, "a request's body broke off");
        incomplete()
    }
}

fn incomplete() -> Refusal {
    Refusal::bad(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}
