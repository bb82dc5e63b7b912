//! Verify a receipt.

use crate::texts::verify::{Script, VerifyWords};

pub(crate) const WORDS: VerifyWords = VerifyWords {
    title: "Verify a receipt",
    lead: "A receipt proves that an act is recorded, and that the witnesses saw it. It is verified right here, on your \
           device: nothing is sent.",
    unable: "This browser cannot verify here: it takes JavaScript, Ed25519 signatures (Chrome or Edge 137, Firefox 129, \
             Safari 17, or newer), and this page over HTTPS. Otherwise follow the steps below.",
    receipt: "The receipt",
    receipt_hint: "Choose the file, or drop it anywhere in this frame.",
    pasted: "… or its text, pasted here",
    policy: "The trust policy that you have from elsewhere (optional)",
    policy_hint: "Without a file, the one that this data centre serves is the judge: then compare its digest.",
    digest: "The published SHA-256 of the policy (optional)",
    digest_hint: "64 digits and letters: in the official gazette, in a letter, anywhere but here.",
    verify: "Verify",
    alone: "Verify without us",
    alone_lead: "This page is served to you by the data centre whose receipts it judges. A dishonest one could serve a page \
                 that lies. For what matters, verify offline, with a program obtained elsewhere:",
    by_command: "by the command, on your own machine, without a network:",
    command: "amana receipt verify FILE --policy POLICY",
    by_other: "by a second implementation, written in Python from the description of the format alone:",
    other: "the program verify-receipt.py",
    by_format: "or by writing your own, from the formats:",
    script: Script {
        witnessed: "Recorded and witnessed",
        witnessed_told: "The chain holds from end to end, and the policy's quorums of witnesses vouch for the act.",
        recorded: "Recorded, not yet witnessed",
        refused: "Refused",
        nothing: "No receipt",
        nothing_told: "Choose a file, or paste the text of a receipt.",
        failed: "The verification could not be done.",
        digest_unknown: "This verdict is worth what the policy is worth: compare its digest with the one that you have from \
                         elsewhere.",
        digest_agrees: "The policy has the digest that you gave.",
        digest_differs: "The policy does not have the digest that you gave: do not rely on this verdict.",
        policy_digest: "Digest of the policy",
        ledger: "Ledger",
        index: "Number of the entry",
        ledger_time: "Quorum of the ledger reached",
        national_time: "National quorum reached",
        cosigners: "Cosigned by",
        core: "The act",
        body: "Its details",
    },
};
