//! Vérifier un reçu.

use crate::texts::verify::{Script, VerifyWords};

pub(crate) const WORDS: VerifyWords = VerifyWords {
    title: "Vérifier un reçu",
    lead: "Un reçu prouve qu’un acte est inscrit, et que les témoins l’ont vu. Il est vérifié ici même, sur votre \
           appareil : rien n’est envoyé.",
    unable: "Ce navigateur ne peut pas vérifier ici : il lui faut JavaScript, les signatures Ed25519 (Chrome ou Edge 137, \
             Firefox 129, Safari 17, ou plus récent), et cette page par HTTPS. Suivez sinon la marche ci-dessous.",
    receipt: "Le reçu",
    receipt_hint: "Choisissez le fichier, ou déposez-le n’importe où dans ce cadre.",
    pasted: "… ou son texte, collé ici",
    policy: "La politique de confiance que vous tenez d’ailleurs (facultatif)",
    policy_hint: "Sans fichier, c’est celle que sert ce centre qui juge : comparez alors son empreinte.",
    digest: "L’empreinte SHA-256 publiée de la politique (facultatif)",
    digest_hint: "64 chiffres et lettres : au journal officiel, dans une lettre, partout sauf ici.",
    verify: "Vérifier",
    alone: "Vérifier sans nous",
    alone_lead: "Cette page vous est servie par le centre dont elle juge les reçus. Un centre malhonnête pourrait en servir \
                 une qui mente. Pour ce qui compte, vérifiez hors ligne, avec un programme obtenu ailleurs :",
    by_command: "par la commande, sur votre machine, sans réseau :",
    command: "amana receipt verify FICHIER --policy POLITIQUE",
    by_other: "par une seconde implémentation, écrite en Python d’après la seule description du format :",
    other: "le programme verify-receipt.py",
    by_format: "ou en écrivant la vôtre, d’après les formats :",
    script: Script {
        witnessed: "Attesté",
        witnessed_told: "La chaîne tient d’un bout à l’autre, et les quorums de témoins de la politique se portent garants \
                         de l’acte.",
        recorded: "Inscrit, pas encore attesté",
        refused: "Refusé",
        nothing: "Aucun reçu",
        nothing_told: "Choisissez un fichier, ou collez le texte d’un reçu.",
        failed: "La vérification n’a pas pu se faire.",
        digest_unknown: "Ce verdict vaut ce que vaut la politique : comparez son empreinte à celle que vous tenez d’ailleurs.",
        digest_agrees: "La politique a bien l’empreinte que vous avez donnée.",
        digest_differs: "La politique n’a pas l’empreinte que vous avez donnée : ne vous fiez pas à ce verdict.",
        policy_digest: "Empreinte de la politique",
        ledger: "Registre",
        index: "Numéro d’inscription",
        ledger_time: "Quorum du registre réuni",
        national_time: "Quorum national réuni",
        cosigners: "Contresigné par",
        core: "L’acte",
        body: "Son détail",
    },
};
