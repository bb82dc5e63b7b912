//! `amana release`: what rebuilders sign, and what the operator records of it.

use std::path::{Path, PathBuf};

use amana_ledger::{MAX_NOTE_BYTES, MAX_POLICY_BYTES, Note, Rebuilders, Release as Parsed, digits};
use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::receipt::read_bounded;
use crate::cli::Reach;
use crate::durable::write_whole;
use crate::output;
use crate::rebuilder_key as key;
use crate::release::{VERSION, digest_of, target};

/// Releases of this binary.
#[derive(Subcommand)]
pub(crate) enum Release {
    /// Write the text of a release: what each rebuilder gets from the same source
    Text(Text),
    /// Make a rebuilder's key, if there is none, and print its public half
    Key(Key),
    /// Sign a release's text, or add a signature to those that it has
    Sign(Sign),
    /// Record a signed release in the operator's public ledger
    Record(Record),
    /// List the releases that are recorded
    List(Reach),
    /// Show what a signed release says, and who of the rebuilders signed it
    Show(Show),
}

/// What was built.
#[derive(Args)]
pub(crate) struct Text {
    /// The binary
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// The Debian package that holds it
    #[arg(long, value_name = "FILE")]
    package: Option<PathBuf>,
    /// The list of the source's files, as sha256sum writes it
    #[arg(long, value_name = "FILE")]
    source: PathBuf,
    /// The SBOM
    #[arg(long, value_name = "FILE")]
    sbom: PathBuf,
    /// Version, if it isn't that of this binary
    #[arg(long, default_value = VERSION)]
    version: amana_ledger::Version,
    /// What it runs on, if not on what this binary does
    #[arg(long)]
    target: Option<String>,
}

/// Whose key.
#[derive(Args)]
pub(crate) struct Key {
    /// The rebuilder's name, such as university.example/rebuilds
    #[arg(long)]
    name: String,
    /// File of the private key, made when it is missing
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// What is signed, and with what.
#[derive(Args)]
pub(crate) struct Sign {
    /// The text, or what others have signed
    file: PathBuf,
    /// File of the private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where to write the signed release; stdout when not given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What is recorded.
#[derive(Args)]
pub(crate) struct Record {
    /// The signed release
    file: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

/// What is shown.
#[derive(Args)]
pub(crate) struct Show {
    /// The signed release
    file: PathBuf,
    /// Judge the signatures: done only if enough of these signed
    #[arg(long, value_name = "FILE")]
    rebuilders: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Release {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Text(text) => text.run(),
            Self::Key(key) => key.run(),
            Self::Sign(sign) => sign.run(),
            Self::Record(record) => record.run().await,
            Self::List(reach) => {
                let list = reach.client().get("/v1/releases").await?;
                reach.print_table(&list, &["number", "version", "target", "binary", "since"])
            }
            Self::Show(show) => show.run(),
        }
    }
}

impl Text {
    fn run(self) -> Result<()> {
        let release = Parsed {
            version: self.version,
            target: self.target.unwrap_or_else(target),
            binary: digest_of(&self.binary)?,
            package: self.package.as_deref().map(digest_of).transpose()?,
            source: digest_of(&self.source)?,
            sbom: digest_of(&self.sbom)?,
        };
        let text = release.to_string();
        // A target that no release can have would be signed, and then refused by everybody.
        text.parse::<Parsed>()?;
        output::line(text.trim_end())
    }
}

impl Key {
    fn run(self) -> Result<()> {
        let key = key::load_or_create(&self.key, &self.name)?;
        let name = self.name.split('/').next().unwrap_or_default();
        output::error(&format!(
            "the line of this rebuilder in a file of rebuilders: witness {name} {}",
            key.verifier()
        ));
        output::line(&key.verifier().to_string())
    }
}

impl Sign {
    fn run(self) -> Result<()> {
        let given = read_bounded(&self.file, MAX_NOTE_BYTES)?;
        let mut note = match Note::parse(&given) {
            Ok(note) => note,
            Err(_) => Note {
                text: String::from_utf8(given)
                    .with_context(|| format!("{} is not text", self.file.display()))?,
                signatures: Vec::new(),
            },
        };
        note.text
            .parse::<Parsed>()
            .with_context(|| format!("{} is no release", self.file.display()))?;
        let key = key::load(&self.key)?;
        let own = key.verifier();
        note.signatures.retain(|signature| !signature.is_by(&own));
        note.signatures.push(key.sign(&note.text));
        let signed = note.to_string();
        Note::parse(signed.as_bytes())?;
        match &self.out {
            Some(file) => write_whole(file, &signed),
            None => output::line(signed.trim_end()),
        }
    }
}

impl Record {
    async fn run(self) -> Result<()> {
        let note = read_note(&self.file)?;
        let asked = json!({ "note": note.to_string() });
        let answer = self.reach.client().post("/v1/releases", &asked).await?;
        self.reach.print(&answer, || {
            let receipt = answer["receipt"].as_str().unwrap_or_default();
            format!(
                "recorded as {receipt}; once it is witnessed, whoever upgrades fetches its receipt:\n  amana receipt get {receipt} \
                 --out release.receipt"
            )
        })
    }
}

impl Show {
    fn run(self) -> Result<()> {
        let note = read_note(&self.file)?;
        let release: Parsed = note.text.parse()?;
        let judged = match &self.rebuilders {
            Some(file) => {
                let bytes = read_bounded(file, MAX_POLICY_BYTES)?;
                Some(read_rebuilders(&bytes, file)?.signed(&note)?)
            }
            None => None,
        };
        let signers: Vec<&str> = note
            .signatures
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        if self.json {
            output::line(&shown(&release, &signers, judged.as_ref()).to_string())?;
        } else {
            let claim = format!("{release}signed, it says, by {}", signers.join(", "));
            output::line(&match &judged {
                Some((names, _)) => format!("{release}rebuilt by {}", names.join(", ")),
                None => claim,
            })?;
        }
        match judged {
            Some((_, false)) => bail!("too few of the rebuilders signed it"),
            _ => Ok(()),
        }
    }
}

fn shown(release: &Parsed, signers: &[&str], judged: Option<&(Vec<String>, bool)>) -> Value {
    json!({
        "version": release.version.to_string(),
        "target": release.target,
        "binary": digits(&release.binary),
        "package": release.package.as_ref().map(digits),
        "source": digits(&release.source),
        "sbom": digits(&release.sbom),
        "signers": signers,
        "rebuilders": judged.map(|(names, _)| names),
        "enough": judged.map(|(_, enough)| enough),
    })
}

fn read_note(file: &Path) -> Result<Note> {
    let note = Note::parse(&read_bounded(file, MAX_NOTE_BYTES)?)
        .with_context(|| format!("{} is no signed release", file.display()))?;
    note.text
        .parse::<Parsed>()
        .with_context(|| format!("{} is no release", file.display()))?;
    Ok(note)
}

/// The rebuilders of a file that was read.
///
/// # Errors
/// When it isn't one; named after `file`.
pub(crate) fn read_rebuilders(bytes: &[u8], file: &Path) -> Result<Rebuilders> {
    Rebuilders::parse(bytes).with_context(|| format!("{} lists no rebuilders", file.display()))
}
