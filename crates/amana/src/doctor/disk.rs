//! The disk of the folder: room, and whether a sync is one.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use amana_store::clock;

use super::{Code, Findings, Level};
use crate::output;

/// Syncs that are measured, and what is written before each.
const ROUNDS: usize = 16;
const BYTES: usize = 4096;
/// No disk with platters turns so fast, and no flash is written so fast, without a cache that a power cut empties.
const ROTATING_LEAST: Duration = Duration::from_micros(1000);
const FLASH_LEAST: Duration = Duration::from_micros(15);
/// Below these parts of the disk it is time to act, and too late.
const LOW: f64 = 0.15;
const GONE: f64 = 0.03;
/// With less than so many days left, too.
const DAYS_LEFT: f64 = 60.0;
const DAY_S: f64 = 86_400.0;

/// Looks at it; `growth` is what is used more a day, in bytes, where that is known.
pub(super) fn look(found: &mut Findings, data: &Path, growth: Option<f64>) {
    space(found, data, growth);
    let device = Device::of(data);
    if device.is_none() {
        found.add(Level::Notice, Code::NotADisk, [data.display().to_string()]);
    }
    match sync_cost(data) {
        Err(error) => found.add(Level::Bad, Code::SyncFails, [error.to_string()]),
        Ok(cost) => {
            let told = format!("{:.3}", cost.as_secs_f64() * 1000.0);
            match device {
                Some(device) if cost < device.least() => {
                    // A virtual disk may say that it turns and be none that does: suspicious, no more.
                    let level = match cost < FLASH_LEAST {
                        true => Level::Bad,
                        false => Level::Notice,
                    };
                    let shown = [told, device.kind().to_owned(), device.cache];
                    found.add(level, Code::SyncLies, shown);
                }
                _ => found.good(Code::SyncCosts, told),
            }
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "shares of a disk and days are told in few digits"
)]
fn space(found: &mut Findings, data: &Path, growth: Option<f64>) {
    let Ok(disk) = rustix::fs::statvfs(data) else {
        return;
    };
    let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize) as f64;
    let share = free_bytes / disk.f_blocks.saturating_mul(disk.f_frsize).max(1) as f64;
    let days = growth.map(|bytes| free_bytes / bytes);
    let until = days.filter(|days| *days < 36_500.0).map(|days| {
        output::time_s((clock::system_ms().div_euclid(1000) + seconds(days)).cast_unsigned())
    });
    let told = [
        format!("{:.1}", free_bytes / 1e9),
        format!("{:.0}", share * 100.0),
    ];
    let told: Vec<_> = told.into_iter().chain(until).collect();
    if share < GONE {
        found.add(Level::Bad, Code::SpaceGone, told);
    } else if share < LOW || days.is_some_and(|days| days < DAYS_LEFT) {
        found.add(Level::Notice, Code::SpaceLow, told);
    } else {
        found.add(Level::Good, Code::SpaceEnough, told);
    }
    // File systems that make them as needed count none.
    if disk.f_files > 0 && (disk.f_favail as f64) < disk.f_files as f64 * LOW {
        found.add(Level::Notice, Code::InodesLow, [disk.f_favail]);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "less than a hundred years of days"
)]
fn seconds(days: f64) -> i64 {
    (days * DAY_S) as i64
}

/// What the folder grew by, a day, since its keys were made; nothing can be told of its first day.
#[expect(clippy::cast_precision_loss, reason = "a rate is told in few digits")]
pub(super) fn growth_bytes_a_day(data: &Path) -> Option<f64> {
    let born = fs::metadata(data.join("keys")).ok()?;
    let seeds = ["keys/operator.seed", "keys/member.age"].map(|name| fs::metadata(data.join(name)));
    let made_s = seeds.iter().flatten().map(MetadataExt::mtime).min();
    let age_s = clock::system_ms().div_euclid(1000) - made_s.unwrap_or_else(|| born.mtime());
    let days = age_s as f64 / DAY_S;
    (days >= 1.0).then(|| (size_bytes(data) as f64 / days).max(1.0))
}

/// Of all files below, as far as they can be seen.
fn size_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(file) if file.is_dir() => size_bytes(&entry.path()),
            Ok(file) => file.blocks() * 512,
            Err(_) => 0,
        })
        .sum()
}

/// The median of a few, each after a write.
fn sync_cost(data: &Path) -> io::Result<Duration> {
    let path = data.join(".doctor");
    let mut file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    let measured = (0..ROUNDS)
        .map(|_| {
            file.write_all(&[0x5a; BYTES])?;
            let began = Instant::now();
            file.sync_data()?;
            Ok(Instant::now() - began)
        })
        .collect::<io::Result<Vec<_>>>();
    fs::remove_file(&path)?;
    let mut costs = measured?;
    costs.sort();
    Ok(costs[ROUNDS / 2])
}

/// The block device under a folder, as the system describes it.
struct Device {
    is_rotating: bool,
    /// `write back` or `write through`.
    cache: String,
}

impl Device {
    fn of(path: &Path) -> Option<Self> {
        let number = fs::metadata(path).ok()?.dev();
        let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
        let device = fs::canonicalize(format!("/sys/dev/block/{major}:{minor}")).ok()?;
        // A partition's queue is its disk's.
        let queue = [device.clone(), device.join("..")]
            .map(|device| device.join("queue"))
            .into_iter()
            .find(|queue| queue.exists())?;
        let read = |name: &str| -> Option<String> {
            let text = fs::read_to_string(PathBuf::from(&queue).join(name)).ok()?;
            Some(text.trim().to_owned())
        };
        Some(Self {
            is_rotating: read("rotational")? == "1",
            cache: read("write_cache").unwrap_or_else(|| "?".to_owned()),
        })
    }

    fn least(&self) -> Duration {
        match self.is_rotating {
            // A controller with a battery is as fast, and says that it writes through.
            true if self.cache == "write back" => ROTATING_LEAST,
            _ => FLASH_LEAST,
        }
    }

    /// In the system's own words, which need no translation.
    fn kind(&self) -> &'static str {
        match self.is_rotating {
            true => "rotational = 1",
            false => "rotational = 0",
        }
    }
}
