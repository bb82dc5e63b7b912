//! L’usage.

use crate::texts::usage::UsageWords;

pub(crate) const WORDS: UsageWords = UsageWords {
    title: "Usage",
    held: "Détenu aujourd’hui",
    no_quota: "Aucune limite ne vous est fixée ; seul le disque du centre en est une.",
    quota: |told, percent| format!("De votre quota : {told} ({percent} %)"),
    of: |held, most| format!("{held} sur {most}"),
    objects: |told| format!("{told} objets"),
    quota_lead: "L’opérateur l’a fixé, par un acte de votre registre. Un dépôt qui le dépasse est refusé ; ce qui est là reste.",
    nearly_full: "presque plein",
    full: "plein",
    line: |most| format!("La ligne est le quota : {most}."),
    lead: "Compté dans votre registre, jour par jour (UTC), sur quatre-vingt-dix jours : vous pouvez refaire chaque somme \
           depuis le journal.",
    unfinished: "Le registre n’a pas encore été relu sur toute la période : les jours les plus anciens manquent.",
    again: "Continuer le compte",
    held_plot: "Détenu à la fin de chaque jour",
    deposited_plot: "Déposé chaque jour",
    acts_plot: "Actes chaque jour",
    plot_told: |from, to, top| {
        format!("Du {from} au {to} ; le plus haut : {top}. Les chiffres sont dans la table.")
    },
    top: "au plus",
    table: "Les jours où quelque chose s’est passé",
    day: "Jour",
    acts: "Actes",
    deposits: "Déposé",
    removals: "Supprimé",
    then: "Détenu",
    columns: [
        "jour",
        "octets_detenus",
        "actes",
        "depots",
        "octets_deposes",
        "suppressions",
        "octets_supprimes",
        "suppressions_de_taille_inconnue",
    ],
    file: "Emporter cette table (CSV)",
};
