//! What this data centre is.

use crate::texts::centre::CentreWords;

pub(crate) const WORDS: CentreWords = CentreWords {
    title: "A data centre that nobody has to trust",
    lead: "Ministries and agencies deposit their files here. Usually they would have to take the operator's word. Here, \
           what it promises can be checked: by each institution, by a court, by a journalist, without asking its leave.",
    now: "Right now",
    witnessed: |needed, of, ago| {
        format!(
            "The national log, which commits the state of all others, is cosigned by at least {needed} witnesses of {of} \
             ({ago})."
        )
    },
    troubled: "An anomaly is reported: the live proof says which.",
    unwitnessed: "No quorum of witnesses has cosigned this data centre yet: what it records binds it, but it alone \
                  vouches for it.",
    holds: |ledgers, ledgers_told, acts_told| match ledgers {
        1 => format!("{ledgers_told} ledger, {acts_told} acts recorded."),
        _ => format!("{ledgers_told} ledgers, {acts_told} acts recorded."),
    },
    see_proof: "See the live proof",
    promises: "What the operator cannot do",
    promise: [
        (
            "Read what is sealed",
            "An institution encrypts its files at home, on its own gateway. The keys never leave it; its custodians keep \
             the shares on paper.",
        ),
        (
            "Rewrite, hide or fork history",
            "Every act is an entry in a ledger that only grows. Independent witnesses check and cosign each of its \
             states: a page torn out would show.",
        ),
        (
            "Hold hostage",
            "Open formats, ordinary tools, and one command to leave with everything, receipts included.",
        ),
        (
            "Lose something unnoticed",
            "Nothing is confirmed before it is on disk. Everything is read again regularly and compared with the ledger; \
             a damaged copy is healed or reported, never served.",
        ),
    ],
    custody: "Three classes of custody",
    custody_lead: "They are always told apart: before you entrust anything, look at its class.",
    columns: [
        "Class",
        "What is there",
        "Who can read it",
        "What is proved",
    ],
    classes: [
        [
            "Sealed at home",
            "The files of an institution with a gateway: the rule, unless it chooses otherwise.",
            "The institution alone. The operator is blind, and provably so.",
            "That the institution signed the act, and when it was recorded.",
        ],
        [
            "Hosted",
            "Applications and open buckets, with a recorded reason.",
            "The institution; the operator could as well. Its declared accesses are recorded.",
            "That the data centre recorded the act, and when.",
        ],
        [
            "Public",
            "Sites, open data, the list of releases of the software.",
            "Everybody.",
            "That everybody sees the same, and who published it.",
        ],
    ],
    limits: "What cannot be promised",
    limits_lead: "No technique gives it; whoever promised it would deceive you.",
    limit: [
        "That sizes, times and the names of buckets are hidden: the operator sees them, even of what is sealed.",
        "That the operator cannot read what is hosted and not sealed.",
        "That keys come back if an institution loses the shares of too many custodians: nobody else has them.",
        "That the data centre always answers: it can fail or refuse. Copies and the freedom to leave are the remedy.",
        "That a recorded act is right: the ledger proves what was done and when, not that it was well done.",
        "Anything at all, if all witnesses of a quorum collude with the operator: choose them independent.",
    ],
    check: "Check without believing us",
    check_lead: "Every deposit gives a receipt, a small text file. It is verified offline, for ever:",
    step: [
        "Get the digest of the trust policy from somewhere else than here: the official gazette, a letter.",
        "Compare it with the one below. If they differ, believe nothing that this site shows, and say so.",
        "Verify the receipt with that policy on your own machine: amana receipt verify, or somebody else's program, which \
         the published format lets them write.",
    ],
    digest: "SHA-256 of the trust policy served here",
};
