//! Where the passphrase of a gateway's key comes from. Never from the command line or from the environment itself, which
//! other programs of the machine can read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use zeroize::Zeroizing;

use super::terminal::Terminal;

/// Name of the systemd credential: `LoadCredentialEncrypted=amana-passphrase:…` in the unit.
const CREDENTIAL: &str = "amana-passphrase";
/// The longest passphrase, in bytes.
const MAX_BYTES: u64 = 1024;
/// The fewest letters of a new one: with scrypt before it, fewer are guessed.
const MIN_LETTERS: usize = 10;

/// Where it may come from, in the order in which it is looked for.
pub(crate) struct Sources {
    credentials: Option<PathBuf>,
    file: Option<PathBuf>,
}

impl Sources {
    /// A systemd credential, then the file if one is configured, then the person at the terminal.
    pub(crate) fn new(file: Option<PathBuf>) -> Self {
        Self {
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            file,
        }
    }

    /// The passphrase of a key that is there.
    ///
    /// # Errors
    /// When there is none to be had, or its file can't be used.
    pub(crate) fn passphrase(&self) -> Result<Zeroizing<String>> {
        match self.kept()? {
            Some(kept) => Ok(kept),
            None => Self::terminal()?.ask_secret("Passphrase of this gateway's key: "),
        }
    }

    /// The passphrase for a new key; at a terminal, typed twice.
    ///
    /// # Errors
    /// As [`Sources::passphrase`], and when it is too short or the two differ.
    pub(crate) fn new_passphrase(&self) -> Result<Zeroizing<String>> {
        if let Some(kept) = self.kept()? {
            long_enough(&kept)?;
            return Ok(kept);
        }
        let mut terminal = Self::terminal()?;
        terminal.show(
            "A passphrase will protect this gateway's key on its disk. It is asked at every start, unless a systemd\n\
             credential or passphrase_file gives it. Six words drawn by dice are a good one.",
        )?;
        let first = terminal.ask_secret("New passphrase: ")?;
        long_enough(&first)?;
        let again = terminal.ask_secret("The same again: ")?;
        if *first != *again {
            bail!("the two passphrases differ; nothing was made");
        }
        Ok(first)
    }

    /// What a credential or a file gives.
    fn kept(&self) -> Result<Option<Zeroizing<String>>> {
        let credential = self.credentials.as_ref().map(|dir| dir.join(CREDENTIAL));
        if let Some(path) = credential.filter(|path| path.exists()) {
            // systemd keeps it in memory that only this service reads, whatever its mode says.
            return read(&path).map(Some);
        }
        let Some(path) = &self.file else {
            return Ok(None);
        };
        let mode = fs::metadata(path)
            .with_context(|| format!("{}: the passphrase can't be read", path.display()))?
            .mode();
        if mode & 0o077 != 0 {
            bail!(
                "{}: other users of this machine can read the passphrase; chmod 600 it",
                path.display()
            );
        }
        read(path).map(Some)
    }

    fn terminal() -> Result<Terminal> {
        Terminal::open().with_context(|| {
            format!(
                "there is no terminal to ask for the passphrase: give it as the systemd credential {CREDENTIAL}, or name \
                 a file of mode 600 in gateway.toml (passphrase_file) or in AMANA_PASSPHRASE_FILE"
            )
        })
    }
}

/// The first line of a file.
fn read(path: &Path) -> Result<Zeroizing<String>> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::new());
    fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text))
        .with_context(|| format!("{}: the passphrase can't be read", path.display()))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        bail!("{}: there is no passphrase in it", path.display());
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn long_enough(passphrase: &str) -> Result<()> {
    let letters = passphrase.chars().count();
    if letters < MIN_LETTERS {
        bail!(
            "the passphrase has {letters} letters, and must have {MIN_LETTERS}: whoever steals the disk tries them all; \
             nothing was made"
        );
    }
    Ok(())
}
