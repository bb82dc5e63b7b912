//! Whether a binary is one that rebuilders vouch for, in a release act that was witnessed: judged offline, from files.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use amana_ledger::{
    Hash, MAX_RECEIPT_BYTES, Note, Policy, RELEASES, Rebuilders, Receipt, Release, State, digits,
};
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::output;

/// This binary's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The kind of act that records a release.
const KIND: &str = "release.record";

/// What this binary runs on, as the compiler names it.
pub(crate) fn target() -> String {
    let c = if cfg!(target_env = "musl") {
        "musl"
    } else {
        "gnu"
    };
    format!("{}-unknown-linux-{c}", std::env::consts::ARCH)
}

/// SHA-256 of a file. Blocking.
///
/// # Errors
/// When it can't be read.
pub(crate) fn digest_of(path: &Path) -> Result<Hash> {
    let read = || -> std::io::Result<Hash> {
        let mut file = File::open(path)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Hash::from_bytes(hasher.finalize().into())),
                n => hasher.update(&buffer[..n]),
            }
        }
    };
    read().with_context(|| format!("{} can't be read", path.display()))
}

/// SHA-256 of the binary that runs: of the file that the system started, whatever stands under its name by now.
///
/// # Errors
/// When `/proc` isn't there.
pub(crate) fn own_digest() -> Result<Hash> {
    digest_of(Path::new("/proc/self/exe"))
}

/// A release that stands.
pub(crate) struct Proven {
    /// What was released.
    pub(crate) release: Release,
    /// Who rebuilt it.
    pub(crate) rebuilders: Vec<String>,
    /// Name of the receipt.
    pub(crate) receipt: String,
    /// When the national quorum stood, in seconds since 1970.
    pub(crate) witnessed_s: Option<u64>,
}

impl Proven {
    /// In words.
    pub(crate) fn text(&self) -> String {
        let witnessed = self.witnessed_s.map_or_else(String::new, |time_s| {
            format!(", witnessed at {}", output::time_s(time_s))
        });
        format!(
            "amana {} for {}\n  binary    {}\n  rebuilt by {}\n  recorded as {}{witnessed}",
            self.release.version,
            self.release.target,
            digits(&self.release.binary),
            self.rebuilders.join(", "),
            self.receipt,
        )
    }
}

/// Judges a file by its digest: the receipt must be of a witnessed act in the releases' ledger, its note signed by enough
/// rebuilders, and the release for this kind of machine and of that very file.
///
/// # Errors
/// The first thing that is not so, with what to do about it.
pub(crate) fn judge(
    file: &Hash,
    receipt: &[u8],
    policy: &Policy,
    rebuilders: &Rebuilders,
) -> Result<Proven> {
    ensure!(
        receipt.len() <= MAX_RECEIPT_BYTES,
        "the receipt is too long"
    );
    let receipt = Receipt::parse(receipt).context("the receipt is no receipt")?;
    let verdict = receipt
        .verify(policy)
        .context("the receipt proves nothing")?;
    if verdict.state != State::Witnessed {
        let why = verdict.why_not_witnessed.map(|why| why.to_string());
        bail!(
            "the release is recorded, not witnessed: {}; wait until the witnesses have seen it, and fetch the receipt again",
            why.unwrap_or_default()
        );
    }
    let core: Value = serde_json::from_str(&verdict.core).context("the act's core")?;
    if verdict.row.name != RELEASES || core["kind"] != KIND {
        bail!(
            "the receipt is of another act, in {}, not of a release in {RELEASES}",
            verdict.row.name
        );
    }
    let Some(body) = &verdict.body else {
        bail!("the receipt lacks the body of the act, which holds the signatures");
    };
    let body: Value = serde_json::from_str(body).context("the act's body")?;
    let note = Note::parse(body["note"].as_str().unwrap_or_default().as_bytes())?;
    let release: Release = note.text.parse()?;
    if !release.holds(file) {
        bail!(
            "the release is of another file: its binary has the SHA-256 {}, this file has {}",
            digits(&release.binary),
            digits(file)
        );
    }
    let own = target();
    if release.target != own {
        bail!(
            "the release is for {}, and this machine is {own}",
            release.target
        );
    }
    let (names, enough) = rebuilders.signed(&note)?;
    if !enough {
        bail!(
            "too few rebuilders had the same bytes: of the {} that are listed, {} signed{}",
            rebuilders.all().len(),
            names.len(),
            names
                .iter()
                .map(|name| format!(" {name}"))
                .collect::<String>()
        );
    }
    Ok(Proven {
        release,
        rebuilders: names,
        receipt: format!("{RELEASES}/{}", verdict.index),
        witnessed_s: verdict.national_quorum_time_s,
    })
}
