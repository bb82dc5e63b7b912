//! An institution's overview.

use crate::books::overview::Need;
use crate::texts::Texts;
use crate::texts::books::BooksWords;

pub(crate) const WORDS: BooksWords = BooksWords {
    overview: "Overview",
    needs: "What needs you",
    no_needs: "Nothing needs you.",
    need,
    see: "See to it",
    holds: "What we hold",
    custody: "Custody",
    sealed: "Sealed at home",
    sealed_told: "the data centre can't read it",
    open: "Open",
    open_told: "the operator can read it",
    buckets: "Buckets",
    pieces: "Objects",
    bytes: "Size",
    bucket: "Bucket",
    each: "Bucket by bucket",
    no_bucket: "No bucket.",
    proved: "What is proved",
    states: "Three states, never to be confused.",
    spooled: "Spooled",
    spooled_told: "What is only on your gateway's disk yet; the data centre knows nothing of it, the gateway's page tells.",
    recorded: "Recorded",
    recorded_told: |count| format!("{count} acts, durable and signed by the operator."),
    witnessed: "Witnessed",
    witnessed_told: |count, ago| format!("{count} acts, by a quorum of witnesses ({ago})."),
    not_witnessed: "Nothing yet: no quorum of witnesses cosigned this ledger.",
    by_whom: "Witnesses:",
    root: "Root of the ledger",
    see_journal: "Read the journal",
};

fn need(texts: &Texts, need: &Need) -> String {
    match need {
        Need::ReadOnly { why } => format!("The data centre takes no deposits: {why}"),
        Need::Suspended => {
            "Your institution is suspended: everything can be read, nothing written. The journal has the reason.".to_owned()
        }
        Need::Leaving { since_s } => {
            let since = texts.moment(since_s);
            format!(
                "Two officials decided that your institution leaves ({since}): nothing new is taken in. Next: export everything \
                 (amana export), import it elsewhere (amana import), then delete what is here. Two officials can decide to stay."
            )
        }
        Need::NoQuorum => {
            "The trust policy asks for no witness: your acts are recorded, never witnessed.".to_owned()
        }
        Need::NeverWitnessed => "No quorum of witnesses cosigned your ledger yet.".to_owned(),
        Need::WitnessesLate { entries, minutes } => {
            let entries = texts.number(entries);
            format!("The witnesses are late: {entries} acts wait, the oldest for {minutes} minutes.")
        }
        Need::Proposals { count: 1 } => "One proposal waits for a second official.".to_owned(),
        Need::Proposals { count } => format!("{count} proposals wait for a second official."),
        Need::FewApprove { count } => format!(
            "Officials who may approve and can sign in: {count}. Have three, or who loses everything has no two \
             colleagues to let them in again."
        ),
        Need::OnePasskey { count } => format!(
            "Officials with one single way to sign in: {count}. Each should have two, on two devices."
        ),
        Need::SupportOpen { until_s } => {
            let until = texts.moment(until_s);
            format!("The operator's staff may look around in your space until {until}.")
        }
        Need::NoKeyring => "Nothing is sealed: your institution has no gateway yet, and so no keys of its own.".to_owned(),
        Need::Damaged { entry } => {
            format!("Content is damaged and no copy healed it (entry {entry}).")
        }
        Need::Site { host, application: Some(name) } => {
            format!("The programs of {name}, behind {host}, aren't those that were signed: the application is stopped, and what was signed is shown.")
        }
        Need::Site { host, application: None } => {
            format!("Content of {host} isn't what was signed, and isn't shown.")
        }
        Need::DrillLate { due } => {
            format!("The custodians' drill is late: it was due on {due}.")
        }
        Need::UnusedKeys { count } => format!(
            "Access keys that wrote nothing since they were made, over a month ago: {count}. Revoke those that nobody needs."
        ),
    }
}
