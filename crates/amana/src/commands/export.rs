//! `amana export`: everything that an institution has in the data centre, in a bag that standard programs read.

use std::path::PathBuf;

use amana_ledger::Policy;
use anyhow::{Context as _, Result};
use clap::Args;

use crate::bag::Bag;
use crate::cli::Reader;
use crate::export::{Export as Leaving, Receipts};
use crate::output;

/// Everything of one institution.
#[derive(Args)]
pub(crate) struct Export {
    /// The institution
    #[arg(long, value_name = "NAME")]
    institution: String,
    /// Folder for the bag: new, empty, or of an export that was interrupted
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Whose receipts come along
    #[arg(long, value_enum, default_value = "newest")]
    receipts: Receipts,
    /// The trust policy; by default the one in the data folder, which is the operator's word
    #[arg(long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    reader: Reader,
}

impl Export {
    pub(crate) async fn run(self) -> Result<()> {
        let own = self.reader.data.join("policy");
        let policy = self.policy.as_deref().unwrap_or(&own);
        let policy = std::fs::read(policy).with_context(|| policy.display().to_string())?;
        let trusted = Policy::parse(&policy).context("the trust policy")?;
        let client = self.reader.client()?;
        let bag = Bag::begin(&self.out)?;
        let leaving = Leaving::begin(&client, &self.institution, &trusted, bag).await?;
        let told = leaving.run(&policy, self.receipts).await?;
        if self.reader.json {
            return output::line(&told.to_string());
        }
        output::line(&format!(
            "{}: {} acts, {} files, {} bytes, root {}; {}",
            self.out.display(),
            told["acts"],
            told["files"],
            told["bytes"],
            told["root"].as_str().unwrap_or_default(),
            match told["witnessed_size"].as_u64() {
                Some(size) => format!("the quorum of its witnesses saw the first {size} acts"),
                None => "no quorum of witnesses has seen it".to_owned(),
            }
        ))
    }
}
