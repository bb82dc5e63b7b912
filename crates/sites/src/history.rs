//! A site's history, read from its institution's public ledger by somebody who believes nobody: what is published is what the
//! site's publishers signed, and who they are follows from the entries too.

use std::collections::BTreeMap;

use amana_ledger::{Hash, Note, parse_digits};
use serde::de::DeserializeOwned;

use crate::acts::change::{DeployLinks, NoteBody, PublishersLinks, ReplacedBody};
use crate::acts::standing::{AddedLinks, PublishersBody, RemovedLinks};
use crate::{Error, Host, Publishers, Result, Says, Statement};

/// An entry, as it stands in the ledger: verified to be there by whoever hands it in.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// Its index.
    pub index: u64,
    /// Its kind: `site.deploy`.
    pub kind: &'a str,
    /// Its links, as JSON.
    pub links: &'a str,
    /// Its body, as JSON; nothing when it was erased.
    pub body: Option<&'a str>,
}

/// What is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// The site's number of the deploy.
    pub number: u64,
    /// SHA-256 of the manifest.
    pub manifest: Hash,
    /// The entry.
    pub index: u64,
    /// The names, in the publishers' file, of those who signed.
    pub signers: Vec<String>,
}

/// The fold of a site's entries.
#[derive(Clone, Debug)]
pub struct History {
    ledger: String,
    host: Host,
    publishers: Option<Publishers>,
    number: u64,
    published: Option<Published>,
    /// Their manifests, and who signed.
    deploys: BTreeMap<u64, (Hash, Vec<String>)>,
    /// The entries by which the operator named publishers: the first, and each after a removal.
    named_by_operator: Vec<u64>,
}

impl History {
    /// The history of a site before its first entry, in the ledger of that origin.
    #[must_use]
    pub fn new(ledger: String, host: Host) -> Self {
        Self {
            ledger,
            host,
            publishers: None,
            number: 0,
            published: None,
            deploys: BTreeMap::new(),
            named_by_operator: Vec::new(),
        }
    }

    /// Goes on by one entry; those of other sites, and alerts, are passed over.
    ///
    /// # Errors
    /// [`Error::History`] when the entry can't be what it says: a statement that too few publishers signed, for another site, with
    /// another number than the next, or that isn't there any more.
    pub fn take(&mut self, entry: &Recorded<'_>) -> Result<()> {
        match entry.kind {
            "site.add" => {
                let links: AddedLinks = links(entry)?;
                if links.host != self.host.as_str() {
                    return Ok(());
                }
                let body: PublishersBody = body(entry)?;
                self.publishers = Some(named(entry, &body.publishers, &links.publishers)?);
                self.named_by_operator.push(entry.index);
                Ok(())
            }
            "site.remove" => {
                let links: RemovedLinks = links(entry)?;
                if links.host == self.host.as_str() {
                    (self.publishers, self.published) = (None, None);
                    self.deploys.clear();
                }
                Ok(())
            }
            "site.deploy" => {
                let links: DeployLinks = links(entry)?;
                if links.host != self.host.as_str() {
                    return Ok(());
                }
                let body: NoteBody = body(entry)?;
                let says = Says::Deploy {
                    manifest: digest(entry, &links.manifest)?,
                };
                let signers = self.signed(entry, &body.note, links.number, says)?;
                let Says::Deploy { manifest } = says else {
                    return Ok(());
                };
                self.published = Some(Published {
                    number: links.number,
                    manifest,
                    index: entry.index,
                    signers: signers.clone(),
                });
                self.deploys.insert(links.number, (manifest, signers));
                Ok(())
            }
            "site.publishers" => {
                let links: PublishersLinks = links(entry)?;
                if links.host != self.host.as_str() {
                    return Ok(());
                }
                let body: ReplacedBody = body(entry)?;
                let says = Says::Publishers {
                    publishers: digest(entry, &links.publishers)?,
                };
                self.signed(entry, &body.note, links.number, says)?;
                self.publishers = Some(named(entry, &body.publishers, &links.publishers)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Who signed a statement that must be the next one, and say just this.
    fn signed(
        &mut self,
        entry: &Recorded<'_>,
        note: &str,
        number: u64,
        says: Says,
    ) -> Result<Vec<String>> {
        let wrong = |why: &str| wrong(entry, why);
        let publishers = self
            .publishers
            .as_ref()
            .ok_or_else(|| wrong("the site has no publishers there"))?;
        if number != self.number + 1 {
            return Err(wrong(&format!(
                "its number is {number}, after {}",
                self.number
            )));
        }
        let note = Note::parse(note.as_bytes()).map_err(|error| wrong(&error.to_string()))?;
        let expected = Statement {
            ledger: self.ledger.clone(),
            host: self.host.clone(),
            number,
            says,
        };
        if note.text != expected.to_string() {
            return Err(wrong("what was signed isn't what the entry says"));
        }
        let (names, enough) = publishers
            .signed(&note)
            .map_err(|error| wrong(&error.to_string()))?;
        if !enough {
            return Err(wrong(&format!(
                "only these of its publishers signed: {}",
                names.join(", ")
            )));
        }
        self.number = number;
        Ok(names)
    }

    /// What is published now, if anything.
    #[must_use]
    pub fn published(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// Who signs now; nothing before the site is added, and after it is removed.
    #[must_use]
    pub fn publishers(&self) -> Option<&Publishers> {
        self.publishers.as_ref()
    }

    /// The SHA-256 of the manifest that was signed with that number, if there is one since the site was last added.
    #[must_use]
    pub fn deploy(&self, number: u64) -> Option<Hash> {
        self.deploys.get(&number).map(|(manifest, _)| *manifest)
    }

    /// The names, in the publishers' file of that time, of those who signed the deploy of that number.
    #[must_use]
    pub fn signers(&self, number: u64) -> &[String] {
        self.deploys
            .get(&number)
            .map_or(&[], |(_, signers)| signers)
    }

    /// The entries by which the operator, and not their forerunners, named the publishers: more than one where the site was
    /// removed and added again.
    #[must_use]
    pub fn named_by_operator(&self) -> &[u64] {
        &self.named_by_operator
    }
}

fn links<T: DeserializeOwned>(entry: &Recorded<'_>) -> Result<T> {
    serde_json::from_str(entry.links).map_err(|error| wrong(entry, &error.to_string()))
}

fn body<T: DeserializeOwned>(entry: &Recorded<'_>) -> Result<T> {
    let text = entry
        .body
        .ok_or_else(|| wrong(entry, "its body isn't there any more"))?;
    serde_json::from_str(text).map_err(|error| wrong(entry, &error.to_string()))
}

fn digest(entry: &Recorded<'_>, text: &str) -> Result<Hash> {
    parse_digits(text).map_err(|error| wrong(entry, &error.to_string()))
}

fn named(entry: &Recorded<'_>, file: &str, sha256: &str) -> Result<Publishers> {
    let publishers =
        Publishers::parse(file.as_bytes()).map_err(|error| wrong(entry, &error.to_string()))?;
    if publishers.digest() != digest(entry, sha256)? {
        return Err(wrong(entry, "its publishers aren't those that it names"));
    }
    Ok(publishers)
}

fn wrong(entry: &Recorded<'_>, why: &str) -> Error {
    Error::History {
        index: entry.index,
        why: why.to_owned(),
    }
}
