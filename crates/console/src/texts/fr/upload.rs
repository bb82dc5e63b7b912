//! Déposer un fichier.

use crate::texts::upload::UploadWords;

pub(crate) const WORDS: UploadWords = UploadWords {
    title: "Déposer un fichier",
    into: "Dans",
    lead: "Le fichier est gardé tel quel ; à la fin vous recevez un reçu. Si la liaison est coupée ou la page rechargée, choisissez à nouveau le même fichier : l’envoi reprend où il s’était arrêté.",
    no_script: "Sans script, l’envoi part en une fois et ne reprend pas : pour un gros fichier sur une liaison fragile, activez les scripts.",
    file: "Fichier",
    replace: "Remplacer le fichier de ce nom, s’il y en a un",
    send: "Déposer",
    progress: "Progression",
    going: "Envoi : {}",
    resumed: "L’envoi reprend à {}",
    cut: "La liaison est coupée ; l’envoi reprendra de lui-même.",
    joining: "Tout est arrivé ; le fichier est en train d’être inscrit.",
    under_way: "Dépôts en cours",
    begun: "Commencé le",
    end: "Abandonner",
    to_folder: "Retour au dossier",
};
