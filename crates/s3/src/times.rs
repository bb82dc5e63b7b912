//! Times on the wire.

use std::time::{Duration, SystemTime};

use s3s::dto::{Timestamp, TimestampFormat};

/// Milliseconds since 1970 as `s3s` takes them.
pub(crate) fn timestamp(ms: i64) -> Timestamp {
    let since = Duration::from_millis(ms.unsigned_abs());
    Timestamp::from(if ms < 0 {
        SystemTime::UNIX_EPOCH - since
    } else {
        SystemTime::UNIX_EPOCH + since
    })
}

/// The reverse of [`timestamp`].
pub(crate) fn ms(time: Timestamp) -> i64 {
    let nanoseconds = time::OffsetDateTime::from(time).unix_timestamp_nanos();
    i64::try_from(nanoseconds / 1_000_000).unwrap_or(i64::MAX)
}

/// A date of ISO 8601, with seconds; nothing if it isn't one.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    Timestamp::parse(TimestampFormat::DateTime, text)
        .ok()
        .map(ms)
}

/// As in `Last-Modified`, RFC 9110 §5.6.7; empty for a time that has no such form.
pub(crate) fn http_date(ms: i64) -> String {
    told(timestamp(ms)).unwrap_or_default()
}

/// A time as headers have it.
pub(crate) fn told(time: Timestamp) -> Option<String> {
    let mut text = Vec::new();
    time.format(TimestampFormat::HttpDate, &mut text).ok()?;
    String::from_utf8(text).ok()
}

/// A date of a header; nothing if it isn't one.
pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    Timestamp::parse(TimestampFormat::HttpDate, text).ok()
}

/// The second that a time lies in: dates in headers have no finer grain.
pub(crate) fn whole_second(ms: i64) -> Timestamp {
    timestamp(ms - ms.rem_euclid(1000))
}
