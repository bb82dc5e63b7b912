//! Le journal : qui a fait quoi.

use amana_access::Lesson;
use amana_vault::DEFAULT_REASON;

use crate::books::line::Group;
use crate::texts::FR;
use crate::texts::journal::{Did, JournalWords, Who};

pub(crate) const WORDS: JournalWords = JournalWords {
    title: "Journal",
    lead: "Tout ce qui a été fait dans votre espace, par vous, par vos logiciels ou par l’opérateur : chaque ligne est une \
           inscription de votre registre, et a son reçu.",
    filter: "Chercher",
    kind: "Sorte d’acte",
    all: "toutes",
    group: |group| match group {
        Group::Deposits => "dépôts et objets",
        Group::Buckets => "compartiments",
        Group::Keys => "clés de logiciels",
        Group::People => "personnes et connexions",
        Group::Custody => "trousseau et dépositaires",
        Group::Sites => "sites web",
        Group::Centre => "centre et opérateur",
        Group::Other => "autres",
    },
    who_field: "Qui",
    from: "Du",
    to: "Au",
    bucket: "Compartiment",
    text: "Texte",
    search: "Chercher",
    everything: "Tout montrer",
    nothing: "Rien de tel dans ce qui a été parcouru.",
    scanned: |scanned, size| format!("{scanned} inscriptions parcourues, sur {size}."),
    stopped: "La recherche s’est arrêtée là pour ne pas vous faire attendre ; ce qui est plus ancien n’a pas encore été \
              parcouru.",
    older: "Continuer vers le plus ancien",
    sites: "Ce qui a été publié sur vos sites web",
    own: "Revenir au journal privé",
    export: "Emporter ce journal, filtré comme ci-dessus :",
    number: "N°",
    when: "Quand",
    act: "Acte",
    receipt: "Reçu",
    entry: "Inscription du registre",
    erased: "Le contenu de cet acte a été effacé par votre institution ; son empreinte reste, et tous les reçus tiennent.",
    no_body: "Cet acte n’a pas d’autre contenu.",
    long: "Trop long pour cette page : l’export (JSON) l’a en entier.",
    core: "Ce qui reste toujours",
    core_told: "Sorte, heure, auteur et numéros, tels qu’inscrits.",
    body: "Contenu de l’acte",
    body_hash: "Empreinte du contenu (SHA-256, avec son sel) :",
    witnessed: "attesté par les témoins",
    recorded: "inscrit, en attente des témoins",
    recorded_alone: "inscrit ; la politique de confiance ne demande aucun témoin",
    sealed: "scellé et signé chez vous",
    receipt_told: "Le reçu prouve cet acte à quiconque, hors ligne et pour toujours.",
    back: "Retour au journal",
    columns: [
        "numero",
        "heure",
        "sorte",
        "auteur",
        "qui",
        "acte",
        "compartiment",
        "objet",
        "octets",
        "recu",
    ],
    who,
    did,
};

fn who(who: Who<'_>) -> String {
    match who {
        Who::Person(name) => name.to_owned(),
        Who::Key(id) => format!("La clé de logiciel {id}"),
        Who::Gateway(id) => format!("Le membre {} du trousseau", short(id)),
        Who::Publisher(name) => format!("La clé de publication {name}"),
        Who::Staff(number) => format!("L’équipe de l’opérateur (n° {number})"),
        Who::Operator(user) => format!("L’opérateur ({user})"),
        Who::Centre => "Le centre de données".to_owned(),
        Who::Anybody => "Quelqu’un".to_owned(),
        Who::Other(by) => by.to_owned(),
    }
}

fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// L’objet d’un acte, scellé ou non.
fn object(did: &Did<'_>) -> String {
    let size = did
        .line
        .facts
        .bytes
        .map_or_else(String::new, |bytes| format!(" ({})", FR.size(&bytes)));
    match &did.line.facts.name {
        Some(name) => format!("« {name} »{size}"),
        None if did.line.sealed => format!("un objet scellé{size}"),
        None => format!("un objet dont le nom est effacé{size}"),
    }
}

fn because(did: &Did<'_>) -> String {
    let reason = did.line.facts.reason.as_deref();
    // The one that the program gives where nobody gave any.
    let reason = reason.map(|reason| match reason {
        DEFAULT_REASON => "créé par S3 au centre",
        other => other,
    });
    reason.map_or_else(String::new, |reason| format!(" : {reason}"))
}

