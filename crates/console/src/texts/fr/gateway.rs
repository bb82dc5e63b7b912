//! La page d’une passerelle.

use crate::texts::gateway::GatewayWords;

pub(crate) const WORDS: GatewayWords = GatewayWords {
    title: "Passerelle de",
    lead: "Elle est à l’institution : elle scelle ce qui part, vérifie ce qui revient, et ne laisse sortir aucune clé.",
    again: "Actualiser",
    alone: "UNE SEULE PERSONNE détient toutes les clés de l’institution",
    alone_told: "Si sa page est perdue, tout est perdu ; si elle est volée, tout est lisible. Partagez-la :",
    pages: "Les pages des dépositaires sont encore sur ce disque",
    pages_told: "Imprimez-les, remettez-les, puis effacez :",
    no_alarm: "Aucune alerte",
    alarms: "Alertes",
    evidence: "Preuve :",
    keep: "Gardez ces fichiers et montrez-les à un tiers : amana receipt verify les juge.",
    vouches: |ago| format!("Ce qu’elle sert est contresigné par un quorum récent ({ago})."),
    cannot_vouch: "Aucun quorum récent : elle ne peut pas garantir que ce qu’elle sert est le plus récent.",
    figures: "Chiffres",
    line: "Liaison",
    connected: "reliée au centre de données",
    not_connected: "le centre de données ne répond pas ; les nouvelles tentatives sont automatiques",
    ledger: "Registre suivi",
    followed_of: |followed, known| format!("{followed} inscriptions sur {known}"),
    witnessed: "Inscriptions contresignées par le quorum",
    never: "aucune encore",
    last: "Dernier quorum :",
    queue: "Actes en attente de réponse",
    spool: "Dépôts gardés ici en attendant le centre",
    spooled: |acts, bytes| format!("{acts} ({bytes} octets)"),
    keyring: "Trousseau en vigueur, n°",
    custodians: "Dépositaires et jeu de pages",
};
