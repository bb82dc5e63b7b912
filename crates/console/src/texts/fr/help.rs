//! L’aide.

use crate::texts::help::{HelpWords, Topic};

pub(crate) const WORDS: HelpWords = HelpWords {
    title: "Aide",
    lead: "Pour le correspondant informatique d’une institution, pour ses agents, et pour qui veut contrôler.",
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
            id: "deposit",
            title: "Déposer des fichiers",
            text: &[
                "Les logiciels parlent S3 à la passerelle de l’institution, avec une clé de logiciel. Les personnes montent la \
                 passerelle comme un lecteur réseau (WebDAV), avec la même clé.",
                "La passerelle scelle tout avant que rien ne sorte. Si le centre ne répond pas, elle garde les dépôts sur son \
                 disque et les envoie ensuite : un dépôt est d’abord en attente, puis inscrit, puis contresigné.",
            ],
            commands: &["aws s3 cp rapport.pdf s3://archives/2026/rapport.pdf"],
        },
        Topic {
            id: "receipts",
            title: "Garder et vérifier un reçu",
            text: &[
                "Chaque écriture répond par le nom de son reçu. Demandez-le une fois contresigné, quelques minutes plus tard, et \
                 rangez-le avec le dossier : il vaut hors ligne et pour toujours, même si ce centre disparaît.",
                "Pour vérifier, il faut le reçu et la politique de confiance, rien d’autre. Comparez l’empreinte de la politique \
                 à celle qui est publiée hors d’ici.",
            ],
            commands: &[
                "amana receipt get REGISTRE/NUMÉRO --out FICHIER",
                "amana receipt verify FICHIER --policy POLITIQUE",
            ],
        },
        Topic {
            id: "versions",
            title: "Retrouver un fichier supprimé ou écrasé",
            text: &[
                "Dans un compartiment qui garde les versions, supprimer ne fait que cacher, et écraser ajoute une version : les \
                 anciennes sont encore là, sous leur numéro, et se téléchargent.",
                "Sans versions, ce qui est écrasé est perdu. Activez-les avant d’en avoir besoin.",
            ],
            commands: &["aws s3api list-object-versions --bucket archives --prefix 2026/"],
        },
        Topic {
            id: "custodians",
            title: "Les dépositaires et l’exercice annuel",
            text: &[
                "La racine des clés de l’institution n’existe que sur les pages de ses dépositaires : trois sur cinq, par \
                 exemple, la reconstituent. Personne d’autre ne les a, ni l’opérateur ni les auteurs du programme.",
                "Une fois l’an, réunissez assez de dépositaires et refaites la récupération pour de bon. Si l’un part ou perd sa \
                 page, refaites le partage aussitôt, et brûlez les anciennes pages.",
            ],
            commands: &[
                "amana keys recover",
                "amana keys reshare --custodians 3-of-5",
            ],
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
