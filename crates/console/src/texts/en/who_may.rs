//! Whose work it is.

use crate::texts::who_may::WhoMayWords;

pub(crate) const WORDS: WhoMayWords = WhoMayWords {
    keys: "Your ICT correspondent makes and revokes keys.",
    buckets: "Your ICT correspondent makes buckets and sets how they are kept.",
    deposit: "On these pages your ICT correspondent deposits files; your software does with its key.",
    objects: "Your ICT correspondent changes, deletes and brings back files.",
    sites: "Your ICT correspondent prepares deploys; your publishers sign them.",
    messages: "The director and the ICT correspondent write to the operator.",
    drills: "The director or a custodian records drills.",
    proposals: "An auditor reads everything and proposes nothing: the director, the ICT correspondent and the custodians propose and approve.",
};
