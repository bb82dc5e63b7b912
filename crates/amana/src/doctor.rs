//! `amana doctor`: looks at what surrounds a data centre or a gateway, and says what to do.
//!
//! It changes nothing but a file of a few kilobytes beside the data, written, synced and removed, to see what a sync costs.
//! What only the running server knows is asked through its socket; without one the rest is still looked at.

mod code;
mod copies;
mod disk;
mod english;
mod french;
mod machine;
mod running;
mod secrets;
mod service;

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::DEFAULT_DATA;
use crate::client::Client;
use crate::config::path_in;
use crate::gateway::folder::Folder;
use crate::output;
use code::Code;
pub(crate) use running::of_running;

/// What to look at, and in which language to say it.
#[derive(Args)]
pub(crate) struct Doctor {
    /// Folder of a data centre or of a gateway
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DATA)]
    data: PathBuf,
    /// Language; by default that of LANG
    #[arg(long)]
    lang: Option<Language>,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// A language of the findings.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Language {
    /// French
    Fr,
    /// English
    En,
}

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Level {
    Good,
    /// To be seen to.
    Notice,
    /// Something is lost, or will be.
    Bad,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Notice => "notice",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
struct Finding {
    level: Level,
    code: Code,
    /// What its text speaks of, in order.
    values: Vec<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add<V: ToString>(&mut self, level: Level, code: Code, values: impl IntoIterator<Item = V>) {
        let values = values.into_iter().map(|value| value.to_string()).collect();
        self.0.push(Finding {
            level,
            code,
            values,
        });
    }

    fn good(&mut self, code: Code, value: impl ToString) {
        self.add(Level::Good, code, [value]);
    }
}

/// A text of three: what was found, why it matters, what to do.
type Words = [&'static str; 3];

impl Finding {
    /// The three texts; of good news the first one alone.
    fn told(&self, language: Language) -> [String; 3] {
        let words: Words = match language {
            Language::Fr => french::words(self.code),
            Language::En => english::words(self.code),
        };
        words.map(|text| {
            let numbered = self.values.iter().enumerate();
            numbered.fold(measured(text, self.values.len()), |text, (place, value)| {
                text.replace(&format!("{{{place}}}"), &language.decimal(value))
            })
        })
    }
}

/// A text without what it says between `⟨` and `⟩` of a value that wasn't measured, where there are only so many.
fn measured(text: &str, values: usize) -> String {
    let parts = text.split_once('⟨').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('⟩')?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = parts else {
        return text.to_owned();
    };
    match inside.contains(&format!("{{{values}}}")) {
        true => format!("{before}{after}"),
        false => format!("{before}{inside}{after}"),
    }
}

impl Language {
    /// A measure with decimals, as the language writes it; anything else as it is.
    fn decimal(self, value: &str) -> String {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        match (self, value.split_once('.')) {
            (Self::Fr, Some((whole, part))) if digits(whole) && digits(part) => {
                format!("{whole},{part}")
            }
            _ => value.to_owned(),
        }
    }
}

impl Doctor {
    /// Looks, and tells.
    ///
    /// # Errors
    /// When there is nothing to look at, or something is bad.
    pub(crate) async fn run(self) -> Result<()> {
        let is_gateway = Folder::new(&self.data).institution().exists();
        if !is_gateway && !path_in(&self.data).exists() {
            bail!(
                "{}: neither a data centre nor a gateway is in this folder",
                self.data.display()
            );
        }
        let mut found = Findings::default();
        let client = Client::new(&self.data);
        let running = client.get("/v1/health").await.ok();
        service::look(&mut found, &self.data, is_gateway, running.as_ref());
        machine::look(&mut found, running.as_ref());
        disk::look(&mut found, &self.data, disk::growth_bytes_a_day(&self.data));
        secrets::look(&mut found, &self.data, is_gateway);
        if !is_gateway {
            copies::look(&mut found, &self.data).await;
        }
        found
            .0
            .sort_by_key(|finding| std::cmp::Reverse(finding.level));
        self.tell(&found)?;
        let bad = found.0.iter().filter(|finding| finding.level == Level::Bad);
        match bad.count() {
            0 => Ok(()),
            bad => bail!(
                "{bad}: {}",
                self.said("à corriger d’abord", "to be mended first")
            ),
        }
    }

    fn language(&self) -> Language {
        let of_surroundings = || match std::env::var("LANG") {
            Ok(lang) if lang.starts_with("fr") => Language::Fr,
            _ => Language::En,
        };
        self.lang.unwrap_or_else(of_surroundings)
    }

    fn said(&self, french: &'static str, english: &'static str) -> &'static str {
        match self.language() {
            Language::Fr => french,
            Language::En => english,
        }
    }

    fn tell(&self, found: &Findings) -> Result<()> {
        let language = self.language();
        if self.json {
            let shown: Vec<Value> = found
                .0
                .iter()
                .map(|finding| {
                    let [what, why, advice] = finding.told(language);
                    json!({
                        "level": finding.level.as_str(),
                        "code": finding.code.as_str(),
                        "what": what,
                        "why": why,
                        "advice": advice,
                    })
                })
                .collect();
            return output::line(&Value::from(shown).to_string());
        }
        for finding in &found.0 {
            let [what, why, advice] = finding.told(language);
            let mark = match finding.level {
                Level::Good => "✓",
                Level::Notice => "!",
                Level::Bad => "✗",
            };
            output::line(&format!("{mark} {what}"))?;
            if finding.level > Level::Good {
                output::line(&format!("    {why}\n    → {advice}"))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(language: Language, values: &[&str]) -> String {
        let mut found = Findings(Vec::new());
        found.add(Level::Good, Code::SpaceEnough, values);
        let [what, ..] = found.0[0].told(language);
        what
    }

    #[test]
    fn measures_are_written_as_the_language_writes_them() {
        let known = ["65.8", "40", "2027-01-31T00:00:00Z"];
        let french = "65,8 Go sont libres (40 %) ; plein, au rythme actuel : 2027-01-31T00:00:00Z";
        assert_eq!(told(Language::Fr, &known), french);
        let english = "65.8 GB are free (40%); full at today's pace: 2027-01-31T00:00:00Z";
        assert_eq!(told(Language::En, &known), english);
        assert_eq!(told(Language::En, &known[..2]), "65.8 GB are free (40%)");
    }
}
