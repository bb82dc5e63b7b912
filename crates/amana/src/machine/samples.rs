//! What was used of the disk, once a day, in `capacity.json`: losing it costs a forecast and nothing else. Each of several
//! nodes keeps its own, of its own disk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use amana_console::machine::{Capacity, Sample};
use amana_store::clock;
use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::centre::{Centre, blocking};
use crate::durable::write_whole;

/// The file in the data folder.
const FILE: &str = "capacity.json";
/// Samples that are kept: more than a year.
const MAX_SAMPLES: usize = 400;
/// One is taken this often; of a day the last one stays.
const EVERY: Duration = Duration::from_secs(60 * 60);
const DAY_S: u64 = 86_400;
/// Days over which the doctor's pace is taken.
const PACE_DAYS: u64 = 30;

/// A sample, in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Taken {
    at_s: u64,
    used_bytes: u64,
}

/// Takes samples, for as long as the data centre runs.
pub(crate) async fn keep(centre: Arc<Centre>) {
    loop {
        let data = centre.store.folder().to_owned();
        if let Err(error) = blocking(move || take(&data)).await {
            tracing::warn!(%error, file = FILE, "how full the disk is can't be noted");
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn take(data: &Path) -> Result<()> {
    let Some((size_bytes, free_bytes)) = room(data) else {
        return Ok(());
    };
    let now = Taken {
        at_s: clock::system_ms().cast_unsigned() / 1000,
        used_bytes: size_bytes.saturating_sub(free_bytes),
    };
    let samples = with(read(data), now);
    write_whole(&data.join(FILE), &serde_json::to_string(&samples)?)?;
    Ok(())
}

/// The samples with one more: in place of the last one, if that is of the same day.
fn with(mut samples: Vec<Taken>, now: Taken) -> Vec<Taken> {
    // A clock that went back leaves nothing that is later than now.
    samples.retain(|sample| sample.at_s / DAY_S < now.at_s / DAY_S);
    samples.push(now);
    let too_many = samples.len().saturating_sub(MAX_SAMPLES);
    samples.drain(..too_many);
    samples
}

/// A file that can't be read is none.
fn read(data: &Path) -> Vec<Taken> {
    let text = std::fs::read(data.join(FILE)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Size of the disk of a folder, and what is free for us, in bytes.
fn room(data: &Path) -> Option<(u64, u64)> {
    let disk = rustix::fs::statvfs(data).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
    Some((bytes(disk.f_blocks), bytes(disk.f_bavail)))
}

/// Room now, and the samples.
pub(super) fn capacity(centre: &Centre) -> Capacity {
    let data = centre.store.folder();
    let (size_bytes, free_bytes) = room(data).unwrap_or_default();
    let samples = read(data).into_iter().map(|taken| Sample {
        at_s: taken.at_s,
        used_bytes: taken.used_bytes,
    });
    Capacity {
        size_bytes,
        free_bytes,
        samples: samples.collect(),
    }
}

/// What is used more a day, by the first and the last sample of a month; nothing before they are a day apart.
pub(super) fn bytes_a_day(centre: &Centre) -> Option<f64> {
    pace(&read(centre.store.folder()))
}

#[expect(clippy::cast_precision_loss, reason = "a rate is told in few digits")]
fn pace(samples: &[Taken]) -> Option<f64> {
    let last = samples.last()?;
    let from_s = last.at_s.saturating_sub(PACE_DAYS * DAY_S);
    let first = samples.iter().find(|sample| sample.at_s >= from_s)?;
    let days = (last.at_s - first.at_s) as f64 / DAY_S as f64;
    let grown = last.used_bytes as f64 - first.used_bytes as f64;
    (days >= 1.0).then(|| (grown / days).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: u64, hour: u64, used_bytes: u64) -> Taken {
        Taken {
            at_s: day * DAY_S + hour * 3600,
            used_bytes,
        }
    }

    #[test]
    fn of_a_day_the_last_sample_stays() {
        let mut samples = Vec::new();
        for (day, hour) in [(1, 3), (1, 20), (2, 1), (4, 9)] {
            samples = with(samples, at(day, hour, day));
        }
        assert_eq!(samples, [at(1, 20, 1), at(2, 1, 2), at(4, 9, 4)]);
        let back = with(samples, at(2, 5, 7));
        assert_eq!(back, [at(1, 20, 1), at(2, 5, 7)], "a clock that went back");
        let many = (0..1000).fold(Vec::new(), |kept, day| with(kept, at(day, 0, day)));
        assert_eq!((many.len(), many[0]), (MAX_SAMPLES, at(600, 0, 600)));
    }

    #[test]
    fn the_pace_is_that_of_the_last_month() {
        assert_eq!(pace(&[at(1, 0, 5)]), None);
        assert_eq!(pace(&[at(1, 0, 5), at(1, 12, 9)]), None);
        assert_eq!(
            pace(&[at(1, 0, 1000), at(100, 0, 1000), at(110, 0, 2000)]),
            Some(100.0)
        );
        assert_eq!(
            pace(&[at(1, 0, 9), at(3, 0, 5)]),
            Some(1.0),
            "never full, and no division by nothing"
        );
    }
}
