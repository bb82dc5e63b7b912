//! When the disk will be full: a straight line through what was used, by least squares, and how far it can be trusted.

use serde::Serialize;

use crate::machine::{Capacity, Sample};

const DAY_S: f64 = 86_400.0;
/// Fewer samples than this, or fewer days between the first and the last, say nothing.
const MIN_SAMPLES: usize = 4;
const MIN_DAYS: f64 = 3.0;
/// What was long ago says little of tomorrow.
const MAX_DAYS: f64 = 90.0;
/// Further ahead nobody plans a disk.
const HORIZON_DAYS: f64 = 3650.0;
/// Standard errors to each side: 95 in 100 where deviations are normal.
const ERRORS: f64 = 2.0;
/// The interval is narrow when it reaches at most this part of the rate to each side.
const NARROW: f64 = 0.25;

/// What a straight line foretells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Forecast {
    /// Growth in bytes a day; negative where it shrinks.
    pub bytes_a_day: i64,
    /// The least and the most that it is, in 95 cases of 100.
    pub least_bytes_a_day: i64,
    /// The most.
    pub most_bytes_a_day: i64,
    /// When the disk is full, in seconds since 1970; nothing beyond ten years, or where it doesn't grow.
    pub full_s: Option<u64>,
    /// At the most growth.
    pub earliest_s: Option<u64>,
    /// At the least growth.
    pub latest_s: Option<u64>,
    /// How far it can be trusted.
    pub trust: Trust,
    /// Samples that it is made from.
    pub samples: u64,
    /// Days between the first and the last of them.
    pub days: u64,
}

/// How far a forecast can be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// The interval is narrow.
    Good,
    /// It is wide: a guide, no more.
    Rough,
    /// What was used goes up and down more than it grows.
    None,
}

/// The forecast of a disk; nothing while there are too few samples.
#[must_use]
pub(super) fn forecast(capacity: &Capacity) -> Option<Forecast> {
    let line = Line::through(&capacity.samples)?;
    let full = |bytes_a_day: f64| -> Option<u64> {
        let days = exact(capacity.free_bytes) / bytes_a_day;
        let ahead = bytes_a_day > 0.0 && days <= HORIZON_DAYS;
        ahead.then(|| line.newest_s + whole(days * DAY_S).cast_unsigned())
    };
    let reach = ERRORS * line.error;
    let (least, most) = (line.bytes_a_day - reach, line.bytes_a_day + reach);
    Some(Forecast {
        bytes_a_day: whole(line.bytes_a_day),
        least_bytes_a_day: whole(least),
        most_bytes_a_day: whole(most),
        full_s: full(line.bytes_a_day),
        earliest_s: full(most),
        latest_s: full(least),
        trust: match line.bytes_a_day.abs() {
            rate if reach <= rate * NARROW => Trust::Good,
            rate if reach <= rate => Trust::Rough,
            _ => Trust::None,
        },
        samples: line.samples as u64,
        days: whole(line.days).cast_unsigned(),
    })
}

/// A line, with the standard error of its slope.
struct Line {
    bytes_a_day: f64,
    error: f64,
    newest_s: u64,
    samples: usize,
    days: f64,
}

impl Line {
    /// Through the samples of the last months, by least squares.
    fn through(samples: &[Sample]) -> Option<Self> {
        let newest = samples.last()?;
        // Days before the newest sample, and bytes: small numbers, so that nothing is lost in sums.
        let ago = |sample: &Sample| exact(newest.at_s.saturating_sub(sample.at_s)) / DAY_S;
        let points: Vec<(f64, f64)> = samples
            .iter()
            .map(|sample| (-ago(sample), exact(sample.used_bytes)))
            .filter(|(day, _)| *day >= -MAX_DAYS)
            .collect();
        let days = points.first().map_or(0.0, |(day, _)| -day);
        if points.len() < MIN_SAMPLES || days < MIN_DAYS {
            return None;
        }
        let count = exact(points.len() as u64);
        let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
        let spread: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        let along = |(x, y): &(f64, f64)| (x - mean_x) * (y - mean_y);
        let slope = points.iter().map(along).sum::<f64>() / spread;
        let off = |(x, y): &(f64, f64)| (y - mean_y - slope * (x - mean_x)).powi(2);
        let left = points.iter().map(off).sum::<f64>() / (count - 2.0);
        Some(Self {
            bytes_a_day: slope,
            error: (left / spread).sqrt(),
            newest_s: newest.at_s,
            samples: points.len(),
            days,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates are told in few digits")]
pub(super) fn exact(number: u64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float beyond the range of integers becomes its end"
)]
pub(super) fn whole(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const DAY: u64 = 86_400;

    fn disk(used: impl IntoIterator<Item = u64>) -> Capacity {
        let samples = used
            .into_iter()
            .enumerate()
            .map(|(day, used_bytes)| Sample {
                at_s: 1_800_000_000 + day as u64 * DAY,
                used_bytes,
            });
        Capacity {
            size_bytes: 100 * GIB,
            free_bytes: 50 * GIB,
            samples: samples.collect(),
        }
    }

    #[test]
    fn a_straight_line_is_foretold_to_the_day() {
        let found = forecast(&disk((0..10).map(|day| 40 * GIB + day * GIB))).unwrap();
        assert_eq!(found.bytes_a_day, GIB.cast_signed());
        assert_eq!(found.full_s, Some(1_800_000_000 + 59 * DAY));
        assert_eq!(
            (found.trust, found.samples, found.days),
            (Trust::Good, 10, 9)
        );
        assert_eq!(found.earliest_s, found.latest_s);
    }

    #[test]
    fn what_goes_up_and_down_is_not_trusted() {
        let wild = [40, 46, 38, 47, 37, 45, 41, 39].map(|gib| gib * GIB);
        let found = forecast(&disk(wild)).unwrap();
        assert_eq!(found.trust, Trust::None);
        assert!(found.least_bytes_a_day < 0 && found.latest_s.is_none());
        assert!(found.earliest_s.is_some());
    }

    #[test]
    fn too_little_says_nothing_and_what_shrinks_is_never_full() {
        assert_eq!(forecast(&disk([])), None);
        assert_eq!(forecast(&disk([GIB; 3])), None);
        let same_day = Capacity {
            samples: vec![disk([GIB]).samples[0]; 9],
            ..disk([])
        };
        assert_eq!(forecast(&same_day), None);
        let shrinks = forecast(&disk((0..9).map(|day| (90 - day) * GIB))).unwrap();
        assert_eq!((shrinks.full_s, shrinks.trust), (None, Trust::Good));
        let still = forecast(&disk([40 * GIB; 9])).unwrap();
        assert_eq!((still.bytes_a_day, still.full_s), (0, None));
    }

    #[test]
    fn only_the_last_months_count() {
        let old_then_new = (0..200).map(|day| if day < 100 { 0 } else { (day - 100) * GIB });
        let found = forecast(&disk(old_then_new)).unwrap();
        assert_eq!((found.bytes_a_day, found.days), (GIB.cast_signed(), 90));
    }
}
