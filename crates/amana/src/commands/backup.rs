//! `amana backup`: a copy of a running data centre, consistent as of one instant.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use crate::cli::Reach;

/// Where to, and what of it.
#[derive(Args)]
pub(crate) struct Backup {
    /// The folder to make; it must not be there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Copy large content even where a hard link would do: on the same disk a link guards against mistakes, not against
    /// the disk
    #[arg(long)]
    copy: bool,
    /// Take the data centre's own keys as well. Whoever has them signs in its name: keep such a copy as the keys themselves
    #[arg(long)]
    with_keys: bool,
    #[command(flatten)]
    reach: Reach,
}

impl Backup {
    /// Has the server make the copy.
    ///
    /// # Errors
    /// When no server runs, or the copy can't be made.
    pub(crate) async fn run(self) -> Result<()> {
        let to = std::path::absolute(&self.to).context("the folder to make")?;
        let wanted = json!({ "to": to, "copy": self.copy, "keys": self.with_keys });
        let made = self.reach.client().post("/v1/backup", &wanted).await?;
        self.reach.print(&made, || {
            let of = |field: &str| made["made"][field].as_u64().unwrap_or_default();
            let keys = match self.with_keys {
                true => "Its keys are in it: guard it as you guard them.",
                false => "Its keys are not in it: it opens once keys/ stands beside it again.",
            };
            let blobs = match made["blobs_at"].as_str() {
                Some(place) => format!("\nLarge content is not in it: it stays in {place}, which amana.toml names."),
                None => String::new(),
            };
            format!(
                "{}: rows of {} bytes, {} blobs of {} bytes ({} of them linked){blobs}\n{keys}\nJudge it: amana check --data {0}",
                to.display(),
                of("rows_bytes"),
                of("blobs"),
                of("blob_bytes"),
                of("linked"),
            )
        })
    }
}
