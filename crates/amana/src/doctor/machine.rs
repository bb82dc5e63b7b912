//! The machine: its clock, its memory, what processes may do.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Code, Findings, Level};

/// Connections of both listeners, and the files that they read.
const FILES_NEEDED: u64 = 8192;
/// What a data centre and its system need to breathe.
const MEMORY_KIB: u64 = 256 * 1024;
/// Files that a time daemon leaves while the clock is kept.
const SYNCED: [&str; 2] = [
    "/run/systemd/timesync/synchronized",
    "/run/chrony/chronyd.pid",
];

/// Looks at it; limits are those of the running server.
pub(super) fn look(found: &mut Findings, running: Option<&Value>) {
    match SYNCED.iter().any(|path| Path::new(path).exists()) {
        true => found.good(Code::ClockSynced, ""),
        false => found.add(Level::Notice, Code::ClockUnsynced, [""; 0]),
    }
    if let Some(files) = running.and_then(|health| health["max_files"].as_u64()) {
        match files < FILES_NEEDED {
            true => found.add(Level::Notice, Code::FewFiles, [files, FILES_NEEDED]),
            false => found.good(Code::FilesEnough, files),
        }
    }
    if running.is_some_and(|health| health["core_dumps"] == true) {
        found.add(Level::Notice, Code::CoreDumps, [""; 0]);
    }
    if let Some(free_kib) = memory_available_kib() {
        let free_mb = free_kib * 1024 / 1_000_000;
        match free_kib < MEMORY_KIB {
            true => found.add(Level::Notice, Code::MemoryLow, [free_mb]),
            false => found.good(Code::MemoryEnough, free_mb),
        }
    }
    for device in swap_on_disk() {
        found.add(Level::Notice, Code::Swap, [device]);
    }
}

fn memory_available_kib() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Swap that outlives the machine's power; compressed memory and encrypted disks don't show what was in memory.
fn swap_on_disk() -> Vec<String> {
    let text = fs::read_to_string("/proc/swaps").unwrap_or_default();
    let devices = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next());
    let lasting = devices.filter(|device| !device.contains("zram") && !device.contains("/dm-"));
    lasting.map(str::to_owned).collect()
}
