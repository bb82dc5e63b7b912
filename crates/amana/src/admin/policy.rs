//! The trust policy: shown, and its witnesses changed.

use std::sync::Arc;

use amana_ledger::{Hash, VerifierKey};
use amana_store::national::policy::TrustPolicy;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asker;
use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking};
use crate::own_quorums;

pub(crate) async fn show(State(centre): State<Arc<Centre>>) -> Json<Value> {
    Json(shown(&centre.store.policy()))
}

/// A new witness.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWitness {
    name: String,
    key: String,
    quorum: Option<usize>,
}

pub(crate) async fn add_witness(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Json(new): Json<NewWitness>,
) -> Answer {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let reserved =
        ["none", GROUP].contains(&new.name.as_str()) || own_quorums::is_reserved(&new.name);
    if new.name.is_empty() || new.name.len() > 100 || !new.name.chars().all(plain) || reserved {
        return Err(Refusal::wrong(
            "invalid",
            format!(
                "a witness's name is 1 to 100 letters, digits, dots, dashes and underscores, and neither none nor {GROUP}"
            ),
        ));
    }
    let key: VerifierKey = new.key.parse()?;
    let policy = newest(&centre).await?;
    let mut witnesses = witnesses(&policy);
    witnesses.push((new.name, key));
    replace(centre, policy, witnesses, new.quorum, by).await
}

/// How many must cosign.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quorum {
    quorum: Option<usize>,
}

pub(crate) async fn remove_witness(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(name): Path<String>,
) -> Answer {
    let policy = newest(&centre).await?;
    let mut witnesses = witnesses(&policy);
    let before = witnesses.len();
    witnesses.retain(|(known, _)| *known != name);
    if witnesses.len() == before {
        return Err(Refusal::wrong(
            "unknown-witness",
            format!("the policy has no witness named {name}"),
        ));
    }
    replace(centre, policy, witnesses, None, by).await
}

pub(crate) async fn set_quorum(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Json(Quorum { quorum }): Json<Quorum>,
) -> Answer {
    let policy = newest(&centre).await?;
    let witnesses = witnesses(&policy);
    replace(centre, policy, witnesses, quorum, by).await
}

/// The group that holds all witnesses in the policy's file.
const GROUP: &str = "witnesses";

/// The one in force, whichever node was given it.
async fn newest(centre: &Arc<Centre>) -> Result<Arc<TrustPolicy>, Refusal> {
    let centre = centre.clone();
    Ok(blocking(move || centre.store.newest_policy()).await?)
}

async fn replace(
    centre: Arc<Centre>,
    instead_of: Arc<TrustPolicy>,
    witnesses: Vec<(String, VerifierKey)>,
    quorum: Option<usize>,
    by: Asker,
) -> Answer {
    let changed = centre.clone();
    let policy = blocking(move || -> amana_store::Result<_> {
        centre
            .store
            .set_witnesses(&instead_of, &witnesses, quorum)?;
        Ok(centre.store.policy())
    });
    match policy.await {
        Ok(policy) => {
            own_quorums::settle(&changed, by.as_str()).await?;
            Ok(Json(shown(&policy)))
        }
        // The store names its file; what was wrong is what was asked.
        Err(amana_store::Error::Folder { why, .. }) => Err(Refusal::wrong("invalid", why)),
        Err(error) => Err(error.into()),
    }
}

fn witnesses(policy: &TrustPolicy) -> Vec<(String, VerifierKey)> {
    let all = policy.policy.witnesses().iter();
    all.map(|witness| {
        (
            String::from_utf8_lossy(&witness.name).into_owned(),
            witness.key.clone(),
        )
    })
    .collect()
}

fn shown(policy: &TrustPolicy) -> Value {
    let witnesses: Vec<Value> = witnesses(policy)
        .iter()
        .map(|(name, key)| json!({ "name": name, "key": key.to_string() }))
        .collect();
    json!({
        "sha256": hex::encode(Hash::of(&[policy.text.as_bytes()]).as_bytes()),
        "witnesses": witnesses,
        "has_quorum": policy.policy.has_quorum(),
        "text": policy.text,
    })
}
