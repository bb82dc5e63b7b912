//! A gateway's folder on a ministry's machine, its passphrase in a file, and its custodians' pages.

use std::fs;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::binary::{Ran, amana};

const PASSPHRASE: &str = "six words that were drawn by dice";

/// A ministry's machine.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self {
            folder: TempDir::new().unwrap(),
        };
        home.write("passphrase", PASSPHRASE);
        home
    }

    /// The gateway's folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("g")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file that only its owner reads.
    pub(crate) fn write(&self, name: &str, text: &str) {
        use std::io::Write as _;
        let mut options = fs::File::options();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.path(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// A command with those words on this gateway's folder, the passphrase in a file.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        let mut command = amana();
        command
            .args(words)
            .arg("--data")
            .arg(self.data())
            .env("AMANA_PASSPHRASE_FILE", self.path("passphrase"))
            .current_dir(self.folder.path());
        Ran::of(command.output().unwrap())
    }

    /// Its keys, shared as the plan says, pages in the folder `pages`.
    pub(crate) fn with_keys(plan: &str) -> Self {
        let home = Self::new();
        let pages = home.path("pages");
        home.run(&[
            "keys",
            "init",
            "--institution",
            "finances",
            "--custodians",
            plan,
            "--pages",
            pages.to_str().unwrap(),
        ])
        .done();
        home
    }

    /// The words of a page, as its custodian reads them.
    pub(crate) fn words(&self, page: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path("pages").join(page)).unwrap();
        let fields: Vec<&str> = text.split_whitespace().collect();
        let mut placed: Vec<(usize, String)> = Vec::new();
        for field in fields.windows(3) {
            let place = field[0]
                .strip_suffix('.')
                .and_then(|place| place.parse().ok());
            if let (Some(place), Ok(1..=1024)) = (place, field[2].parse::<u16>()) {
                placed.push((place, field[1].to_owned()));
            }
        }
        placed.sort();
        placed.into_iter().map(|(_, word)| word).collect()
    }

    /// The names of the files in a folder, sorted.
    pub(crate) fn files(&self, name: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(name))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Permission bits.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
