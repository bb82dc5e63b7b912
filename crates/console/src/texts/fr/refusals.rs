//! Ce que veulent dire les codes d’erreur : ce qui s’est passé, et que faire.

use super::{officials, publishing, receipts};

pub(crate) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "not-found" => {
            "Elle a changé d’adresse, ou elle n’est pas à vous : les deux répondent pareil."
        }
        "name" => {
            "Ce nom ne peut pas être donné ici. Changez-le : ni « / », ni caractères de contrôle."
        }
        "top-name" => {
            "Ce nom ne convient pas au premier niveau : 3 à 63 minuscules sans accent, chiffres et tirets, par exemple dossiers-rh. Plus bas, tout nom convient."
        }
        "other-kind" => "Un fichier et un dossier ne se remplacent pas l’un l’autre.",
        "exists" => "Ce nom est déjà pris dans ce dossier.",
        "not-empty" => "Le dossier n’est pas vide : supprimez d’abord ce qu’il contient.",
        "too-many" => "Il y a trop de fichiers pour une seule opération : procédez par parties.",
        "broken" => "Le fichier n’est pas arrivé en entier ; l’ancien reste. Recommencez.",
        "host-key" => "La clé d’hôte SFTP ne s’ouvre pas. Prévenez l’exploitant.",
        "no-receipt" => {
            "Le centre de données n’a pas encore de reçu pour ce dépôt, ou ne répond pas. Réessayez plus tard."
        }
        "not-shared" => "Le partage n’a pas pu être noté, donc n’a pas eu lieu. Réessayez.",
        "no-school" => "Aucune école ouverte n’est à vous : ouvrez-en une, sous « École ».",
        "school-full" => {
            "L’école n’en ouvre pas d’autre pour vous maintenant : une à la fois, trois par an, et un nombre limité de personnes ensemble."
        }
        "lesson-passed" => "C’est déjà fait, et une fois suffit.",
        "lessons-missing" => "Il manque des exercices : le certificat les demande tous les six.",
        "busy" => "Le centre est très occupé. Recommencez dans un instant.",
        "read-only" => {
            "Le centre n’accepte pas d’écriture pour le moment ; ce qui est déjà là se lit."
        }
        "disk-full" => {
            "Le disque du centre est plein : rien de nouveau n’est accepté, ce qui est là se lit et s’efface. Prévenez l’opérateur."
        }
        "rows" => "La base de données du centre a échoué. Prévenez l’opérateur.",
        "unreachable" => "Le serveur ne répond pas. Recommencez dans un instant.",
        "ledger" => "Une preuve ne se lit pas comme elle le devrait. Prévenez l’opérateur.",
        "file" => "Un fichier du centre ne peut être lu ou écrit. Prévenez l’opérateur.",
        "damaged" => {
            "Ce contenu est endommagé et aucune copie ne l’a : rien de faux n’est servi. Prévenez l’opérateur."
        }
        "missing" => "Il n’y a rien sous ce nom.",
        "failed" => {
            "L’opération a échoué. Recommencez ; si elle échoue encore, donnez ce code à l’opérateur."
        }
        "stopped" => "Le centre s’est arrêté pour ne rien risquer. Prévenez l’opérateur.",
        "refused" => "La demande est refusée en l’état.",
        "too-large" => "C’est trop grand.",
        "decode" => "Une inscription ne se lit pas comme elle le devrait. Prévenez l’opérateur.",
        "unknown-kind" => {
            "Un acte vient d’une version plus récente de ce programme. Prévenez l’opérateur."
        }
        "replica" => "La copie locale du registre ne s’ouvre pas. Prévenez l’opérateur.",
        "place" => "L’endroit où sont les copies a échoué. Prévenez l’opérateur.",
        "blobs-away" => {
            "Le contenu est ailleurs et n’est pas joignable pour le moment. Recommencez plus tard."
        }
        "folder" => "Le dossier de données n’est pas celui attendu. Prévenez l’opérateur.",
        "template" => "La page n’a pas pu être écrite. Prévenez l’opérateur.",
        "repeated" => "Déjà fait ; la page a été rechargée.",
        "invalid" => "Une valeur saisie n’est pas valable. Corrigez-la et recommencez.",
        "institution-exists" => "Une institution porte déjà ce nom.",
        "unknown-institution" => "Il n’y a pas d’institution de ce nom.",
        "already-suspended" => "Cette institution est déjà suspendue.",
        "not-suspended" => "Cette institution n’est pas suspendue.",
        "unknown-official" => "Il n’y a pas d’agent de ce nom dans l’institution.",
        "access-key-exists" => "Cette clé de logiciel existe déjà.",
        "unknown-access-key" => "Il n’y a pas de clé de logiciel de ce nom.",
        "unknown-enrolment" => "Il n’y a pas d’enrôlement de ce numéro en attente.",
        "unknown-code" => "Ce code n’est pas connu, ou il a déjà servi.",
        "enrolment-over" => "Cet enrôlement est terminé.",
        "other-root" => "Les clés présentées ne sont pas celles de cette institution.",
        "not-enrolled" => {
            "Cette institution n’a pas encore de clés à elle : installez d’abord une passerelle (Aide)."
        }
        "no-such-share" => {
            "Il n’y a pas de page de ce numéro : la page Dépositaires dit combien il y en a. Reprenez les numéros imprimés sur les pages."
        }
        "too-few-shares" => {
            "Si peu de pages ne reconstituent pas les clés : indiquez toutes celles qui étaient réunies, ou le résultat « manqué »."
        }
        "keyring" => "Le trousseau est refusé : il ne suit pas celui qui est en vigueur.",
        "release-recorded" => "Cette version est déjà inscrite.",
        "unknown-release" => "Cette version n’est pas inscrite.",
        "invalid-bucket-name" => {
            "Ce nom de compartiment n’est pas valable : 3 à 63 minuscules, chiffres et tirets."
        }
        "no-such-bucket" => "Il n’y a pas de compartiment de ce nom.",
        "bucket-already-owned-by-you" => "Vous avez déjà un compartiment de ce nom.",
        "bucket-already-exists" => "Ce nom de compartiment est déjà pris.",
        "bucket-not-empty" => "Le compartiment n’est pas vide.",
        "access-denied" => "Votre rôle ne le permet pas.",
        "sealed-bucket" => {
            "Ce compartiment est scellé : il se lit et s’écrit par la passerelle de l’institution."
        }
        "malformed-call" => "L’appel n’est pas comme la description de l’interface le veut.",
        "file-exists" => {
            "Un fichier de ce nom est déjà là. Cochez « Remplacer », ou donnez un autre nom au vôtre."
        }
        "key-empty" => "Le nom du fichier manque.",
        "key-too-long" => "Le nom du fichier est trop long : 1024 octets au plus.",
        "no-such-key" => "Il n’y a pas de fichier de ce nom.",
        "no-such-version" => "Il n’y a pas de telle version de ce fichier.",
        "invalid-version-id" => "Ce numéro de version n’est pas valable.",
        "delete-marker" => "Ce fichier a été supprimé ; ses versions antérieures sont encore là.",
        "method-not-allowed" => "Cela ne se fait pas sur ce fichier.",
        "precondition-failed" => {
            "Le fichier a changé entre-temps : rechargez la page et recommencez."
        }
        "conditional-conflict" => "Quelqu’un d’autre écrit le même fichier. Recommencez.",
        "no-such-upload" => "Cet envoi n’existe plus : recommencez-le.",
        "invalid-part-number" => "Le numéro d’un morceau n’est pas valable.",
        "invalid-part" => "Un morceau manque ou n’est pas celui annoncé.",
        "invalid-part-order" => "Les morceaux ne sont pas dans l’ordre.",
        "malformed-parts" => "La liste des morceaux est mal formée.",
        "entity-too-small" => "Un morceau est trop petit : 5 Mio au moins, sauf le dernier.",
        "entity-too-large" => "Le fichier est trop grand.",
        "invalid-range" => "La plage demandée est hors du fichier.",
        "bad-digest" => "Ce qui est arrivé n’est pas ce qui a été envoyé : recommencez l’envoi.",
        "invalid-checksum" => "La somme de contrôle n’est pas valable.",
        "too-many-tags" => "Il y a trop d’étiquettes : dix au plus.",
        "invalid-tag" => "Une étiquette n’est pas valable.",
        "metadata-too-large" => "Les métadonnées sont trop longues.",
        "invalid-versioning" => "Ce réglage des versions n’est pas valable.",
        "leaving" => {
            "Deux agents ont décidé que l’institution part : plus rien de nouveau n’est reçu. Lire, exporter, supprimer et révoquer restent possibles, et deux agents peuvent décider qu’elle reste."
        }
        "quota-exceeded" => {
            "Le quota de l’institution est épuisé : supprimez quelque chose, ou demandez davantage à l’opérateur."
        }
        "object-locked" | "time-unproved" => {
            "Une conservation ou un gel juridique garde cette version."
        }
        "no-object-lock" => "Les versions de ce compartiment ne peuvent pas être verrouillées.",
        "invalid-bucket-state" => {
            "Ce compartiment garde ses versions : il ne peut pas être changé ainsi."
        }
        "invalid-retention" => {
            "Cette date ne convient pas : elle doit être à venir, et dans les cent ans."
        }
        "invalid-retention-period" => {
            "Les nouvelles versions sont conservées de 1 à 36 500 jours, ou de 1 à 100 ans."
        }
        "copy-changes-nothing" => {
            "Copier un fichier sur lui-même sans rien changer ne sert à rien."
        }
        "spooled" => "Le dépôt est gardé à la passerelle, et partira quand le centre répondra.",
        "outcome-unknown" => {
            "La réponse s’est perdue : regardez si c’est fait avant de recommencer."
        }
        "cut" => "La liaison a été coupée. Recommencez.",
        "slow" => "La liaison est trop lente pour le moment. Recommencez.",
        "answer-too-large" => "Le centre a répondu plus qu’il ne le devait.",
        "malformed-answer" => "Le centre a répondu de travers.",
        "clocks" => {
            "Les horloges de la passerelle et du centre diffèrent trop. Mettez-les à l’heure."
        }
        "setting" => "Un réglage de la passerelle est faux.",
        "revoked" => "Cette passerelle a été révoquée.",
        "damaged-piece" => "Un morceau scellé est endommagé : rien de faux n’est servi.",
        "conflict" => "Une autre passerelle a écrit en même temps. Recommencez.",
        "unknown" => "L’issue n’est pas connue : regardez si c’est fait avant de recommencer.",
        "stopping" => "La passerelle s’arrête. Recommencez dans un instant.",
        "random" => "Le système n’a pas donné de hasard : rien ne peut être scellé.",
        "seal" => "Le scellement a échoué.",
        "store" => "Le registre de la passerelle a échoué. Prévenez l’opérateur.",
        _ => {
            return receipts::told(code)
                .or_else(|| officials::told(code))
                .or_else(|| publishing::told(code));
        }
    })
}
