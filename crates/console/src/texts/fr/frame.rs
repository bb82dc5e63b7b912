//! Autour de chaque page.

use crate::texts::frame::FrameWords;

pub(crate) const WORDS: FrameWords = FrameWords {
    description: "Un centre de données d’État dont chaque acte est inscrit dans un registre que des témoins \
                  indépendants contresignent, et que chacun vérifie.",
    skip: "Aller au contenu",
    menu: "Menu",
    languages: "Langues",
    centre: "Ce centre",
    proof: "Preuve en direct",
    verify: "Vérifier un reçu",
    help: "Aide",
    policy: "Politique de confiance",
    checkpoint: "Dernier point de contrôle national",
    api: "Pour les programmes",
    foot: "Amana : ce qui est confié. Logiciel libre, formats ouverts ; rien ici ne demande d’être cru sur parole.",
    not_found: "Cette page n’existe pas",
    refused: "La demande n’a pas abouti",
    failed: "Une erreur est survenue. Rien n’a été enregistré à moitié : recommencez, et si elle persiste, donnez ce \
             code à l’opérateur du centre.",
    code: "Code :",
    home: "Retour à l’accueil",
    copy: "Copier",
    copied: "Copié",
};
