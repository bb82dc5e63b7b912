//! The operator's pages.

use crate::texts::operator::OperatorWords;

pub(crate) const WORDS: OperatorWords = OperatorWords {
    overview: "Overview",
    needs: "To see to now",
    no_needs: "Nothing waits for anybody.",
    to_do: "To see to:",
    need_read_only: |why| format!("The data centre takes no deposits: {why}"),
    need_disk: "Little room is left on the disk.",
    need_disk_by: |day| format!("The disk will be full about {day}."),
    need_damaged: |count| {
        format!("The scrub found {count} piece(s) of content damaged that no copy has.")
    },
    need_mirror: |name| format!("The mirror “{name}” isn’t kept up, or is incomplete."),
    need_no_mirror: "No mirror is kept elsewhere: a fire would take everything.",
    need_witnesses: |count| match count {
        1 => "A witness no longer comes.".to_owned(),
        _ => format!("{count} witnesses no longer come."),
    },
    need_findings: |bad, notices| {
        format!("The look at the machine: {bad} fault(s), {notices} point(s) to watch.")
    },
    need_messages: |count| match count {
        1 => "An institution waits for an answer.".to_owned(),
        _ => format!("{count} threads wait for an answer."),
    },
    figures: "In figures",
    institutions: "Institutions",
    institutions_told: |all, suspended| match suspended {
        0 => format!("{all} in all"),
        _ => format!("{all} in all, {suspended} of them suspended"),
    },
    acts: "Acts recorded",
    look_for: "Look for an institution by its name",
    look: "Look",
    none_found: "No institution has that in its name.",
    name: "Name",
    name_hint: "2 to 40 lower-case letters, digits and dashes; it begins with a letter and never changes.",
    state: "State",
    active: "active",
    quota: "Quota",
    no_quota: "none: all that fits on the disk",
    quota_told: |told, percent| format!("{told}; {percent} % used"),
    set_quota: "Set the quota",
    quota_lead: "Deposits beyond it are refused; what it holds already stays. An empty field is no limit. The act stands in its ledger.",
    quota_bytes: "Bytes, at most",
    quota_objects: "Objects, at most",
    suspended: "suspended",
    leaving: "leaving",
    leaving_lead: "Two of its officials decided that it leaves: nothing new is taken in from it, and it goes on reading, exporting and deleting. Only two of its officials can end that.",
    officials: "Officials",
    officials_told: |all, able| format!("{all} in office, of whom {able} can sign in"),
    more: "Next page",
    add: "Add an institution",
    add_lead: "Its ledger opens with that act; then you name its first two officials.",
    since: "Since",
    holds: "Holds",
    held: |bytes, buckets, whole| {
        format!(
            "{}{bytes} in {buckets} bucket(s)",
            if whole { "" } else { "more than " }
        )
    },
    never_names: "Neither names of buckets nor names of files: they are the institution’s alone.",
    first_officials: "First officials",
    first_lead: "Name at least two officials who approve (director, focal point, custodian) and hand each a link. As soon as two can sign in, the institution keeps itself.",
    keeps_itself: "The institution keeps itself: two of its officials name and remove, the operator no longer can.",
    suspend: "Suspend",
    suspend_lead: "Its access keys are refused and its officials only read, until it is resumed. Nothing is erased. The act and the reason stand in its ledger.",
    resume: "Resume",
    resume_lead: "Its keys and officials may act again. The act stands in its ledger.",
    back: "All institutions",
    go_back: "Back",
    staff: "Staff",
    staff_lead: "Who signs in for the operator. Each naming and each end is an act of the ledger operator/staff.",
    end_access: "End access",
    name_staff: "Name somebody",
};
