//! Les mots du docteur en français : the doctor's words in French.

use super::{Code, Words};

/// What was found, why it matters, what to do; `{0}` and so on are what was measured.
#[expect(clippy::too_many_lines, reason = "one table, read from top to bottom")]
pub(super) fn words(code: Code) -> Words {
    match code {
        Code::Runs => ["Le serveur tourne (processus {0})", "", ""],
        Code::NotRunning => [
            "Aucun serveur ne tourne dans {0}",
            "Ce que lui seul sait, dont les témoins et les limites, n’a pas été examiné.",
            "Démarrez-le, puis redemandez.",
        ],
        Code::ReadOnly => [
            "Il n’accepte aucun dépôt : {0}",
            "Tout programme qui dépose est refusé.",
            "Faites ce que dit le motif ; docs/runbook.fr.md en donne les étapes.",
        ],
        Code::ApplicationAltered => [
            "Les programmes de {1}, derrière {0}, ne sont pas ceux qui ont été signés, ou ne peuvent pas être lus",
            "Quelqu’un les a modifiés, ou mis à jour sans signature. L’application n’est plus interrogée : ce qui a été signé répond à sa place.",
            "Lisez l’alerte sur la page du site, qui nomme des fichiers ; remettez-les, ou, si le changement était voulu, importez de nouveau l’application et faites signer.",
        ],
        Code::Alarms => [
            "{0} alertes visent le centre de données",
            "Quelque chose qu’il a servi ne correspond pas à ce qui fut signé.",
            "Gardez les preuves et montrez-les à un tiers : amana gateway status nomme les fichiers.",
        ],
        Code::NotVouched => [
            "Aucun quorum récent ne garantit ce que sert cette passerelle",
            "Ce peut être ancien : seul le centre de données dit que c’est le plus récent.",
            "Voyez si la liaison et les témoins sont là : amana gateway status.",
        ],
        Code::ClockAhead => [
            "L’horloge de cette machine retarde de {0} s sur ce qu’un témoin a signé",
            "Les dates des actes et des certificats sont fausses, et les requêtes signées sont refusées.",
            "Réglez l’horloge et faites-la tenir : systemctl enable --now systemd-timesyncd, ou chrony avec le serveur de temps de l’institution.",
        ],
        Code::ClockAgrees => ["L’horloge s’accorde avec celles des témoins", "", ""],
        Code::ClockSynced => [
            "Le système tient son horloge par un serveur de temps",
            "",
            "",
        ],
        Code::ClockUnsynced => [
            "Rien ne montre que le système tienne son horloge par un serveur de temps",
            "Une horloge dérive de quelques secondes par jour ; au-delà de 15 minutes, les programmes S3 sont refusés.",
            "systemctl enable --now systemd-timesyncd, ou chrony ; sans réseau, réglez-la à la main chaque semaine.",
        ],
        Code::NoQuorum => [
            "La politique de confiance ne demande aucun témoin",
            "Rien n’est jamais attesté : seuls les reçus déjà remis lient ce centre à son histoire.",
            "Faites tourner amana witness par des institutions, un tribunal, une université ; puis amana policy witness add, et amana policy quorum.",
        ],
        Code::WitnessesMissing => [
            "{0} témoins sur {2} sont venus dans l’heure, et il en faut {1}",
            "Rien n’est plus attesté, et bientôt les passerelles diront ne plus rien garantir.",
            "Appelez les gardiens de ceux qui manquent.",
        ],
        Code::WitnessesCome => [
            "{0} témoins sur {2} sont venus dans l’heure ; il en faut {1}",
            "",
            "",
        ],
        Code::WitnessSilent => [
            "Le témoin {0} est venu pour la dernière fois à {1}",
            "Un de plus qui se tait peut être un de trop.",
            "Appelez son gardien : sa machine, sa liaison, son horloge.",
        ],
        Code::WitnessNever => [
            "Le témoin {0} n’est jamais venu",
            "Un témoin qui n’est qu’inscrit n’atteste rien.",
            "Appelez son gardien : a-t-il l’adresse de ce centre de données, et la politique ?",
        ],
        Code::TlsGood => ["Le certificat vaut jusqu’à {0}", "", ""],
        Code::TlsExpires => [
            "Le certificat expire à {0}",
            "Dès lors tous les clients refusent cette machine.",
            "Renouvelez les fichiers que nomment tls_certificate et tls_key ; ils sont relus d’eux-mêmes. Celui de l’autorité du dossier est renouvelé à la prochaine connexion.",
        ],
        Code::TlsExpired => [
            "Le certificat a expiré à {0}, ou l’horloge est fausse",
            "Tous les clients refusent cette machine.",
            "Voyez d’abord l’horloge ; puis renouvelez les fichiers que nomment tls_certificate et tls_key.",
        ],
        Code::TlsNames => [
            "Le certificat n’est pas pour {0}, que tls_names énumère",
            "Qui atteint cette machine sous ce nom la refuse.",
            "Redémarrez le serveur après un changement de tls_names ; faites établir un certificat fourni pour ce nom aussi.",
        ],
        Code::TlsUnreadable => [
            "{0} ne peut être lu : {1}",
            "Le prochain démarrage échouera.",
            "Mettez-y une chaîne de certificats en PEM, lisible par le serveur.",
        ],
        Code::NoTls => [
            "Un port ouvert au-delà de cette machine parle sans TLS (allow_plain_http)",
            "Sans relais devant lui, toute la ligne voit qui demande quoi.",
            "Assurez-vous que seul un relais avec TLS l’atteint, ou retirez allow_plain_http.",
        ],
        Code::FewFiles => [
            "Le serveur peut ouvrir {0} fichiers",
            "Chaque connexion et chaque lecture en est un ; à {1} il sert tout ce qu’il accepte.",
            "LimitNOFILE=65536 dans son unité, ou ulimit -n.",
        ],
        Code::FilesEnough => ["Le serveur peut ouvrir {0} fichiers", "", ""],
        Code::MemoryLow => [
            "Il reste {0} Mo de mémoire",
            "Le système peut arrêter le serveur ; ce qui fut confirmé demeure, qui demande attend.",
            "Arrêtez ce qui tourne d’autre ici, ou ajoutez de la mémoire.",
        ],
        Code::MemoryEnough => ["Il reste {0} Mo de mémoire", "", ""],
        Code::Swap => [
            "La mémoire peut être écrite sur {0}",
            "Des clés et des contenus peuvent y rester, pour qui trouve le disque.",
            "swapoff {0}, et retirez-le de /etc/fstab, ou chiffrez-le par une clé aléatoire (crypttab : swap).",
        ],
        Code::CoreDumps => [
            "Un plantage écrirait la mémoire du serveur dans un fichier",
            "Des clés et des contenus s’y trouveraient.",
            "LimitCORE=0 dans son unité, ou ulimit -c 0.",
        ],
        Code::SpaceEnough => [
            "{0} Go sont libres ({1} %)⟨ ; plein, au rythme actuel : {2}⟩",
            "",
            "",
        ],
        Code::SpaceLow => [
            "{0} Go sont libres ({1} %)⟨ ; plein, au rythme actuel : {2}⟩",
            "Un disque plein refuse les dépôts ; lectures et effacements continuent.",
            "Commandez un disque plus grand, ou déplacez ce qui est gros : docs/runbook.fr.md, disque plein.",
        ],
        Code::SpaceGone => [
            "{0} Go sont libres ({1} %)",
            "Les dépôts sont refusés, ou le seront bientôt.",
            "Libérez d’abord ce qui n’est pas à Amana, puis agrandissez le disque : docs/runbook.fr.md, disque plein. Ne retirez jamais à la main des fichiers de ce dossier.",
        ],
        Code::InodesLow => [
            "Le disque n’accepte plus que {0} fichiers",
            "Chaque gros contenu en est un : des dépôts seront refusés alors que des octets sont libres.",
            "Retirez les petits fichiers qui ne sont pas à Amana, ou déplacez le dossier sur un système de fichiers qui en admet plus (mkfs -i).",
        ],
        Code::SyncCosts => ["Une synchronisation prend {0} ms", "", ""],
        Code::SyncLies => [
            "Une synchronisation prend {0} ms : c’est très peu pour un disque dont le système dit {1} (cache : {2})",
            "Si un cache ne fait que le dire, une coupure de courant perd des dépôts qui furent confirmés.",
            "Assurez-vous que le cache a une batterie, ou coupez-le (hdparm -W0). Sur une machine virtuelle, que l’hôte écrive pour de bon (cache=none ou writethrough). Puis essayez : débranchez, et lancez amana check.",
        ],
        Code::SyncFails => [
            "Le dossier ne peut être écrit et synchronisé : {0}",
            "Aucun dépôt ne peut être confirmé.",
            "Voyez le disque, et à qui appartient le dossier.",
        ],
        Code::NotADisk => [
            "Aucun disque ne se voit sous {0}",
            "Ce peut être de la mémoire, un réseau ou plusieurs disques : on ne sait dire si une synchronisation en est une.",
            "Gardez le dossier sur un disque local, en ext4 ou xfs.",
        ],
        Code::SeedBackedUp => [
            "La graine de l’exploitant fut partagée entre dépositaires, {0}, le {1}",
            "",
            "",
        ],
        Code::SeedNotBackedUp => [
            "Aucune sauvegarde de la graine de l’exploitant n’est notée ici",
            "Aucun miroir ne l’a : sans elle rien ne se restaure, et l’histoire finit avec ce disque.",
            "amana operator-key backup --data {0} --custodians 2-of-3 --pages DOSSIER, puis imprimez les pages.",
        ],
        Code::NoMirror => [
            "Il n’y a pas de miroir",
            "Une seule copie n’en est pas une : ce qui brûle avec ce disque est perdu.",
            "Nommez un lieu sous [[mirror]] dans amana.toml : un disque ailleurs, un autre centre de données, n’importe quel S3.",
        ],
        Code::NoOwnMirror => [
            "Aucune copie de ce que vous avez confié n’est chez vous",
            "Si le centre de données brûle ou refuse, ce qu’il avait est là où son exploitant le dit.",
            "Mettez mirror = \"/mnt/usb/amana\" dans gateway.toml : un dossier sur un disque à part. Tout y est scellé pour vous.",
        ],
        Code::OwnMirrorFails => [
            "Votre miroir dans {0} n’est pas tenu à jour : {1}",
            "Ce qui fut déposé depuis n’est qu’au centre de données.",
            "Montez son disque, ou voyez ce qu’il a ; il reprend de lui-même. Son retard : amana gateway status.",
        ],
        Code::MirrorKept => ["Le miroir {0} est à jour", "", ""],
        Code::MirrorFails => [
            "Le miroir {0} n’est pas tenu à jour : {1}",
            "Ce qui fut déposé depuis n’est que sur ce disque.",
            "Voyez le lieu ou la ligne ; il reprend de lui-même. Son retard : amana mirror status.",
        ],
        Code::MirrorLacks => [
            "Il manque au miroir {0} des contenus qu’il devrait avoir : {1}",
            "Restauré depuis ce miroir, ce centre de données ne les aurait pas non plus.",
            "amana check nomme ce qui est abîmé ici ; ramenez-le d’une autre copie. Ce que le lieu a perdu y est renvoyé dans l’heure.",
        ],
        Code::MirrorLags => [
            "Il manque au miroir {0} des entrées : {1}, la plus ancienne depuis {2} minutes",
            "Ce qui n’est qu’ici brûle avec ce disque.",
            "Voyez la ligne et ses limites ; son retard : amana mirror status.",
        ],
        Code::MirrorUnseen => [
            "Le retard du miroir {0} n’a pu être vu",
            "Qui demande ne peut lire les tables ou la graine de l’exploitant.",
            "Demandez-le sous l’utilisateur du serveur : amana mirror status.",
        ],
        Code::ModesGood => ["Personne d’autre ne peut lire les clés", "", ""],
        Code::ModeOpen => [
            "D’autres peuvent entrer dans {0} ou le lire (mode {1})",
            "Qui lit les clés signe en ce nom, ou ouvre ce qui est scellé.",
            "chmod go= {0} ; et si un inconnu était sur cette machine, renouvelez les clés.",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::super::english;
    use super::*;

    /// Both languages speak of the same things, and say what to do wherever one of them does.
    #[test]
    fn both_languages_say_as_much() {
        let marks = |text: &str| -> Vec<usize> {
            let all = (0..4).filter(|mark| text.contains(&format!("{{{mark}}}")));
            all.collect()
        };
        for code in Code::ALL {
            let (french, english) = (words(*code), english::words(*code));
            for (ours, theirs) in french.iter().zip(english) {
                assert_eq!(ours.is_empty(), theirs.is_empty(), "{}", code.as_str());
            }
            assert_eq!(marks(french[0]), marks(english[0]), "{}", code.as_str());
            assert_eq!(
                french[1].is_empty(),
                french[2].is_empty(),
                "{}",
                code.as_str()
            );
        }
    }
}
