//! Files that nobody else may read.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Code, Findings, Level};

/// Of group and others.
const OTHERS: u32 = 0o077;

/// Looks at the folder itself, the keys in it, its socket, and a gateway's own files.
pub(super) fn look(found: &mut Findings, data: &Path, is_gateway: bool) {
    let mut watched = vec![data.to_owned(), data.join("amana.sock")];
    watched.extend(listed(&data.join("keys")));
    if is_gateway {
        watched.extend(
            ["gateway.toml", "keyring.json", "institution.json"].map(|name| data.join(name)),
        );
        watched.extend(listed(&data.join("witness/keys")));
    }
    let mut open = 0;
    for path in &watched {
        let Ok(file) = fs::metadata(path) else {
            continue;
        };
        let mode = file.permissions().mode() & 0o777;
        // What is public by its nature: the authority's certificate, a witness's key.
        let is_public = path
            .extension()
            .is_some_and(|kind| kind == "crt" || kind == "vkey" || kind == "pub");
        if mode & OTHERS != 0 && !is_public {
            open += 1;
            let shown = path.display().to_string();
            found.add(Level::Bad, Code::ModeOpen, [shown, format!("{mode:o}")]);
        }
    }
    if open == 0 {
        found.good(Code::ModesGood, "");
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| file.path()).collect()
}
