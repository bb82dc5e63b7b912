//! The one place that reads the system clock.

use std::sync::Arc;

/// A source of time, so that tests choose it.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Milliseconds since 1970-01-01 UTC, from the system.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn system_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The system's clock.
#[must_use]
pub fn system() -> Clock {
    Arc::new(system_ms)
}

/// RFC 3339 in UTC with milliseconds, as it stands in acts: `2026-11-22T02:11:12.123Z`.
#[must_use]
pub fn rfc3339(time_ms: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_ms) * 1_000_000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (date, clock) = (time.date(), time.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
        clock.millisecond()
    )
}

/// The reverse of [`rfc3339`]; `None` when it isn't such a time.
#[must_use]
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let time =
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()?;
    i64::try_from(time.unix_timestamp_nanos() / 1_000_000).ok()
}
