//! Adresses qui demandent ce qui ne peut être.

use crate::query::{Unfit, Why};
use crate::texts::queries::QueryWords;

pub(crate) const WORDS: QueryWords = QueryWords {
    told,
    plain: "Revenir à la page",
};

fn told(unfit: &Unfit) -> String {
    let name = &unfit.name;
    let not = |value: &str| format!("Le paramètre « {name} » ne peut pas être « {value} »");
    match &unfit.why {
        Why::Unknown => {
            format!("Le paramètre « {name} » n’est pas connu de cette page : vérifiez l’adresse.")
        }
        Why::Missing => format!("Il manque le paramètre « {name} » à l’adresse."),
        Why::Value(value) => format!("{} : vérifiez l’adresse.", not(value)),
        Why::Day(value) => format!("{} : écrivez un jour, par exemple 2026-11-22.", not(value)),
        Why::Month(value) => format!("{} : écrivez un mois, par exemple 2026-11.", not(value)),
        Why::Choice(value, choices) => {
            format!("{} : ce doit être {}.", not(value), choices.join(", "))
        }
        Why::Long(most) => {
            format!("Le paramètre « {name} » est trop long : {most} caractères au plus.")
        }
        Why::Letters(value) => {
            format!(
                "{} : les noms d’institutions n’ont que des minuscules sans accent, des chiffres et des tirets.",
                not(value)
            )
        }
        Why::Entries(wrong) => {
            format!(
                "Paramètre « {name} » : ces numéros ne sont pas du registre : {}.",
                wrong.join(", ")
            )
        }
        Why::Many(most) => {
            format!(
                "Le paramètre « {name} » en demande trop : {most} reçus au plus dans un dossier."
            )
        }
    }
}
