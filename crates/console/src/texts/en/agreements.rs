//! The hosting agreement.

use crate::texts::agreements::AgreementWords;

pub(crate) const WORDS: AgreementWords = AgreementWords {
    title: "Agreement",
    with: |name| format!("Agreement with {name}"),
    lead: "The hosting agreement between the operator and the institution. It binds once a director and a second official have signed it; each signature is an act, with its receipt.",
    none: "No agreement has been proposed.",
    state: |state| match state {
        "proposed" => "Proposed",
        "signed-once" => "Signed by one official, waits for a second",
        "in-force" => "In force",
        _ => "Replaced",
    },
    digest: "SHA-256 of the text",
    by_operator: "The operator",
    sign_lead: "You sign this text, by its digest, for the institution.",
    sign: "Sign",
    propose: "Propose a text",
    text: "Text of the agreement",
    text_hint: "Plain text or Markdown. A new text replaces one that isn’t signed yet; the one in force stays so until the next one is signed.",
};
