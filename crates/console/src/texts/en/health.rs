//! How the data centre is.

use crate::texts::health::HealthWords;

pub(crate) const WORDS: HealthWords = HealthWords {
    title: "Health",
    read_only: "Read-only",
    read_only_lead: "No deposits are taken; what is there is read. The reason, in the program’s words:",
    writable: "Deposits are taken",
    queued: |count| format!("Acts that wait to be recorded: {count}"),
    machine: "Machine, disks and keys",
    mirrors: "Mirrors",
    no_mirror: "No mirror is configured.",
    mirror: "Mirror",
    state: "State",
    as_of: "Up to date as of",
    mirror_whole: "complete",
    mirror_lags: |entries, blobs| format!("{entries} entries behind, {blobs} blobs missing"),
    mirror_elsewhere: "no news yet (or kept up by another node)",
    scrub: "Scrub",
    scrub_lead: "Everything that is kept is read again and compared with its digests.",
    no_scrub: "No whole pass yet.",
    scrub_told: |when, contents, bytes, healed, damaged| {
        format!(
            "The last whole pass ended on {when}: {contents} pieces of content, {bytes}; {healed} healed, {damaged} damaged."
        )
    },
    jobs: "Jobs under way",
    scrub_at: |percent, count, entries| match count {
        1 => format!("Scrub: {percent}% of one entry"),
        _ => format!("Scrub: {percent}% of {entries} entries"),
    },
    restoring_told: |blobs, bytes, from| {
        format!("Restore: {blobs} blobs still to come from {from} ({bytes} at most)")
    },
    mirroring: |count| match count {
        0 => "Mirrors: none".to_owned(),
        _ => format!("Mirrors: {count}, kept up all the time"),
    },
};
