//! How fast a pass goes: so that it ends within its period, and gives way while it can.

use std::time::Duration;

use super::State;

/// It waits at most this long before it looks at its pace again.
pub(super) const MAX_PAUSE: Duration = Duration::from_secs(60);
/// A pass is paced to end with this share of its period left.
const SHARE: f64 = 0.9;
/// Behind its pace by more than this share of the period, it gives way to nobody.
const LATE_SHARE: f64 = 0.05;

/// How long to wait before the next step.
pub(super) fn pause(state: &State, now_ms: i64, period: Duration) -> Duration {
    if period.is_zero() {
        return MAX_PAUSE;
    }
    if state.begun_ms == 0 {
        let waited = state
            .last
            .as_ref()
            .map_or(i64::MAX, |last| now_ms - last.begun_ms);
        let waited = Duration::from_millis(waited.max(0).cast_unsigned());
        return period.saturating_sub(waited);
    }
    let share = state.entries_done as f64 / state.entries.max(1) as f64;
    let due_ms = state.begun_ms as f64 + share * SHARE * period.as_secs_f64() * 1000.0;
    Duration::from_secs_f64(((due_ms - now_ms as f64) / 1000.0).max(0.0))
}

/// Whether a pass is so far behind its pace that giving way any more would never let it end.
pub(super) fn is_late(state: &State, now_ms: i64, period: Duration) -> bool {
    if period.is_zero() || state.begun_ms == 0 {
        return false;
    }
    let allowed = period.mul_f64(LATE_SHARE).as_millis();
    let allowed_ms = i64::try_from(allowed).unwrap_or(i64::MAX);
    pause(state, now_ms.saturating_sub(allowed_ms), period).is_zero()
}
