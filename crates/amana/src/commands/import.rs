//! `amana import`: what `amana export` took out, deposited anew through a gateway.

use std::path::PathBuf;

use amana_seal::shares::{Gathering, Share};
use anyhow::{Context as _, Result};
use clap::Args;
use zeroize::Zeroizing;

use crate::import::{Deposits, Done, Import as Arriving, Opener, Own, Received};
use crate::output;
use crate::s3_client::AccessKey;

/// A bag, and where it goes.
#[derive(Args)]
pub(crate) struct Import {
    /// The bag
    bag: PathBuf,
    /// S3 of the gateway that it goes through: http://127.0.0.1:7501
    #[arg(long, value_name = "URL")]
    to: String,
    /// Access key of the institution at that gateway
    #[arg(long, value_name = "ID")]
    access_key: String,
    /// File with that key's secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// A custodian's page, or a file with its words; once for each share. Only for a bag in which nothing is sealed it
    /// may be left out
    #[arg(long, value_name = "FILE")]
    share_file: Vec<PathBuf>,
    /// Where it is noted how far the import came; by default beside the bag
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(crate) async fn run(self) -> Result<()> {
        let secret = std::fs::read_to_string(&self.secret_file);
        let secret =
            Zeroizing::new(secret.with_context(|| self.secret_file.display().to_string())?);
        let key = AccessKey {
            id: self.access_key.clone(),
            secret: Zeroizing::new(secret.trim().to_owned()),
        };
        let bag = Received::open(&self.bag)?;
        let opener = match self.root()? {
            Some(own) => Opener::new(&bag, own)?,
            None => Opener::of_nothing(),
        };
        let done = Done::open(&self.notes(), &self.to)?;
        let deposits = Deposits::connect(&self.to, key).await?;
        let told = Arriving::new(&bag, &opener, deposits, done).run().await?;
        if self.json {
            return output::line(&told.to_string());
        }
        output::line(&format!(
            "{} versions of objects in {} buckets, {} bytes, are at {}",
            told["versions"], told["buckets"], told["bytes"], self.to
        ))
    }

    /// The root, rebuilt from the shares; nothing if none are given.
    fn root(&self) -> Result<Option<Own>> {
        if self.share_file.is_empty() {
            return Ok(None);
        }
        let mut gathering = Gathering::new();
        for file in &self.share_file {
            let shown = || file.display().to_string();
            let text = Zeroizing::new(std::fs::read_to_string(file).with_context(shown)?);
            let share = Share::parse(text.trim()).with_context(shown)?;
            gathering.add(share).with_context(shown)?;
        }
        Ok(Some(Own::Root(gathering.root()?)))
    }

    fn notes(&self) -> PathBuf {
        self.notes.clone().unwrap_or_else(|| {
            // Without a slash at the end, after which the notes would stand in the bag.
            let bag: PathBuf = self.bag.components().collect();
            let mut name = bag.into_os_string();
            name.push(".imported");
            name.into()
        })
    }
}
