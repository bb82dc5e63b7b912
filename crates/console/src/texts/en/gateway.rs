//! A gateway's page.

use crate::texts::gateway::GatewayWords;

pub(crate) const WORDS: GatewayWords = GatewayWords {
    title: "Gateway of",
    lead: "It is the institution's own: it seals what leaves, checks what comes back, and lets no key out.",
    again: "Refresh",
    alone: "ONE PERSON ALONE holds all keys of the institution",
    alone_told: "If that page is lost, all is lost; if it is stolen, all can be read. Share it:",
    pages: "The custodians' pages are still on this disk",
    pages_told: "Print them, hand them over, then erase:",
    no_alarm: "No alarm",
    alarms: "Alarms",
    evidence: "Evidence:",
    keep: "Keep these files and show them to somebody else: amana receipt verify judges them.",
    vouches: |ago| format!("What it serves is cosigned by a fresh quorum ({ago})."),
    cannot_vouch: "No fresh quorum: it cannot vouch that what it serves is the newest.",
    figures: "Figures",
    line: "Line",
    connected: "connected to the data centre",
    not_connected: "the data centre does not answer; it is tried again by itself",
    ledger: "Ledger followed",
    followed_of: |followed, known| format!("{followed} entries of {known}"),
    witnessed: "Entries that the quorum has cosigned",
    never: "none yet",
    last: "Last quorum:",
    queue: "Acts waiting for their answer",
    spool: "Deposits kept here until the data centre has them",
    spooled: |acts, bytes| format!("{acts} ({bytes} bytes)"),
    keyring: "Keyring in force, number",
    custodians: "Custodians and set of pages",
};
