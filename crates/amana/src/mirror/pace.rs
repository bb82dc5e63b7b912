//! How fast bytes go to a place: by the limits of its hours, and not at all once the server stops.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use amana_gateway::centre::limit::{Limit, bytes_s};
use amana_store::clock;
use amana_store::mirror::Pace;

use super::stop::Stop;

/// By how much clocks on the wall are ahead of UTC, in seconds. Asked while a process has one thread.
pub(crate) fn local_offset_s() -> i64 {
    time::UtcOffset::current_local_offset().map_or(0, |offset| i64::from(offset.whole_seconds()))
}

/// The pace of a place.
pub(crate) fn pace(limits: Vec<Limit>, offset_s: i64, stop: Stop) -> Pace {
    // When the bytes that went are paid for.
    let free_at = Mutex::new(Instant::now());
    Arc::new(move |bytes| {
        let rate = bytes_s(&limits, clock::system_ms().div_euclid(1000) + offset_s);
        let wait_until = {
            let mut free_at = free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now().max(*free_at);
            if let Some(rate) = rate {
                let micros = (bytes as u64).saturating_mul(1_000_000) / rate;
                *free_at = now + Duration::from_micros(micros);
            }
            now
        };
        stop.nap(wait_until.saturating_duration_since(Instant::now()));
        match stop.is_said() {
            true => Err(io::Error::other("the server is being stopped")),
            false => Ok(()),
        }
    })
}
