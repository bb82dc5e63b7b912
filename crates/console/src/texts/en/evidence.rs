//! The evidence pack.

use crate::texts::evidence::EvidenceWords;

pub(crate) const WORDS: EvidenceWords = EvidenceWords {
    title: "Evidence",
    lead: "What an auditor is handed of a month: to print, or to take along with all it takes to verify without us.",
    month: "Month (UTC)",
    entries: "Receipts to come along",
    entries_hint: "Numbers of entries, for instance 12, 15; otherwise the newest of the month, twenty at most.",
    show: "Show",
    pack: "Take the pack along (ZIP)",
    pack_told: "This page, the month's journal and usage as tables, the receipts, the trust policy, and a small program that \
                verifies them.",
    institution: "Institution",
    centre: "Data centre",
    made: "Made on",
    ledger: "The ledger",
    witnessed: |entries, when| format!("{entries} acts witnessed by a quorum, on {when}."),
    acts_label: "Acts of the month",
    acts: |count, first, last| format!("{count}, entries {first} to {last}"),
    no_acts: "none",
    usage: "Statement of usage",
    came: "Objects deposited",
    went: "Versions removed for good",
    uncounted: "The month was not counted whole yet: load this page again.",
    availability: "Availability",
    there: |epochs, gaps, minutes| match gaps {
        0 => format!("{epochs} epochs closed, never more than five minutes apart."),
        gaps => format!(
            "{epochs} epochs closed; interruptions of more than five minutes: {gaps}, {minutes} minutes in all."
        ),
    },
    gap: |from, until| format!("from {from} to {until}"),
    unlooked: "Not all was looked at: there may be more.",
    limits: &[
        "While it runs and takes acts, the data centre closes an epoch at least each minute; a long interruption means that it \
         stood still, or was read-only.",
        "The times are the operator's; the witnesses who cosign each epoch bound them, and keep at home what they saw and when.",
        "This doesn't tell whether your line worked, whether an answer was slow, or whether files could be read.",
    ],
    receipts: "Receipts",
    policy: "Digest of the trust policy, to be compared with that in the official gazette or in a letter:",
    verify: "Verifying without us",
    steps: &[
        "Compare the policy's digest with a source that isn't the operator.",
        "Verify each receipt, offline, with one of the two independent programs:",
        "A witnessed receipt proves that the act was recorded, in this form, when the quorum cosigned. What stands in these \
         tables without a receipt is our word: ask for the receipt of any line that counts.",
    ],
    cut: "The journal of this month is too long for this pack: it is cut. Take it along from the page Journal.",
    files: "In this pack",
};
