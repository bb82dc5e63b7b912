//! The school: an official opens a sandbox, exercises there on the real services, and is certified in the own ledger.
//!
//! A sandbox is an institution by its ledger and its bucket, and by nothing else: it has no officials and no access keys, stands
//! in no directory and in no figure, and is closed when its time is over. What was done there is looked at by whoever asks
//! ([`Access::pass_lesson`] records the outcome); how many there may be is bounded here.

use amana_store::LedgerId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::acts::school::{
    CloseSchool, KeysLinks, LessonLinks, MakeTrainingKeys, OpenSchool, PassLesson, SchoolLinks,
    trainee,
};
use crate::model::SANDBOX;
use crate::verbs::random;
use crate::views::{self, schools};
use crate::{Access, Caller, Error, Grant, InstitutionName, Operation, Result, Session};

/// How long a sandbox stays open: 30 days.
pub const SCHOOL_MS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Sandboxes that are open at a time, of everybody.
pub const MAX_OPEN: usize = 200;
/// Sandboxes that one person opens in a year.
pub const MAX_A_YEAR: usize = 3;
/// Training keys that one sandbox makes.
pub(crate) const MAX_KEYS: usize = 5;
pub(crate) const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1000;
/// The data centre by itself.
const CENTRE: &str = "operator";

/// An exercise of the school, in the order in which they are meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lesson {
    /// A file is deposited, and its receipt is there.
    Deposit,
    /// It is deleted or overwritten.
    Lose,
    /// It is brought back, to the byte.
    Restore,
    /// A genuine receipt is told from false ones.
    Verify,
    /// Three custodians rebuild a key.
    Recover,
    /// A rewritten entry is found.
    Notice,
}

impl Lesson {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Deposit,
        Self::Lose,
        Self::Restore,
        Self::Verify,
        Self::Recover,
        Self::Notice,
    ];

    /// `deposit`, `lose`, `restore`, `verify`, `recover` or `notice`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposit => "deposit",
            Self::Lose => "lose",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Recover => "recover",
            Self::Notice => "notice",
        }
    }

    /// Of that name.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// An exercise that was passed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PassedLesson {
    /// Which.
    pub lesson: Lesson,
    /// `<ledger>/<index>` of the act that says so.
    pub receipt: String,
    /// Index of that act.
    #[serde(skip)]
    pub number: u64,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// The entry that shows it, of the same ledger.
    pub entry: Option<u64>,
    /// SHA-256 of the content that it was about, hexadecimal.
    pub sha256: Option<String>,
}

/// A training key: its shares are kept by the data centre, which no institution's ever are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrainingKeys {
    /// Its random name.
    pub set: String,
    /// SHA-256 of the letter that it opens, hexadecimal.
    pub sha256: String,
    /// The entry that deposited the letter, sealed.
    pub entry: u64,
}

/// A sandbox, and how far its trainee is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct School {
    /// Its name, an institution's.
    pub name: InstitutionName,
    /// The account of who exercises there.
    pub trainee: String,
    /// Its S3 canonical id, random: exercises that differ from school to school derive from it.
    pub canonical_id: String,
    /// When it was opened, milliseconds since 1970.
    pub opened_ms: i64,
    /// Until when it is open.
    pub until_ms: i64,
    /// Whether it is open.
    pub open: bool,
    /// What was passed, in the order in which it was.
    pub passed: Vec<PassedLesson>,
    /// The newest training key.
    pub keys: Option<TrainingKeys>,
    pub(crate) ledger: LedgerId,
}

impl School {
    /// What is known of an exercise that was passed.
    #[must_use]
    pub fn passed(&self, lesson: Lesson) -> Option<&PassedLesson> {
        self.passed.iter().find(|one| one.lesson == lesson)
    }

    /// Whether all of them were.
    #[must_use]
    pub fn is_done(&self) -> bool {
        Lesson::ALL
            .into_iter()
            .all(|lesson| self.passed(lesson).is_some())
    }

    /// Number of its ledger.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The trainee, as the services know who asks.
    fn caller(&self, actor: &str) -> Caller {
        Caller {
            institution: self.ledger.into(),
            name: self.name.as_str().into(),
            canonical_id: self.canonical_id.as_str().into(),
            ledger: self.ledger,
            actor: actor.into(),
            access_key_id: "".into(),
            grant: Grant::everything(),
        }
    }
}

impl Access {
    /// Opens a sandbox for who is signed in.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::SchoolFull`] while there is an open one, after three in a year, and while too many people
    /// exercise, [`Error::Busy`], [`Error::Store`].
    pub async fn open_school(&self, session: &Session) -> Result<()> {
        if !session.may(Operation::Learn) {
            return Err(Error::Forbidden);
        }
        let name = format!("{SANDBOX}{}", hex::encode(random::<5>()?));
        let name: InstitutionName = name.parse()?;
        let account = session.account.to_string();
        let act = OpenSchool {
            by: trainee(&account),
            links: SchoolLinks {
                institution: name.to_string(),
                canonical_id: views::canonical_id(name.as_str(), &random()?),
                trainee: account,
                until_ms: self.store().now_ms() + SCHOOL_MS,
            },
            name,
        };
        self.commit(act).await?;
        Ok(())
    }

