//! What a page says, in French and in English.

use super::{Page, PageKey};
use crate::shares::Group;

/// The texts of one language.
pub(super) struct Wording {
    /// The language's tag.
    pub(super) tag: &'static str,
    pub(super) title: &'static str,
    pub(super) institution: &'static str,
    pub(super) group: &'static str,
    pub(super) share: String,
    pub(super) set: &'static str,
    pub(super) date: &'static str,
    /// How many rebuild the keys.
    pub(super) threshold: String,
    /// Heads with their paragraphs.
    pub(super) sections: Vec<(&'static str, Vec<String>)>,
    /// What the columns of words are.
    pub(super) words: &'static str,
}

pub(super) fn french(page: &Page<'_>) -> Wording {
    let (number, count) = page.place();
    let (set, institution) = (page.set, page.institution);
    let threshold = french_threshold(page);
    Wording {
        tag: "fr",
        title: "Part de la cl\u{e9}",
        institution: match page.key {
            PageKey::Institution => "Institution",
            PageKey::Operator => "Centre de donn\u{e9}es",
        },
        group: "Groupe",
        share: format!("Part {number} sur {count}"),
        set: "S\u{e9}rie n\u{b0}",
        date: "Date",
        sections: vec![
            (
                "Ce que c\u{2019}est",
                vec![format!(
                    "{}. {threshold}. {}",
                    match page.key {
                        PageKey::Institution => format!(
                            "Une part de la cl\u{e9} qui ouvre tout ce que \u{ab}\u{a0}{institution}\u{a0}\u{bb} a scell\u{e9}"
                        ),
                        PageKey::Operator => format!(
                            "Une part de la cl\u{e9} avec laquelle le centre de donn\u{e9}es \u{ab}\u{a0}{institution}\u{a0}\u{bb} signe son journal national. Elle n\u{2019}ouvre rien de ce que les institutions ont scell\u{e9}"
                        ),
                    },
                    if page.plan.is_one_person() && page.key == PageKey::Operator {
                        FRENCH_OPERATOR_ALONE
                    } else if page.plan.is_one_person() {
                        FRENCH_ALONE
                    } else {
                        "Seule, elle n\u{2019}ouvre rien et ne dit rien."
                    }
                )],
            ),
            (
                "O\u{f9} la garder",
                lines(
                    page.key,
                    &[
                        "Dans une enveloppe ferm\u{e9}e et sign\u{e9}e sur le rabat, au coffre ou sous cl\u{e9}, \u{e0} l\u{2019}abri de l\u{2019}eau et du feu, loin des autres parts.",
                        "Une fois l\u{2019}an, v\u{e9}rifiez que l\u{2019}enveloppe est l\u{e0} et ferm\u{e9}e. Perdue, ouverte, ou fin de vos fonctions\u{a0}: dites-le le jour m\u{ea}me.",
                    ],
                ),
            ),
            (
                "Ce qu\u{2019}il ne faut jamais faire",
                lines(
                    page.key,
                    &[
                        "La photographier, la copier, la dicter, l\u{2019}envoyer, la confier, la ranger avec une autre part.",
                        "La saisir sur un t\u{e9}l\u{e9}phone, un site ou un ordinateur reli\u{e9} au r\u{e9}seau, quel que soit celui qui le demande.",
                    ],
                ),
            ),
            (
                "Le jour de la reconstitution",
                lines(
                    page.key,
                    &[
                        "1. V\u{e9}rifiez qui vous convoque\u{a0}: de vive voix, ou par un num\u{e9}ro que vous aviez d\u{e9}j\u{e0}.",
                        "2. Venez en personne\u{a0}; la page ne quitte pas vos mains.",
                        "3. Sur une machine hors r\u{e9}seau, \u{ab}\u{a0}amana keys recover\u{a0}\u{bb}\u{a0}: saisissez vous-m\u{ea}me les mots dans l\u{2019}ordre. Les quatre premi\u{e8}res lettres suffisent, ou le num\u{e9}ro \u{e9}crit \u{e0} c\u{f4}t\u{e9}. Le code carr\u{e9} contient les m\u{ea}mes mots.",
                        "4. Sans Amana, tout logiciel SLIP-0039 convient (shamir-mnemonic, phrase secr\u{e8}te vide).",
                        "5. Remettez la page sous une enveloppe neuve, ou br\u{fb}lez-la si une nouvelle s\u{e9}rie la remplace.",
                    ],
                ),
            ),
            (
                "Les s\u{e9}ries ant\u{e9}rieures",
                vec![format!(
                    "Cette page est de la s\u{e9}rie n\u{b0} {set}. Une nouvelle s\u{e9}rie n\u{2019}annule pas les anciennes\u{a0}: leurs parts ouvrent \
                 toujours les cl\u{e9}s, tant qu\u{2019}elles existent. Br\u{fb}lez-les devant t\u{e9}moin et notez-le au registre."
                )],
            ),
        ],
        threshold,
        words: "rang, mot, num\u{e9}ro du mot",
    }
}

const FRENCH_OPERATOR_ALONE: &str = "Elle est la seule\u{a0}: qui la tient signe au nom du centre de donn\u{e9}es. R\u{e9}partissez la cl\u{e9} \
    entre plusieurs personnes d\u{e8}s que possible (amana operator-key backup).";

const FRENCH_ALONE: &str = "Elle est la seule\u{a0}: qui la tient tient tout, et si elle br\u{fb}le tout est perdu. \
    R\u{e9}partissez la cl\u{e9} entre plusieurs personnes d\u{e8}s que possible (amana keys reshare).";

fn french_threshold(page: &Page<'_>) -> String {
    let group = |group: &Group| {
        let (needed, count) = (group.threshold(), group.members());
        match (needed, count) {
            (1, 1) => "Cette seule part reconstitue".to_owned(),
            _ => format!("{needed} parts sur {count} reconstituent"),
        }
    };
    let Some(own) = page.group() else {
        return String::new();
    };
    if page.plan.groups().len() == 1 {
        return format!("{} les cl\u{e9}s", group(own));
    }
    let (needed, count) = (page.plan.threshold(), page.plan.groups().len());
    let groups = if needed == 1 {
        format!("Un seul des {count} groupes reconstitue")
    } else {
        format!("{needed} groupes sur {count} reconstituent")
    };
    let (name, needed, count) = (own.name(), own.threshold(), own.members());
    format!(
        "{groups} les cl\u{e9}s\u{a0}; le groupe \u{ab}\u{a0}{name}\u{a0}\u{bb} compte avec {needed} de ses {count} parts"
    )
}

pub(super) fn english(page: &Page<'_>) -> Wording {
    let (number, count) = page.place();
    let (set, institution) = (page.set, page.institution);
    let threshold = english_threshold(page);
    Wording {
        tag: "en",
        title: "Share of the key",
        institution: match page.key {
            PageKey::Institution => "Institution",
            PageKey::Operator => "Data centre",
        },
        group: "Group",
        share: format!("Share {number} of {count}"),
        set: "Set no.",
        date: "Date",
        sections: vec![
            (
                "What this is",
                vec![format!(
                    "{}. {threshold}. {}",
                    match page.key {
                        PageKey::Institution => format!(
                            "A share of the key that opens everything that \u{201c}{institution}\u{201d} has sealed"
                        ),
                        PageKey::Operator => format!(
                            "A share of the key with which the data centre \u{201c}{institution}\u{201d} signs its national log. It opens nothing that institutions have sealed"
                        ),
                    },
                    if page.plan.is_one_person() && page.key == PageKey::Operator {
                        ENGLISH_OPERATOR_ALONE
                    } else if page.plan.is_one_person() {
                        ENGLISH_ALONE
                    } else {
                        "Alone it opens nothing and tells nothing."
                    }
                )],
            ),
            (
                "Where to keep it",
                lines(
                    page.key,
                    &[
                        "In a closed envelope signed across the flap, in a safe or under lock, away from water and fire, far from the other shares.",
                        "Once a year, see that the envelope is there and closed. If it is lost or opened, or you leave your office: say so the same day.",
                    ],
                ),
            ),
            (
                "What never to do",
                lines(
                    page.key,
                    &[
                        "Photograph it, copy it, dictate it, send it, entrust it to anybody, or keep it with another share.",
                        "Type it into a telephone, a web site or a computer on a network, whoever asks for it.",
                    ],
                ),
            ),
            (
                "On the day of recovery",
                lines(
                    page.key,
                    &[
                        "1. Make sure who calls you: face to face, or by a number that you had before.",
                        "2. Come yourself; the page does not leave your hands.",
                        "3. On a machine without a network, \u{201c}amana keys recover\u{201d}: type the words yourself, in order. The first four letters are enough, or the number printed beside. The square code holds the same words.",
                        "4. Without Amana, any SLIP-0039 program will do (shamir-mnemonic, empty passphrase).",
                        "5. Put the page into a new envelope, or burn it if a new set replaces it.",
                    ],
                ),
            ),
            (
                "Earlier sets",
                vec![format!(
                    "This page is of set no. {set}. A new set does not cancel the old ones: their shares still open the keys for as long \
                 as they exist. Burn them before a witness and note it in the register."
                )],
            ),
        ],
        threshold,
        words: "position, word, number of the word",
    }
}

const ENGLISH_OPERATOR_ALONE: &str = "It is the only one: whoever holds it signs in the data centre\u{2019}s name. Divide the key among \
    several people as soon as possible (amana operator-key backup).";

const ENGLISH_ALONE: &str = "It is the only one: whoever holds it holds everything, and if it burns everything is lost. \
    Divide the key among several people as soon as possible (amana keys reshare).";

fn english_threshold(page: &Page<'_>) -> String {
    let Some(own) = page.group() else {
        return String::new();
    };
    let (needed, count) = (own.threshold(), own.members());
    if page.plan.groups().len() == 1 {
        return match (needed, count) {
            (1, 1) => "This share alone rebuilds the keys".to_owned(),
            _ => format!("{needed} of {count} shares rebuild the keys"),
        };
    }
    let (groups_needed, groups) = (page.plan.threshold(), page.plan.groups().len());
    let verb = if groups_needed == 1 {
        "rebuilds"
    } else {
        "rebuild"
    };
    let name = own.name();
    format!(
        "{groups_needed} of {groups} groups {verb} the keys; the group \u{201c}{name}\u{201d} counts with {needed} of its {count} shares"
    )
}

/// The texts; of the operator's key with the command that rebuilds that one.
fn lines(key: PageKey, texts: &[&str]) -> Vec<String> {
    let of_key = |text: &&str| match key {
        PageKey::Institution => (*text).to_owned(),
        PageKey::Operator => text.replace("amana keys recover", "amana operator-key recover"),
    };
    texts.iter().map(of_key).collect()
}
