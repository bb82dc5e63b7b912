//! Ce qu’est ce centre.

use crate::texts::centre::CentreWords;

pub(crate) const WORDS: CentreWords = CentreWords {
    title: "Un centre de données auquel personne n’a besoin de faire confiance",
    lead: "Les ministères et les agences y déposent leurs fichiers. D’ordinaire, ils devraient croire l’opérateur sur \
           parole. Ici, ce qu’il promet se vérifie : par chaque institution, par un tribunal, par un journaliste, sans \
           lui demander la permission.",
    now: "En ce moment",
    witnessed: |needed, of, ago| {
        format!(
            "Le registre national, qui engage l’état de tous les autres, est attesté par {needed} témoins au moins sur \
             {of} ({ago})."
        )
    },
    troubled: "Une anomalie est signalée : la preuve en direct dit laquelle.",
    unwitnessed: "Aucun quorum de témoins n’a encore attesté ce centre : ce qu’il inscrit le lie, mais lui seul \
                  s’en porte garant.",
    holds: |ledgers, ledgers_told, acts_told| match ledgers {
        0 | 1 => format!("{ledgers_told} registre, {acts_told} actes inscrits."),
        _ => format!("{ledgers_told} registres, {acts_told} actes inscrits."),
    },
    see_proof: "Voir la preuve en direct",
    promises: "Ce que l’opérateur ne peut pas faire",
    promise: [
        (
            "Lire ce qui est scellé",
            "Une institution chiffre ses fichiers chez elle, sur sa propre passerelle. Les clés n’en sortent jamais ; ses \
             dépositaires en gardent les parts sur papier.",
        ),
        (
            "Réécrire, cacher ou dédoubler l’histoire",
            "Chaque acte est inscrit dans un registre qui ne fait que croître. Des témoins indépendants en vérifient et \
             en contresignent chaque état : une page arrachée se verrait.",
        ),
        (
            "Retenir en otage",
            "Formats ouverts, outils courants, et une commande pour repartir avec tout, reçus compris.",
        ),
        (
            "Perdre sans que cela se sache",
            "Rien n’est confirmé avant d’être écrit sur le disque. Tout est relu régulièrement et comparé au registre ; \
             une copie endommagée est réparée ou signalée, jamais servie.",
        ),
    ],
    custody: "Trois classes de garde",
    custody_lead: "Elles sont toujours distinguées : avant de confier quoi que ce soit, regardez dans quelle classe.",
    columns: [
        "Classe",
        "Ce qui s’y trouve",
        "Qui peut lire",
        "Ce qui est prouvé",
    ],
    classes: [
        [
            "Scellé chez l’institution",
            "Les fichiers d’une institution qui a une passerelle : c’est la règle, sauf choix contraire.",
            "L’institution seule. L’opérateur est aveugle, et cela se prouve.",
            "Que l’institution a signé l’acte, et quand il a été inscrit.",
        ],
        [
            "Hébergé",
            "Applications et compartiments ouverts, avec un motif inscrit.",
            "L’institution ; l’opérateur le pourrait aussi. Ses accès déclarés sont inscrits.",
            "Que le centre a inscrit l’acte, et quand.",
        ],
        [
            "Public",
            "Sites, données ouvertes, la liste des versions du logiciel.",
            "Tout le monde.",
            "Que chacun voit la même chose, et qui l’a publiée.",
        ],
    ],
    limits: "Ce qui ne peut pas être promis",
    limits_lead: "Aucune technique ne le donne ; qui vous le promettrait vous tromperait.",
    limit: [
        "Que les tailles, les heures et les noms des compartiments soient cachés : l’opérateur les voit, même scellés.",
        "Que l’opérateur ne puisse pas lire ce qui est hébergé sans être scellé.",
        "Que les clés reviennent, si une institution perd les parts de trop de dépositaires : personne d’autre ne les a.",
        "Que le centre réponde toujours : il peut tomber en panne ou refuser. Les copies et le départ libre sont la parade.",
        "Qu’un acte inscrit soit juste : le registre prouve ce qui a été fait et quand, non que c’était bien.",
        "Quoi que ce soit, si tous les témoins d’un quorum s’entendent avec l’opérateur : choisissez-les indépendants.",
    ],
    check: "Vérifier sans nous croire",
    check_lead: "Chaque dépôt donne un reçu, un petit fichier de texte. Il se vérifie hors ligne, pour toujours :",
    step: [
        "Procurez-vous l’empreinte de la politique de confiance ailleurs qu’ici : au journal officiel, dans une lettre.",
        "Comparez-la à celle ci-dessous. Si elles diffèrent, ne croyez plus rien de ce que montre ce site, et dites-le.",
        "Vérifiez le reçu avec cette politique, sur votre machine : amana receipt verify, ou le programme d’un autre, \
         que le format publié permet d’écrire.",
    ],
    digest: "Empreinte SHA-256 de la politique de confiance servie ici",
};
