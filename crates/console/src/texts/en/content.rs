//! Buckets and files.

use amana_vault::{Mode, Versioning};

use crate::texts::content::ContentWords;

pub(crate) const WORDS: ContentWords = ContentWords {
    buckets: "Buckets",
    lead: "Your files are kept in buckets. Each change stands in your ledger and gives a receipt.",
    none: "No bucket yet.",
    name: "Name",
    name_hint: "3 to 63 lowercase letters, digits, dots and hyphens; unique in the whole data centre.",
    who_reads: "Who can read",
    mode: |mode| match mode {
        Mode::Open => "open",
        Mode::Sealed => "sealed",
    },
    mode_means: |mode| match mode {
        Mode::Open => {
            "The data centre could read what it holds. For public data, or data of applications hosted here."
        }
        Mode::Sealed => {
            "Only your institution can read it: neither names nor content are known here, only numbers and sizes. Open it through your institution’s gateway."
        }
    },
    holds: "Holds",
    items: |written, count, mode| {
        let plural = if count == 1 { "" } else { "s" };
        match mode {
            Mode::Open => format!("{written} version{plural}"),
            Mode::Sealed => format!("{written} piece{plural}"),
        }
    },
    versions: "Versions",
    versioning: |versioning| match versioning {
        Versioning::Enabled => "kept",
        Versioning::Suspended => "no longer kept",
        Versioning::Unversioned => "not kept",
    },
    next: "Next",
    make: "Make an open bucket",
    make_sealed: "A sealed bucket is made at your institution’s gateway, which has the keys. Here only buckets that the data centre could read are made.",
    reason: "Why the data centre may read it",
    reason_hint: "For example “public data”. The reason stays in your ledger.",
    keep: "Keep versions: what is replaced or deleted can be brought back",
    created: "Made on",
    files: "See the files",
    pieces_link: "See the pieces",
    settings: "Settings",
    enable: "Keep versions",
    suspend: "Keep no new versions",
    enabled_means: "Each deposit and each deletion makes a version; nothing is lost.",
    not_enabled_means: "A file that is replaced or deleted is lost. Versions that are there stay.",
    delete_bucket: "Delete this bucket",
    delete_bucket_means: "It must be empty, older versions as well. Its name will be free for all.",
    not_empty: "It isn’t empty: empty it first.",
    sealed_settings: "This bucket is configured and deleted at your institution’s gateway.",
    objects: "Files",
    empty: "Nothing here.",
    path: "Folders",
    search: "Search the names",
    search_do: "Search",
    searched: |count, whole| {
        if whole {
            format!("Names looked at: {count}, all of them.")
        } else {
            format!("Names looked at: {count}. There are more: the next page goes on from there.")
        }
    },
    show_deleted: "Show deleted files as well",
    hide_deleted: "Hide deleted files",
    size: "Size",
    modified: "Deposited on",
    folder: "folder",
    deleted: "deleted",
    pieces: "Sealed pieces",
    piece: "Number",
    deposit: "Deposit a file here",
    bucket: "Bucket",
    download: "Download",
    version: "Version",
    null: "no version",
    latest: "the newest",
    older: "You are looking at an older version.",
    see_latest: "See the newest",
    bring_back: "Put this version back in place",
    marker: "This file is deleted; its versions are still there.",
    etag: "ETag",
    kind: "Kind, as announced",
    metadata: "Metadata",
    tags: "Tags",
    set_tags: "Change the tags",
    set_tags_means: "What is written here replaces all tags; an empty line makes none. Letters, digits, spaces, \
                     and the signs _.:/=+-@.",
    tag_name: |number| format!("Name of tag {number}"),
    tag_value: |number| format!("Value of tag {number}"),
    keep_tags: "Keep these tags",
    receipt: "Receipt",
    more_versions: "There are more versions, older ones.",
    acts: "Actions",
    delete: "Delete this file",
    delete_kept: "It leaves the lists; its versions stay, and it can be brought back.",
    delete_lost: "This bucket keeps no versions: the file will be lost for good.",
    restore: "Bring this file back",
    destroy: "Delete this version for good",
    destroy_means: "This version can never be brought back.",
    sure: "I mean it",
    recorded: "It is done, and stands in your ledger:",
    receipt_file: "Download the receipt",
    verify: "Verify it",
};