    /// The newest sandbox of who is signed in, open or not. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn school(&self, session: &Session) -> Result<Option<School>> {
        let now_ms = self.store().now_ms();
        let account = session.account.to_string();
        self.store().read(|rows| {
            let newest = schools::of(rows, &account)?.into_iter().next();
            newest.map(|row| shown(rows, row, now_ms)).transpose()
        })
    }

    /// The open sandbox of who is signed in, and the trainee as a caller of the vault there. Blocking.
    ///
    /// # Errors
    /// [`Error::NoSchool`], [`Error::Store`].
    pub fn as_trainee(&self, session: &Session) -> Result<(School, Caller)> {
        let school = self.school(session)?.filter(|school| school.open);
        let school = school.ok_or(Error::NoSchool)?;
        let caller = school.caller(&trainee(&school.trainee));
        Ok((school, caller))
    }

    /// Records that an exercise was passed: the caller looked. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::NoSchool`], [`Error::LessonPassed`], [`Error::Busy`], [`Error::Store`].
    pub async fn pass_lesson(
        &self,
        school: &School,
        lesson: Lesson,
        entry: Option<u64>,
        sha256: Option<String>,
    ) -> Result<String> {
        let act = PassLesson {
            by: trainee(&school.trainee),
            ledger: school.ledger,
            links: LessonLinks {
                lesson,
                entry,
                sha256,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Keeps the shares of a training key, one a line. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::NoSchool`], [`Error::SchoolFull`], [`Error::Busy`], [`Error::Store`].
    pub async fn keep_training_keys(
        &self,
        school: &School,
        shares: &[Zeroizing<String>],
        sha256: String,
        entry: u64,
    ) -> Result<String> {
        let lines: Vec<&str> = shares.iter().map(|share| share.as_str()).collect();
        let act = MakeTrainingKeys {
            by: trainee(&school.trainee),
            ledger: school.ledger,
            links: KeysLinks {
                set: hex::encode(random::<16>()?),
                sha256,
                entry,
            },
            shares: Zeroizing::new(lines.join("\n").into_bytes()),
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The shares of a training key; nothing where a copy of the data centre came without its secrets. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn training_shares(&self, keys: &TrainingKeys) -> Result<Vec<Zeroizing<String>>> {
        let kept = self.store().secret(&schools::secret_name(&keys.set))?;
        let kept = kept.unwrap_or_default();
        let text = std::str::from_utf8(&kept)
            .map_err(|_| views::damaged(format!("the shares {}", keys.set), "they are not text"))?;
        Ok(text
            .lines()
            .map(|line| Zeroizing::new(line.to_owned()))
            .collect())
    }

    /// Closes a sandbox at its trainee's word. What was deposited in it is the caller's to free before. Gives the act's receipt
    /// name.
    ///
    /// # Errors
    /// [`Error::NoSchool`], [`Error::Busy`], [`Error::Store`].
    pub async fn close_school(&self, school: &School) -> Result<String> {
        let by = match school.open {
            true => trainee(&school.trainee),
            false => CENTRE.to_owned(),
        };
        let act = CloseSchool {
            by,
            ledger: school.ledger,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Sandboxes whose time is over and that nobody closed, with the data centre as the caller who frees what is in them. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn expired_schools(&self, max: u32) -> Result<Vec<(School, Caller)>> {
        let now_ms = self.store().now_ms();
        self.store().read(|rows| {
            let expired = schools::expired(rows, now_ms, max)?.into_iter();
            let closing = expired.map(|row| {
                let school = shown(rows, row, now_ms)?;
                let caller = school.caller(CENTRE);
                Ok((school, caller))
            });
            closing.collect()
        })
    }
}

/// A row with all that belongs to it.
fn shown(rows: &amana_store::Reader<'_>, row: schools::School, now_ms: i64) -> Result<School> {
    let institution = views::institution(rows, row.ledger)?;
    let passed = schools::passed(rows, row.ledger)?.into_iter();
    let keys = schools::keys(rows, row.ledger)?;
    let name: InstitutionName = row.name.parse()?;
    let receipt = |number: u64| format!("{}/{number}", name.vault_ledger());
    Ok(School {
        open: row.is_open(now_ms),
        passed: passed
            .map(|one| PassedLesson {
                lesson: one.lesson,
                receipt: receipt(one.number),
                number: one.number,
                at_ms: one.at_ms,
                entry: one.entry,
                sha256: one.sha256,
            })
            .collect(),
        keys: keys.map(|keys| TrainingKeys {
            set: keys.set,
            sha256: keys.sha256,
            entry: keys.entry,
        }),
        trainee: row.trainee,
        canonical_id: institution.canonical_id,
        opened_ms: row.opened_ms,
        until_ms: row.until_ms,
        ledger: row.ledger,
        name,
    })
}
