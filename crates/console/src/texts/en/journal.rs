//! The journal: who did what.

use amana_access::Lesson;

use crate::books::line::Group;
use crate::texts::EN;
use crate::texts::journal::{Did, JournalWords, Who};

pub(crate) const WORDS: JournalWords = JournalWords {
    title: "Journal",
    lead: "Everything that was done in your space, by you, by your software or by the operator: each line is an entry of \
           your ledger, and has its receipt.",
    filter: "Search",
    kind: "Kind of act",
    all: "all",
    group: |group| match group {
        Group::Deposits => "deposits and objects",
        Group::Buckets => "buckets",
        Group::Keys => "access keys",
        Group::People => "people and sign-ins",
        Group::Custody => "keyring and custodians",
        Group::Sites => "web sites",
        Group::Centre => "data centre and operator",
        Group::Other => "others",
    },
    who_field: "Who",
    from: "From",
    to: "To",
    bucket: "Bucket",
    text: "Text",
    search: "Search",
    everything: "Show all",
    nothing: "Nothing like it in what was looked at.",
    scanned: |scanned, size| format!("{scanned} entries looked at, of {size}."),
    stopped: "The search stopped there so that you don't wait; what is older was not looked at yet.",
    older: "Go on to what is older",
    sites: "What was published on your web sites",
    own: "Back to the private journal",
    export: "Take this journal along, filtered as above:",
    number: "No.",
    when: "When",
    act: "Act",
    receipt: "Receipt",
    entry: "Entry of the ledger",
    erased: "What this act said was erased by your institution; its hash stays, and every receipt holds.",
    no_body: "This act says nothing more.",
    long: "Too long for this page: the export (JSON) has all of it.",
    core: "What always stays",
    core_told: "Kind, time, author and numbers, as they were recorded.",
    body: "What the act says",
    body_hash: "Its hash (SHA-256, with its salt):",
    witnessed: "witnessed",
    recorded: "recorded, waits for witnesses",
    recorded_alone: "recorded; the trust policy asks for no witness",
    sealed: "sealed and signed at home",
    receipt_told: "The receipt proves this act to anybody, offline and for ever.",
    back: "Back to the journal",
    columns: [
        "number", "time", "kind", "author", "who", "act", "bucket", "object", "bytes", "receipt",
    ],
    who,
    did,
};

