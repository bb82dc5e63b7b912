//! What the operator tells everybody, in a public ledger of its own: incidents, maintenance, and what it has exercised.

use amana_store::{Act, At, Denied, LedgerId, LedgerInfo, Reader, Target, Visibility, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked};
use crate::views::notices;
use crate::{Error, Exercise, Severity};

/// The ledger. The first act opens it.
pub(crate) const NOTICES: &str = "operator/notices";

fn target(ledger: Option<LedgerId>) -> Target {
    match ledger {
        Some(ledger) => Target::Ledger(ledger),
        None => Target::Open {
            name: NOTICES.to_owned(),
            visibility: Visibility::Public,
        },
    }
}

/// Two first ones at once: the second asks again, and finds the ledger.
fn still_absent(views: &Reader<'_>, ledger: Option<LedgerId>) -> Checked {
    match ledger {
        None if LedgerInfo::named(views, NOTICES)?.is_some() => Err(Denied::Refused(Error::Busy)),
        _ => Ok(()),
    }
}

/// `notice.publish`.
pub(crate) struct PublishNotice {
    pub(crate) by: String,
    pub(crate) ledger: Option<LedgerId>,
    pub(crate) links: NoticeLinks,
    pub(crate) body: NoticeBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct NoticeLinks {
    pub(crate) severity: Severity,
    pub(crate) from_ms: i64,
    /// Nothing for one that lasts until it is ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) until_ms: Option<i64>,
}

/// In each language.
#[derive(Serialize, Deserialize)]
pub(crate) struct NoticeBody {
    pub(crate) fr: String,
    pub(crate) en: String,
}

impl Act for PublishNotice {
    const KIND: &'static str = "notice.publish";
    type Links = NoticeLinks;
    type Body = NoticeBody;
    /// Its number.
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        target(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        still_absent(views, self.ledger)
    }

    fn links(&self) -> &NoticeLinks {
        &self.links
    }

    fn body(&self) -> Option<&NoticeBody> {
        Some(&self.body)
    }

    fn apply(
        links: &NoticeLinks,
        _: Option<&NoticeBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        notices::insert(rows, at, links)?;
        Ok(at.entry.index())
    }
}

/// `notice.end`: what was told is over.
pub(crate) struct EndNotice {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: EndedNotice,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct EndedNotice {
    pub(crate) notice: u64,
}

impl Act for EndNotice {
    const KIND: &'static str = "notice.end";
    type Links = EndedNotice;
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
        let number = self.links.notice;
        match notices::find(views, number)? {
            Some(notice) if !notice.is_over(now_ms) => Ok(()),
            _ => Err(Denied::Refused(Error::UnknownNotice { number })),
        }
    }

    fn links(&self) -> &EndedNotice {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &EndedNotice, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        notices::end(rows, links.notice, at.time_ms)
    }
}

/// `exercise.record`: a restore that was tried, or people who were trained.
pub(crate) struct RecordExercise {
    pub(crate) by: String,
    pub(crate) ledger: Option<LedgerId>,
    pub(crate) links: ExerciseLinks,
    pub(crate) body: ExerciseBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ExerciseLinks {
    pub(crate) exercise: Exercise,
    /// How many people took part.
    pub(crate) people: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ExerciseBody {
    pub(crate) what: String,
}

impl Act for RecordExercise {
    const KIND: &'static str = "exercise.record";
    type Links = ExerciseLinks;
    type Body = ExerciseBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        target(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        still_absent(views, self.ledger)
    }

    fn links(&self) -> &ExerciseLinks {
        &self.links
    }

    fn body(&self) -> Option<&ExerciseBody> {
        Some(&self.body)
    }

    fn apply(
        links: &ExerciseLinks,
        _: Option<&ExerciseBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        notices::insert_exercise(rows, at, links)?;
        Ok(at.entry.index())
    }
}
