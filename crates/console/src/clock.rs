//! Times on pages: always UTC, since a proof is read in more than one country.

use time::OffsetDateTime;

/// A time on a page: for programs, and for people.
pub(crate) fn utc(time_s: u64) -> OffsetDateTime {
    i64::try_from(time_s)
        .ok()
        .and_then(|time_s| OffsetDateTime::from_unix_timestamp(time_s).ok())
        // Beyond the year 9999, which no clock shows and no cosignature that was verified bears in earnest.
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// As in RFC 3339 and in `<time datetime>`: `2026-05-28T14:03:22Z`.
pub(crate) fn rfc3339(time_s: u64) -> String {
    let at = utc(time_s);
    let (date, time) = (at.date(), at.time());
    format!(
        "{date}T{:02}:{:02}:{:02}Z",
        time.hour(),
        time.minute(),
        time.second()
    )
}
