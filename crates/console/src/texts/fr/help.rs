//! L’aide.

use crate::texts::help::{HelpWords, Topic};

pub(crate) const WORDS: HelpWords = HelpWords {
    title: "Aide",
    lead: "Pour le correspondant informatique d’une institution, pour ses agents, et pour qui veut contrôler.",
    at_gateway: "Les pages nommées ici sont celles du centre de données :",
    contents: "Sujets",
    topics: [
        Topic {
            id: "words",
            title: "Les mots de la maison",
            text: &[
                "L’opérateur fait tourner le centre de données. Une institution, ministère ou agence, y dépose ses fichiers \
                 dans des compartiments. Un compartiment est scellé (le centre ne peut pas le lire) ou ouvert (il le peut).",
                "Un acte est un changement : un dépôt, une suppression, un droit donné. Chacun est inscrit dans le registre de \
                 l’institution, qui ne fait que croître. Le reçu d’un acte en est la preuve, dans un petit fichier de texte.",
                "Un témoin vérifie que les registres ne font que croître et contresigne leur état. La politique de confiance dit \
                 quels témoins comptent, et combien il en faut.",
            ],
            commands: &[],
        },
        Topic {
            id: "sign-in",
            title: "Ouvrir son compte, se connecter, retrouver l’accès",
            text: &[
                "La première fois, un lien ou un code vous est remis en main propre : il ouvre votre compte, une seule fois, dans les trois jours. \
                 Créez-y une clé d’accès (votre téléphone ou votre ordinateur vous reconnaît), ou choisissez un mot de passe et \
                 une application de codes.",
                "Ajoutez aussitôt un second moyen sur un autre appareil, page « Mon compte ». Si vous perdez tout, deux collègues vous \
                 rétablissent, page « Collègues » : l’un propose un nouveau lien, l’autre approuve. L’opérateur ne le peut pas à leur place.",
            ],
            commands: &[],
        },
        Topic {
            id: "gateway",
            title: "Installer votre passerelle",
            text: &[
                "Il y faut une machine chez vous, et un code d’enrôlement : demandez-le à l’opérateur. L’empreinte de la politique de confiance, \
                 prenez-la au journal officiel ou dans une lettre, pas chez l’opérateur.",
                "La première commande fait les clés de l’institution et imprime une page de mots pour chaque dépositaire ; remettez les pages, \
                 puis effacez leur dossier. La deuxième affiche six mots : lisez-les à l’opérateur au téléphone, il les confirme de son côté. \
                 Les deux dernières mettent la passerelle en marche et donnent une clé à vos logiciels.",
                "Dès lors, un compartiment créé à la passerelle est scellé. Son propre état se lit sur la machine, à http://127.0.0.1:7500/.",
            ],
            commands: &[
                "amana keys init --institution finances --custodians 3-of-5 --pages pages",
                "amana gateway init --centre https://CENTRE:7400 --code CODE --policy-sha256 EMPREINTE",
                "amana gateway run",
                "amana access-key create --data amana-gateway",
            ],
        },
        Topic {
            id: "deposit",
            title: "Déposer des fichiers",
            text: &[
                "Les logiciels parlent S3 à la passerelle de l’institution, avec une clé de logiciel faite à la passerelle. Les personnes \
                 ouvrent sa page de fichiers dans un navigateur (http://PASSERELLE:7500/folders), ou la montent comme un lecteur réseau \
                 (WebDAV, http://PASSERELLE:7500/files/) ; l’identifiant de la clé sert de nom, son secret de mot de passe.",
                "La passerelle scelle tout avant que rien ne sorte. Si le centre ne répond pas, elle garde les dépôts sur son disque et les \
                 envoie ensuite : un dépôt est d’abord en attente, puis inscrit, puis attesté.",
                "Page « Compartiments », on dépose dans un compartiment ouvert, que le centre pourrait lire : pour ce qui est public, ou ce que \
                 lisent des applications hébergées ici.",
            ],
            commands: &[
                "aws --endpoint-url http://PASSERELLE:7501 s3 cp rapport.pdf s3://archives/2026/rapport.pdf",
            ],
        },
        Topic {
            id: "receipts",
            title: "Garder et vérifier un reçu",
            text: &[
                "Le reçu d’un acte se télécharge page « Journal », à son inscription, ou à la page du fichier. Demandez-le une fois l’acte \
                 attesté, quelques minutes plus tard, et rangez-le avec le dossier : il vaut hors ligne et pour toujours, même si ce centre \
                 disparaît.",
                "La page « Vérifier un reçu » le vérifie sur votre appareil, sans rien envoyer. Pour ce qui compte, vérifiez sans nous, par \
                 la commande. Il faut le reçu et la politique de confiance, rien d’autre ; comparez l’empreinte de la politique à celle qui \
                 est publiée hors d’ici.",
            ],
            commands: &["amana receipt verify FICHIER --policy POLITIQUE"],
        },
        Topic {
            id: "versions",
            title: "Retrouver un fichier supprimé ou écrasé",
            text: &[
                "Dans un compartiment qui garde les versions, supprimer ne fait que cacher, et écraser ajoute une version. Dans un compartiment \
                 ouvert : page du fichier, « Rétablir ce fichier » ou « Remettre cette version en service » ; « Montrer aussi les fichiers \
                 supprimés » les fait voir. Dans un compartiment scellé : la page de fichiers de votre passerelle.",
                "Sans versions, ce qui est écrasé est perdu. Faites-les garder avant d’en avoir besoin : page du compartiment, « Réglages ».",
            ],
            commands: &[],
        },
        Topic {
            id: "sites",
            title: "Publier le site de votre institution",
            text: &[
                "Un site est un dossier. L’opérateur lui donne son nom et inscrit vos signataires ; lui-même n’a aucune clé de publication. \
                 Page « Sites », déposez le dossier : il est examiné, puis attend les signatures. Les visiteurs voient l’ancien site, entier, \
                 jusqu’à la dernière, puis le nouveau, entier.",
                "Une erreur publiée se retire de la même façon : choisissez une publication plus ancienne et signez. N’importe qui vérifie, de \
                 n’importe où, qu’un site est bien ce que ses signataires ont signé.",
            ],
            commands: &[
                "amana site verify https://www.finances.example --policy POLITIQUE --centre https://CENTRE:7400",
            ],
        },
        Topic {
            id: "custodians",
            title: "Les dépositaires et l’exercice annuel",
            text: &[
                "La racine des clés de l’institution n’existe que sur les pages de ses dépositaires : trois sur cinq, par exemple, la \
                 reconstituent. Personne d’autre ne les a, ni l’opérateur ni les auteurs du programme.",
                "Une fois l’an, faites l’exercice de la page « Dépositaires » (première commande) : rien n’est changé. Si l’un part ou perd sa \
                 page, partagez la racine de nouveau (deuxième commande) : deux agents l’approuvent d’abord, page « Collègues » ; brûlez \
                 ensuite les anciennes pages.",
                "Seulement si toutes les machines de la passerelle sont perdues : la troisième commande, sur une machine neuve, reconstitue la racine \
                 et en fait une passerelle.",
            ],
            commands: &[
                "amana keys shares --rehearse",
                "amana keys reshare --custodians 3-of-5",
                "amana keys recover --centre https://CENTRE:7400 --institution finances --policy-sha256 EMPREINTE",
            ],
        },
        Topic {
            id: "school",
            title: "S’exercer à l’école",
            text: &[
                "Page « École », chacun s’exerce dans un bac à sable à lui, sans risque pour l’institution : déposer, supprimer, rétablir, \
                 démêler des reçus, réunir des dépositaires, démasquer un opérateur malhonnête. Les six exercices faits, un certificat \
                 s’imprime.",
            ],
            commands: &[],
        },
        Topic {
            id: "witness",
            title: "Devenir témoin",
            text: &[
                "Un tribunal, une université, un journal peut être témoin : un petit programme, sur sa machine, derrière n’importe \
                 quelle ligne. Il ne voit aucun contenu. Plus les témoins sont indépendants, plus la preuve vaut.",
                "L’opérateur inscrit sa clé dans la politique de confiance, et la nouvelle empreinte est publiée ailleurs.",
            ],
            commands: &["amana witness --help"],
        },
        Topic {
            id: "anomalies",
            title: "Si la preuve en direct signale une anomalie",
            text: &[
                "Un témoin absent, ou un quorum ancien, est d’ordinaire une panne de ligne : attendez, puis demandez à l’opérateur.",
                "« En retard » : le centre revient d’une copie plus ancienne. Il n’accepte rien tant que ce qui manque ne lui a pas \
                 été rendu ; les passerelles le font d’elles-mêmes.",
                "« Bifurcation » : le centre a signé deux passés. Gardez vos reçus et les preuves de votre passerelle, et \
                 montrez-les à un tiers : elles se vérifient sans lui.",
            ],
            commands: &[],
        },
        Topic {
            id: "leave",
            title: "Repartir avec tout",
            text: &[
                "Une commande emporte tout, fichiers et reçus, dans un format d’archives courant (BagIt). Ce qui est scellé se \
                 rouvre avec les pages des dépositaires et l’outil libre age, sans ce programme.",
            ],
            commands: &["amana export --help"],
        },
    ],
};
