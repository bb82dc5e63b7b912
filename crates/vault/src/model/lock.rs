//! Object lock: how long a version can't be deleted, and by whom.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const YEAR_DAYS: u32 = 365;
/// AWS's bound on a default period, and ours on any: a hundred years.
const MAX_YEARS: u32 = 100;

/// Who may end a retention before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionMode {
    /// Two officials of the institution together, or a key that has the right to.
    Governance,
    /// Nobody.
    Compliance,
}

impl RetentionMode {
    /// As S3 writes it: `GOVERNANCE` or `COMPLIANCE`.
    #[must_use]
    pub const fn as_s3(self) -> &'static str {
        match self {
            Self::Governance => "GOVERNANCE",
            Self::Compliance => "COMPLIANCE",
        }
    }

    /// The reverse of [`RetentionMode::as_s3`].
    #[must_use]
    pub fn of_s3(text: &str) -> Option<Self> {
        [Self::Governance, Self::Compliance]
            .into_iter()
            .find(|mode| mode.as_s3() == text)
    }
}

/// Until when a version can't be deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retention {
    /// Who may end it.
    pub mode: RetentionMode,
    /// Milliseconds since 1970.
    pub until_ms: i64,
}

/// How long new versions are retained, in the unit that it was given in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Days of 24 hours.
    Days(u32),
    /// Years of 365 days.
    Years(u32),
}

impl Period {
    fn days(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::Years(years) => years.saturating_mul(YEAR_DAYS),
        }
    }

    /// From a number of days, at least one and at most a hundred years.
    ///
    /// # Errors
    /// [`Error::InvalidRetentionPeriod`].
    pub fn of_days(days: i64) -> Result<Self> {
        Self::bounded(days, MAX_YEARS * YEAR_DAYS).map(Self::Days)
    }

    /// From a number of years, at least one and at most a hundred.
    ///
    /// # Errors
    /// [`Error::InvalidRetentionPeriod`].
    pub fn of_years(years: i64) -> Result<Self> {
        Self::bounded(years, MAX_YEARS).map(Self::Years)
    }

    fn bounded(number: i64, max: u32) -> Result<u32> {
        u32::try_from(number)
            .ok()
            .filter(|number| (1..=max).contains(number))
            .ok_or(Error::InvalidRetentionPeriod)
    }
}

/// What each new version of a bucket gets that isn't given a retention of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DefaultRetention {
    /// Who may end it.
    pub mode: RetentionMode,
    /// How long.
    pub period: Period,
}

impl DefaultRetention {
    fn from(self, now_ms: i64) -> Retention {
        Retention {
            mode: self.mode,
            until_ms: now_ms + i64::from(self.period.days()) * DAY_MS,
        }
    }
}

/// That a bucket's versions can be locked. It is never taken off again, and the bucket keeps versions.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct BucketLock {
    /// What each new version gets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<DefaultRetention>,
}

/// What keeps a version from being deleted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct ObjectLock {
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Retention>,
    /// Whether it is held whatever the date; nothing where nobody ever said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_hold: Option<bool>,
}

impl ObjectLock {
    /// The lock of a version that is deposited now, in a bucket with that lock.
    ///
    /// # Errors
    /// [`Error::NoObjectLock`] for a lock in a bucket that has none.
    pub(crate) fn of_deposit(
        bucket: Option<BucketLock>,
        given: Option<Self>,
        now_ms: i64,
    ) -> Result<Option<Self>> {
        let Some(bucket) = bucket else {
            return match given {
                Some(_) => Err(Error::NoObjectLock),
                None => Ok(None),
            };
        };
        let given = given.unwrap_or_default();
        let by_default = || bucket.default.map(|default| default.from(now_ms));
        let lock = Self {
            retention: given.retention.or_else(by_default),
            legal_hold: given.legal_hold,
        };
        Ok((lock != Self::default()).then_some(lock))
    }

    /// Whether the version may be deleted for good; says whether that takes the right to end retention early.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::TimeUnproved`].
    pub(crate) fn may_go(&self, told: Told) -> Result<bool> {
        if self.legal_hold == Some(true) {
            return Err(Error::Locked);
        }
        match self.retention {
            Some(retention) if retention.stands(told)? => told.ends(retention),
            _ => Ok(false),
        }
    }

    /// Whether the retention may become `new`; says whether that takes the right to end retention early.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::TimeUnproved`].
    pub(crate) fn may_become(&self, new: Option<Retention>, told: Told) -> Result<bool> {
        match self.retention {
            Some(old) if old.stands(told)? && !old.is_kept_by(new) => told.ends(old),
            _ => Ok(false),
        }
    }
}

/// What a lock is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// The clock of whoever records.
    pub(crate) now_ms: i64,
    /// What time it is by the word of the witnesses, once that was asked.
    pub(crate) witnessed_ms: Option<i64>,
    /// Whether the caller asks to end retention early, and has the right to.
    pub(crate) bypass: bool,
}

impl Told {
    fn ends(self, retention: Retention) -> Result<bool> {
        match retention.mode {
            RetentionMode::Governance if self.bypass => Ok(true),
            _ => Err(Error::Locked),
        }
    }
}

impl Retention {
    /// Whether it isn't over yet. It is over only when both say so, the clock and the witnesses, who are asked late, since as
    /// a rule the clock says that it isn't.
    pub(crate) fn stands(self, told: Told) -> Result<bool> {
        if self.until_ms > told.now_ms {
            return Ok(true);
        }
        let witnessed_ms = told.witnessed_ms.ok_or(Error::TimeUnproved)?;
        Ok(self.until_ms > witnessed_ms)
    }

    fn is_kept_by(self, new: Option<Self>) -> bool {
        new.is_some_and(|new| new.mode == self.mode && new.until_ms >= self.until_ms)
    }

    /// Whether it may be asked for.
    ///
    /// # Errors
    /// [`Error::InvalidRetention`] for a date that is past, or more than a hundred years ahead.
    pub(crate) fn check(self, now_ms: i64) -> Result<()> {
        let farthest_ms = now_ms + i64::from(MAX_YEARS * YEAR_DAYS) * DAY_MS;
        if self.until_ms <= now_ms {
            return Err(Error::InvalidRetention {
                why: "the retain until date must be in the future",
            });
        }
        if self.until_ms > farthest_ms {
            return Err(Error::InvalidRetention {
                why: "the retain until date must be within a hundred years",
            });
        }
        Ok(())
    }
}
