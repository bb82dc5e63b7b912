//! La preuve en direct.

use crate::texts::proof::ProofWords;

pub(crate) const WORDS: ProofWords = ProofWords {
    title: "Preuve en direct",
    lead: "À chaque époque, une seule ligne du registre national engage l’état de tous les registres à la fois. Des \
           témoins indépendants la contresignent après avoir vérifié que rien n’a été réécrit.",
    as_of: "État au",
    again: "Actualiser",
    sound: "Attesté, aucune anomalie",
    sound_told: |needed, of, ago| {
        format!(
            "Un quorum de {needed} témoins sur {of} se porte garant du registre national, {ago}."
        )
    },
    anomalies: "Anomalies signalées",
    no_quorum: "La politique de confiance ne demande aucun témoin : ce qui est inscrit lie l’opérateur, mais personne \
                d’autre ne s’en porte garant.",
    never_witnessed: "Aucune époque n’a encore été attestée par un quorum de témoins.",
    not_witnessed: |minutes| match minutes {
        0 | 1 => "Aucune époque n’a été attestée par le quorum depuis une minute.".to_owned(),
        _ => format!("Aucune époque n’a été attestée par le quorum depuis {minutes} minutes."),
    },
    silent: |name, minutes| match minutes {
        0 | 1 => format!("Le témoin {name} n’est pas venu depuis une minute."),
        _ => format!("Le témoin {name} n’est pas venu depuis {minutes} minutes."),
    },
    never_came: |name| format!("Le témoin {name} n’est encore jamais venu."),
    behind: |ledger, have, signed| {
        format!(
            "Un témoin a montré un point de contrôle signé du registre {ledger} à {signed} inscriptions ; le centre n’en a \
             que {have}. Il n’accepte plus rien tant que le reste ne lui a pas été rendu."
        )
    },
    forked: |ledger, size| {
        format!(
            "Un témoin a montré, sous la signature du centre, un autre passé du registre {ledger} que celui qu’il sert, à \
             {size} inscriptions : c’est une bifurcation, et la preuve est gardée."
        )
    },
    read_only: |why| {
        format!(
            "Aucun dépôt n’est accepté pour le moment. Motif, dans les mots du programme : {why}"
        )
    },
    figures: "Chiffres",
    epoch: "Dernière époque",
    no_epoch: "aucune encore",
    closed: "Close, d’après l’horloge de l’opérateur",
    witnessed_epoch: "Dernière époque attestée par le quorum",
    none: "aucune",
    stood: "Quorum réuni, d’après les horloges des témoins",
    ledgers: "Registres",
    acts: "Actes inscrits",
    quorum: "Quorum",
    quorum_told: |needed, of| format!("{needed} témoins sur {of}"),
    witnesses: "Témoins",
    witnesses_lead: "Un témoin est un programme tenu par une institution, un tribunal, une université. Il ne lit aucun \
                     contenu : il vérifie que chaque état du registre prolonge le précédent, puis le contresigne.",
    no_witness: "La politique de confiance ne nomme aucun témoin.",
    columns: [
        "Témoin",
        "Dernière époque contresignée",
        "Quand, selon son horloge",
        "État",
    ],
    present: "présent",
    absent: "absent",
    evidence: "De quoi vérifier vous-même",
    evidence_lead: "Cette page n’est qu’un résumé, fait par l’opérateur. La preuve est le point de contrôle ci-dessous, \
                    avec ses signatures ; les clés sont dans la politique de confiance, dont l’empreinte doit être celle \
                    que vous tenez d’ailleurs.",
    digest: "Empreinte SHA-256 de la politique de confiance",
    checkpoint: "Point de contrôle national contresigné",
};
