//! `amana site code`: the programs of an application, as the line of `_applications` that its site's publishers sign; and the same of
//! an application that is imported.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use amana_backups::Application;
use amana_backups::application::FILE;
use amana_crawl::folder::APPLICATIONS;
use amana_ledger::{Hash, digits};
use amana_sites::code::{CodeChange, CodeFolder, CodeList, Known};
use amana_sites::{code_in, code_line, is_application_name, names_application, with_code_line};
use amana_store::clock;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::output;

/// Paths that are told one by one.
const MAX_TOLD: usize = 20;
/// Why there is nothing to sign.
const REPLACES_ITSELF: &str = "its programs aren't signed: it was imported with --self-update, and replaces them from its dashboard \
                               without its site's publishers";

/// Whose programs.
#[derive(Args)]
pub(crate) struct Code {
    /// Folder of an application that amana site set-up made; or any folder of programs
    folder: PathBuf,
    /// The application, as _applications names it, where amana site set-up didn't make the folder
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Path in the folder that is left out, such as /uploads: those of no_scripts or code_without in the data centre's amana.toml, and
    /// no others; may be given again
    #[arg(long, value_name = "PATH", requires = "name")]
    without: Vec<String>,
    /// File for the list of the programs. What differs from the list that is there already is told first
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Code {
    pub(super) fn run(self) -> Result<()> {
        let (name, folder) = self.named()?;
        let list = folder.look(&mut Known::default(), clock::system_ms() / 1000)?;
        let digest = list.digest();
        let changes = match &self.list {
            Some(path) => {
                let before = known(path, None)?;
                fs::write(path, list.text()).with_context(|| path.display().to_string())?;
                before.map(|before| list.changes_since(&before))
            }
            None => None,
        };
        if self.json {
            let mut shown = shown(&digest, list.len(), changes.as_deref());
            shown["application"] = name.into();
            return output::line(&shown.to_string());
        }
        for line in changes.iter().flat_map(|changes| told(changes)) {
            output::error(&line);
        }
        output::line(&code_line(&name, &digest))
    }

    fn named(&self) -> Result<(String, CodeFolder)> {
        let is_set_up = self.folder.join(FILE).is_file();
        if let Some(name) = self.name.clone().filter(|_| !is_set_up) {
            ensure!(
                is_application_name(&name),
                "--name: it has small letters, digits and -, at most 63"
            );
            if let Some(wrong) = self.without.iter().find(|path| !path.starts_with('/')) {
                bail!("--without: {wrong:?} doesn't begin with /");
            }
            let folder = CodeFolder {
                root: self.folder.clone(),
                without: self.without.clone(),
            };
            return Ok((name, folder));
        }
        ensure!(
            is_set_up,
            "{}: amana site set-up didn't make it: say with --name what _applications calls the application, and with --without \
             what is left out",
            self.folder.display()
        );
        ensure!(
            self.without.is_empty(),
            "--without: what is left out of an application that was set up follows from what it is"
        );
        let application = Application::of(&self.folder)?;
        ensure!(
            !application.updates_itself,
            "{}: {REPLACES_ITSELF}",
            application.host
        );
        let name = self.name.as_deref().unwrap_or(application.kind.name());
        Ok((name.to_owned(), of_application(&application)))
    }
}

fn of_application(application: &Application) -> CodeFolder {
    let without = application.no_scripts().iter();
    CodeFolder {
        root: application.root(),
        without: without.map(|path| (*path).to_owned()).collect(),
    }
}

/// What an import says of an application's programs.
pub(crate) enum Imported {
    /// They are in `_applications` now.
    Signed {
        digest: Hash,
        files: usize,
        /// What differs from those that the line was of before; nothing where that isn't known.
        changes: Option<Vec<CodeChange>>,
    },
    /// They aren't, and why.
    Unsigned(&'static str),
}

/// Brings the line of the application's programs in the `_applications` of the folder `out` up to date. The list is kept in `state`,
/// for the next import to compare with.
///
/// # Errors
/// When the programs can't be judged, or a file can't be read or written.
pub(crate) fn import(application: &Application, out: &Path, state: &Path) -> Result<Imported> {
    let path = out.join(APPLICATIONS);
    let name = application.kind.name();
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        text => text.with_context(|| path.display().to_string())?,
    };
    if !names_application(&text, name) {
        return Ok(Imported::Unsigned(
            "its programs aren't signed: no path in _applications is this application's",
        ));
    }
    let write = |digest| {
        let text = with_code_line(&text, name, digest);
        fs::write(&path, text).with_context(|| path.display().to_string())
    };
    if application.updates_itself {
        write(None)?;
        return Ok(Imported::Unsigned(REPLACES_ITSELF));
    }
    let folder = of_application(application);
    let list = folder.look(&mut Known::default(), clock::system_ms() / 1000)?;
    let kept = state.join(format!("{name}.code"));
    let before = match code_in(&text, name) {
        Some(signed) => known(&kept, Some(&signed))?,
        None => None,
    };
    let digest = list.digest();
    write(Some(&digest))?;
    fs::write(&kept, list.text()).with_context(|| kept.display().to_string())?;
    Ok(Imported::Signed {
        digest,
        files: list.len(),
        changes: before.map(|before| list.changes_since(&before)),
    })
}

impl Imported {
    /// For a person, in lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        match self {
            Self::Unsigned(why) => vec![(*why).to_owned()],
            Self::Signed {
                digest,
                files,
                changes,
            } => {
                let mut lines = vec![format!(
                    "its programs, {files} files, will be signed with the folder: sha256:{}",
                    digits(digest)
                )];
                lines.extend(changes.iter().flat_map(|changes| told(changes)));
                lines
            }
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Unsigned(why) => json!({ "signed": false, "why": why }),
            Self::Signed {
                digest,
                files,
                changes,
            } => shown(digest, *files, changes.as_deref()),
        }
    }
}

/// The list of a file, if there is one; and if it is of that digest, where one is asked for.
fn known(path: &Path, digest: Option<&Hash>) -> Result<Option<CodeList>> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.with_context(|| path.display().to_string())?,
    };
    if digest.is_some_and(|digest| CodeList::digest_of(&text) != *digest) {
        return Ok(None);
    }
    let list = CodeList::parse(&text).with_context(|| path.display().to_string())?;
    Ok(Some(list))
}

fn shown(digest: &Hash, files: usize, changes: Option<&[CodeChange]>) -> Value {
    json!({ "signed": true, "digest": digits(digest), "files": files, "changes": changes })
}

/// What differs, for a person who is about to sign it.
fn told(changes: &[CodeChange]) -> Vec<String> {
    if changes.is_empty() {
        return vec!["nothing differs from the programs of before".to_owned()];
    }
    let mut lines = vec![format!(
        "{} differ from the programs of before; sign them only if you know why:",
        changes.len()
    )];
    lines.extend(
        changes
            .iter()
            .take(MAX_TOLD)
            .map(|change| format!("  {change}")),
    );
    if changes.len() > MAX_TOLD {
        lines.push(format!("  and {} more", changes.len() - MAX_TOLD));
    }
    lines
}
