//! Paths that an application answers, as `_applications` writes them: `/path name [missing] [editors]`; and the digests of its
//! programs: `code name sha256:…`.

use std::collections::BTreeMap;

use amana_ledger::{Hash, digits, parse_digits};
use serde::{Deserialize, Serialize};

use super::lines::{Line, lines};
use super::pattern::Pattern;
use super::{Address, Answer, Manifest};
use crate::Wrong;

/// The most rules of a site: each is tried at each request.
pub(super) const MAX_RULES: usize = 200;
const MAX_NAME_BYTES: usize = 63;
/// What a line about programs begins with; a path begins with `/`.
const CODE: &str = "code";
const SHA256: &str = "sha256:";

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

/// What a file says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) rules: Vec<ApplicationRule>,
    /// The digests of applications' programs, by name.
    pub(super) code: BTreeMap<String, Hash>,
}

/// What a file says, or every line that is wrong.
pub(super) fn parse(file: &str, text: &str) -> Result<Said, Vec<Wrong>> {
    let mut said = Said::default();
    let mut wrong = Vec::new();
    let mut of_code = Vec::new();
    for line in lines(file, text) {
        if line.words().next() == Some(CODE) {
            of_code.push(line);
            continue;
        }
        match ApplicationRule::parse(&line) {
            Ok(rule) => said.rules.push(rule),
            Err(why) => wrong.push(why),
        }
    }
    // After the paths, wherever they stand: what no path leads to needs no digest, and is likely misspelt.
    for line in of_code {
        if let Err(why) = said.take_code(&line) {
            wrong.push(why);
        }
    }
    if said.rules.len() > MAX_RULES {
        wrong.push(Wrong {
            file: file.to_owned(),
            line: 0,
            why: format!("more than {MAX_RULES} rules"),
        });
    }
    if wrong.is_empty() {
        Ok(said)
    } else {
        Err(wrong)
    }
}

impl Said {
    fn take_code(&mut self, line: &Line<'_>) -> Result<(), Wrong> {
        let mut words = line.words().skip(1);
        let (Some(name), Some(digest), None) = (words.next(), words.next(), words.next()) else {
            return Err(line.wrong("it is written code, name, sha256: and 64 digits"));
        };
        let digest = digest
            .strip_prefix(SHA256)
            .and_then(|digest| parse_digits(digest).ok());
        let Some(digest) = digest else {
            return Err(line.wrong(
                "after the name stands sha256: with 64 digits, as amana site code prints it",
            ));
        };
        if !self.rules.iter().any(|rule| rule.name == name) {
            return Err(line.wrong(&format!("no path is the application {name}'s")));
        }
        if self.code.insert(name.to_owned(), digest).is_some() {
            return Err(line.wrong(&format!("the code of {name} stands twice")));
        }
        Ok(())
    }
}

/// The line of `_applications` that says what an application's programs are.
#[must_use]
pub fn code_line(name: &str, digest: &Hash) -> String {
    format!("{CODE} {name} {SHA256}{}", digits(digest))
}

/// The text of `_applications` with that line of an application's programs in the place of the one that is there, or without one.
/// The rest stays as it is.
#[must_use]
pub fn with_code_line(text: &str, name: &str, digest: Option<&Hash>) -> String {
    let is_old = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        words.next() == Some(CODE) && words.next() == Some(name)
    };
    let mut new = digest.map(|digest| code_line(name, digest));
    let mut made = String::with_capacity(text.len() + 100);
    for line in text.lines() {
        let kept = match is_old(line) {
            true => new.take(),
            false => Some(line.to_owned()),
        };
        if let Some(line) = kept {
            made.push_str(&line);
            made.push('\n');
        }
    }
    if let Some(line) = new {
        made.push_str(&line);
        made.push('\n');
    }
    made
}

/// Whether a text of `_applications` has a path that is that application's.
#[must_use]
pub fn names_application(text: &str, name: &str) -> bool {
    lines("", text).any(|line| {
        let mut words = line.words();
        words.next() != Some(CODE) && words.next() == Some(name)
    })
}

/// The digest of an application's programs in a text of `_applications`, if there is a line of it.
#[must_use]
pub fn code_in(text: &str, name: &str) -> Option<Hash> {
    let said = parse("", text).ok()?;
    said.code.get(name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> Hash {
        crate::code::CodeList::digest_of(text)
    }

    #[test]
    fn a_line_of_programs_is_put_in_its_place_and_nothing_else_is_touched() {
        let text = "# ours\n/* wordpress editors\n/form mail # code\n";
        let (one, two) = (hash("1"), hash("2"));
        let first = with_code_line(text, "wordpress", Some(&one));
        assert_eq!(first, format!("{text}{}\n", code_line("wordpress", &one)));
        let both = with_code_line(&first, "mail", Some(&one));
        let second = with_code_line(&both, "wordpress", Some(&two));
        assert_eq!(code_in(&second, "wordpress"), Some(two));
        assert_eq!(code_in(&second, "mail"), Some(one));
        let neither = with_code_line(&with_code_line(&second, "mail", None), "wordpress", None);
        assert_eq!(neither, text);
        assert_eq!(code_in(text, "wordpress"), None);
        assert!(names_application(text, "mail") && !names_application(text, "code"));
        assert!(!names_application(
            &code_line("wordpress", &one),
            "wordpress"
        ));
    }
}
