//! What the operator tells everybody: notices of incidents and of maintenance, and what was exercised.

use amana_store::{LedgerId, LedgerInfo, Reader};
use serde::{Deserialize, Serialize};

use crate::acts::notice::{
    EndNotice, EndedNotice, ExerciseBody, ExerciseLinks, NOTICES, NoticeBody, NoticeLinks,
    PublishNotice, RecordExercise,
};
use crate::people::Actor;
use crate::said::{one_line, said, written};
use crate::views::notices;
use crate::{Access, Error, Operation, Result, Session};

/// The longest notice in each language, in characters.
pub const MAX_NOTICE_CHARS: usize = 2000;
/// Notices that are told at a time at most.
const MAX_AHEAD: u32 = 20;
/// Notices and exercises that are listed at most, the newest.
const MAX_LISTED: u32 = 200;
/// People in one exercise at most.
const MAX_PEOPLE: u64 = 100_000;
/// The longest that is told of an exercise, in characters.
const MAX_EXERCISE_CHARS: usize = 300;

/// How much a notice matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Information,
    /// Something will be away for a time, as planned.
    Maintenance,
    /// Something doesn't work as it should.
    Incident,
}

impl Severity {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Information, Self::Maintenance, Self::Incident];

    /// `information`, `maintenance` or `incident`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Maintenance => "maintenance",
            Self::Incident => "incident",
        }
    }

    /// Of that name.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What was exercised.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exercise {
    /// A data centre was made again from a mirror or a backup, and read.
    Restore,
    /// People were trained.
    Training,
}

impl Exercise {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::Restore, Self::Training];

    /// `restore` or `training`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Training => "training",
        }
    }

    /// Of that name.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What is told.
pub struct NewNotice<'a> {
    /// How much it matters.
    pub severity: Severity,
    /// From when on, milliseconds since 1970.
    pub from_ms: i64,
    /// Until when; nothing for one that lasts until it is ended.
    pub until_ms: Option<i64>,
    /// In French.
    pub french: &'a str,
    /// In English.
    pub english: &'a str,
}

/// A notice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Notice {
    /// Its number: the index of its entry.
    pub number: u64,
    /// How much it matters.
    pub severity: Severity,
    /// From when on, milliseconds since 1970.
    pub from_ms: i64,
    /// Until when; nothing for one that lasts until it is ended.
    pub until_ms: Option<i64>,
    /// When it was published.
    pub published_ms: i64,
    /// When it was ended before its time.
    pub ended_ms: Option<i64>,
    /// `planned`, `current` or `over`.
    pub state: &'static str,
    /// In French.
    pub fr: Option<String>,
    /// In English.
    pub en: Option<String>,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

/// Something that was exercised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Exercised {
    /// The index of its entry.
    pub number: u64,
    /// What.
    pub exercise: Exercise,
    /// How many people took part.
    pub people: u64,
    /// When it was recorded, milliseconds since 1970.
    pub at_ms: i64,
    /// In a person's words.
    pub what: Option<String>,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

impl Access {
    /// Publishes a notice. Gives its number and the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Busy`], [`Error::Store`].
    pub async fn publish_notice(
        &self,
        session: &Session,
        notice: &NewNotice<'_>,
    ) -> Result<(u64, String)> {
        if notice
            .until_ms
            .is_some_and(|until_ms| until_ms <= notice.from_ms)
        {
            return Err(Error::Invalid {
                what: "the end",
                why: "must be after the beginning",
            });
        }
        let act = PublishNotice {
            by: staff(session)?.to_string(),
            ledger: self.notices_ledger()?,
            links: NoticeLinks {
                severity: notice.severity,
                from_ms: notice.from_ms,
                until_ms: notice.until_ms,
            },
            body: NoticeBody {
                fr: written("the French text", notice.french, MAX_NOTICE_CHARS)?,
                en: written("the English text", notice.english, MAX_NOTICE_CHARS)?,
            },
        };
        let committed = self.commit(act).await?;
        Ok((committed.output, committed.receipt()))
    }

