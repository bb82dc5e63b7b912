//! Addresses that ask for what can't be.

use crate::query::{Unfit, Why};
use crate::texts::queries::QueryWords;

pub(crate) const WORDS: QueryWords = QueryWords {
    told,
    plain: "Back to the page",
};

fn told(unfit: &Unfit) -> String {
    let name = &unfit.name;
    let not = |value: &str| format!("The parameter “{name}” cannot be “{value}”");
    match &unfit.why {
        Why::Unknown => {
            format!("The parameter “{name}” is not known to this page: check the address.")
        }
        Why::Missing => format!("The parameter “{name}” is missing from the address."),
        Why::Value(value) => format!("{}: check the address.", not(value)),
        Why::Day(value) => format!("{}: write a day, such as 2026-11-22.", not(value)),
        Why::Month(value) => format!("{}: write a month, such as 2026-11.", not(value)),
        Why::Choice(value, choices) => {
            format!("{}: it must be {}.", not(value), choices.join(", "))
        }
        Why::Long(most) => {
            format!("The parameter “{name}” is too long: {most} characters at most.")
        }
        Why::Letters(value) => {
            format!(
                "{}: names of institutions are lower-case letters without accents, digits and hyphens.",
                not(value)
            )
        }
        Why::Entries(wrong) => {
            format!(
                "Parameter “{name}”: these numbers are not of the ledger: {}.",
                wrong.join(", ")
            )
        }
        Why::Many(most) => {
            format!("The parameter “{name}” asks for too many: {most} receipts at most in a pack.")
        }
    }
}
