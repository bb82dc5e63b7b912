//! Who stands behind the short names in acts.

use std::collections::BTreeMap;

use amana_access::{AccessKey, InstitutionName, Person};

use super::line::Line;
use crate::texts::Texts;
use crate::texts::journal::{Did, Who};

/// The officials in office by number; of one who left the number is all that is kept.
#[derive(Clone, Default)]
pub(crate) struct Names {
    institution: String,
    people: BTreeMap<u64, String>,
    /// What access keys are for, by their ids.
    labels: BTreeMap<String, String>,
}

impl Names {
    pub(crate) fn of(
        institution: &InstitutionName,
        people: Vec<Person>,
        keys: Vec<AccessKey>,
    ) -> Self {
        let named = people
            .into_iter()
            .filter_map(|person| Some((person.official.number, person.official.name?)));
        Self {
            institution: institution.to_string(),
            people: named.collect(),
            labels: keys
                .into_iter()
                .filter_map(|key| Some((key.access_key_id, key.label?)))
                .collect(),
        }
    }

    /// `AMANO6SCC… (payroll backup)`.
    fn key(&self, id: &str) -> String {
        match self.labels.get(id) {
            Some(label) => format!("{id} ({label})"),
            None => id.to_owned(),
        }
    }

    /// `Ali Saïd (finances/1)`.
    pub(crate) fn person(&self, number: u64) -> String {
        let account = format!("{}/{number}", self.institution);
        match self.people.get(&number) {
            Some(name) => format!("{name} ({account})"),
            None => account,
        }
    }

    /// Officials whose names, and keys whose labels, hold that text in lower case, as acts name them.
    pub(crate) fn holding(&self, text: &str) -> Vec<String> {
        let holds = |name: &str| name.to_lowercase().contains(text);
        let people = self.people.iter().filter(|(_, name)| holds(name));
        let keys = self.labels.iter().filter(|(_, label)| holds(label));
        people
            .map(|(number, _)| format!("official:{number}"))
            .chain(keys.map(|(id, _)| format!("key:{id}")))
            .collect()
    }

    /// Who asked, in words.
    pub(crate) fn who(&self, texts: &Texts, by: &str) -> String {
        let (kind, name) = by.split_once(':').unwrap_or((by, ""));
        let (person, key);
        let who = match (kind, name) {
            ("official", number) => {
                person = number
                    .parse()
                    .map_or_else(|_| by.to_owned(), |number| self.person(number));
                Who::Person(&person)
            }
            ("key", id) => {
                key = self.key(id);
                Who::Key(&key)
            }
            ("member", id) => Who::Gateway(id),
            ("publisher", name) => Who::Publisher(name),
            ("operator", "") => Who::Centre,
            ("operator", name) => match name.strip_prefix("staff-") {
                Some(number) => Who::Staff(number),
                None => Who::Operator(name),
            },
            ("trainee", account) => Who::Person(account),
            ("anybody", "") => Who::Anybody,
            _ => Who::Other(by),
        };
        (texts.journal.who)(who)
    }

    /// What was done, in words.
    pub(crate) fn did(&self, texts: &Texts, line: &Line) -> String {
        let facts = &line.facts;
        let person = match (facts.official, &facts.name) {
            (Some(number), _) => self.person(number),
            (None, Some(name)) => name.clone(),
            (None, None) => "–".to_owned(),
        };
        let key = match line.kind.split_once('.') {
            Some(("access-key", _)) => facts.name.as_deref().map(|id| self.key(id)),
            _ => None,
        };
        (texts.journal.did)(&Did {
            line,
            person: &person,
            key: key.as_deref().unwrap_or("–"),
        })
    }
}
