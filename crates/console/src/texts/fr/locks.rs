//! La conservation et le gel juridique.

use amana_vault::RetentionMode;

use crate::texts::locks::LockWords;

pub(crate) const WORDS: LockWords = LockWords {
    title: "Conservation",
    none: "Les versions peuvent être supprimées à tout moment.",
    no_default: "Seulement ce qu’un dépôt demande",
    no_suspend: "Ses versions peuvent être verrouillées : il les garde pour toujours.",
    default_lead: "Ce que chaque nouvelle version reçoit désormais. Une fois fixé, les versions peuvent toujours être verrouillées ; celles qui sont là restent telles quelles.",
    default_mode: "Nouvelles versions : qui peut mettre fin plus tôt à leur conservation",
    how_long: "Pendant combien de temps",
    unit: "Unité",
    days: "jours",
    years: "années de 365 jours",
    set_default: "Fixer pour les nouvelles versions",
    make: "Permettre de verrouiller les versions (titres, comptes, preuves) ; ne s’enlève plus",
    hold: "Gel juridique",
    held: "gelé : ne peut être supprimé, quelle que soit la date",
    lead: "Jusqu’à son dernier jour, cette version ne peut être supprimée par personne. On la prolonge ici ; l’abréger demande deux agents, ou est impossible.",
    last_day: "Conserver jusqu’à ce jour (UTC)",
    who_ends: "Qui peut y mettre fin plus tôt",
    retain: "Conserver",
    put_hold: "Placer sous gel juridique",
    lift: "Lever le gel juridique",
    end: "Mettre fin à la conservation",
    end_means: "Vous le proposez, et un autre agent l’approuve sous « Collègues ». Les deux actes sont dans le registre.",
    propose: "Proposer la fin de la conservation",
    stays: "Cette version ne peut pas être supprimée : elle est conservée, ou gelée.",
    mode: |mode| match mode {
        RetentionMode::Governance => "deux agents ensemble (gouvernance)",
        RetentionMode::Compliance => "personne (conformité)",
    },
    default_days: |mode, days| match days {
        1 => format!("Nouvelles versions : un jour ; qui peut y mettre fin plus tôt : {mode}"),
        _ => format!("Nouvelles versions : {days} jours ; qui peut y mettre fin plus tôt : {mode}"),
    },
    default_years: |mode, years| match years {
        1 => format!("Nouvelles versions : un an ; qui peut y mettre fin plus tôt : {mode}"),
        _ => format!("Nouvelles versions : {years} ans ; qui peut y mettre fin plus tôt : {mode}"),
    },
    until: |until, mode| format!("jusqu’au {until} ; qui peut y mettre fin plus tôt : {mode}"),
};
