//! Notices and the directory.

use amana_access::Severity;

use crate::texts::notices::NoticeWords;

pub(crate) const WORDS: NoticeWords = NoticeWords {
    title: "Notices",
    lead: "Incidents and maintenance, told by the operator in a public ledger: a notice can be neither withdrawn nor changed afterwards.",
    operator_lead: "A notice in force is shown to everybody who is signed in, and to all at",
    none: "No notices.",
    notice: "Notice",
    kind: "Kind",
    severity: |severity| match severity {
        Severity::Information => "Information",
        Severity::Maintenance => "Maintenance",
        Severity::Incident => "Incident",
    },
    state: |state| match state {
        "planned" => "planned",
        "current" => "in force",
        _ => "over",
    },
    from: |from| format!("From {from}, until further notice"),
    from_until: |from, until| format!("From {from} until {until}"),
    ended: |from, until| format!("From {from}; ended on {until}"),
    receipt: "Receipt:",
    more: "All notices",
    region: "Notices in force",
    end: "End",
    publish: "Publish a notice",
    from_field: "From (UTC)",
    from_hint: "Leave it empty for now.",
    until_field: "Until (UTC)",
    until_hint: "Leave it empty while the end isn’t known: you will tell it.",
    french: "In French",
    english: "In English",
    directory: "Directory",
    directory_lead: "The institutions that chose to be in it, in their own words. No official is in it unless the institution wrote so.",
    directory_none: "No institution has put itself here.",
    name: "Name of the institution",
    contact: "How to reach it",
    contact_hint: "One line: office, telephone, mail. It will be public.",
    own_contact: "Our line in the directory",
    contact_lead: "What you write here is public and recorded in your ledger; you may take it out. See also:",
    list_me: "Publish in the directory",
    unlist_me: "Take out of the directory",
};
