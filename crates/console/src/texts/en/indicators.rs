//! Indicators.

use amana_access::Exercise;

use crate::texts::indicators::IndicatorWords;

pub(crate) const WORDS: IndicatorWords = IndicatorWords {
    title: "Indicators",
    lead: "What the data centre gives, in figures, for who pays for it.",
    as_of: "As of",
    indicator: "Indicator",
    value: "Value",
    institutions: "Institutions hosted",
    deposits: "Deposits kept",
    acts: "Acts recorded in ledgers",
    restores: "Restores tried",
    trained: "People trained",
    certified: "People certified by the school",
    drills: "Key recovery drills by custodians",
    drills_rebuilt: "Drills that rebuilt the keys",
    csv: "Download (CSV)",
    exercises: "Exercises and training",
    exercise: |exercise| match exercise {
        Exercise::Restore => "Restore tried",
        Exercise::Training => "Training",
    },
    kind: "Kind",
    people: "People",
    what: "What was done",
    receipt: "Receipt",
    record: "Record an exercise",
    record_lead: "The act goes to the public ledger operator/notices: anybody can verify its receipt. Name nobody in it.",
};
