//! L’assistance, vue de l’opérateur.

use crate::texts::support::SupportWords;

pub(crate) const WORDS: SupportWords = SupportWords {
    title: "Assistance",
    lead: "Les institutions qui vous laissent entrer. Chaque page que vous ouvrez est d’abord inscrite à leur registre, à votre \
           numéro.",
    none: "Aucune institution ne vous laisse entrer en ce moment.",
    until: |until| format!("jusqu’au {until}"),
    inside: |institution| {
        format!(
            "Vous êtes dans l’espace de {institution} ; cette consultation vient d’être inscrite à son registre."
        )
    },
};
