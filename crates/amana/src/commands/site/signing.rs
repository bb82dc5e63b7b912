//! Changes that need no upload, or no further one: going back, signing what others began, handing it in.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::{Hash, Note, SigningKey, digits};
use amana_sites::{Host, MAX_LISTED, Publishers, Says, Statement, read_folder};
use amana_tls::Connector;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use super::line::{Line, Taken};
use super::publishers;
use super::state::{self, Deploy, State};
use super::statement::{Signing, shown};
use crate::client::{Client, segment};
use crate::commands::receipt::read_policy;
use crate::rebuilder_key;
use crate::site_check::published::Followed;
use crate::{output, tls};

/// Where a change goes: to a data centre, or to a file, for others to sign.
#[derive(Args)]
pub(crate) struct To {
    /// URL of the data centre
    #[arg(long, value_name = "URL")]
    centre: String,
    #[command(flatten)]
    authority: tls::Authority,
    /// Write the signed change to this file, for other publishers to sign, and publish nothing yet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    pub(super) json: bool,
}

impl To {
    pub(super) fn way(&self) -> Result<Connector> {
        self.authority.way_to(&self.centre)
    }

    /// Whether that key alone publishes.
    ///
    /// # Errors
    /// When it doesn't, and no file is named for others.
    pub(super) fn is_enough(&self, state: &State, key: &SigningKey) -> Result<bool> {
        let enough = state.suffices(key)?;
        if !enough && self.out.is_none() {
            bail!(
                "one signature is too few for {}: name a file with --out, have it signed with amana site sign, and hand it in with \
                 amana site publish",
                state.host
            );
        }
        Ok(enough && self.out.is_none())
    }
}

/// A change that one publisher has signed.
pub(super) struct Outcome<'a> {
    pub(super) signing: Signing,
    pub(super) publishers: Option<&'a Publishers>,
    /// Whether it is handed in, or goes to a file.
    pub(super) enough: bool,
}

/// Hands a change in, or writes it down for others.
///
/// # Errors
/// When it is refused, or can't be written.
pub(super) async fn finish(
    to: &To,
    host: &Host,
    key: &Arc<SigningKey>,
    outcome: Outcome<'_>,
) -> Result<()> {
    if !outcome.enough {
        return hand_on(to, &outcome.signing);
    }
    let line = Line::new(to.way()?, host, key)?;
    let taken = line
        .change(outcome.signing.note(), outcome.publishers)
        .await?;
    tell(to.json, host, &taken)
}

/// Writes a change down for others.
///
/// # Errors
/// When it can't be written.
pub(super) fn hand_on(to: &To, signing: &Signing) -> Result<()> {
    let file = to.out.as_ref().context("no file is named with --out")?;
    signing.write(file)?;
    let statement = signing.note().text.parse()?;
    let told = shown(&statement, &signing.signers());
    if to.json {
        return output::line(&told.to_string());
    }
    output::line(&format!(
        "{} waits for more signatures: amana site sign {} --key FILE, then amana site publish {} --centre {}",
        file.display(),
        file.display(),
        file.display(),
        to.centre
    ))
}

fn tell(json: bool, host: &Host, taken: &[u8]) -> Result<()> {
    let taken: Taken = serde_json::from_slice(taken).context("the answer to the change")?;
    if json {
        return output::line(&serde_json::to_string(&taken)?);
    }
    output::line(&format!(
        "change {} of {host} holds, recorded as {}",
        taken.number, taken.receipt
    ))
}

/// An older deploy.
#[derive(Args)]
pub(crate) struct Rollback {
    /// The site
    host: Host,
    /// Number of the deploy, as amana site list shows it
    number: u64,
    /// File of a publisher's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The trust policy, as it was published: what the deploy was is looked up in the ledger. Needed for a deploy that this key didn't
    /// sign
    #[arg(long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    to: To,
}

impl Rollback {
    pub(super) async fn run(self) -> Result<()> {
        let key = Arc::new(rebuilder_key::load(&self.key)?);
        let state = state::ask(&self.to.way()?, &self.host, MAX_LISTED).await?;
        let enough = self.to.is_enough(&state, &key)?;
        let mut deploys = state.deploys.iter();
        let wanted = deploys.find(|deploy| deploy.number == self.number);
        let wanted = wanted.with_context(|| {
            format!("{} has no deploy {} that is listed", self.host, self.number)
        })?;
        let manifest = wanted.manifest()?;
        self.see_that_it_was_signed(&state, wanted, manifest, &key)
            .await?;
        let says = Says::Deploy { manifest };
        let mut signing = Signing::next(&state, &self.host, says);
        signing.add(&key);
        let outcome = Outcome {
            signing,
            publishers: None,
            enough,
        };
        finish(&self.to, &self.host, &key, outcome).await
    }
}

