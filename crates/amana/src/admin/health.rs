//! How the data centre is, for `amana doctor`.

use std::sync::{Arc, Weak};

use amana_ledger::Policy;
use amana_store::LedgerId;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::centre::{Centre, blocking};
use crate::health;

/// Everything at once.
pub(crate) async fn show(State(centre): State<Arc<Centre>>) -> Answer {
    Ok(Json(blocking(move || read(&centre)).await?))
}

/// The same, to whoever may block.
///
/// # Errors
/// A failure of the rows.
pub(crate) fn read(centre: &Centre) -> amana_store::Result<Value> {
    let mut shown = health::of_process(&centre.tls);
    shown["read_only"] = centre.store.read_only().into();
    let witnesses = last_seen(centre)?;
    let policy = centre.store.policy();
    shown["needed"] = needed(&policy.policy).into();
    let listed = witnesses
        .into_iter()
        .map(|(name, last_s)| json!({ "name": name, "last_s": last_s }));
    shown["witnesses"] = Value::from(listed.collect::<Vec<_>>());
    let server = centre.serving.get().and_then(Weak::upgrade);
    let altered = server.map(|server| server.altered_applications());
    let altered = altered
        .unwrap_or_default()
        .into_iter()
        .map(|state| json!({ "site": state.host.as_str(), "application": state.application }));
    shown["altered_applications"] = altered.collect();
    Ok(shown)
}

/// Each witness of the policy, and the time of its newest cosignature of the national log, by its own clock.
pub(crate) fn last_seen(centre: &Centre) -> amana_store::Result<Vec<(String, Option<u64>)>> {
    centre.store.read(|rows| {
        let kept = centre.store.cosignatures(rows, LedgerId::NATIONAL)?;
        let policy = centre.store.policy();
        let mut seen = Vec::new();
        for witness in policy.policy.witnesses() {
            let of_it = kept.iter().filter(|(_, line)| line.is_by(&witness.key));
            // They were verified when they were kept; the time stands first.
            let times = of_it.filter_map(|(_, line)| line.bytes.first_chunk());
            let last_s = times.map(|time_s| u64::from_be_bytes(*time_s)).max();
            let name = String::from_utf8_lossy(&witness.name).into_owned();
            seen.push((name, last_s));
        }
        Ok::<_, amana_store::Error>(seen)
    })
}

/// How many witnesses it takes, in the order of the policy; none where it asks for none.
fn needed(policy: &Policy) -> usize {
    if !policy.has_quorum() {
        return 0;
    }
    let listed = policy.witnesses();
    let enough = |count: &usize| {
        policy.quorum_met(&|key| listed[..*count].iter().any(|witness| witness.key == *key))
    };
    (1..=listed.len()).find(enough).unwrap_or(listed.len())
}
