//! `amana restore`: a data centre again from a mirror, on a bare machine.

use std::path::PathBuf;

use amana_ledger::Policy;
use amana_store::keys::Keys;
use amana_store::mirror::{Mirror, restore};
use amana_store::{Options, Store};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::centre::catalog;
use crate::config::{Config, path_in};
use crate::durable::{give_to_owner, is_roots, make_private_folder, write_whole};
use crate::mirror::{MirrorConfig, Restoring, Stop, local_offset_s, open_place, pace};
use crate::output;
use crate::tls::own_authority;

/// Make a data centre again from a mirror.
#[derive(Args)]
pub(crate) struct Restore {
    /// The place that holds the mirror: a folder, or s3://bucket/prefix
    #[arg(long, value_name = "PLACE")]
    from: String,
    /// Where the bucket is
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The bucket's region
    #[arg(long)]
    region: Option<String>,
    /// File with the bucket's access key, mode 600, as `amana access-key create --json` prints it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Whom to believe at an https:// endpoint: a file with the authority's certificate, or its digest, sha256:…;
    /// without it, whom this system believes
    #[arg(long, value_name = "FILE|DIGEST")]
    authority: Option<String>,
    /// The folder of the data centre, which is made, or empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The operator's seed, from its backup: the file keys/operator.seed. No mirror has it
    #[arg(long, value_name = "FILE")]
    seed_file: PathBuf,
    /// The trust policy, from a source that isn't the place, such as a gazette; without it the mirrored one is taken
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The place is the operator's own, and its mirror not sealed
    #[arg(long)]
    operator: bool,
    /// The policy asks for no witnesses, so that none is waited for
    #[arg(long)]
    without_witnesses: bool,
    /// Take this configuration instead of the mirrored one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Wait until all content is there, instead of letting the server fetch it
    #[arg(long)]
    all: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Restore {
    /// The trust policy that the folder gets. Without a quorum nobody is waited for, which must be meant.
    fn trust_policy(&self, mirror: &Mirror) -> Result<Vec<u8>> {
        let text = match &self.policy {
            Some(file) => std::fs::read(file).with_context(|| file.display().to_string())?,
            None => mirror.policy()?,
        };
        let policy = Policy::parse(&text).context("the trust policy")?;
        if !policy.has_quorum() && !self.without_witnesses {
            bail!(
                "the trust policy asks for no witnesses: nobody could tell whether this mirror is behind, or whether the \
                 policy is an old one. Give the published one with --policy FILE, or say --without-witnesses if there \
                 never were any"
            );
        }
        Ok(text)
    }

    /// The place, by names that the server which fetches the rest understands, wherever it is started.
    fn place(&self) -> MirrorConfig {
        let from = MirrorConfig {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            key_file: self.key_file.clone(),
            operator: self.operator.then_some(true),
            authority: self.authority.clone(),
            ..MirrorConfig::of_place(&self.from)
        };
        from.absolute()
    }

    pub(crate) fn run(self) -> Result<()> {
        let from = self.place();
        let seed = std::fs::read_to_string(&self.seed_file)
            .with_context(|| self.seed_file.display().to_string())?;
        let seed = Zeroizing::new(seed);
        let config = match &self.config {
            Some(file) => {
                Config::read(file)?;
                Some(std::fs::read_to_string(file)?)
            }
            None => None,
        };
        let place = open_place(&from, &Stop::default())?;
        // The mirror's key is the same whatever the data centre is called.
        let key = Keys::of_text(&seed, "any")?.mirror_key();
        let mirror = Mirror::open(place, Some(key))?;
        if !mirror.is_sealed() && !from.is_operators() {
            bail!(
                "{}: this mirror isn't sealed, so that whoever writes there may have made it; if the place is the \
                 operator's own, say so with --operator",
                self.from
            );
        }
        let policy = self.trust_policy(&mirror)?;
        let policy_sha256 = hex::encode(Sha256::digest(&policy));
        make_private_folder(&self.data)?;
        let rebuilt = restore(&mirror, &self.data, &seed, &policy, &catalog())?;
        if let Some(config) = config {
            write_whole(&path_in(&self.data), &config)?;
        }
        Restoring::note(&self.data, &from)?;
        let centre = &mirror.head().centre;
        // A mirrored configuration may say that large content is in an object store: what is missing there goes there.
        let config = Config::read(&path_in(&self.data))?;
        let options = Options {
            object_place: config.object_place()?,
            ..Options::new(centre)
        };
        let store = Store::open(&self.data, catalog(), options)?;
        own_authority::bring_back(&self.data, &store)?;
        let mut missing = Vec::new();
        if self.all {
            let stop = Stop::default();
            let pace = pace(Vec::new(), local_offset_s(), stop.clone());
            let restoring =
                Restoring::find(&self.data)?.context("the note of this restore is gone")?;
            missing = restoring.fetch(&store, &pace, &stop)?.missing;
        }
        drop(store);
        give_to_owner(&self.data)?;
        let as_of = amana_store::clock::rfc3339(mirror.head().time_ms);
        if self.json {
            return output::line(
                &json!({
                    "centre": mirror.head().centre, "as_of": as_of, "ledgers": rebuilt.ledgers,
                    "entries": rebuilt.entries, "missing": missing, "policy_sha256": policy_sha256,
                })
                .to_string(),
            );
        }
        for missing in &missing {
            output::line(&format!("could not be had: {missing}"))?;
        }
        if self.policy.is_none() {
            output::line(&format!(
                "The trust policy is the mirrored one. Compare its SHA-256 with the published one: {policy_sha256}"
            ))?;
        }
        let data = self.data.display();
        output::line(&format!(
            "{}: {} ledgers and {} entries as of {as_of}. Start it with: amana serve --data {data}",
            mirror.head().centre,
            rebuilt.ledgers,
            rebuilt.entries
        ))?;
        output::line(&format!(
            "It serves at once, and takes writes when a quorum of its witnesses has called. What was recorded after that and \
             isn't mirrored shows then: amana mirror lost --data {data}"
        ))?;
        if is_roots(&self.data) {
            output::line(&format!(
                "The folder is root's: if the service runs as another user, give it to them first: chown -R amana: {data}"
            ))?;
        }
        Ok(())
    }
}
