//! The school: sandboxes in which officials exercise, each with a ledger of its own.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Visibility, Writer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Applied, Checked, NoLinks};
use crate::model::InstitutionName;
use crate::schools::{MAX_A_YEAR, MAX_KEYS, MAX_OPEN, YEAR_MS};
use crate::views::{self, schools};
use crate::{Error, Lesson};

/// `school.open`: opens a sandbox and its ledger. No name of a person is in it: the trainee is an account.
pub(crate) struct OpenSchool {
    pub(crate) by: String,
    pub(crate) name: InstitutionName,
    pub(crate) links: SchoolLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SchoolLinks {
    pub(crate) institution: String,
    pub(crate) canonical_id: String,
    /// `finances/3`.
    pub(crate) trainee: String,
    pub(crate) until_ms: i64,
}

impl Act for OpenSchool {
    const KIND: &'static str = "school.open";
    type Links = SchoolLinks;
    type Body = ();
    type Output = LedgerId;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Open {
            name: self.name.vault_ledger(),
            visibility: Visibility::Private,
        }
    }

    /// Each ledger stands in the registry for ever, so that there is a bound to how many one person opens.
    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        let full = |why| Err(Denied::Refused(Error::SchoolFull { why }));
        if schools::is_named(views, self.name.as_str())? {
            return Err(Denied::Refused(Error::Busy));
        }
        let own = schools::of(views, &self.links.trainee)?;
        if own.iter().any(|school| school.is_open(now_ms)) {
            return full("one is open, and that is the most at a time");
        }
        let lately = own
            .iter()
            .filter(|school| school.opened_ms > now_ms - YEAR_MS);
        if lately.count() >= MAX_A_YEAR {
            return full("three in a year are the most for one person");
        }
        if schools::count_open(views, now_ms)? >= MAX_OPEN as u64 {
            return full("as many people as may be exercise now");
        }
        Ok(())
    }

    fn links(&self) -> &SchoolLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &SchoolLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied<LedgerId> {
        let ledger = at.entry.ledger();
        let (name, id) = (&links.institution, &links.canonical_id);
        views::insert_institution(rows, ledger, name, id, at.time_ms)?;
        schools::insert(rows, at, links)?;
        Ok(ledger)
    }
}

/// Only who opened a school exercises there, and while it is open.
fn exercising(views: &Reader<'_>, ledger: LedgerId, by: &str, now_ms: i64) -> Checked {
    let school = schools::at(views, ledger)?;
    let own = |school: &schools::School| by == trainee(&school.trainee) && school.is_open(now_ms);
    match school.as_ref().is_some_and(own) {
        true => Ok(()),
        false => Err(Denied::Refused(Error::NoSchool)),
    }
}

/// As a trainee stands in acts of the school: `trainee:finances/3`.
pub(crate) fn trainee(account: &str) -> String {
    format!("trainee:{account}")
}

/// `school.lesson`: the data centre looked, and the exercise was done.
pub(crate) struct PassLesson {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: LessonLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct LessonLinks {
    pub(crate) lesson: Lesson,
    /// The entry that shows it, of the same ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entry: Option<u64>,
    /// SHA-256 of the content that it was about, hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

impl Act for PassLesson {
    const KIND: &'static str = "school.lesson";
    type Links = LessonLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        exercising(views, self.ledger, &self.by, now_ms)?;
        let passed = schools::passed(views, self.ledger)?;
        match passed.iter().any(|one| one.lesson == self.links.lesson) {
            true => Err(Denied::Refused(Error::LessonPassed)),
            false => Ok(()),
        }
    }

    fn links(&self) -> &LessonLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &LessonLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        schools::pass(rows, at, links)
    }
}

/// `school.keys`: a training key was made and split. The shares are a secret beside the act, like any other secret of the data
/// centre's; the key opens nothing but a letter of the school.
pub(crate) struct MakeTrainingKeys {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: KeysLinks,
    pub(crate) shares: Zeroizing<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct KeysLinks {
    /// Random, hexadecimal: the secret's name.
    pub(crate) set: String,
    /// SHA-256 of the letter in clear, hexadecimal.
    pub(crate) sha256: String,
    /// The entry that deposited it, sealed.
    pub(crate) entry: u64,
}

impl Act for MakeTrainingKeys {
    const KIND: &'static str = "school.keys";
    type Links = KeysLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        exercising(views, self.ledger, &self.by, now_ms)?;
        match schools::count_keys(views, self.ledger)? >= MAX_KEYS as u64 {
            true => Err(Denied::Refused(Error::SchoolFull {
                why: "five training keys are the most",
            })),
            false => Ok(()),
        }
    }

    fn links(&self) -> &KeysLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &KeysLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        schools::insert_keys(rows, at, links)
    }

    fn secrets(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        vec![(schools::secret_name(&self.links.set), self.shares.clone())]
    }
}

/// `school.close`: by its trainee, or by the data centre once its time is over. Its figures and its receipts stand.
pub(crate) struct CloseSchool {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
}

impl Act for CloseSchool {
    const KIND: &'static str = "school.close";
    type Links = NoLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        match schools::at(views, self.ledger)? {
            Some(school) if school.closed_ms.is_none() => Ok(()),
            _ => Err(Denied::Refused(Error::NoSchool)),
        }
    }

    fn links(&self) -> &NoLinks {
        &NoLinks {}
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(_: &NoLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        views::set_suspended(rows, at.entry.ledger(), true)?;
        schools::close(rows, at)
    }

    /// What was deposited there goes with it.
    fn frees(&self) -> bool {
        true
    }
}
