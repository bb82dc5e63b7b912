//! Les pages des sites.

use crate::texts::publishing::PublishingWords;

pub(crate) const WORDS: PublishingWords = PublishingWords {
    title: "Sites",
    hosted: "Sites hébergés",
    hosted_lead: "Les sites que ce centre de données sert, et leur état. Ce qui est publié sous un nom, ses signataires l’ont signé ; l’opérateur n’a aucune de leurs clés.",
    hosted_none: "Aucun site n’est hébergé ici.",
    check: "Vérifiez un site vous-même, de n’importe où :",
    lead: "Vos sites publics. Un dossier devient une publication quand ses signataires ont signé ; l’opérateur ne peut rien publier à votre place.",
    none: "Aucun site encore. Choisissez qui signera (amana site key), et demandez à l’opérateur le nom du site, avec le fichier des signataires.",
    site: "Site",
    institution: "Institution",
    deploy: "Dernière publication",
    served: "Ce que voient les visiteurs",
    unpublished: "Rien n’est encore publié",
    newest: "La dernière publication",
    nothing: "Rien : aucune publication gardée n’est intacte",
    receipt: "Reçu",
    all_sites: "Tous les sites de ce centre",
    ledger_pages: "Le registre public de vos sites",
    import: "Importer un site existant",
    import_lead: "L’importation lit votre site actuel comme un visiteur, et en fait un dossier qui répond aux mêmes adresses. Elle dure des heures pour un grand site ; elle se fait donc chez vous :",
    import_report: "À côté du dossier reste son rapport (finances.import/rapport.html) : ce qu’est devenue chaque adresse, ce qui demande une décision. Lisez-le, puis publiez le dossier depuis la page du site.",
    now: "En ce moment",
    needs_nothing: "Rien ne demande votre attention.",
    needs_first: "Choisissez un dossier ci-dessous, et faites signer ce qu’il devient.",
    stopped: |names| {
        format!(
            "Non interrogé, car ses programmes ne sont pas ceux qui ont été signés : {names}. Les alertes ci-dessous nomment des fichiers. Si le changement était voulu, importez de nouveau l’application et publiez ; sinon, faites remettre ses fichiers."
        )
    },
    needs_content: "Le contenu de la dernière publication n’est pas celui qui a été signé, ou se charge encore. Le centre le rétablit depuis ses copies en une minute ; s’il n’y parvient pas, publiez de nouveau le dossier et écrivez à l’opérateur.",
    deploy_folder: "Publier un dossier",
    deploy_lead: "Le dossier est parcouru d’abord : ce qui ne doit pas être publié est nommé, et rien n’est gardé. Rien ne paraît avant que les signataires aient signé.",
    allow: "Des fichiers suspects à publier quand même",
    allow_field: "Leurs chemins",
    allow_hint: "Un par ligne, comme dans le dossier : docs/exemple.sql",
    folder: "Le dossier",
    folder_hint: "Glissez le dossier ici, ou choisissez-le. Jusqu’à 2 Go et 20 000 fichiers ; au-delà, amana site deploy.",
    send: "Envoyer le dossier",
    deploys: "Publications",
    no_deploys: "Aucune publication.",
    number: "Numéro",
    when: "Depuis",
    signers: "Signé par",
    see: "À voir",
    live: "en ligne",
    preview: "Aperçu",
    go_back: "Publier de nouveau",
    alerts: "Alertes",
    alerts_lead: "Du contenu trouvé différent de ce qui a été signé, et qui n’a pas été servi ; ou des programmes d’une application, qui n’a plus été interrogée.",
    of_deploy: "publication",
    publishers: "Signataires",
    name: "Nom",
    key: "Clé publique",
    replace: "Changer les signataires",
    replace_lead: "Un changement de signataires est signé par ceux d’avant. Le fichier liste les nouveaux, et dit combien doivent signer.",
    new_publishers: "Le nouveau fichier des signataires",
    prepare: "Préparer le changement",
    replaced_lead: "Ces signataires signeront à partir du changement suivant. Ceux d’aujourd’hui signent celui-ci.",
    save_as: "Enregistrez ces cinq lignes, chacune avec sa fin, dans un fichier :",
    to_list: "Tous vos sites",
    to_site: "Retour au site",
    manifest: "Manifeste (SHA-256)",
    holds: "Contenu",
    what_changed: "Ce qu’elle a changé",
    what_changes: "Ce qui changera",
    against_nothing: "Aucune publication antérieure n’est gardée : tout est nouveau.",
    rules: "Les redirections, les en-têtes ou les applications diffèrent.",
    nothing_changed: "Rien ne diffère.",
    all_files: "Fichiers",
    address: "Adresse",
    size: "Taille",
    kind: "Type",
    let_go: "Les fichiers de cette publication ne sont plus gardés : on ne peut ni la voir ni y revenir. Son inscription reste.",
    is_live: "C’est ce qui est publié déjà : il n’y a rien à signer.",
    waits: "Ceci attend ses signatures : rien n’en est visible avant que les signataires aient signé les cinq lignes ci-dessous.",
    sign: "Signer",
    sign_lead: "Voici, en entier, ce que les signataires signent :",
    at_home: "Chez vous, sans rien croire de cette page",
    at_home_lead: "La commande compare le changement avec votre propre dossier et ne signe que s’ils sont identiques. La clé ne quitte pas votre machine.",
    at_home_publishers: "La commande ne signe que si le changement nomme exactement les signataires de votre propre fichier. La clé ne quitte pas votre machine.",
    get_change: "Télécharger le changement",
    in_browser: "Dans ce navigateur",
    in_browser_trust: "Le script de cette page vient de l’opérateur. Il lit la clé ici, et ne l’envoie pas ; mais un opérateur malhonnête pourrait servir un autre script, qui la prendrait. Si vous ne voulez pas lui faire cette confiance, signez chez vous.",
    key_file: "Fichier de la clé privée",
    key_hint: "La ligne qui commence par PRIVATE+KEY+ ; le navigateur la lit, et ne l’envoie pas.",
    own_folder: "Votre dossier, pour comparer",
    own_hint: "Facultatif. Le script compare le contenu de ses fichiers avec le manifeste, et ne signe que s’ils sont les mêmes ; les adresses et les règles, la commande seule les compare.",
    differs: "Ce dossier n’est pas ce que ce changement publie : rien n’est signé.",
    no_key: "Ce fichier n’est pas une clé de signataire, ou ce navigateur ne sait pas signer (Ed25519) : signez chez vous.",
    signed: "Signé. Publiez, ou passez le texte ci-dessous au signataire suivant.",
    sign_here: "Signer ici",
    publish: "Publier",
    publish_lead: "Rendez le changement signé : le fichier, ou son texte. Ce sont les signatures qui jugent.",
    signed_file: "Le fichier signé",
    signed_text: "Ou son texte",
    refused: "Ce dossier ne peut pas être publié tel quel",
    refused_lead: "Rien n’en a été gardé. Voici tout ce qui s’y oppose :",
    refused_allow: "Retirez ces fichiers du dossier, ou nommez ceux que vous voulez publier quand même, et envoyez-le de nouveau.",
    file: "Fichier",
    why: "Raison",
    older: |number| format!("Une publication antérieure (n° {number})"),
    must_sign: |count, needed, of| match count {
        1 => format!("{needed} signature sur {of} publie."),
        _ => format!("{needed} signatures sur {of} publient, au moins."),
    },
    done: |number| format!("Le changement {number} tient : il est inscrit au registre public."),
    deploy_title: |number, host| format!("Publication {number} de {host}"),
    change_title: |number, host| format!("Changement {number} de {host}, à signer"),
    files: |count, files, size| match count {
        0 | 1 => format!("{files} fichier, {size}"),
        _ => format!("{files} fichiers, {size}"),
    },
    against: |number| format!("Par rapport à la publication {number} :"),
    added: |count| format!("Ajoutés : {count}"),
    changed: |count| format!("Modifiés : {count}"),
    removed: |count| format!("Retirés : {count}"),
    and_others: |count| format!("et {count} autres"),
    more_must: |needed| {
        format!(
            "Il y faut au moins {needed} signatures : passez le changement signé au signataire suivant."
        )
    },
    reason,
};

