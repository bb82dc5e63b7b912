//! What a piece of work cost this process: time, CPU, bytes handed to the disk, syncs.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use amana_store::faults::Faults;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Writes of the store that end in a sync. A commit of the embedded engine is one sync of its log.
const SYNCS: [&str; 4] = ["rows.commit", "file.sync", "dir.sync", "heal.sync"];

/// Counts the store's syncs, by way of the place where tests make them fail.
#[derive(Clone, Default)]
pub(crate) struct Syncs(Arc<AtomicU64>);

impl Syncs {
    /// What a store is opened with so that its syncs count here.
    pub(crate) fn faults(&self) -> Faults {
        let count = self.0.clone();
        Faults::planned(move |op| {
            if SYNCS.contains(&op) {
                count.fetch_add(1, Ordering::Relaxed);
            }
            None
        })
    }
}

/// A reading of every counter.
pub(crate) struct Gauge {
    at: Instant,
    cpu: Duration,
    written_bytes: u64,
    syncs: u64,
    counted: Syncs,
}

/// What lies between two readings.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) wall_us: f64,
    pub(crate) cpu_us: f64,
    pub(crate) written_bytes: f64,
    pub(crate) syncs: f64,
}

impl Gauge {
    /// Reads time, CPU and syncs now.
    pub(crate) fn now(syncs: &Syncs) -> Self {
        let cpu = clock_gettime(ClockId::ProcessCPUTime);
        let (s, ns) = (cpu.tv_sec.cast_unsigned(), cpu.tv_nsec.cast_unsigned());
        Self {
            at: Instant::now(),
            cpu: Duration::from_secs(s) + Duration::from_nanos(ns),
            written_bytes: 0,
            syncs: syncs.0.load(Ordering::Relaxed),
            counted: syncs.clone(),
        }
    }

    /// The same with the bytes that the kernel counts, which takes longer to ask.
    pub(crate) fn with_bytes(syncs: &Syncs) -> Self {
        Self {
            written_bytes: written_bytes(),
            ..Self::now(syncs)
        }
    }

    /// What was spent since, by each of `parts` things done.
    pub(crate) fn each(&self, parts: usize) -> Cost {
        let now = match self.written_bytes {
            0 => Self::now(&self.counted),
            _ => Self::with_bytes(&self.counted),
        };
        let parts = count(parts);
        Cost {
            wall_us: (now.at - self.at).as_secs_f64() * 1e6 / parts,
            cpu_us: (now.cpu - self.cpu).as_secs_f64() * 1e6 / parts,
            written_bytes: float(now.written_bytes - self.written_bytes) / parts,
            syncs: float(now.syncs - self.syncs) / parts,
        }
    }
}

/// CPU that this thread has had, in microseconds.
pub(crate) fn thread_cpu_us() -> f64 {
    let cpu = clock_gettime(ClockId::ThreadCPUTime);
    let (s, ns) = (cpu.tv_sec.cast_unsigned(), cpu.tv_nsec.cast_unsigned());
    (Duration::from_secs(s) + Duration::from_nanos(ns)).as_secs_f64() * 1e6
}

/// Bytes that this process caused to be sent to the disk, as the kernel counts them.
fn written_bytes() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io
        .lines()
        .find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.trim().parse().ok())
        .unwrap_or(0)
}

/// The middle and the tail of many timings, and the middle of the CPU that each took of this process.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) cpu_us: f64,
}

/// Readings of one thing, again and again.
#[derive(Default)]
pub(crate) struct Laps {
    walls_us: Vec<f64>,
    cpus_us: Vec<f64>,
}

impl Laps {
    /// Takes a reading of work that is `parts` things.
    pub(crate) fn end(&mut self, start: &Gauge, parts: usize) {
        let cost = start.each(parts);
        self.walls_us.push(cost.wall_us);
        self.cpus_us.push(cost.cpu_us);
    }

    /// What came of them; at least one was taken.
    pub(crate) fn spread(self) -> Spread {
        let at = |mut figures: Vec<f64>, percent: usize| {
            figures.sort_by(f64::total_cmp);
            figures[(figures.len() - 1) * percent / 100]
        };
        Spread {
            p50_us: at(self.walls_us.clone(), 50),
            p99_us: at(self.walls_us, 99),
            cpu_us: at(self.cpus_us, 50),
        }
    }
}

/// The middle of some figures, at least one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[(figures.len() - 1) / 2]
}

/// Microseconds since `start`.
pub(crate) fn micros(start: Instant) -> f64 {
    (Instant::now() - start).as_secs_f64() * 1e6
}

/// A count as a float; exact below 2^32, which no run here reaches.
pub(crate) fn count(n: usize) -> f64 {
    float(n as u64)
}

/// A count as a float.
pub(crate) fn float(n: u64) -> f64 {
    u32::try_from(n).map_or_else(|_| Duration::from_nanos(n).as_secs_f64() * 1e9, f64::from)
}
