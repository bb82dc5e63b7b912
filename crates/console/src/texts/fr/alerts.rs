//! Les alertes.

use crate::books::alerts::Code;
use crate::texts::alerts::AlertWords;

pub(crate) const WORDS: AlertWords = AlertWords {
    title: "Alertes",
    now: "En ce moment",
    none: "Rien d’anormal.",
    past: "Auparavant",
    none_past: "Rien.",
    told_since: |since| format!("Lu jusqu’au {since} ; le journal va plus loin."),
    since: "Depuis le",
    when: "Quand",
    what: "Ce qui s’est passé",
    about_what: "Sujet",
    legend: "Ce que cela veut dire",
    to_do: "À faire :",
    entry: "inscription",
    late: |entries| format!("{entries} actes attendent les témoins"),
    quota: |percent| format!("{percent} % du quota sont utilisés"),
    tries: |person, count| format!("{count} mots de passe faux en une heure pour {person}"),
    site: |host, number, application| match application {
        Some(name) => format!(
            "Derrière {host}, les programmes de {name} ne sont pas ceux signés avec la publication {number}"
        ),
        None => format!("De {host}, du contenu n’est pas celui signé avec la publication {number}"),
    },
    name_witnesses: "Demandez à l’opérateur de nommer des témoins et un quorum.",
    let_in: |until| format!("L’équipe de l’opérateur peut entrer jusqu’au {until}"),
    about,
};

fn about(code: Code) -> [&'static str; 3] {
    match code {
        Code::Forked => [
            "Histoire contredite",
            "Un témoin a montré, signé du centre, un passé autre ou plus long que celui d’ici : on a menti, ou une copie \
             ancienne a été remise en service.",
            "Gardez vos reçus ; demandez à l’opérateur par écrit ce qui s’est passé, et au témoin sa preuve.",
        ],
        Code::ReadOnly => [
            "Lecture seule",
            "Le centre n’accepte aucun dépôt ; ce qui est là se lit. Votre passerelle garde vos dépôts en attendant.",
            "Rien n’est perdu. Si cela dure, écrivez à l’opérateur.",
        ],
        Code::Damaged => [
            "Contenu endommagé",
            "Du contenu ne correspond plus à son empreinte et aucune copie ne l’a réparé. Il n’est jamais servi faux : sa lecture \
             échoue.",
            "Ouvrez l’inscription pour savoir lequel ; déposez-le de nouveau, ou rendez-le depuis le miroir de votre passerelle.",
        ],
        Code::Site => [
            "Site non conforme",
            "Du contenu d’un site, ou des programmes de l’application derrière lui, n’ont plus l’empreinte que vos signataires ont signée. \
             Les visiteurs ne les reçoivent jamais : ils voient ce qui a été signé.",
            "Si l’un des vôtres a mis l’application à jour, importez-la de nouveau et faites signer. Sinon, demandez à l’opérateur qui l’a \
             modifiée ; l’alerte nomme les premiers fichiers.",
        ],
        Code::Witnesses => [
            "Témoins",
            "Sans eux, vos actes sont inscrits mais pas attestés : l’opérateur pourrait encore les nier.",
            "Demandez aux témoins absents si leur machine et leur ligne vont bien.",
        ],
        Code::Quota => [
            "Quota",
            "De ce que l’opérateur vous laisse détenir, quatre cinquièmes sont utilisés, ou il a fixé une autre limite. Quand tout l’est, les dépôts sont refusés.",
            "Supprimez ce qui ne sert plus, les anciennes versions aussi, ou demandez davantage à l’opérateur. À 95 %, c’est urgent.",
        ],
        Code::SignIns => [
            "Mots de passe faux",
            "Quelqu’un essaie des mots de passe. Les essais sont ralentis, et les clés d’accès ne sont pas concernées.",
            "Demandez à la personne si c’est elle ; sinon, qu’elle passe à une clé d’accès et retire le mot de passe.",
        ],
        Code::Support => [
            "Assistance de l’opérateur",
            "L’opérateur peut ou a pu lire noms, journal et chiffres, jamais de contenu ; chaque consultation est inscrite.",
            "Fermez l’accès dès que ce n’est plus utile (Collègues).",
        ],
        Code::Suspended => [
            "Suspension",
            "L’opérateur a suspendu l’institution, ou l’a rétablie : suspendue, elle lit et n’écrit pas.",
            "Le motif est dans l’inscription ; contestez-le avec le reçu.",
        ],
        Code::Healed => [
            "Dommage réparé",
            "Du contenu abîmé a été retrouvé intact dans une copie, vérifié, et remis en place.",
            "Rien, si c’est rare. Souvent, c’est un disque qui meurt : demandez à l’opérateur.",
        ],
        Code::Keys => [
            "Clés de logiciels",
            "Une clé donne à un logiciel des droits sur vos compartiments.",
            "Ce à quoi elle sert est entre parenthèses, si on l’a écrit à sa création. Si personne chez vous ne la connaît, révoquez-la.",
        ],
        Code::People => [
            "Personnes et trousseau",
            "Ceux qui agissent pour l’institution ont changé.",
            "Si personne chez vous ne l’a voulu, réunissez deux agents et écrivez à l’opérateur, reçu à l’appui.",
        ],
        Code::Quorum => [
            "Témoins demandés",
            "Ce qu’il faut de témoins pour que votre registre soit attesté a changé.",
            "Comparez avec ce que vous aviez convenu.",
        ],
        Code::Ended => [
            "Effacement ou fin de conservation",
            "Le contenu d’actes a été effacé par votre institution, ou une durée de conservation a pris fin.",
            "Vérifiez que c’était décidé.",
        ],
    }
}
