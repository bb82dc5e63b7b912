//! The custodians' drills, as an institution records them: a set of shares that nobody ever tried is a hope.

use amana_store::clock;
use serde::{Deserialize, Serialize};

use crate::acts::drill::{DrillBody, DrillLinks, RecordDrill};
use crate::verbs::checked_reason;
use crate::views::drills;
use crate::{Access, Error, Operation, Result, Session};

/// The most custodians of one set of shares (SLIP-0039 allows sixteen groups of sixteen; nobody gathers more than this).
pub const MAX_CUSTODIANS: u8 = 64;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How a drill came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DrillOutcome {
    /// The shares together gave the institution's own root.
    Rebuilt,
    /// They didn't, or too few could be gathered.
    Failed,
}

impl DrillOutcome {
    /// `rebuilt` or `failed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rebuilt => "rebuilt",
            Self::Failed => "failed",
        }
    }
}

/// A drill that was held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewDrill {
    /// The day, as `2026-11-22`.
    pub held_on: String,
    /// Who took part, by the numbers on their pages.
    pub custodians: Vec<u8>,
    /// How it came out.
    pub outcome: DrillOutcome,
    /// What else is worth knowing.
    pub note: Option<String>,
}

impl NewDrill {
    /// The numbers once each and in order, and a day within the last year.
    fn checked(mut self, now_ms: i64) -> Result<Self> {
        self.custodians.sort_unstable();
        self.custodians.dedup();
        let numbers = 1..=MAX_CUSTODIANS;
        if self.custodians.is_empty() || self.custodians.iter().any(|one| !numbers.contains(one)) {
            return Err(Error::Invalid {
                what: "the custodians",
                why: "must be numbers from 1 to 64, at least one",
            });
        }
        let held_ms = clock::parse_rfc3339(&format!("{}T00:00:00Z", self.held_on));
        // A day begins up to fourteen hours earlier east of here.
        let days = now_ms - 366 * DAY_MS..=now_ms + DAY_MS;
        match held_ms.filter(|held_ms| days.contains(held_ms)) {
            Some(_) => Ok(self),
            None => Err(Error::Invalid {
                what: "the day of the drill",
                why: "must be a date of the last year, such as 2026-11-22",
            }),
        }
    }
}

impl Access {
    /// Records a drill of the custodians. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Invalid`], [`Error::NotEnrolled`] without keys that custodians could rebuild,
    /// [`Error::NoSuchShare`], [`Error::TooFewShares`], [`Error::Busy`], [`Error::Store`].
    pub async fn record_drill(&self, session: &Session, drill: NewDrill) -> Result<String> {
        if !session.may(Operation::RecordDrill) {
            return Err(Error::Forbidden);
        }
        let drill = drill.checked(self.store().now_ms())?;
        let note = checked_reason(drill.note.as_deref())?.map(|note| note.reason);
        let act = RecordDrill {
            official: session.account.official,
            by: session.actor().to_string(),
            ledger: session.ledger,
            institution: session.account.owner.to_string(),
            links: DrillLinks {
                official: session.account.official,
                held_on: drill.held_on,
                outcome: drill.outcome,
            },
            body: DrillBody {
                custodians: drill.custodians,
                note,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// How many drills of all institutions came out so. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn count_drills(&self, outcome: DrillOutcome) -> Result<u64> {
        Ok(self.store().read(|rows| drills::count(rows, outcome))?)
    }
}
