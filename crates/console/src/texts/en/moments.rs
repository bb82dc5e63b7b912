//! Times and numbers.

use time::OffsetDateTime;

use crate::texts::moments::Moments;

pub(crate) const WORDS: Moments = Moments {
    thousands: ',',
    decimal: '.',
    bytes: |count| if count == 1 { "byte" } else { "bytes" },
    units: ["kB", "MB", "GB", "TB", "PB"],
    day,
    moment,
    just_now: "just now",
    seconds_ago: |count| format!("{count} seconds ago"),
    minutes_ago: |count| format!("{count} minutes ago"),
    hours_ago: |count| format!("{count} hours ago"),
    days_ago: |count| format!("{count} days ago"),
};

fn day(at: OffsetDateTime) -> String {
    format!("{} {} {}", at.day(), at.month(), at.year())
}

fn moment(at: OffsetDateTime) -> String {
    let (day, hour, minute, second) = (day(at), at.hour(), at.minute(), at.second());
    format!("{day} at {hour:02}:{minute:02}:{second:02} (UTC)")
}
