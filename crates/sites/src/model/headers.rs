//! Headers that a site adds to its answers, as `_headers` writes them: a path, and under it indented `Name: value`.

use serde::{Deserialize, Serialize};

use super::lines::lines;
use super::pattern::Pattern;
use crate::Wrong;

/// The most rules of a site, and the most headers of a rule.
pub(super) const MAX_RULES: usize = 1000;
const MAX_VALUE_BYTES: usize = 8192;

/// What the server alone says of an answer: its length, its coding, its place in a connection.
const RESERVED: [&str; 19] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "date",
    "etag",
    "keep-alive",
    "last-modified",
    "location",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
];

/// Headers of the answers to paths that fit. Fields in the order of the canonical JSON.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    /// The path, with placeholders.
    pub path: String,
    /// Names, in small letters, and values.
    pub set: Vec<(String, String)>,
}

impl HeaderRule {
    pub(super) fn check(&self) -> Result<Pattern, String> {
        if self.set.len() > MAX_RULES {
            return Err(format!("more than {MAX_RULES} headers"));
        }
        for (name, value) in &self.set {
            check(name, value)?;
        }
        Ok(Pattern::parse(&self.path)?)
    }
}

fn check(name: &str, value: &str) -> Result<(), String> {
    let token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    if name.is_empty() || !name.bytes().all(token) {
        return Err(format!("{name:?} can't be the name of a header"));
    }
    if RESERVED.contains(&name) {
        return Err(format!("{name} is said by the server itself"));
    }
    if name == "basic-auth" {
        return Err("what is published is public: passwords would protect nothing".to_owned());
    }
    if value.len() > MAX_VALUE_BYTES || !value.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Err(format!(
            "the value of {name} isn't plain text of at most {MAX_VALUE_BYTES} characters"
        ));
    }
    Ok(())
}

/// The rules of a file, or every line that is wrong.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<HeaderRule>, Vec<Wrong>> {
    let mut rules: Vec<HeaderRule> = Vec::new();
    let mut wrong = Vec::new();
    for line in lines(file, text) {
        let said = line.text.trim();
        if !line.text.starts_with([' ', '\t']) {
            match Pattern::parse(said) {
                Ok(_) => rules.push(HeaderRule {
                    path: said.to_owned(),
                    set: Vec::new(),
                }),
                Err(why) => wrong.push(line.wrong(why)),
            }
            continue;
        }
        let Some(rule) = rules.last_mut() else {
            wrong.push(line.wrong("a header stands, indented, under the path that it is for"));
            continue;
        };
        let Some((name, value)) = said.split_once(':') else {
            wrong.push(line.wrong("a header is written Name: value"));
            continue;
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        match check(&name, &value) {
            Ok(()) => rule.set.push((name, value)),
            Err(why) => wrong.push(line.wrong(&why)),
        }
    }
    if rules.len() > MAX_RULES {
        wrong.push(Wrong {
            file: file.to_owned(),
            line: 0,
            why: format!("more than {MAX_RULES} paths"),
        });
    }
    rules.retain(|rule| !rule.set.is_empty());
    if wrong.is_empty() {
        Ok(rules)
    } else {
        Err(wrong)
    }
}
