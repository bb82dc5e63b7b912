//! Child processes, each ended by its id, and the temporary folder, gone at the end, however the end comes.

use std::fs::{self, DirBuilder, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::stage::Watch;

/// A child that was told to stop has this long.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// A running child. Dropped, it is killed.
pub(super) struct Child {
    child: process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts the command; what it logs is added to the file `log`.
    ///
    /// # Errors
    /// When it can't be started.
    pub(super) fn spawn(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .with_context(|| format!("{} can't be started", command.get_program().display()))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Where a server listens, as it prints: its web and its S3.
    ///
    /// # Errors
    /// When it ends before it listens.
    pub(super) fn listens(&mut self) -> Result<(SocketAddr, SocketAddr)> {
        let stdout = self.child.stdout.take();
        let stdout = stdout.context("what a server prints is read once")?;
        let (mut web, mut s3) = (None, None);
        for line in BufReader::new(stdout).lines() {
            let said: Value = serde_json::from_str(&line?)?;
            let url = said["url"].as_str().unwrap_or_default();
            let address = url.trim_start_matches("http://").parse().ok();
            match said["listener"].as_str() {
                Some("web") => web = address,
                Some("s3") => s3 = address,
                _ => {}
            }
            if let (Some(web), Some(s3)) = (web, s3) {
                return Ok((web, s3));
            }
        }
        bail!("a server did not start:\n{}", self.last_words())
    }

    /// The last lines of its log, for whoever must find out why it ended.
    pub(super) fn last_words(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    /// Ends it as a power cut would: `SIGKILL`, which no program can catch.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends it in good order.
    ///
    /// # Errors
    /// When it doesn't end, or not with 0.
    pub(super) async fn stop(&mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let watch = Watch::start();
        while watch.so_far() < STOP_TIMEOUT {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("a program ended with {status}:\n{}", self.last_words());
            }
            tokio::time::sleep(POLL).await;
        }
        bail!(
            "a program didn't stop when it was told to:\n{}",
            self.last_words()
        )
    }

    /// Whether it ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // One that has ended already is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of this run alone. Dropped, it is removed, unless it is to be kept.
pub(super) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    pub(super) fn make(kept: bool) -> Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
        let path = std::env::temp_dir().join(format!("amana-demo-{}", hex::encode(random)));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("{} can't be made", path.display()))?;
        Ok(Self { path, kept })
    }

    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept {
            // What can't be removed is in the system's folder for such things.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A copy of a folder, as `cp -r` makes it: files and folders, nothing else.
///
/// # Errors
/// When something can't be read or written.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let copy = || -> std::io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
            if kind.is_file() {
                fs::copy(entry.path(), &target)?;
            } else if kind.is_dir() {
                copy_folder(&entry.path(), &target).map_err(std::io::Error::other)?;
            }
        }
        Ok(())
    };
    copy().with_context(|| format!("{} can't be copied", from.display()))
}

/// Puts a copy of `from` in the place of `to`.
///
/// # Errors
/// As [`copy_folder`].
pub(super) fn replace_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("{} can't be removed", to.display()))?;
    }
    copy_folder(from, to)
}
