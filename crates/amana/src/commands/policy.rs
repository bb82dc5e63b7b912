//! `amana policy`: whom one has to trust, and how many of them.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::cli::Reach;
use crate::client::segment;

/// The trust policy.
#[derive(Subcommand)]
pub(crate) enum Policy {
    /// Show the policy, and the SHA-256 to compare with a source that isn't the operator
    Show(Reach),
    /// Witnesses that the policy lists
    #[command(subcommand)]
    Witness(Witness),
    /// Set how many witnesses must cosign
    Quorum(Quorum),
}

/// Witnesses.
#[derive(Subcommand)]
pub(crate) enum Witness {
    /// List a witness, by the key that `amana witness` shows at its first start
    Add(Add),
    /// Take a witness off the list
    Remove(Remove),
}

/// A new witness.
#[derive(Args)]
pub(crate) struct Add {
    /// A short name for it
    name: String,
    /// Its verifier key: name+id+key
    key: String,
    /// How many must cosign from now on; by default, as many as make any two groups share an honest one
    #[arg(long, value_name = "K")]
    quorum: Option<usize>,
    #[command(flatten)]
    reach: Reach,
}

/// Which witness.
#[derive(Args)]
pub(crate) struct Remove {
    /// Its name in the policy
    name: String,
    #[command(flatten)]
    reach: Reach,
}

/// How many must cosign.
#[derive(Args)]
pub(crate) struct Quorum {
    /// How many witnesses; by default, as many as make any two groups share an honest one
    k: Option<usize>,
    #[command(flatten)]
    reach: Reach,
}

impl Policy {
    pub(crate) async fn run(self) -> Result<()> {
        let (reach, policy) = match self {
            Self::Show(reach) => {
                let policy = reach.client().get("/v1/policy").await?;
                (reach, policy)
            }
            Self::Witness(Witness::Add(Add {
                name,
                key,
                quorum,
                reach,
            })) => {
                let new = json!({ "name": name, "key": key, "quorum": quorum });
                let policy = reach.client().post("/v1/policy/witnesses", &new).await?;
                (reach, policy)
            }
            Self::Witness(Witness::Remove(Remove { name, reach })) => {
                let path = format!("/v1/policy/witnesses/{}", segment(&name));
                let policy = reach.client().delete(&path).await?;
                (reach, policy)
            }
            Self::Quorum(Quorum { k, reach }) => {
                let new = json!({ "quorum": k });
                let policy = reach.client().post("/v1/policy/quorum", &new).await?;
                (reach, policy)
            }
        };
        reach.print(&policy, || shown(&policy))
    }
}

fn shown(policy: &Value) -> String {
    let field = |name: &str| policy[name].as_str().unwrap_or_default().to_owned();
    format!("{}\nSHA-256 {}", field("text"), field("sha256"))
}
