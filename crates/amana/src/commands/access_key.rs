//! `amana access-key`: what an institution's software signs its requests with.

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

use super::institution::Of;
use crate::cli::Reach;
use crate::client::segment;

/// Access keys.
#[derive(Subcommand)]
pub(crate) enum AccessKey {
    /// Hand out a key; its secret is shown this once
    Create(Create),
    /// List the keys of an institution
    List(Of),
    /// Let a public key in by SFTP in a key's place, at the gateway that has it
    Authorize(Authorize),
    /// End a key
    Revoke(Revoke),
}

/// Which key, for which access key.
#[derive(Args)]
pub(crate) struct Authorize {
    /// The access key's id
    id: String,
    /// File with the public key, such as id_ed25519.pub
    file: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

/// A new key.
#[derive(Args)]
pub(crate) struct Create {
    #[command(flatten)]
    of: Of,
    /// What it may do: read, write, own, which also creates, configures and deletes buckets, or bypass, which also ends
    /// retention in governance mode early
    #[arg(long, default_value = "own", value_parser = ["read", "write", "own", "bypass"])]
    right: String,
    /// The buckets it is for; all when none is named
    #[arg(long = "bucket", value_name = "BUCKET")]
    buckets: Vec<String>,
    /// What it is for, in 1 to 80 characters, as lists, the journal and alerts show it
    #[arg(long, value_name = "TEXT")]
    label: Option<String>,
    /// Keep this id, of a key brought from another store; needs --secret-file
    #[arg(long, value_name = "ID", requires = "secret_file")]
    id: Option<String>,
    /// File with the secret of that key; - reads stdin
    #[arg(long, value_name = "FILE", requires = "id")]
    secret_file: Option<PathBuf>,
}

/// Which key.
#[derive(Args)]
pub(crate) struct Revoke {
    /// The key's id
    id: String,
    /// Only if it is this institution's
    #[arg(long, value_name = "NAME")]
    institution: Option<String>,
    #[command(flatten)]
    reach: Reach,
}

impl AccessKey {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List(of) => {
                let list = of.reach.client().get(&of.path("/access-keys")?).await?;
                of.reach.print_table(
                    &list,
                    &[
                        "access_key_id",
                        "label",
                        "right",
                        "buckets",
                        "since",
                        "revoked",
                    ],
                )
            }
            Self::Authorize(authorize) => authorize.run().await,
            Self::Revoke(Revoke {
                id,
                institution,
                reach,
            }) => {
                let mut path = format!("/v1/access-keys/{}", segment(&id));
                if let Some(institution) = institution {
                    path += &format!("?institution={}", segment(&institution));
                }
                let revoked = reach.client().delete(&path).await?;
                reach.print(&revoked, || format!("access key {id} is revoked"))
            }
        }
    }
}

impl Authorize {
    async fn run(self) -> Result<()> {
        let key = std::fs::read_to_string(&self.file)
            .with_context(|| format!("{}: the public key can't be read", self.file.display()))?;
        let path = format!("/v1/access-keys/{}/public-keys", segment(&self.id));
        let new = json!({ "public_key": key });
        let let_in = self.reach.client().post(&path, &new).await?;
        self.reach.print(&let_in, || {
            let fingerprint = let_in["fingerprint"].as_str().unwrap_or_default();
            format!("{fingerprint} is let in by SFTP as {}", self.id)
        })
    }
}

impl Create {
    async fn run(self) -> Result<()> {
        let of = &self.of;
        let buckets = (!self.buckets.is_empty()).then_some(&self.buckets);
        let mut new = json!({ "grant": { "right": self.right, "buckets": buckets } });
        if let Some(label) = &self.label {
            new["label"] = json!(label);
        }
        if let Some(given) = self.given()? {
            new["given"] = given;
        }
        let key = of
            .reach
            .client()
            .post(&of.path("/access-keys")?, &new)
            .await?;
        of.reach.print(&key, || {
            let field = |name: &str| key[name].as_str().unwrap_or_default().to_owned();
            format!(
                "access key id      {}\nsecret access key  {}\nThe secret is not shown again.",
                field("access_key_id"),
                field("secret_access_key")
            )
        })
    }

    /// The secret comes from a file: on the command line, every user of the machine could read it.
    fn given(&self) -> Result<Option<Value>> {
        let (Some(id), Some(file)) = (&self.id, &self.secret_file) else {
            return Ok(None);
        };
        let read = if file.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(file)
        };
        let secret =
            read.with_context(|| format!("{}: the secret can't be read", file.display()))?;
        let secret = secret.trim();
        if secret.is_empty() {
            bail!("{}: there is no secret in it", file.display());
        }
        Ok(Some(
            json!({ "access_key_id": id, "secret_access_key": secret }),
        ))
    }
}
