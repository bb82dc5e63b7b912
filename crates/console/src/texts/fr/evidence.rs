//! Le dossier de preuve.

use crate::texts::evidence::EvidenceWords;

pub(crate) const WORDS: EvidenceWords = EvidenceWords {
    title: "Dossier de preuve",
    lead: "Ce qu’on remet à un auditeur pour un mois : à imprimer, ou à emporter avec ce qu’il faut pour tout vérifier sans nous.",
    month: "Mois (UTC)",
    entries: "Reçus à joindre",
    entries_hint: "Numéros d’inscriptions, par exemple 12, 15 ; sinon les plus récents du mois, vingt au plus.",
    show: "Montrer",
    pack: "Emporter le dossier (ZIP)",
    pack_told: "Cette page, le journal et l’usage du mois en tables, les reçus, la politique de confiance, et un petit \
                programme qui les vérifie.",
    institution: "Institution",
    centre: "Centre de données",
    made: "Établi le",
    ledger: "Le registre",
    witnessed: |entries, when| {
        format!("{entries} actes attestés par un quorum de témoins, le {when}.")
    },
    acts_label: "Actes du mois",
    acts: |count, first, last| format!("{count}, inscriptions {first} à {last}"),
    no_acts: "aucun",
    usage: "Relevé d’usage",
    came: "Objets déposés",
    went: "Versions supprimées pour de bon",
    uncounted: "Le mois n’a pas encore été compté en entier : rechargez cette page.",
    availability: "Disponibilité",
    there: |epochs, gaps, minutes| match gaps {
        0 => format!("{epochs} époques closes, jamais à plus de cinq minutes l’une de l’autre."),
        gaps => format!(
            "{epochs} époques closes ; interruptions de plus de cinq minutes : {gaps}, {minutes} minutes en tout."
        ),
    },
    gap: |from, until| format!("du {from} au {until}"),
    unlooked: "Tout n’a pas été parcouru : il peut y en avoir d’autres.",
    limits: &[
        "Tant qu’il tourne et accepte des actes, le centre clôt une époque au moins chaque minute ; une longue interruption veut \
         dire qu’il était arrêté, ou en lecture seule.",
        "Les heures sont celles de l’opérateur ; les témoins qui contresignent chaque époque les bornent, et gardent chez eux ce \
         qu’ils ont vu et quand.",
        "Cela ne dit pas si votre ligne marchait, si une réponse était lente, ni si des fichiers étaient lisibles.",
    ],
    receipts: "Reçus",
    policy: "Empreinte de la politique de confiance, à comparer à celle du journal officiel ou d’une lettre :",
    verify: "Vérifier sans nous",
    steps: &[
        "Comparez l’empreinte de la politique avec une source qui n’est pas l’opérateur.",
        "Vérifiez chaque reçu, hors ligne, avec l’un des deux programmes indépendants :",
        "Un reçu attesté prouve que l’acte était inscrit, sous cette forme, quand le quorum a contresigné. Ce qui est dans ces \
         tables et n’a pas de reçu est notre parole : demandez le reçu de toute ligne qui compte.",
    ],
    cut: "Le journal de ce mois est trop long pour ce dossier : il est coupé. Emportez-le depuis la page Journal.",
    files: "Dans ce dossier",
};