    /// Ends a notice before its time. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::UnknownNotice`] also for one that is over, [`Error::Busy`], [`Error::Store`].
    pub async fn end_notice(&self, session: &Session, number: u64) -> Result<String> {
        let by = staff(session)?.to_string();
        let ledger = self.notices_ledger()?;
        let act = EndNotice {
            by,
            ledger: ledger.ok_or(Error::UnknownNotice { number })?,
            links: EndedNotice { notice: number },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Records an exercise. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::Busy`], [`Error::Store`].
    pub async fn record_exercise(
        &self,
        session: &Session,
        exercise: Exercise,
        people: u64,
        what: &str,
    ) -> Result<String> {
        if people > MAX_PEOPLE {
            return Err(Error::Invalid {
                what: "the number of people",
                why: "is too large",
            });
        }
        let act = RecordExercise {
            by: staff(session)?.to_string(),
            ledger: self.notices_ledger()?,
            links: ExerciseLinks { exercise, people },
            body: ExerciseBody {
                what: one_line("what was done", what, MAX_EXERCISE_CHARS)?,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    fn notices_ledger(&self) -> Result<Option<LedgerId>> {
        let found = self.store().read(|rows| LedgerInfo::named(rows, NOTICES))?;
        Ok(found.map(|info| info.id))
    }

    /// The notices in force now, the one that ends first coming first. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn current_notices(&self) -> Result<Vec<Notice>> {
        let now_ms = self.store().now_ms();
        let mut found = self.read_notices(|rows| notices::ahead(rows, now_ms, MAX_AHEAD))?;
        found.retain(|notice| notice.state == "current");
        Ok(found)
    }

    /// The newest notices, over or not. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn notices(&self) -> Result<Vec<Notice>> {
        self.read_notices(|rows| notices::newest(rows, MAX_LISTED))
    }

    fn read_notices(
        &self,
        find: impl FnOnce(&Reader<'_>) -> amana_store::Result<Vec<notices::Notice>>,
    ) -> Result<Vec<Notice>> {
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let Some(info) = LedgerInfo::named(rows, NOTICES)? else {
                return Ok(Vec::new());
            };
            let found = find(rows)?.into_iter();
            found.map(|row| shown(rows, info.id, row, now_ms)).collect()
        })
    }

    /// What was exercised lately. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn exercises(&self) -> Result<Vec<Exercised>> {
        self.store().read(|rows| {
            let Some(info) = LedgerInfo::named(rows, NOTICES)? else {
                return Ok(Vec::new());
            };
            let mut shown = Vec::new();
            for row in notices::exercised(rows, MAX_LISTED)? {
                let body: Option<ExerciseBody> = said(rows, info.id, row.number)?;
                shown.push(Exercised {
                    number: row.number,
                    exercise: row.exercise,
                    people: row.people,
                    at_ms: row.at_ms,
                    what: body.map(|body| body.what),
                    receipt: format!("{NOTICES}/{}", row.number),
                });
            }
            Ok(shown)
        })
    }

    /// How many exercises of a kind there were, and how many people took part in them. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn exercise_totals(&self, exercise: Exercise) -> Result<(u64, u64)> {
        Ok(self
            .store()
            .read(|rows| notices::exercise_totals(rows, exercise))?)
    }
}

fn staff(session: &Session) -> Result<Actor> {
    match session.staff() {
        Some(staff) if session.may(Operation::AnswerMessages) => Ok(staff),
        _ => Err(Error::Forbidden),
    }
}

fn shown(rows: &Reader<'_>, ledger: LedgerId, row: notices::Notice, now_ms: i64) -> Result<Notice> {
    let body: Option<NoticeBody> = said(rows, ledger, row.number)?;
    let state = match row.is_over(now_ms) {
        true => "over",
        false if row.from_ms > now_ms => "planned",
        false => "current",
    };
    let (fr, en) = body.map_or((None, None), |body| (Some(body.fr), Some(body.en)));
    Ok(Notice {
        number: row.number,
        severity: row.severity,
        from_ms: row.from_ms,
        until_ms: row.until_ms,
        published_ms: row.published_ms,
        ended_ms: row.ended_ms,
        state,
        fr,
        en,
        receipt: format!("{NOTICES}/{}", row.number),
    })
}
