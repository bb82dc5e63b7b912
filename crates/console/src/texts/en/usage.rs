//! Usage.

use crate::texts::usage::UsageWords;

pub(crate) const WORDS: UsageWords = UsageWords {
    title: "Usage",
    held: "Held today",
    no_quota: "No limit is set for you; only the data centre's disk is one.",
    quota: |told, percent| format!("Of your quota: {told} ({percent}%)"),
    of: |held, most| format!("{held} of {most}"),
    objects: |told| format!("{told} objects"),
    quota_lead: "The operator set it, in an act of your ledger. A deposit beyond it is refused; what is there stays.",
    nearly_full: "nearly full",
    full: "full",
    line: |most| format!("The line is the quota: {most}."),
    lead: "Counted in your ledger, day by day (UTC), over ninety days: you can do each sum again from the journal.",
    unfinished: "The ledger was not read back over all these days yet: the oldest are missing.",
    again: "Count on",
    held_plot: "Held at the end of each day",
    deposited_plot: "Deposited each day",
    acts_plot: "Acts each day",
    plot_told: |from, to, top| {
        format!("From {from} to {to}; the highest: {top}. The numbers are in the table.")
    },
    top: "at most",
    table: "The days on which something happened",
    day: "Day",
    acts: "Acts",
    deposits: "Deposited",
    removals: "Removed",
    then: "Held",
    columns: [
        "day",
        "held_bytes",
        "acts",
        "deposits",
        "deposited_bytes",
        "removals",
        "removed_bytes",
        "removals_of_unknown_size",
    ],
    file: "Take this table along (CSV)",
};
