//! The trust policy that a gateway pins: taken from a file, or fetched and shown; either way compared with a source that
//! isn't the operator before anything is believed.

use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::Policy;
use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::folder::Folder;
use super::terminal::Terminal;
use crate::client::Client;
use crate::durable::write_private;
use crate::output;
use crate::witness::trust::Trust;

/// Where the published digest is found, said wherever it is asked for.
const WHERE: &str = "Take the SHA-256 from a source that is not the data centre's operator: the official gazette, a signed \
                     letter, another institution that you know. Never from the operator's own site or staff.";

/// The trust policy, and what proves it.
#[derive(Args)]
pub(crate) struct GivenPolicy {
    /// The trust policy; without it, it is fetched from the data centre
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Its SHA-256, from a gazette or a letter, not from the operator; spaces may stand in it
    #[arg(long, value_name = "HEX", value_parser = digest)]
    policy_sha256: Option<String>,
}

/// A policy that somebody vouched for.
pub(crate) struct PinnedPolicy {
    /// The national log's key and first root.
    pub(crate) trust: Trust,
    /// Its text.
    pub(crate) text: String,
}

impl PinnedPolicy {
    /// The policy that the folder pins, if it does.
    ///
    /// # Errors
    /// When the copy can't be read, or isn't what it was.
    pub(crate) fn load(folder: &Folder) -> Result<Option<Self>> {
        let path = folder.policy();
        match fs::read(&path) {
            Ok(text) => Self::parse(&text)
                .map(Some)
                .with_context(|| format!("{}: restore it from its backup", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("{} can't be read", path.display())),
        }
    }

    fn parse(text: &[u8]) -> Result<Self> {
        Ok(Self {
            trust: Trust::of_policy(text)?,
            text: std::str::from_utf8(text)
                .context("it is not UTF-8")?
                .to_owned(),
        })
    }

    /// The SHA-256 without spaces.
    pub(crate) fn sha256(&self) -> String {
        self.trust.digest.replace(' ', "")
    }

    /// The data centre's name, with which every origin begins.
    pub(crate) fn centre(&self) -> &str {
        let national = self.trust.national.name();
        national.strip_suffix("/national").unwrap_or(national)
    }

    /// The origin of an institution's ledger.
    pub(crate) fn ledger(&self, institution: &str) -> String {
        format!("{}/ledgers/{institution}/vault", self.centre())
    }
}

impl GivenPolicy {
    /// The policy of the folder: pinned already, or now, once its SHA-256 is confirmed.
    ///
    /// # Errors
    /// When it isn't confirmed, or another one is pinned.
    pub(crate) async fn settle(&self, folder: &Folder, centre: &Client) -> Result<PinnedPolicy> {
        if let Some(pinned) = PinnedPolicy::load(folder)? {
            return self.agree(folder, pinned);
        }
        let (text, whence) = match &self.policy {
            Some(path) => (read(path)?, path.display().to_string()),
            None => {
                let fetched = centre.get_bytes("/policy").await?;
                (fetched.to_vec(), "the data centre's /policy".to_owned())
            }
        };
        let given = PinnedPolicy::parse(&text).with_context(|| whence.clone())?;
        self.confirm(&given, &text, &whence)?;
        write_private(&folder.policy(), &given.text)?;
        Ok(given)
    }

    /// What is pinned stays, unless a file brings another policy of the same history: witnesses come and go, and each such
    /// change is confirmed like the first.
    fn agree(&self, folder: &Folder, pinned: PinnedPolicy) -> Result<PinnedPolicy> {
        let Some(path) = &self.policy else {
            return match &self.policy_sha256 {
                Some(given) if *given != pinned.sha256() => bail!(
                    "this gateway pins the policy whose SHA-256 is {}, not {given}; to renew it, give the new one as --policy FILE",
                    pinned.sha256()
                ),
                _ => Ok(pinned),
            };
        };
        let whence = path.display().to_string();
        let given = PinnedPolicy::parse(&read(path)?).with_context(|| whence.clone())?;
        if given.sha256() == pinned.sha256() {
            return Ok(pinned);
        }
        if !given.trust.agrees_with(&pinned.trust) {
            bail!(
                "{whence} is of another national log than the one that this gateway pins; take another folder for another data \
                 centre"
            );
        }
        self.confirm(&given, given.text.as_bytes(), &whence)?;
        write_private(&folder.policy(), &given.text)?;
        Ok(given)
    }

    fn confirm(&self, given: &PinnedPolicy, text: &[u8], whence: &str) -> Result<()> {
        if let Some(published) = &self.policy_sha256 {
            if *published == given.sha256() {
                return Ok(());
            }
            bail!(
                "the trust policy of {whence} is not the one that was published: its SHA-256 is {}, and should be \
                 {published}. Do not go on: ask whoever published it",
                given.sha256()
            );
        }
        let shown = shown(given, text)?;
        let Some(mut terminal) = Terminal::open() else {
            output::error(&shown);
            bail!(
                "the trust policy must be confirmed: give the published SHA-256 as --policy-sha256. {WHERE}"
            );
        };
        terminal.show(&shown)?;
        terminal.show(WHERE)?;
        let answer =
            terminal.ask("Is every digit the same there? Type yes, or anything else to stop: ")?;
        if answer != "yes" {
            bail!("the trust policy was not confirmed; nothing was pinned and nobody was told");
        }
        Ok(())
    }
}

/// The policy, in words.
fn shown(given: &PinnedPolicy, text: &[u8]) -> Result<String> {
    let policy = Policy::parse(text)?;
    let names = policy.witnesses().iter().map(|witness| witness.key.name());
    let names: Vec<&str> = names.collect();
    let witnesses = match names.len() {
        0 => "no witness yet: nobody but the operator vouches".to_owned(),
        _ => names.join(", "),
    };
    Ok(format!(
        "The trust policy of the data centre {}\n  witnesses  {witnesses}\n  SHA-256    {}",
        given.centre(),
        given.trust.digest
    ))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} can't be read", path.display()))
}

/// 64 hexadecimal digits, however a person groups them.
fn digest(text: &str) -> Result<String, String> {
    let digits: String = text.split_whitespace().collect();
    let digits = digits.to_lowercase();
    if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(digits)
    } else {
        Err("a SHA-256 has 64 hexadecimal digits".to_owned())
    }
}