/// Pourquoi un fichier n’est pas publié.
fn reason(english: &str) -> Option<&'static str> {
    Some(match english {
        "settings with passwords" => "des réglages avec des mots de passe",
        "the site's whole history" => "toute l’histoire du site",
        "settings of another server, which would not be heeded here: use _redirects and _headers" => {
            "des réglages d’un autre serveur, sans effet ici : employez _redirects et _headers"
        }
        "passwords" => "des mots de passe",
        "private keys" => "des clés privées",
        "a private key" => "une clé privée",
        "what somebody typed" => "ce que quelqu’un a tapé",
        "settings of PHP" => "des réglages de PHP",
        "passwords of the database" => "les mots de passe de la base de données",
        "a copy of a database" => "une copie de base de données",
        "a database" => "une base de données",
        "an old copy" => "une ancienne copie",
        "an editor's copy" => "la copie d’un éditeur de texte",
        "a backup of a whole site" => "la sauvegarde d’un site entier",
        "the source of a program, which would be shown and not run" => {
            "la source d’un programme, qui serait montrée et non exécutée"
        }
        "a certificate or a private key" => "un certificat ou une clé privée",
        "a log, with addresses of visitors" => "un journal, avec des adresses de visiteurs",
        "a web shell: code hidden in base64" => "une porte dérobée : du code caché en base64",
        "a web shell: hidden code" => "une porte dérobée : du code caché",
        "an injected script: code hidden in base64" => {
            "un script injecté : du code caché en base64"
        }
        "an injected script: hidden code" => "un script injecté : du code caché",
        "an injected script: a hidden element" => "un script injecté : un élément caché",
        "an injected script that mines coins" => "un script injecté qui mine de la monnaie",
        "an archive whose name says that it is a copy of the site" => {
            "une archive dont le nom dit qu’elle est une copie du site"
        }
        "a hidden file" => "un fichier caché",
        "there is no file in this folder" => "il n’y a aucun fichier dans ce dossier",
        "folders lie too deep here" => "les dossiers sont trop profonds ici",
        "its name isn't UTF-8" => "son nom n’est pas en UTF-8",
        _ => return None,
    })
}

