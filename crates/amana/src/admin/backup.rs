//! A copy of the data centre while it runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use amana_store::BackedUp;
use anyhow::{Context as _, Result, bail};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking};
use crate::durable::{make_private_folder, sync_folder, write_private_bytes};

/// What stands beside rows and blobs.
const FILES: [&str; 2] = ["amana.toml", "policy"];

/// Where to, and what of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    to: PathBuf,
    /// Copy blobs rather than link them.
    #[serde(default)]
    copy: bool,
    /// Take the data centre's own keys as well.
    #[serde(default)]
    keys: bool,
}

/// Makes the copy: whole under its name, or not there.
pub(crate) async fn make(State(centre): State<Arc<Centre>>, Json(wanted): Json<Wanted>) -> Answer {
    let to = wanted.to.clone();
    let blobs_at = centre.store.blobs().elsewhere().map(str::to_owned);
    let made = blocking(move || whole(&centre, &wanted)).await;
    let made = made.map_err(|error| match error.downcast::<amana_store::Error>() {
        Ok(error) => error.into(),
        Err(error) => Refusal::wrong("backup", format!("{error:#}")),
    })?;
    Ok(Json(
        json!({ "to": to, "made": made, "blobs_at": blobs_at }),
    ))
}

fn whole(centre: &Centre, wanted: &Wanted) -> Result<BackedUp> {
    let to = &wanted.to;
    if !to.is_absolute() {
        bail!("{}: the server needs a whole path", to.display());
    }
    if to.exists() {
        bail!(
            "{} is there already; name a folder that isn't",
            to.display()
        );
    }
    let mut partial = to.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if partial.exists() {
        // What a crash left: nobody ever relied on it.
        fs::remove_dir_all(&partial).with_context(|| partial.display().to_string())?;
    }
    match fill(centre, wanted, &partial) {
        Ok(made) => {
            fs::rename(&partial, to).with_context(|| to.display().to_string())?;
            sync_folder(to.parent().unwrap_or(Path::new("/")))?;
            Ok(made)
        }
        Err(error) => {
            // The room is needed for the next try; what can't be removed is told by it.
            let _ = fs::remove_dir_all(&partial);
            Err(error)
        }
    }
}

fn fill(centre: &Centre, wanted: &Wanted, to: &Path) -> Result<BackedUp> {
    let made = centre.store.back_up(to, wanted.copy)?;
    let from = centre.store.folder();
    for name in FILES {
        take(&from.join(name), &to.join(name))?;
    }
    if wanted.keys {
        make_private_folder(&to.join("keys"))?;
        let keys = from.join("keys");
        for key in fs::read_dir(&keys).with_context(|| keys.display().to_string())? {
            let key = key?;
            take(&key.path(), &to.join("keys").join(key.file_name()))?;
        }
    }
    Ok(made)
}

/// For its owner alone; durable.
fn take(from: &Path, to: &Path) -> Result<()> {
    let bytes = zeroize::Zeroizing::new(
        fs::read(from).with_context(|| format!("{} can't be read", from.display()))?,
    );
    write_private_bytes(to, &bytes)
}
