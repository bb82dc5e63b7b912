//! Les dépositaires.

use crate::texts::custodians::CustodianWords;

pub(crate) const WORDS: CustodianWords = CustodianWords {
    title: "Dépositaires",
    lead: "Les clés de votre institution ne sont entières nulle part : des dépositaires en ont chacun une page de mots, et \
           plusieurs ensemble les reconstituent.",
    none: "Aucun : votre institution n’a pas encore de passerelle, donc pas de clés à partager.",
    set_up: "Installer une passerelle",
    plan: "Combien, sur combien",
    of: |needed, pages| {
        let plural = if needed < 2 { "" } else { "s" };
        format!("{needed} page{plural} sur {pages}")
    },
    of_groups: |needed| match needed {
        1 => "un des groupes :".to_owned(),
        _ => format!("{needed} des groupes :"),
    },
    set_told: |plan, set| format!("{plan} (jeu n° {set})"),
    set: "Jeu de pages n°",
    keyring: "Trousseau n°",
    unknown: "Le centre ne connaît ni leurs noms ni leurs mots : votre institution seule sait qui tient quelle page.",
    drills: "Exercices",
    no_drill: "Aucun exercice n’est inscrit.",
    due: |day| format!("Prochain exercice avant le {day}."),
    overdue: |day| format!("L’exercice est en retard : il était attendu le {day}."),
    day: "Jour",
    took_part: "Pages réunies",
    outcome: "Résultat",
    recorded_by: "Inscrit par",
    rebuilt: "clés reconstituées",
    failed: "manqué",
    entry: "inscription",
    how: "Faire l’exercice, une fois par an",
    steps: &[
        "Réunissez autant de dépositaires qu’il en faut, chacun avec sa page, autour de la machine de la passerelle.",
        "Lancez la commande ci-dessous et saisissez les mots de chaque page : elle reconstitue les clés, les compare à celles \
         du trousseau, puis les oublie. Rien n’est changé.",
        "Rangez les pages. Si l’une manque ou ne se lit plus, refaites un jeu de pages (amana keys reshare).",
        "Inscrivez ici le jour, les numéros des pages et le résultat, même s’il est mauvais.",
    ],
    command: "amana keys shares --rehearse",
    record: "Inscrire un exercice",
    numbers: "Numéros des pages réunies",
    numbers_hint: "Par exemple 1, 3, 4.",
    note: "Remarque (facultatif)",
    save: "Inscrire",
};
