//! Compartiments et fichiers.

use amana_vault::{Mode, Versioning};

use crate::texts::content::ContentWords;

pub(crate) const WORDS: ContentWords = ContentWords {
    buckets: "Compartiments",
    lead: "Vos fichiers sont rangés dans des compartiments. Chaque changement est inscrit à votre registre et donne un reçu.",
    none: "Aucun compartiment encore.",
    name: "Nom",
    name_hint: "3 à 63 minuscules, chiffres, points et tirets ; unique dans tout le centre.",
    who_reads: "Qui peut lire",
    mode: |mode| match mode {
        Mode::Open => "ouvert",
        Mode::Sealed => "scellé",
    },
    mode_means: |mode| match mode {
        Mode::Open => {
            "Le centre de données pourrait lire ce qu’il contient. Pour des données publiques, ou d’applications hébergées ici."
        }
        Mode::Sealed => {
            "Seule votre institution peut le lire : ni les noms ni le contenu ne sont connus ici, seulement des numéros et des tailles. Ouvrez-le par la passerelle de votre institution."
        }
    },
    holds: "Contenu",
    items: |written, count, mode| {
        let plural = if count < 2 { "" } else { "s" };
        match mode {
            Mode::Open => format!("{written} version{plural}"),
            Mode::Sealed => format!("{written} pièce{plural}"),
        }
    },
    versions: "Versions",
    versioning: |versioning| match versioning {
        Versioning::Enabled => "gardées",
        Versioning::Suspended => "plus gardées",
        Versioning::Unversioned => "non gardées",
    },
    next: "Suite",
    make: "Créer un compartiment ouvert",
    make_sealed: "Un compartiment scellé se crée à la passerelle de votre institution, qui garde les clés. Ici ne se créent que des compartiments que le centre pourrait lire.",
    reason: "Pourquoi le centre peut le lire",
    reason_hint: "Par exemple « données publiques ». La raison reste inscrite à votre registre.",
    keep: "Garder les versions : ce qui est remplacé ou supprimé peut être rétabli",
    created: "Créé le",
    files: "Voir les fichiers",
    pieces_link: "Voir les pièces",
    settings: "Réglages",
    enable: "Garder les versions",
    suspend: "Ne plus garder de nouvelles versions",
    enabled_means: "Chaque dépôt et chaque suppression fait une version ; rien n’est perdu.",
    not_enabled_means: "Un fichier remplacé ou supprimé est perdu. Les versions déjà là restent.",
    delete_bucket: "Supprimer ce compartiment",
    delete_bucket_means: "Il doit être vide, anciennes versions comprises. Son nom sera libre pour tous.",
    not_empty: "Il n’est pas vide : videz-le d’abord.",
    sealed_settings: "Ce compartiment se règle et se supprime à la passerelle de votre institution.",
    objects: "Fichiers",
    empty: "Rien ici.",
    path: "Dossiers",
    search: "Chercher dans les noms",
    search_do: "Chercher",
    searched: |count, whole| {
        if whole {
            format!("Noms regardés : {count}, tous.")
        } else {
            format!("Noms regardés : {count}. Il y en a d’autres : la suite reprend là.")
        }
    },
    show_deleted: "Montrer aussi les fichiers supprimés",
    hide_deleted: "Cacher les fichiers supprimés",
    size: "Taille",
    modified: "Déposé le",
    folder: "dossier",
    deleted: "supprimé",
    pieces: "Pièces scellées",
    piece: "Numéro",
    deposit: "Déposer un fichier ici",
    bucket: "Compartiment",
    download: "Télécharger",
    version: "Version",
    null: "sans version",
    latest: "la plus récente",
    older: "Vous regardez une version plus ancienne.",
    see_latest: "Voir la plus récente",
    bring_back: "Remettre cette version en service",
    marker: "Ce fichier est supprimé ; ses versions sont encore là.",
    etag: "Empreinte (ETag)",
    kind: "Type annoncé",
    metadata: "Métadonnées",
    tags: "Étiquettes",
    set_tags: "Changer les étiquettes",
    set_tags_means: "Ce qui est écrit ici remplace toutes les étiquettes ; une ligne vide n’en fait aucune. Lettres, chiffres, \
                     espaces, et les signes _.:/=+-@.",
    tag_name: |number| format!("Nom de l’étiquette {number}"),
    tag_value: |number| format!("Valeur de l’étiquette {number}"),
    keep_tags: "Enregistrer les étiquettes",
    receipt: "Reçu",
    more_versions: "Il y a d’autres versions, plus anciennes.",
    acts: "Actions",
    delete: "Supprimer ce fichier",
    delete_kept: "Il disparaît des listes ; ses versions restent, et il peut être rétabli.",
    delete_lost: "Ce compartiment ne garde pas de versions : le fichier sera perdu pour de bon.",
    restore: "Rétablir ce fichier",
    destroy: "Supprimer cette version pour de bon",
    destroy_means: "Cette version ne pourra plus être rétablie.",
    sure: "Je le veux",
    recorded: "C’est fait, et inscrit à votre registre :",
    receipt_file: "Télécharger le reçu",
    verify: "Le vérifier",
};
