//! Times and numbers.

use time::OffsetDateTime;

/// How a language says them.
pub struct Moments {
    /// What stands between groups of three digits.
    pub thousands: char,
    /// What stands before decimals.
    pub decimal: char,
    /// The word for so many bytes.
    pub bytes: fn(u64) -> &'static str,
    /// Thousands of bytes, millions …
    pub units: [&'static str; 5],
    /// A day.
    pub day: fn(OffsetDateTime) -> String,
    /// A time in UTC.
    pub moment: fn(OffsetDateTime) -> String,
    /// Less than five seconds.
    pub just_now: &'static str,
    /// So many seconds.
    pub seconds_ago: fn(u64) -> String,
    /// So many minutes.
    pub minutes_ago: fn(u64) -> String,
    /// So many hours.
    pub hours_ago: fn(u64) -> String,
    /// So many days.
    pub days_ago: fn(u64) -> String,
}
