//! `amana gateway upgrade`: the binary that runs judges the one that shall, and only then puts it in its place.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use amana_ledger::{Hash, MAX_RECEIPT_BYTES, Version, digits, parse_digits};
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::config::Config;
use super::folder::{DEFAULT_FOLDER, Folder};
use super::institution::Institution;
use super::pinned_policy::PinnedPolicy;
use super::pins::{self, Pins};
use crate::client::Client;
use crate::commands::receipt::{read_bounded, read_policy};
use crate::config::environment;
use crate::durable::make_private_folder;
use crate::release::{Proven, VERSION, digest_of, judge, own_digest};
use crate::{cli, output};

/// The largest binary or package that is copied.
const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;

/// Judge another binary, and install it.
#[derive(Args)]
pub(crate) struct Upgrade {
    /// The new binary, or a Debian package that rebuilders signed as well
    #[arg(required_unless_present_any = ["back", "admit"])]
    file: Option<PathBuf>,
    /// Put the binary before the last upgrade back
    #[arg(long, conflicts_with_all = ["file", "admit"])]
    back: bool,
    /// Only judge a binary by its SHA-256, and let it take over when it starts; for installers
    #[arg(long, value_name = "SHA256", conflicts_with = "file")]
    admit: Option<String>,
    /// The receipt of the release; without it, it is fetched from the data centre
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// The binary that is replaced, if not the one that runs this command
    #[arg(long, value_name = "PATH")]
    install: Option<PathBuf>,
    /// The gateway's folder
    #[arg(long, value_name = "DIR", default_value = DEFAULT_FOLDER)]
    data: PathBuf,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Upgrade {
    /// Upgrades, or goes back.
    ///
    /// # Errors
    /// When the file is no release that this gateway may run, which is then left where it is, or a write failed.
    pub(crate) async fn run(self) -> Result<()> {
        let folder = Folder::new(&self.data);
        // Who isn't asked by a pinned binary is asked by nobody.
        let rebuilders = pins::rebuilders(&folder)?;
        let Some(pins) = Pins::load(&folder)? else {
            bail!("nothing is pinned in {}", self.data.display());
        };
        if self.back {
            return self.go_back(&folder, pins);
        }
        pins::settle(&folder)?;
        let pins = Pins::load(&folder)?.unwrap_or(pins);
        let known = [Some(&pins.binary), pins.admitted.as_ref()];
        if self.admit.is_some() && known.contains(&self.admit.as_ref()) {
            // A package that is installed again, or that an upgrade handed to the installer, which asks once more.
            return output::line("judged already");
        }
        let policy = policy_of(&folder)?;
        // Asked before anything is replaced: afterwards the system has no path for the binary that runs.
        let installed = self.installed()?;
        let fresh = self.copy_beside(&installed)?;
        let file = match (&fresh, &self.admit) {
            (Some(fresh), _) => fresh.digest,
            (None, Some(admit)) => parse_digits(admit)?,
            (None, None) => cli::wrong_usage("FILE is needed"),
        };
        let receipt = self.receipt(&folder, &file).await?;
        let proven = judge(&file, &receipt, &policy, &rebuilders)?;
        not_older(&proven)?;
        let binary = proven.release.binary;
        if digits(&binary) == pins.binary {
            return self.tell(&proven, "this is the binary that is pinned already");
        }
        keep_previous(&folder, &installed, &pins)?;
        pins.admit(&binary).keep(&folder)?;
        match fresh {
            Some(fresh) if fresh.digest == binary => fresh.rename(&installed)?,
            Some(fresh) => fresh.install_package(&installed, &binary)?,
            None => return self.tell(&proven, "admitted: it takes over when it starts"),
        }
        let Some(pins) = Pins::load(&folder)? else {
            bail!("the pins of {} are gone", self.data.display());
        };
        pins.take_over().keep(&folder)?;
        self.tell(
            &proven,
            "installed; start the gateway again. One way back: amana gateway upgrade --back",
        )
    }

    /// The binary before the last upgrade was judged when it came; it takes over again, once.
    fn go_back(&self, folder: &Folder, pins: Pins) -> Result<()> {
        let kept = pins::previous(folder);
        let Some(previous) = pins.previous.clone() else {
            bail!(
                "no binary is kept from before: there is one way back after each upgrade, and it was taken"
            );
        };
        let own = digits(&own_digest()?);
        ensure!(
            own == pins.binary || own == previous,
            "this is neither the pinned binary nor the one before it"
        );
        let installed = self.installed()?;
        let fresh = Fresh::copy(&kept, &installed)?;
        if digits(&fresh.digest) != previous {
            bail!(
                "{} is not the binary that was kept; it is not installed",
                kept.display()
            );
        }
        pins.admit(&fresh.digest).keep(folder)?;
        fresh.rename(&installed)?;
        Pins {
            previous: None,
            ..pins.admit(&parse_digits(&previous)?).take_over()
        }
        .keep(folder)?;
        pins::drop_previous(folder);
        if self.json {
            return output::line(&json!({ "binary": previous, "state": "back" }).to_string());
        }
        output::line(&format!(
            "the binary {previous} is back; start the gateway again"
        ))
    }

    /// A copy that nobody changes between the judgement and its use; beside the binary, so that it only needs a new name.
    fn copy_beside(&self, installed: &Path) -> Result<Option<Fresh>> {
        match &self.file {
            Some(file) => Fresh::copy(file, installed).map(Some),
            None => Ok(None),
        }
    }

    fn installed(&self) -> Result<PathBuf> {
        match &self.install {
            Some(path) => Ok(path.clone()),
            None => std::env::current_exe().context("the path of this binary"),
        }
    }

    async fn receipt(&self, folder: &Folder, file: &Hash) -> Result<Vec<u8>> {
        if let Some(path) = &self.receipt {
            return read_bounded(path, MAX_RECEIPT_BYTES);
        }
        let config = Config::load(&folder.config(), environment())?;
        let Some(centre) = &config.centre else {
            bail!(
                "this gateway has no data centre to fetch the receipt from: give it as --receipt"
            );
        };
        let fetched = Client::at(config.way_to(centre)?, None)?
            .get_bytes(&format!("/releases/{}", digits(file)))
            .await
            .with_context(|| format!("no release of a file with the SHA-256 {}", digits(file)))?;
        Ok(fetched.to_vec())
    }

    fn tell(&self, proven: &Proven, state: &str) -> Result<()> {
        if self.json {
            let shown = json!({
                "version": proven.release.version.to_string(),
                "binary": digits(&proven.release.binary),
                "rebuilders": proven.rebuilders,
                "receipt": proven.receipt,
                "state": state,
            });
            return output::line(&shown.to_string());
        }
        output::line(&format!("{}\n{state}", proven.text()))
    }
}

/// The pinned policy, if it is still the one that was confirmed.
fn policy_of(folder: &Folder) -> Result<amana_ledger::Policy> {
    let institution = Institution::of(folder)?;
    let pinned = PinnedPolicy::load(folder)?;
    match (&pinned, &institution.enrolled) {
        (Some(policy), Some(enrolled)) if policy.sha256() == enrolled.policy_sha256 => {
            read_policy(&folder.policy())
        }
        _ => bail!(
            "{} holds no trust policy that was confirmed at enrolment",
            folder.path().display()
        ),
    }
}

/// An old release may be genuine and full of known holes: the way back is for the one before, not for any.
fn not_older(proven: &Proven) -> Result<()> {
    let own: Version = VERSION.parse()?;
    if proven.release.version < own {
        bail!(
            "the release {} is older than this binary, {own}: only the one before the last upgrade comes back, by --back",
            proven.release.version
        );
    }
    Ok(())
}

/// Keeps the binary in force for one way back. Durable on return.
fn keep_previous(folder: &Folder, installed: &Path, pins: &Pins) -> Result<()> {
    let kept = pins::previous(folder);
    if let Some(parent) = kept.parent() {
        make_private_folder(parent)?;
    }
    // A second judgement before the first binary has taken over finds it replaced, perhaps.
    let digest = |path: &Path| digest_of(path).ok().map(|digest| digits(&digest));
    if digest(&kept).as_ref() == Some(&pins.binary) {
        return Ok(());
    }
    let fresh = Fresh::copy(installed, &kept)?;
    if digits(&fresh.digest) != pins.binary {
        bail!(
            "{} is not the pinned binary, so it can't be kept for the way back: name the one in use with --install",
            installed.display()
        );
    }
    fresh.rename(&kept)
}

/// A copy under way, removed unless it gets its name.
struct Fresh {
    path: PathBuf,
    digest: Hash,
}

impl Fresh {
    /// Copies `from` beside `to`, hashed on the way. Durable on return.
    fn copy(from: &Path, to: &Path) -> Result<Self> {
        let mut path = to.as_os_str().to_owned();
        path.push(".amana-new");
        let path = PathBuf::from(path);
        let copy = || -> std::io::Result<Hash> {
            let mut source = fs::File::open(from)?.take(MAX_FILE_BYTES);
            // A name that somebody else made, a link for instance, is not followed.
            let _ = fs::remove_file(&path);
            let mut target = fs::File::options()
                .write(true)
                .create_new(true)
                .mode(0o700)
                .open(&path)?;
            let mut hasher = Sha256::new();
            let mut buffer = vec![0; 256 * 1024];
            loop {
                match source.read(&mut buffer)? {
                    0 => break,
                    n => {
                        hasher.update(&buffer[..n]);
                        target.write_all(&buffer[..n])?;
                    }
                }
            }
            target.set_permissions(fs::Permissions::from_mode(0o755))?;
            target.sync_all()?;
            Ok(Hash::from_bytes(hasher.finalize().into()))
        };
        let digest = copy()
            .with_context(|| format!("{} can't be copied to {}", from.display(), path.display()))?;
        Ok(Self { path, digest })
    }

    /// Gives it its name. Durable on return.
    fn rename(self, to: &Path) -> Result<()> {
        let rename = || -> std::io::Result<()> {
            fs::rename(&self.path, to)?;
            let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
            fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        rename().with_context(|| format!("{} can't be replaced", to.display()))
    }

    /// Has the system's installer take it: it was judged whole, its scripts included.
    fn install_package(self, installed: &Path, binary: &Hash) -> Result<()> {
        let mut deb = self.path.clone().into_os_string();
        deb.push(".deb");
        let deb = PathBuf::from(deb);
        fs::rename(&self.path, &deb)?;
        let done = Command::new("dpkg").arg("--install").arg(&deb).status();
        let _ = fs::remove_file(&deb);
        let done = done.context("dpkg can't be run")?;
        ensure!(
            done.success(),
            "dpkg failed; the old binary may still be in place: see dpkg --audit"
        );
        ensure!(
            digest_of(installed)? == *binary,
            "the package was installed, and {} is not the binary that rebuilders signed: don't start the gateway",
            installed.display()
        );
        Ok(())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        // Renamed files are not there any more.
        let _ = fs::remove_file(&self.path);
    }
}
