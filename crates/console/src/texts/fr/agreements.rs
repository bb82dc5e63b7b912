//! La convention d’hébergement.

use crate::texts::agreements::AgreementWords;

pub(crate) const WORDS: AgreementWords = AgreementWords {
    title: "Convention",
    with: |name| format!("Convention avec {name}"),
    lead: "La convention d’hébergement entre l’opérateur et l’institution. Elle lie quand un directeur et un second agent l’ont signée ; chaque signature est un acte, avec son reçu.",
    none: "Aucune convention n’a été proposée.",
    state: |state| match state {
        "proposed" => "Proposée",
        "signed-once" => "Signée par un agent, en attend un second",
        "in-force" => "En vigueur",
        _ => "Remplacée",
    },
    digest: "Empreinte SHA-256 du texte",
    by_operator: "L’opérateur",
    sign_lead: "Vous signez ce texte, par son empreinte, au nom de l’institution.",
    sign: "Signer",
    propose: "Proposer un texte",
    text: "Texte de la convention",
    text_hint: "Texte simple ou Markdown. Un nouveau texte remplace celui qui n’est pas encore signé ; celui qui est en vigueur le reste jusqu’à la signature du suivant.",
};
