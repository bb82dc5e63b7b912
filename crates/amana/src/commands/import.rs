//! `amana import`: what `amana export` took out, or a gateway's mirror holds, deposited anew through a gateway.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use zeroize::Zeroizing;

use super::keys::GivenShares;
use crate::config::environment;
use crate::gateway::config::Config;
use crate::gateway::folder::Folder;
use crate::gateway::institution::Institution;
use crate::gateway::member_key;
use crate::gateway::passphrase::Sources;
use crate::import::{Deposits, Done, Home, Import as Arriving, Opener, Own, Received};
use crate::output;
use crate::s3_client::AccessKey;
use crate::tls::Authority;

/// A bag, or a gateway's mirror, and where it goes.
#[derive(Args)]
pub(crate) struct Import {
    /// The bag, or the folder of a gateway's mirror
    bag: PathBuf,
    /// S3 of the gateway that it goes through: http://127.0.0.1:7501
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    authority: Authority,
    /// Access key of the institution at that gateway
    #[arg(long, value_name = "ID")]
    access_key: String,
    /// File with that key's secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// Folder of a gateway whose own key opens what is sealed in the bag, instead of the custodians' shares
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    data: Option<PathBuf>,
    #[command(flatten)]
    shares: GivenShares,
    /// Where it is noted how far the import came; by default beside the bag
    #[arg(long, value_name = "FILE")]
    notes: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// The key of the gateway in a folder, or without one the root, from custodians' shares.
///
/// # Errors
/// When the key isn't opened, or the shares aren't enough.
pub(crate) fn own_key(data: Option<&Path>, shares: &GivenShares) -> Result<Own> {
    let Some(data) = data else {
        return Ok(Own::Root(shares.root(None)?));
    };
    let folder = Folder::new(data);
    let pinned = Institution::of(&folder)?;
    let config = Config::load(&folder.config(), environment())?;
    let key = member_key::open(&folder, &Sources::new(config.passphrase_file))?;
    Ok(Own::Member(key, pinned.root.parse()?))
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
        let (bag, opener) = self.open()?;
        let done = Done::open(&self.notes(), &self.to)?;
        let deposits = Deposits::connect(self.authority.way_to(&self.to)?, key).await?;
        let told = Arriving::new(&bag, &opener, deposits, done).run().await?;
        if self.json {
            return output::line(&told.to_string());
        }
        output::line(&format!(
            "{} versions of objects in {} buckets, {} bytes, are at {}",
            told["versions"], told["buckets"], told["bytes"], self.to
        ))
    }

    /// The bag, or the mirror, and what opens it.
    fn open(&self) -> Result<(Received, Opener)> {
        if self.bag.is_dir() && Home::is_in(&self.bag)? {
            let own = own_key(self.data.as_deref(), &self.shares)?;
            let home = Received::Home(Box::new(Home::open(&self.bag, &own)?));
            let opener = Opener::new(&home, &own)?;
            return Ok((home, opener));
        }
        let bag = Received::open(&self.bag)?;
        let opener = match Opener::is_needed(&bag)? {
            true => Opener::new(&bag, &own_key(self.data.as_deref(), &self.shares)?)?,
            false => Opener::of_nothing(),
        };
        Ok((bag, opener))
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
