//! The line of a publisher to a data centre: each request signed with the publisher's key.

use std::io;
use std::path::Path;
use std::sync::Arc;

use amana_gateway::centre::{Asker, Centre, Patience};
use amana_ledger::{Hash, Note, SigningKey, digits, parse_digits};
use amana_sites::{Host, Publishers};
use amana_store::clock;
use amana_tls::Connector;
use anyhow::{Context as _, Result};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, Take};

use crate::client::segment;
use crate::web::publisher::PUBLISHER;

/// The longest answer about what is missing, in bytes.
const MAX_MISSING_BYTES: usize = 32 * 1024 * 1024;
/// The longest other answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Digests that are asked for at once.
const MAX_ASKED: usize = 20_000;
/// Of a file, what is read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// A data centre, as a publisher speaks to it.
pub(super) struct Line {
    centre: Centre,
    site: String,
}

/// What a data centre hasn't.
#[derive(Default)]
pub(super) struct Missing {
    pub(super) pieces: Vec<Hash>,
    pub(super) files: Vec<Hash>,
}

/// A change that was taken.
#[derive(Deserialize, Serialize)]
pub(super) struct Taken {
    pub(super) number: u64,
    pub(super) receipt: String,
}

impl Line {
    /// To that place, about that site.
    ///
    /// # Errors
    /// For a place that can't be.
    pub(super) fn new(way: Connector, host: &Host, key: &Arc<SigningKey>) -> Result<Self> {
        let signer = key.clone();
        let asker = Asker {
            scheme: PUBLISHER,
            institution: host.to_string(),
            member: key.name().to_owned(),
            sign: Arc::new(move |text| signature(&signer, text)),
        };
        let place = way.place().clone();
        let now_s = Arc::new(|| clock::system_ms().div_euclid(1000));
        let centre = Centre::new(&place, asker, Arc::new(way), Patience::default(), now_s)?;
        Ok(Self {
            centre,
            site: format!("/api/v1/sites/{}", segment(host.as_str())),
        })
    }

    /// What of these isn't there.
    ///
    /// # Errors
    /// When it is refused, or the line is cut.
    pub(super) async fn missing(&self, pieces: &[Hash], files: &[Hash]) -> Result<Missing> {
        #[derive(Deserialize)]
        struct Told {
            pieces: Vec<String>,
            files: Vec<String>,
        }
        let mut missing = Missing::default();
        let words = |all: &[Hash]| all.iter().map(digits).collect::<Vec<_>>();
        let pieces = pieces.chunks(MAX_ASKED).map(|some| (some, &[][..]));
        let files = files.chunks(MAX_ASKED).map(|some| (&[][..], some));
        for (pieces, files) in pieces.chain(files) {
            let asked = serde_json::json!({ "pieces": words(pieces), "files": words(files) });
            let told = self
                .post("missing", asked.to_string(), MAX_MISSING_BYTES)
                .await?;
            let told: Told = serde_json::from_slice(&told).context("what is missing")?;
            for text in &told.pieces {
                missing.pieces.push(parse_digits(text)?);
            }
            for text in &told.files {
                missing.files.push(parse_digits(text)?);
            }
        }
        Ok(missing)
    }

    /// Uploads a file.
    ///
    /// # Errors
    /// When it can't be read, isn't what it was, is refused, or the line is cut.
    pub(super) async fn upload(&self, sha256: &Hash, file: &Path) -> Result<u64> {
        let opened = File::open(file).await;
        let opened = opened.with_context(|| file.display().to_string())?;
        let size = opened.metadata().await?.len();
        let path = format!("{}/files/{}", self.site, digits(sha256));
        let put = self
            .centre
            .put(&path, chunks(opened, size), size, MAX_ANSWER_BYTES)
            .await;
        put.with_context(|| file.display().to_string())?;
        Ok(size)
    }

    /// Uploads a manifest, from its pieces, each on a line.
    ///
    /// # Errors
    /// As [`Line::upload`].
    pub(super) async fn join(&self, sha256: &Hash, lines: Vec<u8>) -> Result<()> {
        let path = format!("{}/manifests/{}", self.site, digits(sha256));
        let size = lines.len() as u64;
        let content = stream::iter([Ok(Bytes::from(lines))]);
        self.centre
            .put(&path, content, size, MAX_ANSWER_BYTES)
            .await?;
        Ok(())
    }

    /// Hands a change in.
    ///
    /// # Errors
    /// When it is refused, or the line is cut: handing it in again tells whether it was taken.
    pub(super) async fn change(
        &self,
        note: &Note,
        publishers: Option<&Publishers>,
    ) -> amana_gateway::Result<Bytes> {
        let stated = serde_json::json!({
            "note": note.to_string(),
            "publishers": publishers.map(Publishers::text),
        });
        self.post("changes", stated.to_string(), MAX_ANSWER_BYTES)
            .await
    }

    async fn post(&self, what: &str, body: String, max: usize) -> amana_gateway::Result<Bytes> {
        let path = format!("{}/{what}", self.site);
        self.centre
            .post(&path, "application/json", body.into(), max)
            .await
    }
}

/// The signature of a request, as of a note of the same text.
fn signature(key: &SigningKey, text: &[u8]) -> [u8; 64] {
    let text = std::str::from_utf8(text).expect("what is signed of a request is text");
    let signature = key.sign(text).bytes;
    signature
        .try_into()
        .expect("an Ed25519 signature has 64 bytes")
}

/// The bytes of a file, as many as it had.
fn chunks(file: File, size: u64) -> BoxStream<'static, io::Result<Bytes>> {
    let next = |mut file: Take<File>| async move {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        match (&mut file)
            .take(CHUNK_BYTES as u64)
            .read_to_end(&mut chunk)
            .await
        {
            Ok(0) => None,
            Ok(_) => Some((Ok(Bytes::from(chunk)), file)),
            Err(error) => Some((Err(error), file)),
        }
    };
    stream::unfold(file.take(size), next).boxed()
}
