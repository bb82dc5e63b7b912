//! Dates et nombres.

use time::OffsetDateTime;

use crate::texts::moments::Moments;

pub(crate) const WORDS: Moments = Moments {
    // Espace fine insécable.
    thousands: '\u{202f}',
    decimal: ',',
    bytes: |count| if count < 2 { "octet" } else { "octets" },
    units: ["ko", "Mo", "Go", "To", "Po"],
    day,
    moment,
    just_now: "à l’instant",
    seconds_ago: |count| format!("il y a {count} secondes"),
    minutes_ago: |count| format!("il y a {count} minutes"),
    hours_ago: |count| format!("il y a {count} heures"),
    days_ago: |count| format!("il y a {count} jours"),
};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

fn day(at: OffsetDateTime) -> String {
    let day = match at.day() {
        1 => "1er".to_owned(),
        day => day.to_string(),
    };
    let month = MONTHS[usize::from(u8::from(at.month())) - 1];
    format!("{day} {month} {}", at.year())
}

fn moment(at: OffsetDateTime) -> String {
    let (day, hour, minute, second) = (day(at), at.hour(), at.minute(), at.second());
    format!("{day} à {hour:02}:{minute:02}:{second:02} (UTC)")
}
