//! What the codes of errors mean: what happened, and what to do.

use super::{officials, publishing, receipts};

pub(crate) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "not-found" => "It has moved, or it is not yours to see: the two answer alike.",
        "name" => "That name cannot be given here. Change it: no “/” and no control characters.",
        "top-name" => {
            "That name cannot stand at the top: 3 to 63 lower-case letters without accents, digits and hyphens, such as staff-files. Further down any name will do."
        }
        "other-kind" => "A file and a folder do not replace one another.",
        "exists" => "That name is taken already in this folder.",
        "not-empty" => "The folder is not empty: delete what is in it first.",
        "too-many" => "There are too many files for one operation: go by parts.",
        "broken" => "Not all of the file came; the old one stays. Try again.",
        "host-key" => "The SFTP host key does not open. Tell the operator.",
        "no-receipt" => {
            "The data centre has no receipt for this deposit yet, or does not answer. Try again later."
        }
        "not-shared" => "The share could not be noted, so it was not made. Try again.",
        "no-school" => "No open school is yours: open one, under “School”.",
        "school-full" => {
            "The school opens no other for you now: one at a time, three a year, and a limited number of people at once."
        }
        "lesson-passed" => "That is done already, and once is enough.",
        "lessons-missing" => "Some exercises are missing: the certificate takes all six.",
        "busy" => "The data centre is very busy. Try again in a moment.",
        "read-only" => "The data centre takes no writes at the moment; what is there can be read.",
        "disk-full" => {
            "The data centre's disk is full: nothing new is taken, what is there can be read and deleted. Tell the operator."
        }
        "rows" => "The data centre's database failed. Tell the operator.",
        "unreachable" => "The server does not answer. Try again in a moment.",
        "ledger" => "A proof does not read as it should. Tell the operator.",
        "file" => "A file of the data centre cannot be read or written. Tell the operator.",
        "damaged" => {
            "This content is damaged and no copy has it: nothing wrong is served. Tell the operator."
        }
        "missing" => "There is nothing by that name.",
        "failed" => {
            "The operation failed. Try again; if it fails again, give this code to the operator."
        }
        "stopped" => "The data centre stopped so as to risk nothing. Tell the operator.",
        "refused" => "The request is refused as it stands.",
        "too-large" => "It is too large.",
        "decode" => "An entry does not read as it should. Tell the operator.",
        "unknown-kind" => "An act comes from a newer version of this program. Tell the operator.",
        "replica" => "The local copy of the ledger does not open. Tell the operator.",
        "place" => "The place where copies are kept failed. Tell the operator.",
        "blobs-away" => {
            "The content is elsewhere and cannot be reached at the moment. Try again later."
        }
        "folder" => "The data folder is not the one expected. Tell the operator.",
        "template" => "The page could not be written. Tell the operator.",
        "repeated" => "Done already; the page was reloaded.",
        "invalid" => "A value entered is not valid. Correct it and try again.",
        "institution-exists" => "An institution has that name already.",
        "unknown-institution" => "There is no institution of that name.",
        "already-suspended" => "That institution is suspended already.",
        "not-suspended" => "That institution is not suspended.",
        "unknown-official" => "The institution has no official of that name.",
        "access-key-exists" => "That access key exists already.",
        "unknown-access-key" => "There is no such access key.",
        "unknown-enrolment" => "There is no such enrolment.",
        "unknown-code" => "That code is not known, or it was used already.",
        "enrolment-over" => "That enrolment is over.",
        "other-root" => "The keys shown are not that institution's.",
        "not-enrolled" => {
            "That institution has no keys of its own yet: set up a gateway first (Help)."
        }
        "no-such-share" => {
            "There is no page of that number: the page Custodians says how many there are. Take the numbers printed on the pages."
        }
        "too-few-shares" => {
            "So few pages do not rebuild the keys: give all that were brought together, or the outcome “failed”."
        }
        "keyring" => "The keyring is refused: it does not follow the one in force.",
        "release-recorded" => "That release is recorded already.",
        "unknown-release" => "That release is not recorded.",
        "invalid-bucket-name" => {
            "That name is not valid for a bucket: 3 to 63 lower-case letters, digits and hyphens."
        }
        "no-such-bucket" => "There is no bucket of that name.",
        "bucket-already-owned-by-you" => "You have a bucket of that name already.",
        "bucket-already-exists" => "That name is taken by another bucket.",
        "bucket-not-empty" => "The bucket is not empty.",
        "access-denied" => "Your role does not allow it.",
        "sealed-bucket" => {
            "That bucket is sealed: it is read and written through the institution's gateway."
        }
        "malformed-call" => "The call isn’t as the description of the interface says.",
        "file-exists" => {
            "A file of that name is there. Check “Replace”, or give yours another name."
        }
        "key-empty" => "The name of the file is missing.",
        "key-too-long" => "The name of the file is too long: at most 1024 bytes.",
        "no-such-key" => "There is no file of that name.",
        "no-such-version" => "There is no such version of that file.",
        "invalid-version-id" => "That version number is not valid.",
        "delete-marker" => "That file was deleted; its earlier versions are still there.",
        "method-not-allowed" => "That cannot be done to that file.",
        "precondition-failed" => "The file changed meanwhile: reload the page and try again.",
        "conditional-conflict" => "Somebody else is writing the same file. Try again.",
        "no-such-upload" => "That upload does not exist any more: start it again.",
        "invalid-part-number" => "The number of a part is not valid.",
        "invalid-part" => "A part is missing, or is not the one announced.",
        "invalid-part-order" => "The parts are not in order.",
        "malformed-parts" => "The list of parts is malformed.",
        "entity-too-small" => "A part is too small: at least 5 MiB, but for the last one.",
        "entity-too-large" => "The file is too large.",
        "invalid-range" => "The range asked for is outside the file.",
        "bad-digest" => "What arrived is not what was sent: send it again.",
        "invalid-checksum" => "The checksum is not valid.",
        "too-many-tags" => "There are too many tags: at most ten.",
        "invalid-tag" => "A tag is not valid.",
        "metadata-too-large" => "The metadata are too long.",
        "invalid-versioning" => "That setting of versions is not valid.",
        "leaving" => {
            "Two officials decided that the institution leaves: nothing new is taken in. Reading, exporting, deleting and revoking go on, and two officials can decide that it stays."
        }
        "quota-exceeded" => {
            "The institution’s quota is used up: delete something, or ask the operator for more."
        }
        "object-locked" | "time-unproved" => "A retention or a legal hold keeps that version.",
        "no-object-lock" => "The versions of that bucket cannot be locked.",
        "invalid-bucket-state" => "That bucket keeps its versions: it cannot be changed so.",
        "invalid-retention" => {
            "That date cannot be one of a retention: it must be in the future, and within a hundred years."
        }
        "invalid-retention-period" => {
            "New versions are retained for 1 to 36,500 days, or 1 to 100 years."
        }
        "copy-changes-nothing" => "Copying a file onto itself without a change does nothing.",
        "spooled" => "The deposit is kept at the gateway, and leaves when the data centre answers.",
        "outcome-unknown" => "The answer was lost: look whether it was done before you try again.",
        "cut" => "The line was cut. Try again.",
        "slow" => "The line is too slow at the moment. Try again.",
        "answer-too-large" => "The data centre answered more than it should.",
        "malformed-answer" => "The data centre gave a malformed answer.",
        "clocks" => {
            "The clocks of the gateway and of the data centre differ too much. Set them right."
        }
        "setting" => "A setting of the gateway is wrong.",
        "revoked" => "This gateway was revoked.",
        "damaged-piece" => "A sealed piece is damaged: nothing wrong is served.",
        "conflict" => "Another gateway wrote at the same time. Try again.",
        "unknown" => "The outcome is not known: look whether it was done before you try again.",
        "stopping" => "The gateway is stopping. Try again in a moment.",
        "random" => "The system gave no randomness: nothing can be sealed.",
        "seal" => "Sealing failed.",
        "store" => "The gateway's store failed. Tell the operator.",
        _ => {
            return receipts::told(code)
                .or_else(|| officials::told(code))
                .or_else(|| publishing::told(code));
        }
    })
}