fn did(did: &Did<'_>) -> String {
    let (bucket, person) = (did.bucket(), did.person);
    match did.line.kind.as_str() {
        "object.put" => format!("a déposé {} dans {bucket}", object(did)),
        "object.delete" if did.word() == "marker" => {
            format!("a marqué {} comme supprimé dans {bucket}", object(did))
        }
        "object.delete" => format!("a supprimé {} de {bucket}", object(did)),
        "object.tags" => format!("a changé les étiquettes de {} dans {bucket}", object(did)),
        "upload.create" => format!(
            "a commencé l’envoi par morceaux de {} dans {bucket}",
            object(did)
        ),
        "upload.part" => format!("a envoyé un morceau de {} dans {bucket}", object(did)),
        "upload.complete" => format!("a déposé, morceaux réunis, {} dans {bucket}", object(did)),
        "upload.abort" => format!("a abandonné l’envoi de {} dans {bucket}", object(did)),
        "bucket.create" if did.word() == "open" => {
            format!("a créé le compartiment ouvert {bucket}{}", because(did))
        }
        "bucket.create" => format!("a créé le compartiment {bucket}"),
        "bucket.delete" => format!("a supprimé le compartiment {bucket}"),
        "bucket.versioning" => format!(
            "a changé la garde des versions du compartiment {bucket} ({})",
            match did.word() {
                "enabled" => "gardées",
                "suspended" => "plus gardées",
                other => other,
            }
        ),
        "bucket.lock" => format!("a fixé le verrouillage des versions du compartiment {bucket}"),
        "object.retain" if did.word() == "ended" => {
            format!(
                "a mis fin à la conservation de {} dans {bucket}",
                object(did)
            )
        }
        "object.retain" => {
            format!(
                "a fixé jusqu’à quand {} est conservé dans {bucket}",
                object(did)
            )
        }
        "object.hold" if did.word() == "held" => {
            format!("a placé {} sous gel juridique dans {bucket}", object(did))
        }
        "object.hold" => format!("a changé le gel juridique de {} dans {bucket}", object(did)),
        "object.release" => format!(
            "a approuvé la proposition n° {} : la conservation de {} dans {bucket} a pris fin",
            did.number(),
            object(did)
        ),
        "access-key.create" => format!("a créé la clé de logiciel {}", did.key),
        "access-key.revoke" => format!("a révoqué la clé de logiciel {}", did.key),
        _ => people(did, person),
    }
}

fn people(did: &Did<'_>, person: &str) -> String {
    let name = did.name();
    match did.line.kind.as_str() {
        "official.add" => format!("a nommé {name} ({})", role(did)),
        "official.remove" => format!("a mis fin au rôle de {person}"),
        "official.invite" => format!("a créé un lien d’ouverture de compte pour {person}"),
        "credential.add" if did.word() == "password" => {
            format!("a choisi un mot de passe, pour {person}")
        }
        "credential.add" if did.word() == "identity" => {
            format!("a lié l’identité « {name} » à {person}")
        }
        "credential.add" => format!("a ajouté la clé d’accès « {name} » de {person}"),
        "credential.remove" => format!("a retiré un moyen de connexion de {person}"),
        "sign-in.try" => format!("a essayé un mot de passe au nom de {person}"),
        "session.open" if did.word() == "identity" => {
            format!("s’est connecté par le fournisseur d’identité ({name})")
        }
        "session.open" => format!("s’est connecté ({name})"),
        "session.end" => "a fermé une session".to_owned(),
        "proposal.make" => {
            let about = if did.line.facts.official.is_some() {
                person
            } else {
                name
            };
            let proposed = (FR.account.proposed)(did.word(), about, role(did));
            format!("a proposé : {proposed}{}", because(did))
        }
        "proposal.approve" if did.word() == "leave" => format!(
            "a approuvé la proposition n° {} : l’institution part, et plus rien de nouveau n’est reçu d’elle",
            did.number()
        ),
        "proposal.approve" if did.word() == "stay" => format!(
            "a approuvé la proposition n° {} : l’institution reste, et ses dépôts sont de nouveau reçus",
            did.number()
        ),
        "proposal.approve" if did.word() == "change-custodians" => format!(
            "a approuvé la proposition n° {} : le prochain trousseau peut nommer d’autres dépositaires",
            did.number()
        ),
        "proposal.approve" => format!("a approuvé la proposition n° {}", did.number()),
        "proposal.end" if did.word() == "withdrawn" => {
            format!("a retiré la proposition n° {}", did.number())
        }
        "proposal.end" => format!("a refusé la proposition n° {}", did.number()),
        "keyring.publish" => format!("a publié le trousseau n° {}", did.number()),
        "enrolment.issue" => "a émis un code pour enrôler une passerelle".to_owned(),
        "enrolment.refuse" => format!("a refusé l’enrôlement n° {}{}", did.number(), because(did)),
        "enrolment.confirm" => format!("a confirmé l’enrôlement n° {}", did.number()),
        "custodians.drill" if did.word() == "rebuilt" => {
            format!(
                "a inscrit un exercice des dépositaires réussi{}",
                because(did)
            )
        }
        "custodians.drill" => format!(
            "a inscrit un exercice des dépositaires manqué{}",
            because(did)
        ),
        _ => school(did),
    }
}

