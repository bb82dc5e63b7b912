//! Les échanges avec l’opérateur.

use crate::texts::messages::MessageWords;

pub(crate) const WORDS: MessageWords = MessageWords {
    title: "Messages",
    own_lead: "Vos échanges avec l’opérateur. Chaque message est une inscription de votre registre, avec son reçu.",
    none: "Aucun fil ici.",
    subject: "Objet",
    state: "État",
    last: "Dernier mot",
    count: "Messages",
    institution: "Institution",
    awaits_us: "attend votre réponse",
    awaits_them: "attend l’autre partie",
    closed: "clos",
    older: "Suite",
    open: "Écrire à l’opérateur",
    write_first: "Écrire à une institution",
    text: "Message",
    text_hint: |longest| {
        format!("{longest} caractères au plus. N’y mettez ni mot de passe ni clé.")
    },
    send: "Envoyer",
    answer: "Répondre",
    close: "Clore ce fil",
    receipt: "Reçu :",
    erased: "(effacé)",
    the_operator: "L’opérateur",
    back: "Tous les fils",
    which: "Quels fils",
    unanswered: "Sans réponse",
    answered: "Répondus",
    closed_ones: "Clos",
};
