//! When the data centre was there, as the national log tells: it closes an epoch at least once a minute while it runs and takes
//! acts, so a long time between two epochs is a time when it did neither.

use amana_store::{Entry, EntryId, LedgerId, LedgerInfo, Reader, entries};
use serde::Serialize;

use crate::{Error, Result};

/// Longer than this between two epochs is a gap: an idle data centre closes one a minute.
const GAP_MS: i64 = 5 * 60 * 1000;
/// Epochs that are passed at once, where they lie closer together than a gap.
const STRIDE: u64 = 64;
/// Epochs that are looked at for one answer.
const MAX_LOOKS: u64 = 100_000;
/// Gaps that are told.
const MAX_GAPS: usize = 200;

/// A time without epochs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Gap {
    /// The last epoch before it, in seconds since 1970, by the operator's clock.
    pub from_s: u64,
    /// The first one after it.
    pub until_s: u64,
}

/// When the data centre was there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Availability {
    /// Epochs of these days.
    pub epochs: u64,
    /// The gaps, the oldest first.
    pub gaps: Vec<Gap>,
    /// Seconds in them.
    pub gone_s: u64,
    /// Whether all was looked at.
    pub whole: bool,
}

struct Walk<'a, 'r> {
    rows: &'a Reader<'r>,
    looks: u64,
    found: Availability,
}

impl Availability {
    /// From one time to another, milliseconds since 1970.
    pub(super) fn of(rows: &Reader<'_>, from_ms: i64, until_ms: i64) -> Result<Self> {
        let mut walk = Walk {
            rows,
            looks: 0,
            found: Self {
                epochs: 0,
                gaps: Vec::new(),
                gone_s: 0,
                whole: true,
            },
        };
        let national = LedgerInfo::by_id(rows, LedgerId::NATIONAL)?.filter(|info| info.size > 0);
        if let Some(national) = national {
            let first = walk.first_after(national.size, from_ms)?;
            let end = walk.first_after(national.size, until_ms)?;
            // Of a month to come there are none.
            walk.found.epochs = end.saturating_sub(first);
            // From the epoch before, so that a gap over the first midnight is seen; a gap that lasts has no epoch after it.
            let end = end.min(national.size - 1);
            walk.between(first.saturating_sub(1), end)?;
        }
        let Walk { mut found, .. } = walk;
        let within = |time_s: u64| {
            time_s.clamp(
                from_ms.unsigned_abs() / 1000,
                until_ms.unsigned_abs() / 1000,
            )
        };
        for gap in &mut found.gaps {
            *gap = Gap {
                from_s: within(gap.from_s),
                until_s: within(gap.until_s),
            };
        }
        found.gone_s = found.gaps.iter().map(|gap| gap.until_s - gap.from_s).sum();
        Ok(found)
    }
}

impl Walk<'_, '_> {
    fn time_ms(&mut self, index: u64) -> Result<i64> {
        self.looks += 1;
        let id = EntryId::new(LedgerId::NATIONAL, index).ok_or(Error::NotFound)?;
        let entry: Entry = entries::entry(self.rows, id)?.ok_or(Error::NotFound)?;
        Ok(entry.at()?.time_ms)
    }

    fn first_after(&mut self, size: u64, time_ms: i64) -> Result<u64> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time_ms(middle)? < time_ms {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The gaps between two epochs, a stride at a time: a stride that is shorter than a gap holds none.
    fn between(&mut self, first: u64, last: u64) -> Result<()> {
        let (mut at, mut at_ms) = (first, self.time_ms(first)?);
        while at < last {
            if self.looks > MAX_LOOKS || self.found.gaps.len() == MAX_GAPS {
                self.found.whole = false;
                return Ok(());
            }
            let far = last.min(at + STRIDE);
            let far_ms = self.time_ms(far)?;
            if far_ms - at_ms > GAP_MS {
                self.each(at, at_ms, far)?;
            }
            (at, at_ms) = (far, far_ms);
        }
        Ok(())
    }

    fn each(&mut self, from: u64, from_ms: i64, until: u64) -> Result<()> {
        let mut before_ms = from_ms;
        for index in from + 1..=until {
            let time_ms = self.time_ms(index)?;
            if time_ms - before_ms > GAP_MS {
                self.found.gaps.push(Gap {
                    from_s: before_ms.unsigned_abs() / 1000,
                    until_s: time_ms.unsigned_abs() / 1000,
                });
            }
            before_ms = time_ms;
        }
        Ok(())
    }
}
