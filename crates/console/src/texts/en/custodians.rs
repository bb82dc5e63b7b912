//! Custodians.

use crate::texts::custodians::CustodianWords;

pub(crate) const WORDS: CustodianWords = CustodianWords {
    title: "Custodians",
    lead: "Your institution's keys are whole nowhere: custodians have a page of words each, and several together rebuild them.",
    none: "None: your institution has no gateway yet, and so no keys to share.",
    set_up: "Set up a gateway",
    plan: "How many, of how many",
    of: |needed, pages| {
        let plural = if pages < 2 { "" } else { "s" };
        format!("{needed} of {pages} page{plural}")
    },
    of_groups: |needed| match needed {
        1 => "one of the groups:".to_owned(),
        _ => format!("{needed} of the groups:"),
    },
    set_told: |plan, set| format!("{plan} (set {set})"),
    set: "Set of pages no.",
    keyring: "Keyring no.",
    unknown: "The data centre knows neither their names nor their words: your institution alone knows who holds which page.",
    drills: "Drills",
    no_drill: "No drill is recorded.",
    due: |day| format!("The next drill is due before {day}."),
    overdue: |day| format!("The drill is late: it was due on {day}."),
    day: "Day",
    took_part: "Pages together",
    outcome: "Outcome",
    recorded_by: "Recorded by",
    rebuilt: "keys rebuilt",
    failed: "failed",
    entry: "entry",
    how: "Holding the drill, once a year",
    steps: &[
        "Gather as many custodians as it takes, each with the page, at the gateway's machine.",
        "Run the command below and type the words of each page: it rebuilds the keys, compares them with those of the keyring, \
         and forgets them. Nothing is changed.",
        "Put the pages away. If one is missing or can't be read any more, make a new set of pages (amana keys reshare).",
        "Record here the day, the numbers of the pages and the outcome, even a bad one.",
    ],
    command: "amana keys shares --rehearse",
    record: "Record a drill",
    numbers: "Numbers of the pages that were together",
    numbers_hint: "For instance 1, 3, 4.",
    note: "Remark (optional)",
    save: "Record",
};
