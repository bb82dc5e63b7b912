//! What is wrong with what was typed into a form, and in which of its fields.
//!
//! The services name the word that they refuse; the pages say it in the asker's language, beside the field. Programs are told by
//! codes as before.

use std::borrow::Cow;

use amana_access::Error as Access;
use amana_vault::Error as Vault;

use crate::Error;

/// What is wrong, for which every language has a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// More than the field takes.
    TooLong,
    /// Control characters.
    Control,
    /// More than one line.
    Lines,
    /// None of the answers was chosen.
    Unchosen,
    /// The box that makes sure wasn't ticked.
    Unsure,
    /// No whole number.
    Number,
    /// More people than there can be.
    People,
    /// More than a quota can be.
    Quota,
    /// No date.
    Day,
    /// No date with a time.
    Moment,
    /// An end before its beginning.
    End,
    /// No day of the last year.
    DrillDay,
    /// No numbers of custodians' pages.
    Custodians,
    /// No plan such as 3-of-5.
    Plan,
    /// No time for which the operator's staff may be let in.
    Hours,
    /// No name of an institution.
    Institution,
    /// A name that the school keeps for its sandboxes.
    Sandbox,
    /// No name of a person.
    Person,
    /// No role that can be had there.
    Role,
    /// No right that one official may give.
    Right,
    /// No bucket was chosen.
    Buckets,
    /// More buckets than a key names.
    ManyBuckets,
    /// No id of an access key.
    AccessKey,
    /// No label of an access key.
    Label,
    /// Nothing says why, or too much.
    Reason,
    /// No name of a passkey.
    PasskeyName,
    /// No password, or a weak one.
    Password,
    /// Not what the app shows now.
    Totp,
    /// A link's code that isn't whole.
    Code,
    /// No name of an account.
    Account,
    /// A tag that breaks a rule.
    Tag,
    /// A page that an earlier session gave.
    Stale,
    /// A word of a share that no list has.
    Word {
        /// Which share, from 1.
        share: usize,
        /// Which word of it, from 1.
        word: usize,
    },
    /// A share of too few words, or too many.
    Words {
        /// Which share, from 1.
        share: usize,
        /// How many there are.
        words: usize,
    },
    /// Words that don't match their checksum.
    Checksum {
        /// Which share, from 1.
        share: usize,
        /// The word that is probably wrong, from 1.
        word: Option<usize>,
    },
    /// No share at all.
    NoShare {
        /// Which one, from 1.
        share: usize,
    },
}

/// A fault, and the fields that it may stand in: the first that the form has.
#[derive(Clone, Default, Debug)]
pub(crate) struct Wrong {
    pub(crate) fields: Cow<'static, [Cow<'static, str>]>,
    pub(crate) fault: Option<Fault>,
}

impl Wrong {
    fn at(fields: &[&'static str], fault: Option<Fault>) -> Self {
        Self {
            fields: fields.iter().map(|name| Cow::Borrowed(*name)).collect(),
            fault,
        }
    }

    /// Where an error stands, as far as is known.
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Typed { field, fault } => Self {
                fields: Cow::Owned(vec![field.clone()]),
                fault: Some(fault.clone()),
            },
            Error::Stale => Self::at(&[], Some(Fault::Stale)),
            Error::Access(Access::Invalid { what, why }) => invalid(what, why),
            Error::Access(Access::InstitutionExists { .. }) => Self::at(&["name"], None),
            Error::Access(Access::UnknownInstitution { .. }) => Self::at(&["institution"], None),
            Error::Access(Access::UnknownCode) => Self::at(&["link", "code"], None),
            Error::Access(Access::NoSuchShare { .. } | Access::TooFewShares { .. }) => {
                Self::at(&["custodians"], None)
            }
            Error::Access(Access::CodeUsed) => Self::at(&["code"], None),
            Error::Vault(
                Vault::InvalidBucketName { .. }
                | Vault::BucketAlreadyOwnedByYou { .. }
                | Vault::BucketAlreadyExists { .. },
            ) => Self::at(&["name"], None),
            Error::Vault(Vault::InvalidRetention { .. }) => Self::at(&["until"], None),
            Error::Vault(Vault::InvalidRetentionPeriod) => Self::at(&["count"], None),
            _ => Self::default(),
        }
    }
}

/// By the word that access refuses, and what it says of it.
fn invalid(what: &str, why: &str) -> Wrong {
    let written = match why {
        "must not be empty" => Fault::Empty,
        "is too long" => Fault::TooLong,
        "must be one line" => Fault::Lines,
        _ => Fault::Control,
    };
    let (fields, fault): (&[&str], Fault) = match what {
        "the French text" => (&["fr"], written),
        "the English text" => (&["en"], written),
        "what was done" => (&["what"], written),
        "the agreement" | "the message" => (&["text"], written),
        "the subject" => (&["subject"], written),
        "the name" => (&["name"], written),
        "the contact" => (&["contact"], written),
        "the end" => (&["until"], Fault::End),
        "the number of people" => (&["people"], Fault::People),
        "the password" => (&["password"], Fault::Password),
        "the reason" => (&["reason", "note"], Fault::Reason),
        "the institution's name" if why.contains("sandboxes") => {
            (&["name", "institution"], Fault::Sandbox)
        }
        "the institution's name" => (&["name", "institution"], Fault::Institution),
        "the official's name" => (&["name"], Fault::Person),
        "the role" => (&["role"], Fault::Role),
        "the right" => (&["right"], Fault::Right),
        "the grant" => (&["for"], Fault::ManyBuckets),
        "the key's label" => (&["label"], Fault::Label),
        "the access key id" => (&["key"], Fault::AccessKey),
        "the custodians" => (&["custodians"], Fault::Custodians),
        "the day of the drill" => (&["held-on"], Fault::DrillDay),
        "the passkey's name" => (&["label"], Fault::PasskeyName),
        "the enrolment code" => (&["code", "link"], Fault::Code),
        "the account's name" => (&["account"], Fault::Account),
        "the time" => (&["hours"], Fault::Hours),
        "the quota" => (&["bytes"], Fault::Quota),
        "the plan of the custodians" => (&["plan"], Fault::Plan),
        // What a browser or a program writes, and nobody types.
        _ => return Wrong::default(),
    };
    Wrong::at(fields, Some(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What access refuses and nobody types: a browser's, a program's or a configuration's words.
    const UNTYPED: [&str; 3] = [
        "the secret access key",
        "the official's key",
        "the console's origin",
    ];

    /// Each `what: "…"` of access, and each word that is checked as it was written.
    fn words() -> Vec<String> {
        let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../access/src");
        let (mut found, mut places) = (Vec::new(), vec![sources]);
        while let Some(place) = places.pop() {
            for entry in std::fs::read_dir(place).expect("access stands beside the console") {
                let path = entry.expect("its folders can be read").path();
                if path.is_dir() {
                    places.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("sources are text");
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                for mark in ["what: \"", "written(\"", "one_line(\""] {
                    let rest = text.split(mark).skip(1);
                    found.extend(
                        rest.filter_map(|rest| rest.split('"').next())
                            .map(str::to_owned),
                    );
                }
            }
        }
        // What there are too many of is no word that was typed.
        found.retain(|word| word.starts_with("the ") || word.starts_with("what "));
        found
    }

    #[test]
    fn every_word_that_people_type_has_its_field() {
        let words = words();
        assert!(words.len() > 25, "{words:?}");
        for word in words {
            let known = invalid(&word, "").fault.is_some();
            assert_eq!(known, !UNTYPED.contains(&&*word), "{word}");
        }
    }
}
