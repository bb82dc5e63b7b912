//! A ledger's own quorum, for an institution whose gateway brought its witness: that witness, and one of the others.
//!
//! It adds to the trust policy's quorum, and counts only witnesses that the policy lists: so it comes into force once the
//! operator has taken the institution's witness into the policy, which every institution sees by the policy's digest.

use std::sync::Arc;

use amana_access::InstitutionName;
use amana_ledger::VerifierKey;
use amana_store::national::quorum::SetQuorum;
use amana_store::{CommitError, LedgerInfo, Reader};

use crate::centre::{Centre, blocking};

/// Names of the groups in a ledger's own quorum; no witness of the policy bears one.
const PEERS: &str = "own-peers";
const BOTH: &str = "own-quorum";

/// Whether a witness can't have that name.
pub(crate) fn is_reserved(name: &str) -> bool {
    [PEERS, BOTH].contains(&name)
}

/// Gives the ledger of every enrolled institution the quorum that its witness allows; those that have it are left alone.
///
/// # Errors
/// A failure of the store.
pub(crate) async fn settle(centre: &Arc<Centre>, by: &str) -> amana_store::Result<()> {
    let reader = centre.clone();
    let due = blocking(move || due(&reader)).await?;
    for (ledger, lines) in due {
        let act = SetQuorum::new(ledger, by, &lines)?;
        match centre.store.commit(act).await {
            Ok(_) => {}
            Err(CommitError::Store(error)) => return Err(error),
            Err(CommitError::Busy) => {
                return Err(amana_store::Error::Failed {
                    why: "too many requests wait to be recorded".into(),
                });
            }
            Err(CommitError::Refused(never)) => match never {},
        }
    }
    Ok(())
}

/// The ledgers whose own quorum isn't yet what their witness allows, and what it should be.
fn due(centre: &Centre) -> amana_store::Result<Vec<(amana_store::LedgerId, String)>> {
    let policy = centre.store.policy();
    let listed: Vec<(String, VerifierKey)> = policy
        .policy
        .witnesses()
        .iter()
        .map(|witness| {
            let name = String::from_utf8_lossy(&witness.name).into_owned();
            (name, witness.key.clone())
        })
        .collect();
    let mut due = Vec::new();
    for (ledger, name) in centre.store.read(amana_access::Access::enrolled)? {
        let Ok(institution) = name.parse::<InstitutionName>() else {
            continue;
        };
        let own = centre.access.own_witness(&institution);
        let Ok(Some(own)) = own else { continue };
        let Some(lines) = lines(&listed, &own) else {
            continue;
        };
        let has = centre.store.read(|rows: &Reader<'_>| {
            let info = LedgerInfo::by_id(rows, ledger)?;
            let sql = "SELECT lines FROM ledger_quorums WHERE ledger = $1";
            let has = rows.one(sql, &[ledger.0.into()], |row| Ok(row.text(0)?.to_owned()))?;
            Ok::<_, amana_store::Error>(info.and(has))
        })?;
        if has.as_deref() != Some(&lines) {
            due.push((ledger, lines));
        }
    }
    Ok(due)
}

/// The quorum: the institution's own witness, and any one of the others if there are any. Nothing while the policy doesn't
/// list the own one.
fn lines(listed: &[(String, VerifierKey)], own: &str) -> Option<String> {
    let is_own = |key: &VerifierKey| key.to_string() == own;
    let (name, _) = listed.iter().find(|(_, key)| is_own(key))?;
    let mut lines = String::new();
    for (name, key) in listed {
        lines += &format!("witness {name} {key}\n");
    }
    let peers: Vec<&str> = listed
        .iter()
        .filter(|(_, key)| !is_own(key))
        .map(|(name, _)| name.as_str())
        .collect();
    if peers.is_empty() {
        return Some(lines + &format!("quorum {name}\n"));
    }
    let peers = peers.join(" ");
    Some(
        lines
            + &format!(
                "group {PEERS} any {peers}\ngroup {BOTH} all {name} {PEERS}\nquorum {BOTH}\n"
            ),
    )
}
