//! Paths that an application answers, as `_applications` writes them: `/path name [missing] [editors]`.

use serde::{Deserialize, Serialize};

use super::lines::{Line, lines};
use super::pattern::Pattern;
use super::{Address, Answer, Manifest};
use crate::Wrong;

/// The most rules of a site: each is tried at each request.
pub(super) const MAX_RULES: usize = 200;
const MAX_NAME_BYTES: usize = 63;

/// One rule. Fields in the order of the canonical JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationRule {
    /// Whether the application is there for its editors alone, and the public is shown what was signed.
    pub editors: bool,
    /// Whether the application is asked only where the deploy has nothing.
    pub missing: bool,
    /// What the operator knows the application as.
    pub name: String,
    /// The path, with placeholders.
    pub path: String,
}

impl ApplicationRule {
    /// The rules that a manifest's application is held to, whoever wrote it.
    pub(super) fn check(&self) -> Result<Pattern, &'static str> {
        if !is_application_name(&self.name) {
            return Err("an application's name has small letters, digits and -, at most 63");
        }
        Pattern::parse(&self.path)
    }

    fn parse(line: &Line<'_>) -> Result<Self, Wrong> {
        let mut words = line.words();
        let path = words.next().unwrap_or_default().to_owned();
        let Some(name) = words.next() else {
            return Err(line.wrong("it doesn't say which application: /path name"));
        };
        let mut rule = Self {
            editors: false,
            missing: false,
            name: name.to_owned(),
            path,
        };
        for word in words {
            let said = match word {
                "editors" => &mut rule.editors,
                "missing" => &mut rule.missing,
                _ => {
                    let why = format!("{word:?}: after the name stand only missing and editors");
                    return Err(line.wrong(&why));
                }
            };
            if *said {
                return Err(line.wrong(&format!("{word} stands twice")));
            }
            *said = true;
        }
        rule.check().map_err(|why| line.wrong(why))?;
        Ok(rule)
    }
}

/// Whether an application may be called so.
#[must_use]
pub fn is_application_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain)
}

impl Manifest {
    /// The rule that an address is an application's by: the first that fits. Without any, it answers what was signed.
    #[must_use]
    pub fn application(&self, asked: &Address) -> Option<&ApplicationRule> {
        let fits = |(pattern, rule): &&(Pattern, ApplicationRule)| {
            // Many programs don't mind capitals: what is for editors is so however it is written.
            let path = asked.path();
            let fits =
                pattern.captures(path).is_some() || rule.editors && pattern.fits_in_any_case(path);
            fits && !(rule.missing && self.is_there(asked))
        };
        self.applications.iter().find(fits).map(|(_, rule)| rule)
    }

    /// Whether what the public gets at that address may be other than what was signed.
    #[must_use]
    pub fn is_dynamic(&self, asked: &Address) -> bool {
        self.application(asked).is_some_and(|rule| !rule.editors)
    }

    /// Its applications' paths, in order.
    pub fn applications(&self) -> impl Iterator<Item = &ApplicationRule> {
        self.applications.iter().map(|(_, rule)| rule)
    }

    /// Whether the deploy has a page, or leads on, at that address.
    #[must_use]
    pub fn is_there(&self, asked: &Address) -> bool {
        match self.answer(asked) {
            Answer::File { status, .. } => status == 200,
            Answer::Redirect { .. } => true,
            Answer::Missing => false,
        }
    }
}

/// The rules of a file, or every line that is wrong.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<ApplicationRule>, Vec<Wrong>> {
    let mut rules = Vec::new();
    let mut wrong = Vec::new();
    for line in lines(file, text) {
        match ApplicationRule::parse(&line) {
            Ok(rule) => rules.push(rule),
            Err(why) => wrong.push(why),
        }
    }
    if rules.len() > MAX_RULES {
        wrong.push(Wrong {
            file: file.to_owned(),
            line: 0,
            why: format!("more than {MAX_RULES} rules"),
        });
    }
    if wrong.is_empty() {
        Ok(rules)
    } else {
        Err(wrong)
    }
}
