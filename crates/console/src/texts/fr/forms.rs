//! Les formulaires : pourquoi l’un est refusé, et ce qui se confirme.

use std::borrow::Cow;

use crate::texts::forms::{Fault, FormWords};

pub(crate) const WORDS: FormWords = FormWords {
    refused: "Refusé",
    fault: told,
    back: "Revenir au formulaire",
    over: "Votre session a pris fin. Connectez-vous, vous reviendrez ici.",
    sign_in: "Se connecter",
    written: "Ce que vous aviez écrit n’est pas enregistré ; le voici, à copier avant de partir :",
    done_title: "Déjà fait",
    to_list: "Voir la liste",
    home: "Retour à votre accueil",
    sure: "Je le veux : cela ne s’enlève plus.",
    meant: "Je le veux.",
    revoke_means: "Les logiciels qui s’en servent n’entrent plus. Une clé révoquée ne revient pas : faites-en une autre.",
    sign_means: "Votre signature est inscrite au registre et ne s’enlève plus.",
    why: "Pourquoi",
    again_means: "L’ancienne clé d’exercice et ses parts ne servent plus.",
    first_time: "Première fois ? Un lien ou un code vous a été remis :",
    open_account: "ouvrez votre compte",
};

fn told(fault: &Fault) -> Cow<'static, str> {
    Cow::Borrowed(match fault {
        Fault::Empty => "Ce champ est vide : remplissez-le.",
        Fault::TooLong => "C’est trop long : raccourcissez.",
        Fault::Control => {
            "Il y a là un caractère invisible qui n’est pas permis : retapez le texte."
        }
        Fault::Lines => "Une seule ligne, sans retour à la ligne.",
        Fault::Unchosen => "Choisissez une des réponses.",
        Fault::Unsure => "Cochez la case pour dire que vous le voulez.",
        Fault::Number => "Écrivez un nombre entier, en chiffres seulement.",
        Fault::People => "Un nombre de personnes : un entier de 0 à 100 000.",
        Fault::Quota => "C’est plus qu’un quota ne peut être : écrivez un nombre plus petit.",
        Fault::Day => "Écrivez une date, par exemple 2026-11-22.",
        Fault::Moment => "Écrivez une date et une heure, par exemple 2026-11-22T14:30.",
        Fault::End => "La fin doit venir après le début.",
        Fault::DrillDay => "Un jour de l’année passée, par exemple 2026-11-22, et pas à venir.",
        Fault::Custodians => {
            "Écrivez les numéros des pages des dépositaires présents, de 1 à 64, par exemple 1, 3, 4."
        }
        Fault::Plan => "Écrivez par exemple 3-of-5.",
        Fault::Hours => "De 1 à 168 heures : sept jours au plus.",
        Fault::Institution => {
            "2 à 40 minuscules sans accent, chiffres et tirets, par exemple ministere-eau."
        }
        Fault::Sandbox => {
            "Les noms qui commencent par « school- » sont ceux de l’école : choisissez-en un autre."
        }
        Fault::Person => "Écrivez le nom de la personne : de 1 à 80 caractères, sur une ligne.",
        Fault::Role => "Ce rôle ne se donne pas ici : choisissez-en un de la liste.",
        Fault::Right => "Ce droit ne se donne pas ici : choisissez-en un de la liste.",
        Fault::Buckets => "Cochez au moins un compartiment, ou « tous ».",
        Fault::ManyBuckets => "Cent compartiments au plus ; au-delà, choisissez « tous ».",
        Fault::Label => "De 1 à 80 caractères, sur une ligne.",
        Fault::AccessKey => "Ce n’est pas l’identifiant d’une clé.",
        Fault::Reason => "Dites pourquoi, en mille caractères au plus.",
        Fault::PasskeyName => "Un nom de 1 à 100 caractères pour cet appareil.",
        Fault::Password => "Douze caractères au moins, pas tous pareils, et deux cents au plus.",
        Fault::Totp => {
            "Ce code n’est pas celui que montre l’application en ce moment. Vérifiez l’heure du téléphone, attendez le suivant."
        }
        Fault::Code => "Ce code n’est pas complet : vingt signes, en groupes de quatre.",
        Fault::Account => {
            "Un compte s’écrit comme finances/3 : l’institution, une barre, un numéro."
        }
        Fault::Tag => {
            "Cette étiquette n’est pas valable : un nom de 128 caractères au plus, une valeur de 256, chacun une fois ; lettres, chiffres, espaces et + - = . _ : / @."
        }
        Fault::Stale => {
            "Cette page venait d’une session précédente. Rien n’a été fait : relisez, et envoyez encore une fois."
        }
        Fault::Word { share, word } => {
            return format!("La part n° {share} : le mot {word} n’est pas dans la liste.").into();
        }
        Fault::Words { share, words } => {
            return format!("La part n° {share} : {words} mots, il en faut 33.").into();
        }
        Fault::Checksum { share, word } => {
            return match word {
                Some(word) => format!(
                    "La part n° {share} : un mot est faux, sans doute le mot {word}. Comparez avec la page."
                ),
                None => format!(
                    "La part n° {share} : un mot est faux ou déplacé. Comparez avec la page, mot à mot."
                ),
            }
            .into();
        }
        Fault::NoShare { share } => {
            return format!(
                "La part n° {share} n’est pas une part : recopiez les 33 mots d’une seule page."
            )
            .into();
        }
    })
}
