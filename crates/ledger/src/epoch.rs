//! Epochs: the leaves of the national log, each committing the registry and every ledger's head at once.
//! Drawn in `docs/formats/national.md`.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::{Date, Month, OffsetDateTime, Time, UtcDateTime};

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::leaf::public_leaf;
use crate::text::{decimal, field, take_line};
use crate::tree::{MAX_TREE_SIZE, root_of_entries};

/// First line of an epoch.
const HEADER: &str = "amana/epoch/v1";

/// The longest epoch leaf, in bytes, without the entry's type byte.
pub const MAX_EPOCH_BYTES: usize = 512;

/// The latest time that an epoch can bear: the last millisecond of the year 9999.
pub const MAX_EPOCH_TIME_MS: u64 = 253_402_300_799_999;

/// The salt of a slot in one epoch: HMAC-SHA256(slot secret, `"amana/slot-salt/v1\0" ‖ epoch (u64, big-endian)`).
///
/// Whoever holds the slot's secret recomputes any epoch's slot; nobody else learns from a slot whether it changed.
#[must_use]
pub fn slot_salt(slot_secret: &[u8; 32], epoch: u64) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(slot_secret).expect("HMAC takes a key of any length");
    mac.update(b"amana/slot-salt/v1\0");
    mac.update(&epoch.to_be_bytes());
    mac.finalize().into_bytes().into()
}

/// What a slot holds: SHA-256(`"amana/slot/v1\0" ‖ salt ‖ body of the ledger's checkpoint`).
#[must_use]
pub fn slot_entry(salt: &[u8; 32], checkpoint_body: &str) -> [u8; 32] {
    *Hash::of(&[b"amana/slot/v1\0", salt, checkpoint_body.as_bytes()]).as_bytes()
}

/// The slots' root, over the slots in order. Source: RFC 6962 §2.1.
#[must_use]
pub fn slots_root<'a>(slots: impl IntoIterator<Item = &'a [u8; 32]>) -> Hash {
    root_of_entries(slots.into_iter().map(<[u8; 32]>::as_slice))
}

/// A leaf of the national log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochLeaf {
    /// Its number, which is its index in the national log.
    pub epoch: u64,
    /// The operator's clock when the epoch was made, in milliseconds since 1970. A claim: time that matters is that of
    /// the cosignatures.
    pub time_ms: u64,
    /// Number of ledgers, and so of rows and of slots.
    pub ledgers: u64,
    /// Root over the registry's rows.
    pub registry_root: Hash,
    /// Root over the slots.
    pub slots_root: Hash,
}

impl EpochLeaf {
    /// The entry of the national log: `0x02 ‖ text`.
    #[must_use]
    pub fn entry(&self) -> Vec<u8> {
        public_leaf(self.to_string().as_bytes())
    }
}

impl fmt::Display for EpochLeaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{HEADER}\nepoch {}\ntime {}",
            self.epoch,
            Rfc3339(self.time_ms)
        )?;
        writeln!(
            f,
            "ledgers {}\nregistry {}\nslots {}",
            self.ledgers, self.registry_root, self.slots_root
        )
    }
}

impl FromStr for EpochLeaf {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.len() > MAX_EPOCH_BYTES {
            return Err(Error::TooLarge {
                format: Format::Epoch,
                max: MAX_EPOCH_BYTES,
            });
        }
        let mut rest = text;
        if take_line(&mut rest) != Some(HEADER) {
            return Err(malformed("the first line is not amana/epoch/v1"));
        }
        let bounded = |number: &u64| *number < MAX_TREE_SIZE;
        let epoch = field(&mut rest, "epoch").and_then(decimal).filter(bounded);
        let epoch = epoch.ok_or(malformed("no epoch line, or not a number below 2^62"))?;
        let time_ms = field(&mut rest, "time").and_then(parse_time);
        let time_ms = time_ms.ok_or(malformed(
            "no time line, or not like 2026-11-22T02:11:12.123Z",
        ))?;
        let ledgers = field(&mut rest, "ledgers")
            .and_then(decimal)
            .filter(bounded);
        let ledgers = ledgers.ok_or(malformed("no ledgers line, or not a number below 2^62"))?;
        let registry_root = field(&mut rest, "registry").and_then(|hash| hash.parse().ok());
        let registry_root = registry_root.ok_or(malformed("no registry line, or not a hash"))?;
        let slots_root = field(&mut rest, "slots").and_then(|hash| hash.parse().ok());
        let slots_root = slots_root.ok_or(malformed("no slots line, or not a hash"))?;
        if !rest.is_empty() {
            return Err(malformed("lines after the slots"));
        }
        Ok(Self {
            epoch,
            time_ms,
            ledgers,
            registry_root,
            slots_root,
        })
    }
}

fn malformed(why: &'static str) -> Error {
    Format::Epoch.malformed(why)
}

/// Milliseconds since 1970 as RFC 3339 in UTC, always with three decimals.
struct Rfc3339(u64);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0.min(MAX_EPOCH_TIME_MS)) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .expect("times to the year 9999 are representable");
        let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
        let (hour, minute, second, millisecond) = time.time().as_hms_milli();
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

fn parse_time(text: &str) -> Option<u64> {
    let number = |range: std::ops::Range<usize>| -> Option<u16> {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())?
    };
    let byte = |range| number(range).and_then(|n| u8::try_from(n).ok());
    let month = Month::try_from(byte(5..7)?).ok()?;
    let date = Date::from_calendar_date(i32::from(number(0..4)?), month, byte(8..10)?).ok()?;
    let clock =
        Time::from_hms_milli(byte(11..13)?, byte(14..16)?, byte(17..19)?, number(20..23)?).ok()?;
    let time_ms = UtcDateTime::new(date, clock).unix_timestamp_nanos() / 1_000_000;
    let time_ms = u64::try_from(time_ms).ok()?;
    // Written back and compared: separators and everything else that has one spelling.
    (Rfc3339(time_ms).to_string() == text).then_some(time_ms)
}
