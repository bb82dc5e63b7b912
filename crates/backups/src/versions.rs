//! Versions, compared where there is something to compare with.

use std::cmp::Ordering;

use serde::Serialize;

/// What a comparison says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Known corrections are missing.
    Older,
    /// It isn't older than what is known here, which may be older than what there is.
    NotOlder,
    /// Nothing is known of its series.
    NotCompared,
}

/// Compares a core with the newest that this machine knows of, such as Debian's `6.1.9+dfsg1-0+deb12u1`.
#[must_use]
pub fn compare(found: &str, known: &str) -> Verdict {
    let (Some(found), Some(known)) = (numbers(found), numbers(known)) else {
        return Verdict::NotCompared;
    };
    let series = |numbers: &[u32]| [numbers[0], numbers.get(1).copied().unwrap_or_default()];
    match series(&found).cmp(&series(&known)) {
        // Debian corrects one series for years: of a newer one it says nothing.
        Ordering::Greater => Verdict::NotCompared,
        Ordering::Less => Verdict::Older,
        Ordering::Equal if is_less(&found, &known) => Verdict::Older,
        Ordering::Equal => Verdict::NotOlder,
    }
}

/// Whether a version is below the one that is needed; not where either isn't made of numbers.
#[must_use]
pub fn is_below(found: &str, needed: &str) -> bool {
    match (numbers(found), numbers(needed)) {
        (Some(found), Some(needed)) => is_less(&found, &needed),
        _ => false,
    }
}

/// `6.1` is `6.1.0`.
fn is_less(one: &[u32], other: &[u32]) -> bool {
    let length = one.len().max(other.len());
    let padded = |numbers: &[u32]| {
        let mut numbers = numbers.to_vec();
        numbers.resize(length, 0);
        numbers
    };
    padded(one) < padded(other)
}

fn numbers(version: &str) -> Option<Vec<u32>> {
    // An epoch stands before, what a distribution adds behind.
    let version = version.rsplit(':').next().unwrap_or(version);
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let plain = &version[..end.unwrap_or(version.len())];
    plain
        .trim_end_matches('.')
        .split('.')
        .map(|number| number.parse().ok())
        .collect()
}