fn school(did: &Did<'_>) -> String {
    match did.line.kind.as_str() {
        "school.open" => "a ouvert ce bac à sable de l’école".to_owned(),
        "school.keys" => "a fait une clé d’entraînement et l’a partagée entre cinq".to_owned(),
        "school.close" => "a fermé ce bac à sable".to_owned(),
        "school.certify" => "a reçu le certificat de l’école".to_owned(),
        "school.show" => "a choisi qui voit son certificat de l’école".to_owned(),
        "school.lesson" => {
            let lesson = Lesson::of_text(did.word());
            format!(
                "a réussi l’exercice : {}",
                lesson.map_or("", FR.school.lesson)
            )
        }
        _ => centre(did),
    }
}

fn centre(did: &Did<'_>) -> String {
    let facts = &did.line.facts;
    let until = did.until_s().map(|until_s| FR.moment(&until_s));
    match (did.line.kind.as_str(), until) {
        ("institution.add", _) => "a ouvert l’institution et son registre".to_owned(),
        ("institution.quota", _) => "a fixé ce que l’institution peut détenir".to_owned(),
        ("institution.suspend", _) => format!("a suspendu l’institution{}", because(did)),
        ("institution.resume", _) => format!("a rétabli l’institution{}", because(did)),
        ("support.allow", Some(until)) => {
            format!(
                "a laissé entrer l’équipe de l’opérateur jusqu’au {until}{}",
                because(did)
            )
        }
        ("support.allow", None) => "ne laisse plus entrer l’équipe de l’opérateur".to_owned(),
        ("support.use", _) => format!("a consulté votre espace ({})", did.word()),
        ("ledger.quorum", _) => "a changé les témoins demandés pour ce registre".to_owned(),
        ("scrub.pass", _) => {
            let (bytes, damaged) = (
                facts.bytes.unwrap_or_default(),
                facts.count.unwrap_or_default(),
            );
            let (bytes, damaged) = (FR.size(&bytes), FR.number(&damaged));
            format!("a relu tout votre contenu ({bytes}) ; restent endommagés : {damaged}")
        }
        ("content.heal", _) => {
            let count = FR.number(&facts.count.unwrap_or_default());
            format!("a trouvé du contenu endommagé et l’a réparé ({count})")
        }
        ("body.erase", _) => "a effacé le contenu d’un acte".to_owned(),
        ("message.send", _) => "a écrit dans un fil avec l’autre partie".to_owned(),
        ("message.close", _) => "a clos un fil de messages".to_owned(),
        ("contact.publish", _) => "a changé la ligne de l’institution dans l’annuaire".to_owned(),
        ("agreement.propose", _) => "a proposé une convention d’hébergement".to_owned(),
        ("agreement.sign", _) => "a signé la convention d’hébergement".to_owned(),
        _ => sites(did),
    }
}

fn sites(did: &Did<'_>) -> String {
    let (name, number) = (did.name(), did.number());
    match did.line.kind.as_str() {
        "site.add" => format!("a donné au site « {name} » son nom et ceux qui le publient"),
        "site.deploy" => format!("a publié « {name} » (changement n° {number})"),
        "site.publishers" => {
            format!("a changé ceux qui publient « {name} » (changement n° {number})")
        }
        "site.remove" => format!("a retiré le site « {name} »{}", because(did)),
        "site.alert" if !did.word().is_empty() => format!(
            "a trouvé des programmes de {}, derrière « {name} », qui ne sont pas ceux qui ont été signés (publication n° {number}){}",
            did.word(),
            because(did)
        ),
        "site.alert" => format!(
            "a trouvé sur « {name} » du contenu qui n’est pas celui qui a été signé (publication n° {number}){}",
            because(did)
        ),
        kind => format!("acte « {kind} », que cette page ne sait pas encore raconter"),
    }
}

fn role(did: &Did<'_>) -> &'static str {
    let role = did.line.facts.role.as_ref();
    let role = role.and_then(|role| role.parse().ok());
    role.map_or("", FR.account.role)
}