impl Rollback {
    /// What a deploy was is the data centre's word, and isn't signed for that: either the ledger says so, by the policy, or this very
    /// key signed it then.
    async fn see_that_it_was_signed(
        &self,
        state: &State,
        deploy: &Deploy,
        manifest: Hash,
        key: &SigningKey,
    ) -> Result<()> {
        let number = self.number;
        if let Some(policy) = &self.policy {
            let (client, policy) = (Client::at(self.to.way()?, None)?, read_policy(policy)?);
            let mut followed = Followed::begin(&client, &policy, &self.host, None).await?;
            let signed = followed.deploy(number).await?;
            ensure!(
                signed == Some(manifest),
                "deploy {number} of {} is not what the data centre says: by the ledger, its manifest has the SHA-256 {}",
                self.host,
                signed.map_or_else(|| "of no deploy".to_owned(), |signed| digits(&signed))
            );
            return Ok(());
        }
        let stated = Statement {
            ledger: state.ledger.clone(),
            host: self.host.clone(),
            number,
            says: Says::Deploy { manifest },
        };
        let note = Note::parse(deploy.note.as_bytes()).ok();
        let own = note.filter(|note| note.text == stated.to_string());
        ensure!(
            own.is_some_and(|note| note.verify(&key.verifier()).is_ok()),
            "{} did not sign deploy {number} of {} as the data centre tells it (manifest {}): name the trust policy with --policy, so \
             that what it was is looked up in the ledger",
            key.verifier().name(),
            self.host,
            digits(&manifest)
        );
        Ok(())
    }
}

/// A change that others began.
#[derive(Args)]
pub(crate) struct Sign {
    /// The change, as amana site deploy --out wrote it
    file: PathBuf,
    /// File of a publisher's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Sign only if the deploy is of exactly what this folder holds
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// A file of --folder that is published whatever it looks like
    #[arg(long, value_name = "PATH", requires = "folder")]
    allow: Vec<String>,
    /// Sign only if the change is to exactly the publishers of this file; nothing else signs a change of publishers
    #[arg(long, value_name = "FILE", conflicts_with = "folder")]
    publishers: Option<PathBuf>,
    /// Where to write the change with the signature, if not in its own place
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Sign {
    pub(super) fn run(self) -> Result<()> {
        let key = rebuilder_key::load(&self.key)?;
        let (mut signing, statement) = Signing::read(&self.file)?;
        if let Some(folder) = &self.folder {
            let allowed: BTreeSet<String> = self.allow.iter().cloned().collect();
            let own = read_folder(folder, &statement.host, &allowed)?;
            let own = own.manifest.digest();
            ensure!(
                statement.says == Says::Deploy { manifest: own },
                "{} is not what this change publishes: its manifest has the SHA-256 {}",
                folder.display(),
                digits(&own)
            );
        }
        self.names_own_publishers(&statement)?;
        signing.add(&key);
        signing.write(self.out.as_ref().unwrap_or(&self.file))?;
        let told = shown(&statement, &signing.signers());
        if self.json {
            return output::line(&told.to_string());
        }
        let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        output::line(&format!(
            "change {} of {}, {}, is signed by {}",
            statement.number,
            statement.host,
            match &statement.says {
                Says::Deploy { .. } => format!("to the manifest {}", words(&told["manifest"])),
                Says::Publishers { .. } =>
                    format!("to the publishers {}", words(&told["publishers"])),
            },
            signing.signers().join(", ")
        ))
    }

    /// A statement names new publishers by their digest alone, which nobody can read: their file says who they are.
    fn names_own_publishers(&self, statement: &Statement) -> Result<()> {
        let Some(file) = &self.publishers else {
            ensure!(
                matches!(statement.says, Says::Deploy { .. }),
                "this change replaces the publishers of {}: name your own file of the new ones with --publishers, so that it is \
                 signed only if it names exactly those",
                statement.host
            );
            return Ok(());
        };
        let publishers = publishers::read(file)?.digest();
        ensure!(
            statement.says == Says::Publishers { publishers },
            "{} does not list the publishers that this change names: its SHA-256 is {}",
            file.display(),
            digits(&publishers)
        );
        Ok(())
    }
}

/// A change that is signed.
#[derive(Args)]
pub(crate) struct Publish {
    /// The change, signed by enough publishers
    file: PathBuf,
    /// The file of publishers that the change names, when it is about those
    #[arg(long, value_name = "FILE")]
    publishers: Option<PathBuf>,
    /// URL of the data centre
    #[arg(long, value_name = "URL")]
    centre: String,
    #[command(flatten)]
    authority: tls::Authority,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) async fn run(self) -> Result<()> {
        let (signing, statement) = Signing::read(&self.file)?;
        let publishers = self.publishers.as_deref().map(publishers::read);
        let publishers = publishers.transpose()?;
        let way = self.authority.way_to(&self.centre)?;
        let path = format!("/api/v1/sites/{}/changes", segment(statement.host.as_str()));
        let stated = json!({
            "note": signing.note().to_string(),
            "publishers": publishers.as_ref().map(Publishers::text),
        });
        let taken = Client::at(way, None)?.post(&path, &stated).await?;
        tell(self.json, &statement.host, taken.to_string().as_bytes())
    }
}
