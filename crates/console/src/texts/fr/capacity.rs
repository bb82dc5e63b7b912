//! La place sur le disque.

use crate::texts::capacity::CapacityWords;

pub(crate) const WORDS: CapacityWords = CapacityWords {
    title: "Capacité",
    room: "Place sur le disque",
    unknown: "La taille du disque n’est pas connue.",
    free_of: |free, size, percent| format!("{free} libres sur {size} ({percent} %)"),
    forecast: "Prévision",
    growth: "Croissance par jour",
    growth_told: |rate, least, most| format!("{rate} (entre {least} et {most}, 95 fois sur 100)"),
    full: "Disque plein",
    full_told: |day, earliest, latest| {
        format!("{day} (au plus tôt {earliest}, au plus tard {latest})")
    },
    never: "Pas dans les dix ans à ce rythme",
    beyond: "dans plus de dix ans",
    trust: "Confiance",
    trust_good: "bonne",
    trust_rough: "approximative : un ordre de grandeur",
    trust_none: "aucune : l’usage varie plus qu’il ne croît",
    made_of: |trust, samples, days| format!("{trust} ({samples} mesures sur {days} jours)"),
    method: "Une droite par les moindres carrés à travers les mesures des 90 derniers jours ; l’intervalle est de deux erreurs types. Un grand dépôt qui n’est pas encore venu n’y est pas.",
    too_early: "Trop tôt pour le dire : il faut au moins quatre mesures sur trois jours. Le centre en prend une par jour.",
    plot: "Place occupée, de rien au disque entier",
    plot_told: "La courbe va de la première mesure, à gauche, à la dernière, à droite ; le trait du haut est la taille du disque. Le tableau qui suit donne les mêmes nombres.",
    samples: "Mesures, la plus récente d’abord",
    day: "Jour",
    used: "Occupé",
};
