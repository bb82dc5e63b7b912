//! Support, as the operator sees it.

use crate::texts::support::SupportWords;

pub(crate) const WORDS: SupportWords = SupportWords {
    title: "Support",
    lead: "The institutions that let you in. Each page that you open is first recorded in their ledger, under your number.",
    none: "No institution lets you in now.",
    until: |until| format!("until {until}"),
    inside: |institution| {
        format!("You are in the space of {institution}; this look was just recorded in its ledger.")
    },
};