/// Les refus.
pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "no-folder" => {
            "Ce n’est pas un dossier : choisissez un dossier, depuis un ordinateur, avec un navigateur récent."
        }
        "folder-too-large" => {
            "Le dossier est trop grand pour cette page : 2 Go et 20 000 fichiers. Publiez-le avec amana site deploy."
        }
        "unsigned-change" => "Personne n’a encore signé ce changement : signez-le d’abord.",
        "no-change" => {
            "Ce n’est pas un changement signé : rendez le fichier que amana site sign a écrit, sans y toucher."
        }
        "wrong-host" => "Ce n’est pas un nom de site.",
        "wrong-address" => "Ce n’est pas une adresse de site.",
        "wrong-manifest" => "Ce manifeste ne convient pas à ce site.",
        "wrong-statement" => "Ce n’est pas un changement de site, écrit comme il doit l’être.",
        "not-publishable" => "Le dossier contient ce qui ne peut pas être publié.",
        "unreadable-file" => {
            "Le dossier n’a pas pu être lu ou écrit au centre. Recommencez ; sinon, prévenez l’opérateur."
        }
        "wrong-code-list" => "Ce n’est pas une liste des programmes d’une application.",
        "unjudged-code" => {
            "Les programmes de l’application ne peuvent pas être regardés. Prévenez l’opérateur."
        }
        "wrong-history" => {
            "Le registre des sites ne peut pas être cru jusqu’au bout. Prévenez l’opérateur."
        }
        "wrong-publishers" => "Le fichier des signataires n’est pas du texte.",
        "unknown-site" => "Aucun site ne porte ce nom.",
        "unknown-deploy" => "Ce site n’a pas de publication de ce numéro.",
        "site-exists" => "Ce nom est déjà celui d’un site.",
        "wrong-number" => {
            "Un autre changement est passé d’abord : regardez-le, préparez le vôtre de nouveau et signez-le."
        }
        "other-host" => "Ce changement est celui d’un autre site.",
        "other-ledger" => "Ce changement est pour un autre centre, ou un autre registre.",
        "not-a-publisher" => "Aucun signataire de ce site n’a signé ce changement.",
        "too-few-publishers" => {
            "Trop peu de signataires ont signé : passez le changement au suivant, et rendez-le ensuite."
        }
        "no-manifest" => {
            "Cette publication n’est plus gardée, ou n’est pas arrivée : envoyez le dossier de nouveau."
        }
        "no-piece" => "Un morceau du manifeste manque. Recommencez.",
        "files-missing" => {
            "Des fichiers de cette publication ne sont plus gardés : envoyez le dossier de nouveau."
        }
        "no-publishers" => {
            "Le fichier des signataires qui a été signé n’est pas venu avec le changement."
        }
        "other-content" => "Le contenu arrivé n’est pas celui annoncé. Recommencez.",
        "alerted" => "Cette alerte est déjà inscrite.",
        "content" => "Le contenu du site n’a pas pu être lu ou gardé. Prévenez l’opérateur.",
        "no-certificate" => "Ce site n’a pas de certificat. Prévenez l’opérateur.",
        _ => return None,
    })
}
