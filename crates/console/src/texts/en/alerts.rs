//! Alerts.

use crate::books::alerts::Code;
use crate::texts::alerts::AlertWords;

pub(crate) const WORDS: AlertWords = AlertWords {
    title: "Alerts",
    now: "Now",
    none: "Nothing is wrong.",
    past: "Before",
    none_past: "Nothing.",
    told_since: |since| format!("Read back to {since}; the journal goes further."),
    since: "Since",
    when: "When",
    what: "What happened",
    about_what: "About",
    legend: "What they mean",
    to_do: "What to do:",
    entry: "entry",
    late: |entries| format!("{entries} acts wait for witnesses"),
    quota: |percent| format!("{percent}% of the quota are used"),
    tries: |person, count| format!("{count} wrong passwords within an hour for {person}"),
    site: |host, number, application| match application {
        Some(name) => format!(
            "Behind {host}, the programs of {name} aren't those that were signed with deploy {number}"
        ),
        None => format!("Of {host}, content isn't what was signed with deploy {number}"),
    },
    name_witnesses: "Ask the operator to name witnesses and a quorum.",
    let_in: |until| format!("The operator's staff may come in until {until}"),
    about,
};

fn about(code: Code) -> [&'static str; 3] {
    match code {
        Code::Forked => [
            "History contradicted",
            "A witness showed, signed by the data centre, a past other or longer than the one that is here: somebody lied, or an \
             older copy was put into service.",
            "Keep your receipts; ask the operator in writing what happened, and the witness for its evidence.",
        ],
        Code::ReadOnly => [
            "Read only",
            "The data centre takes no deposits; what is there can be read. Your gateway keeps your deposits meanwhile.",
            "Nothing is lost. If it lasts, write to the operator.",
        ],
        Code::Damaged => [
            "Content damaged",
            "Content no longer has its digest, and no copy healed it. It is never served wrong: reading it fails.",
            "Open the entry to see which; deposit it again, or give it back from your gateway's mirror.",
        ],
        Code::Site => [
            "Site not as signed",
            "Content of a site, or programs of the application behind it, no longer have the digest that your publishers signed. Visitors \
             never get it: they are shown what was signed.",
            "If somebody of yours updated the application, import it again and have it signed. Otherwise ask the operator who altered it; \
             the alert names the first files.",
        ],
        Code::Witnesses => [
            "Witnesses",
            "Without them your acts are recorded and not witnessed: the operator could still deny them.",
            "Ask the absent witnesses whether their machine and their line are well.",
        ],
        Code::Quota => [
            "Quota",
            "Of what the operator lets you hold, four fifths are used, or it set another limit. When all of it is, deposits are refused.",
            "Delete what is not needed, old versions as well, or ask the operator for more. At 95% it is urgent.",
        ],
        Code::SignIns => [
            "Wrong passwords",
            "Somebody tries passwords. Tries are slowed down, and passkeys have nothing to do with it.",
            "Ask the person whether it was them; if not, let them take a passkey and remove the password.",
        ],
        Code::Support => [
            "The operator's support",
            "The operator can or could read names, the journal and figures, never content; each look is an entry.",
            "Close the door as soon as it is of no use (Colleagues).",
        ],
        Code::Suspended => [
            "Suspension",
            "The operator suspended the institution, or let it act again: suspended, it reads and doesn't write.",
            "The entry has the reason; contest it with the receipt.",
        ],
        Code::Healed => [
            "Damage healed",
            "Damaged content was found whole in a copy, verified, and put back in its place.",
            "Nothing, if it is rare. Often, it is a disk that dies: ask the operator.",
        ],
        Code::Keys => [
            "Access keys",
            "A key gives software rights on your buckets.",
            "What it is for stands in parentheses, if that was written when it was made. If nobody of yours knows it, revoke it.",
        ],
        Code::People => [
            "People and keyring",
            "Who acts for the institution changed.",
            "If nobody of yours wanted it, gather two officials and write to the operator, with the receipt.",
        ],
        Code::Quorum => [
            "Witnesses asked for",
            "What it takes for your ledger to be witnessed changed.",
            "Compare it with what you had agreed.",
        ],
        Code::Ended => [
            "Erasure, or end of retention",
            "What acts said was erased by your institution, or a retention ended.",
            "See that it had been decided.",
        ],
    }
}
