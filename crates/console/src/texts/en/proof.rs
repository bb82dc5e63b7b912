//! The live proof.

use crate::texts::proof::ProofWords;

pub(crate) const WORDS: ProofWords = ProofWords {
    title: "Live proof",
    lead: "In each epoch, one line of the national log commits the state of all ledgers at once. Independent witnesses \
           cosign it after checking that nothing was rewritten.",
    as_of: "As of",
    again: "Refresh",
    sound: "Cosigned, no anomaly",
    sound_told: |needed, of, ago| {
        format!("A quorum of {needed} witnesses of {of} vouches for the national log, {ago}.")
    },
    anomalies: "Anomalies reported",
    no_quorum: "The trust policy asks for no witness: what is recorded binds the operator, but nobody else vouches for it.",
    never_witnessed: "No epoch has been cosigned by a quorum of witnesses yet.",
    not_witnessed: |minutes| match minutes {
        1 => "No epoch has been cosigned by the quorum for a minute.".to_owned(),
        _ => format!("No epoch has been cosigned by the quorum for {minutes} minutes."),
    },
    silent: |name, minutes| match minutes {
        1 => format!("Witness {name} has not come for a minute."),
        _ => format!("Witness {name} has not come for {minutes} minutes."),
    },
    never_came: |name| format!("Witness {name} has never come yet."),
    behind: |ledger, have, signed| {
        format!(
            "A witness showed a signed checkpoint of ledger {ledger} at {signed} entries; the data centre has only {have}. \
             It takes nothing until the rest has been given back."
        )
    },
    forked: |ledger, size| {
        format!(
            "A witness showed, under the data centre's signature, another past of ledger {ledger} than the one it serves, \
             at {size} entries: it is a fork, and the evidence is kept."
        )
    },
    read_only: |why| {
        format!("No deposits are taken at the moment. The reason, in the program's words: {why}")
    },
    figures: "Figures",
    epoch: "Last epoch",
    no_epoch: "none yet",
    closed: "Closed, by the operator's clock",
    witnessed_epoch: "Last epoch that the quorum cosigned",
    none: "none",
    stood: "Quorum reached, by the witnesses' clocks",
    ledgers: "Ledgers",
    acts: "Acts recorded",
    quorum: "Quorum",
    quorum_told: |needed, of| format!("{needed} witnesses of {of}"),
    witnesses: "Witnesses",
    witnesses_lead: "A witness is a program kept by an institution, a court, a university. It reads no content: it checks \
                     that each state of the ledger extends the one before, then cosigns it.",
    no_witness: "The trust policy names no witness.",
    columns: [
        "Witness",
        "Last epoch cosigned",
        "When, by its own clock",
        "State",
    ],
    present: "present",
    absent: "absent",
    evidence: "To check for yourself",
    evidence_lead: "This page is only a summary, made by the operator. The proof is the checkpoint below with its \
                    signatures; the keys are in the trust policy, whose digest must be the one that you have from elsewhere.",
    digest: "SHA-256 of the trust policy",
    checkpoint: "Cosigned national checkpoint",
};
