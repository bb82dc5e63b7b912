//! Les indicateurs.

use amana_access::Exercise;

use crate::texts::indicators::IndicatorWords;

pub(crate) const WORDS: IndicatorWords = IndicatorWords {
    title: "Indicateurs",
    lead: "Ce que le centre rend, en chiffres, pour qui le finance.",
    as_of: "Au",
    indicator: "Indicateur",
    value: "Valeur",
    institutions: "Institutions hébergées",
    deposits: "Dépôts conservés",
    acts: "Actes inscrits aux registres",
    restores: "Restaurations éprouvées",
    trained: "Personnes formées",
    certified: "Personnes certifiées par l’école",
    drills: "Exercices de récupération des clés par les dépositaires",
    drills_rebuilt: "Exercices qui ont reconstitué les clés",
    csv: "Télécharger (CSV)",
    exercises: "Exercices et formations",
    exercise: |exercise| match exercise {
        Exercise::Restore => "Restauration éprouvée",
        Exercise::Training => "Formation",
    },
    kind: "Nature",
    people: "Participants",
    what: "Objet",
    receipt: "Reçu",
    record: "Inscrire un exercice",
    record_lead: "L’acte va au registre public operator/notices : chacun peut en vérifier le reçu. N’y nommez personne.",
};
