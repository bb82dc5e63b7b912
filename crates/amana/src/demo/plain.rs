//! What offices have today, beside the data centre: the same files in a plain folder, with a register of who brought
//! what.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::deposits::Deposit;
use super::stage::{Stage, both};

const REGISTER: &str = "register.txt";

/// A plain folder.
pub(super) struct PlainFolder {
    pub(super) path: PathBuf,
}

impl PlainFolder {
    /// Makes it of the same files.
    pub(super) fn make(path: PathBuf, deposits: &[Deposit], by: &str) -> Result<Self> {
        let mut register = String::new();
        for deposit in deposits {
            let file = path.join(&deposit.document.key);
            fs::create_dir_all(file.parent().unwrap_or(&path))?;
            fs::write(&file, &deposit.document.body)?;
            register += &format!("{}\t{by}\n", deposit.document.key);
        }
        fs::create_dir_all(&path)?;
        fs::write(path.join(REGISTER), register)?;
        Ok(Self { path })
    }

    /// Backdates a file.
    pub(super) fn backdate(&self, key: &str, by: Duration) -> Result<()> {
        let file = File::options().write(true).open(self.path.join(key))?;
        let before = file.metadata()?.modified()?.checked_sub(by);
        file.set_modified(before.context("a year before today there were dates")?)?;
        Ok(())
    }

    /// Writes another name into the register.
    pub(super) fn rewrite_register(&self, key: &str, by: &str) -> Result<()> {
        let register = fs::read_to_string(self.path.join(REGISTER))?;
        let lines = register.lines().map(|line| match line.split_once('\t') {
            Some((name, _)) if name == key => format!("{name}\t{by}\n"),
            _ => format!("{line}\n"),
        });
        fs::write(self.path.join(REGISTER), lines.collect::<String>())?;
        Ok(())
    }

    /// Flips the same bit of the same file.
    pub(super) fn flip(&self, key: &str) -> Result<()> {
        flip_bit(&self.path.join(key))
    }

    /// Reads everything, as a backup would, and tells that nobody noticed anything.
    pub(super) fn notices_nothing(&self, stage: &Stage) -> Result<()> {
        let count = read_all(&self.path)?;
        stage.aside(&both!(
            stage,
            "A plain folder with the same edit: all its {count} files are read, and nothing is noticed.",
            "Un simple dossier avec la même retouche : ses {count} fichiers se lisent tous, et rien n'est remarqué."
        ))
    }
}

/// Flips the lowest bit of the byte in the middle.
pub(super) fn flip_bit(file: &Path) -> Result<()> {
    let mut bytes = fs::read(file).with_context(|| file.display().to_string())?;
    flip_middle(&mut bytes)?;
    fs::write(file, bytes)?;
    Ok(())
}

pub(super) fn flip_middle(bytes: &mut [u8]) -> Result<()> {
    ensure!(!bytes.is_empty(), "an empty file has no bit to flip");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(())
}

fn read_all(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            count += read_all(&path)?;
        } else {
            fs::read(&path)?;
            count += 1;
        }
    }
    Ok(count)
}
