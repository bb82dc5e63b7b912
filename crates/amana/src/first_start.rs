//! What the first start leaves in the data folder, and what later starts must find there again.

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::config::{self, Config};
use crate::durable::{make_private_folder, write_whole};

/// Makes the folder when it is missing, and settles the data centre's name: the one of its first start, for ever.
///
/// # Errors
/// When the folder can't be made, or when the configuration names another data centre than the folder holds.
pub(crate) fn settle(data: &Path, config: &Config) -> Result<String> {
    make_private_folder(data).context("the data folder")?;
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

/// A name that no other data centre has, for those who name none.
fn fresh_name() -> Result<String> {
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("/dev/urandom: {error}"))?;
    Ok(format!("amana.localhost/{}", hex::encode(random)))
}
