//! Les avis et l’annuaire.

use amana_access::Severity;

use crate::texts::notices::NoticeWords;

pub(crate) const WORDS: NoticeWords = NoticeWords {
    title: "Avis",
    lead: "Incidents et travaux, annoncés par l’opérateur dans un registre public : un avis ne peut être ni retiré ni changé après coup.",
    operator_lead: "Un avis en cours est montré à chaque personne connectée, et à tous sous",
    none: "Aucun avis.",
    notice: "Avis",
    kind: "Nature",
    severity: |severity| match severity {
        Severity::Information => "Information",
        Severity::Maintenance => "Travaux",
        Severity::Incident => "Incident",
    },
    state: |state| match state {
        "planned" => "prévu",
        "current" => "en cours",
        _ => "terminé",
    },
    from: |from| format!("Depuis le {from}, jusqu’à nouvel ordre"),
    from_until: |from, until| format!("Du {from} au {until}"),
    ended: |from, until| format!("Du {from} ; terminé le {until}"),
    receipt: "Reçu :",
    more: "Tous les avis",
    region: "Avis en cours",
    end: "Terminer",
    publish: "Publier un avis",
    from_field: "À partir de (UTC)",
    from_hint: "Laissez vide pour maintenant.",
    until_field: "Jusqu’à (UTC)",
    until_hint: "Laissez vide tant que la fin n’est pas connue : vous la direz.",
    french: "En français",
    english: "En anglais",
    directory: "Annuaire",
    directory_lead: "Les institutions qui ont choisi d’y être, dans leurs propres mots. Aucun agent n’y figure sans que son institution l’ait écrit.",
    directory_none: "Aucune institution ne s’y est inscrite.",
    name: "Nom de l’institution",
    contact: "Pour la joindre",
    contact_hint: "Une ligne : service, téléphone, courriel. Elle sera publique.",
    own_contact: "Notre ligne dans l’annuaire",
    contact_lead: "Ce que vous écrivez ici est public et inscrit à votre registre ; vous pouvez le retirer. Voir aussi :",
    list_me: "Publier dans l’annuaire",
    unlist_me: "Retirer de l’annuaire",
};
