//! `amana receipt verify` on what a gateway kept when something did not fit.

use std::path::Path;

use amana_gateway::{Evidence, Finding};
use amana_ledger::Policy;
use amana_store::clock;
use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::output;

/// Weighs evidence under a trust policy, and prints what came of it.
///
/// # Errors
/// Unless the operator's own signatures prove the claim to anybody.
pub(super) fn judge(file: &Path, bytes: &[u8], policy: &Policy, json: bool) -> Result<()> {
    let evidence = Evidence::parse(bytes)
        .with_context(|| format!("{} begins as evidence, and is not whole", file.display()))?;
    let judgement = evidence.judge(policy);
    let (claim, finding) = (judgement.claim.code(), judgement.finding.code());
    if json {
        let shown = json!({
            "claim": claim,
            "finding": finding,
            "says": judgement.says,
            "ledger": evidence.origin,
            "when": clock::rfc3339(evidence.when_ms),
            "why": evidence.why,
        });
        output::line(&shown.to_string())?;
    } else {
        output::line(&format!(
            "{claim}: {finding}\n  {}\n  noticed {} in {}: {}",
            judgement.says,
            clock::rfc3339(evidence.when_ms),
            evidence.origin,
            evidence.why
        ))?;
    }
    match judgement.finding {
        Finding::Proven => Ok(()),
        Finding::Testimony => bail!(
            "{}: what it shows holds, and the claim rests on the word of the gateway that noticed it",
            file.display()
        ),
        Finding::NotProven => bail!("{} does not prove what it claims", file.display()),
    }
}
