//! What the first start leaves in the data folder, and what later starts must find there again.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::config::{self, Config};

/// Makes the folder when it is missing, and settles the data centre's name: the one of its first start, for ever.
///
/// # Errors
/// When the folder can't be made, or when the configuration names another data centre than the folder holds.
pub(crate) fn settle(data: &Path, config: &Config) -> Result<String> {
    let failed = || format!("{}: the data folder can't be made", data.display());
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(failed)?;
    let own = config::path_in(data);
    let fixed = if own.exists() {
        Config::read(&own)?.centre
    } else {
        None
    };
    let name = match (fixed, &config.centre) {
        (Some(fixed), Some(wanted)) if fixed != *wanted => bail!(
            "this data centre is named {fixed} ({}), and its name stands in every receipt: it can't become {wanted}",
            own.display()
        ),
        (Some(fixed), _) => return Ok(fixed),
        (None, Some(wanted)) => wanted.clone(),
        (None, None) => fresh_name()?,
    };
    if !own.exists() {
        write_whole(&own, &Config::template(&name))?;
    }
    Ok(name)
}

/// A file that is there whole or not at all: temporary file, sync, rename, sync of the folder.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let mut file = fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o644)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}

/// A name that no other data centre has, for those who name none.
fn fresh_name() -> Result<String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
    Ok(format!("amana.localhost/{}", hex::encode(random)))
}
