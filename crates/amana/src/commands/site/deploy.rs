//! `amana site deploy`: a folder is read and looked through, what the data centre hasn't goes there, and a signature publishes it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::{Hash, SigningKey, digits, parse_digits};
use amana_sites::{Folder, Host, Says, look_through, pieces};
use anyhow::{Context as _, Result, ensure};
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use super::line::{Line, Taken};
use super::signing::{To, hand_on};
use super::state::{self, State};
use super::statement::Signing;
use crate::centre::blocking;
use crate::progress::Progress;
use crate::{output, rebuilder_key};

/// Files that are on their way at once: the data centre syncs them together.
const AT_ONCE: usize = 16;
/// What a data centre says when files of a deploy aren't there.
const FILES_MISSING: &str = "files-missing";

/// What is published.
#[derive(Args)]
pub(crate) struct Deploy {
    /// The site
    host: Host,
    /// The folder: its files, and _redirects, _headers and 404.html
    folder: PathBuf,
    /// File of a publisher's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A file of the folder that is published whatever it looks like; may be given again
    #[arg(long, value_name = "PATH")]
    allow: Vec<String>,
    #[command(flatten)]
    to: To,
}

/// What travelled.
#[derive(Clone, Copy, Default)]
struct Sent {
    files: usize,
    bytes: u64,
    manifest_bytes: usize,
}

impl Deploy {
    pub(super) async fn run(self) -> Result<()> {
        let key = Arc::new(rebuilder_key::load(&self.key)?);
        let (folder, host) = (self.folder.clone(), self.host.clone());
        let allowed: BTreeSet<String> = self.allow.iter().cloned().collect();
        let looked = blocking(move || look_through(&folder, &host, &allowed)).await?;
        let (folder, told) = looked;
        for one in told {
            // It may be as it should, and whoever signs should know of it.
            output::error(&format!("look at {one}"));
        }
        let way = self.to.way()?;
        let state = state::ask(&way, &self.host, 0).await?;
        let enough = self.to.is_enough(&state, &key)?;
        let line = Line::new(way, &self.host, &key)?;
        let new = New::of(folder);
        if let Some(live) = new.is_live(&state) {
            return self.tell(&new, Sent::default(), live);
        }
        let mut sent = new.upload(&line).await?;
        let signing = self.signed(&state, &new, &key);
        if !enough {
            return hand_on(&self.to, &signing);
        }
        let taken = match line.change(signing.note(), None).await {
            // Somebody removed what an earlier deploy had: all files are asked for.
            Err(amana_gateway::Error::Refused { code, .. }) if code == FILES_MISSING => {
                let again = new.upload_all(&line).await?;
                sent.files += again.files;
                sent.bytes += again.bytes;
                line.change(signing.note(), None).await?
            }
            taken => taken?,
        };
        let taken = serde_json::from_slice(&taken).context("the answer to the deploy")?;
        self.tell(&new, sent, taken)
    }

    fn signed(&self, state: &State, new: &New, key: &SigningKey) -> Signing {
        let says = Says::Deploy { manifest: new.hash };
        let mut signing = Signing::next(state, &self.host, says);
        signing.add(key);
        signing
    }

    fn tell(&self, new: &New, sent: Sent, taken: Taken) -> Result<()> {
        let files = new.folder.manifest.files().len();
        if self.to.json {
            let told = json!({
                "host": self.host.as_str(),
                "number": taken.number,
                "receipt": taken.receipt,
                "manifest": digits(&new.hash),
                "files": files,
                "uploaded_files": sent.files,
                "uploaded_bytes": sent.bytes,
                "manifest_bytes": sent.manifest_bytes,
            });
            return output::line(&told.to_string());
        }
        output::line(&format!(
            "{} is published as deploy {}: {files} files, of which {} were uploaded; recorded as {}",
            self.host, taken.number, sent.files, taken.receipt
        ))
    }
}

/// A new deploy.
struct New {
    folder: Folder,
    hash: Hash,
    whole: Vec<u8>,
}

impl New {
    fn of(folder: Folder) -> Self {
        let whole = folder.manifest.to_bytes();
        let hash = pieces::digest(&whole);
        Self {
            folder,
            hash,
            whole,
        }
    }

    /// The deploy that is live, if it is this one.
    fn is_live(&self, state: &State) -> Option<Taken> {
        let live = state.live.as_ref()?;
        (live.manifest == digits(&self.hash)).then(|| Taken {
            number: live.number,
            receipt: live.receipt.clone(),
        })
    }

    /// Uploads what isn't there: first it is found out which pieces of the manifest are new, since only their files can be.
    async fn upload(&self, line: &Line) -> Result<Sent> {
        let cut = pieces::cut(&self.whole);
        let hashes: Vec<Hash> = cut
            .iter()
            .map(|piece| pieces::digest(&self.whole[piece.clone()]))
            .collect();
        let missing = line.missing(&hashes, &[self.hash]).await?;
        let new: HashSet<Hash> = missing.pieces.into_iter().collect();
        let mut lines = Vec::new();
        let mut text = String::new();
        for (piece, hash) in cut.into_iter().zip(&hashes) {
            if new.contains(hash) {
                let piece = &self.whole[piece];
                lines.push(b'+');
                lines.extend_from_slice(piece);
                text.push_str(std::str::from_utf8(piece).unwrap_or_default());
            } else {
                lines.push(b'=');
                lines.extend_from_slice(digits(hash).as_bytes());
            }
            lines.push(b'\n');
        }
        let mut sent = self.send(line, named(&text)).await?;
        if missing.files.contains(&self.hash) {
            sent.manifest_bytes = lines.len();
            line.join(&self.hash, lines).await?;
        }
        Ok(sent)
    }

    /// Uploads what isn't there, whatever is known of earlier deploys.
    async fn upload_all(&self, line: &Line) -> Result<Sent> {
        let all = self.folder.contents.keys().copied().collect();
        self.send(line, all).await
    }

    async fn send(&self, line: &Line, named: BTreeSet<Hash>) -> Result<Sent> {
        let asked: Vec<Hash> = named.into_iter().collect();
        let missing = line.missing(&[], &asked).await?.files;
        let mut files = BTreeMap::new();
        for hash in &missing {
            let file = self.folder.contents.get(hash);
            files.insert(
                *hash,
                file.context("a file was asked for that isn't there")?,
            );
        }
        let sizes: BTreeMap<Hash, u64> = self
            .folder
            .manifest
            .files()
            .values()
            .map(|file| (file.sha256, file.size))
            .collect();
        let total: u64 = files.keys().filter_map(|hash| sizes.get(hash)).sum();
        let mut progress = Progress::new("upload");
        let uploads = files.iter().map(|(hash, file)| line.upload(hash, file));
        let mut uploads = stream::iter(uploads).buffer_unordered(AT_ONCE);
        let mut sent = Sent::default();
        while let Some(bytes) = uploads.try_next().await? {
            sent.files += 1;
            sent.bytes += bytes;
            progress.at(sent.bytes, total, "bytes");
        }
        ensure!(sent.files == files.len(), "an upload was left out");
        Ok(sent)
    }
}

/// The files that pieces of a manifest name. No cut lies in a digest.
fn named(pieces: &str) -> BTreeSet<Hash> {
    let entries = pieces.split(r#""sha256":""#).skip(1);
    let digest = |entry: &str| parse_digits(entry.get(..64)?).ok();
    entries.filter_map(digest).collect()
}
