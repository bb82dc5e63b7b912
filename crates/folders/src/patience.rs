//! Wrong passwords make whoever gave them wait, and nobody else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many are free: people mistype.
const FREE: u32 = 3;
/// The longest wait.
const MAX_WAIT: Duration = Duration::from_mins(5);
/// After so long without a wrong one nothing is remembered.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// The most pairs that are remembered; then the one that was wrong longest ago is forgotten.
const MAX_REMEMBERED: usize = 4096;

/// Who gave wrong passwords: an address, for an access key. Whoever comes from elsewhere, or with another key, doesn't wait.
#[derive(Default)]
pub struct Patience(Mutex<HashMap<(Option<IpAddr>, String), Wrong>>);

#[derive(Clone, Copy)]
struct Wrong {
    times: u32,
    last: Instant,
}

impl Wrong {
    /// Doubles with each one beyond the free ones.
    fn wait(self) -> Duration {
        match self.times.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1 << beyond.min(10)).min(MAX_WAIT),
        }
    }
}

impl Patience {
    /// How long nothing is looked at yet; none when a password may be given.
    #[must_use]
    pub fn wait(&self, address: Option<IpAddr>, id: &str, now: Instant) -> Option<Duration> {
        let wrong = self.lock();
        let wrong = wrong.get(&key(address, id))?;
        let since = now.saturating_duration_since(wrong.last);
        wrong
            .wait()
            .checked_sub(since)
            .filter(|left| !left.is_zero())
    }

    /// Remembers a wrong one.
    pub fn wrong(&self, address: Option<IpAddr>, id: &str, now: Instant) {
        let mut all = self.lock();
        let key = key(address, id);
        if !all.contains_key(&key) && all.len() >= MAX_REMEMBERED {
            all.retain(|_, wrong| now.saturating_duration_since(wrong.last) < FORGOTTEN);
            let oldest = all.iter().min_by_key(|(_, wrong)| wrong.last);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone())
                && all.len() >= MAX_REMEMBERED
            {
                all.remove(&oldest);
            }
        }
        let wrong = all.entry(key).or_insert(Wrong {
            times: 0,
            last: now,
        });
        if now.saturating_duration_since(wrong.last) >= FORGOTTEN {
            wrong.times = 0;
        }
        wrong.times = wrong.times.saturating_add(1);
        wrong.last = now;
    }

    /// Forgets what was wrong before the right one.
    pub fn right(&self, address: Option<IpAddr>, id: &str) {
        self.lock().remove(&key(address, id));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Option<IpAddr>, String), Wrong>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No longer than an access key's id can be.
fn key(address: Option<IpAddr>, id: &str) -> (Option<IpAddr>, String) {
    (address, id.chars().take(128).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_make_strangers_wait() {
        let (patience, start) = (Patience::default(), Instant::now());
        let here: Option<IpAddr> = "10.0.0.1".parse().ok();
        for _ in 0..FREE - 1 {
            patience.wrong(here, "KEY", start);
        }
        assert_eq!(patience.wait(here, "KEY", start), None);
        patience.wrong(here, "KEY", start);
        assert_eq!(
            patience.wait(here, "KEY", start),
            Some(Duration::from_secs(1))
        );
        for _ in 0..40 {
            patience.wrong(here, "KEY", start);
        }
        assert_eq!(patience.wait(here, "KEY", start), Some(MAX_WAIT));
        assert_eq!(patience.wait(here, "OTHER", start), None);
        assert_eq!(patience.wait(None, "KEY", start), None);
        assert_eq!(patience.wait(here, "KEY", start + MAX_WAIT), None);
        patience.wrong(here, "KEY", start + FORGOTTEN);
        assert_eq!(patience.wait(here, "KEY", start + FORGOTTEN), None);
        patience.right(here, "KEY");
        assert!(patience.lock().is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let (patience, start) = (Patience::default(), Instant::now());
        for number in 0..MAX_REMEMBERED + 10 {
            patience.wrong(None, &number.to_string(), start);
        }
        assert_eq!(patience.lock().len(), MAX_REMEMBERED);
    }
}
