//! Access keys.

use amana_access::Right;

use crate::texts::keys::KeyWords;

pub(crate) const WORDS: KeyWords = KeyWords {
    title: "Access keys",
    lead: "An access key lets software read or deposit over S3. Its secret is shown once, when it is made; here only the key’s identifier is ever seen.",
    in_the_open: "A key made here works at the data centre, where what it deposits is open: the operator can read it. To deposit \
                  sealed, make the key on your gateway's machine:",
    none: "No key yet.",
    key: "Key",
    label: "What it is for",
    label_hint: "Optional, 80 characters at most, such as “payroll backup”. It stays in the ledger: name nobody.",
    may: "Rights",
    right: |right| match right {
        Right::Read => "read",
        Right::Write => "read, deposit, delete",
        Right::Own => "everything, buckets as well",
        Right::Bypass => "everything, and ending retention early",
    },
    all_buckets: "all buckets, those to come as well",
    these_buckets: "these buckets only:",
    since: "Since",
    state: "State",
    in_force: "in force",
    revoked: |at| format!("revoked on {at}"),
    acts: "Action",
    revoke: "Revoke",
    make: "Make a key",
    for_which: "For",
    new: "A new access key",
    once: "The secret is shown this once. Copy it into the software now, and nowhere else.",
    secret: "Secret",
    endpoint: "S3 endpoint",
    commands: "Ready commands",
    back: "Back to the keys",
};