fn who(who: Who<'_>) -> String {
    match who {
        Who::Person(name) => name.to_owned(),
        Who::Key(id) => format!("Access key {id}"),
        Who::Gateway(id) => format!("Member {} of the keyring", short(id)),
        Who::Publisher(name) => format!("Publisher {name}"),
        Who::Staff(number) => format!("The operator's staff (no. {number})"),
        Who::Operator(user) => format!("The operator ({user})"),
        Who::Centre => "The data centre".to_owned(),
        Who::Anybody => "Somebody".to_owned(),
        Who::Other(by) => by.to_owned(),
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// What an act is about, sealed or not.
fn object(did: &Did<'_>) -> String {
    let size = did
        .line
        .facts
        .bytes
        .map_or_else(String::new, |bytes| format!(" ({})", EN.size(&bytes)));
    match &did.line.facts.name {
        Some(name) => format!("“{name}”{size}"),
        None if did.line.sealed => format!("a sealed object{size}"),
        None => format!("an object whose name is erased{size}"),
    }
}

fn because(did: &Did<'_>) -> String {
    let reason = did.line.facts.reason.as_ref();
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

fn did(did: &Did<'_>) -> String {
    let (bucket, person) = (did.bucket(), did.person);
    match did.line.kind.as_str() {
        "object.put" => format!("put {} into {bucket}", object(did)),
        "object.delete" if did.word() == "marker" => {
            format!("marked {} as deleted in {bucket}", object(did))
        }
        "object.delete" => format!("deleted {} from {bucket}", object(did)),
        "object.tags" => format!("changed the tags of {} in {bucket}", object(did)),
        "upload.create" => format!("began to send {} in parts into {bucket}", object(did)),
        "upload.part" => format!("sent a part of {} into {bucket}", object(did)),
        "upload.complete" => format!("put {}, its parts together, into {bucket}", object(did)),
        "upload.abort" => format!("gave up sending {} into {bucket}", object(did)),
        "bucket.create" if did.word() == "open" => {
            format!("made the open bucket {bucket}{}", because(did))
        }
        "bucket.create" => format!("made the bucket {bucket}"),
        "bucket.delete" => format!("deleted the bucket {bucket}"),
        "bucket.versioning" => {
            let kept = match did.word() {
                "enabled" => "kept",
                "suspended" => "no longer kept",
                other => other,
            };
            format!("changed whether {bucket} keeps versions ({kept})")
        }
        "bucket.lock" => format!("set how the versions of {bucket} are locked"),
        "object.retain" if did.word() == "ended" => {
            format!("ended the retention of {} in {bucket}", object(did))
        }
        "object.retain" => format!("set until when {} in {bucket} is retained", object(did)),
        "object.hold" if did.word() == "held" => {
            format!("put {} in {bucket} under legal hold", object(did))
        }
        "object.hold" => format!("changed the legal hold of {} in {bucket}", object(did)),
        "object.release" => format!(
            "approved proposal no. {}: the retention of {} in {bucket} ended",
            did.number(),
            object(did)
        ),
        "access-key.create" => format!("made the access key {}", did.key),
        "access-key.revoke" => format!("revoked the access key {}", did.key),
        _ => people(did, person),
    }
}

fn people(did: &Did<'_>, person: &str) -> String {
    let name = did.name();
    match did.line.kind.as_str() {
        "official.add" => format!("named {name} ({})", role(did)),
        "official.remove" => format!("ended the role of {person}"),
        "official.invite" => format!("made a link that opens the account of {person}"),
        "credential.add" if did.word() == "password" => format!("chose a password, for {person}"),
        "credential.add" if did.word() == "identity" => {
            format!("linked the identity “{name}” to {person}")
        }
        "credential.add" => format!("added the passkey “{name}” of {person}"),
        "credential.remove" => format!("took away what {person} signed in with"),
        "sign-in.try" => format!("tried a password in the name of {person}"),
        "session.open" if did.word() == "identity" => {
            format!("signed in by the identity provider ({name})")
        }
        "session.open" => format!("signed in ({name})"),
        "session.end" => "ended a session".to_owned(),
        "proposal.make" => {
            let about = if did.line.facts.official.is_some() {
                person
            } else {
                name
            };
            let proposed = (EN.account.proposed)(did.word(), about, role(did));
            format!("proposed: {proposed}{}", because(did))
        }
        "proposal.approve" if did.word() == "leave" => format!(
            "approved proposal no. {}: the institution leaves, and nothing new is taken in from it",
            did.number()
        ),
        "proposal.approve" if did.word() == "stay" => format!(
            "approved proposal no. {}: the institution stays, and its deposits are taken again",
            did.number()
        ),
        "proposal.approve" if did.word() == "change-custodians" => format!(
            "approved proposal no. {}: the next keyring may name other custodians",
            did.number()
        ),
        "proposal.approve" => format!("approved proposal no. {}", did.number()),
        "proposal.end" if did.word() == "withdrawn" => {
            format!("withdrew proposal no. {}", did.number())
        }
        "proposal.end" => format!("refused proposal no. {}", did.number()),
        "keyring.publish" => format!("published keyring no. {}", did.number()),
        "enrolment.issue" => "gave a code to enrol a gateway".to_owned(),
        "enrolment.refuse" => format!("refused enrolment no. {}{}", did.number(), because(did)),
        "enrolment.confirm" => format!("confirmed enrolment no. {}", did.number()),
        "custodians.drill" if did.word() == "rebuilt" => {
            format!(
                "recorded a drill of the custodians that worked{}",
                because(did)
            )
        }
        "custodians.drill" => format!(
            "recorded a drill of the custodians that failed{}",
            because(did)
        ),
        _ => school(did),
    }
}

fn school(did: &Did<'_>) -> String {
    match did.line.kind.as_str() {
        "school.open" => "opened this sandbox of the school".to_owned(),
        "school.keys" => "made a training key and shared it among five".to_owned(),
        "school.close" => "closed this sandbox".to_owned(),
        "school.certify" => "received the certificate of the school".to_owned(),
        "school.show" => "chose who sees the certificate of the school".to_owned(),
        "school.lesson" => {
            let lesson = Lesson::of_text(did.word());
            format!(
                "passed the exercise: {}",
                lesson.map_or("", EN.school.lesson)
            )
        }
        _ => centre(did),
    }
}

fn centre(did: &Did<'_>) -> String {
    let facts = &did.line.facts;
    let until = did.until_s().map(|until_s| EN.moment(&until_s));
    match (did.line.kind.as_str(), until) {
        ("institution.add", _) => "opened the institution and its ledger".to_owned(),
        ("institution.quota", _) => "set how much the institution may hold".to_owned(),
        ("institution.suspend", _) => format!("suspended the institution{}", because(did)),
        ("institution.resume", _) => format!("let the institution act again{}", because(did)),
        ("support.allow", Some(until)) => {
            format!("let the operator's staff in until {until}{}", because(did))
        }
        ("support.allow", None) => "no longer lets the operator's staff in".to_owned(),
        ("support.use", _) => format!("looked at your space ({})", did.word()),
        ("ledger.quorum", _) => "changed the witnesses asked for this ledger".to_owned(),
        ("scrub.pass", _) => {
            let (bytes, damaged) = (
                facts.bytes.unwrap_or_default(),
                facts.count.unwrap_or_default(),
            );
            let (bytes, damaged) = (EN.size(&bytes), EN.number(&damaged));
            format!("read all your content again ({bytes}); still damaged: {damaged}")
        }
        ("content.heal", _) => {
            let count = EN.number(&facts.count.unwrap_or_default());
            format!("found damaged content and healed it ({count})")
        }
        ("body.erase", _) => "erased what an act said".to_owned(),
        ("message.send", _) => "wrote in a thread with the other side".to_owned(),
        ("message.close", _) => "closed a thread".to_owned(),
        ("contact.publish", _) => "changed the institution's line in the directory".to_owned(),
        ("agreement.propose", _) => "proposed a hosting agreement".to_owned(),
        ("agreement.sign", _) => "signed the hosting agreement".to_owned(),
        _ => sites(did),
    }
}

fn sites(did: &Did<'_>) -> String {
    let (name, number) = (did.name(), did.number());
    match did.line.kind.as_str() {
        "site.add" => format!("gave the site “{name}” its name and its publishers"),
        "site.deploy" => format!("published “{name}” (change no. {number})"),
        "site.publishers" => format!("changed who publishes “{name}” (change no. {number})"),
        "site.remove" => format!("removed the site “{name}”{}", because(did)),
        "site.alert" if !did.word().is_empty() => format!(
            "found programs of {}, behind “{name}”, that are not those that were signed (deploy no. {number}){}",
            did.word(),
            because(did)
        ),
        "site.alert" => format!(
            "found content of “{name}” that is not what was signed (deploy no. {number}){}",
            because(did)
        ),
        kind => format!("act “{kind}”, which this page can't tell yet"),
    }
}

fn role(did: &Did<'_>) -> &'static str {
    let role = did.line.facts.role.as_ref();
    let role = role.and_then(|role| role.parse().ok());
    role.map_or("", EN.account.role)
}
