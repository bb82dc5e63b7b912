//! Who calls, and how much each may: connections in all, connections and requests of each address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Addresses remembered at a time. Beyond, those that did nothing lately are forgotten.
const MAX_REMEMBERED: usize = 65_536;

/// What is let, of all and of each address.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// Connections at a time.
    pub connections: usize,
    /// Connections of one address at a time; of IPv6, of a /64, which is what a subscriber has.
    pub connections_each: usize,
    /// Requests a second of one address, in the long run.
    pub requests_per_s: f64,
    /// Requests of one address at once, after a pause.
    pub burst: f64,
}

impl Default for Allowance {
    fn default() -> Self {
        // A ministry, or a whole town, may stand behind one address.
        Self {
            connections: 8192,
            connections_each: 512,
            requests_per_s: 500.0,
            burst: 2000.0,
        }
    }
}

/// All who call.
pub(super) struct Callers {
    allowance: Allowance,
    connections: AtomicUsize,
    known: Mutex<HashMap<IpAddr, Arc<Caller>>>,
}

/// One address, or one IPv6 network.
struct Caller {
    connections: AtomicUsize,
    bucket: Mutex<Bucket>,
}

/// Requests that may still come at once, and when that was so.
struct Bucket {
    left: f64,
    at: Instant,
}

/// A place for one connection, free again when it is dropped.
pub(super) struct Place {
    callers: Arc<Callers>,
    caller: Arc<Caller>,
}

impl Callers {
    pub(super) fn new(allowance: Allowance) -> Arc<Self> {
        Arc::new(Self {
            allowance,
            connections: AtomicUsize::new(0),
            known: Mutex::default(),
        })
    }

    /// A place for a connection from there, if there is one.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr, now: Instant) -> Option<Place> {
        let key = network(address);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED && !known.contains_key(&key) {
            known.retain(|_, caller| !self.may_be_forgotten(caller, now));
            if known.len() >= MAX_REMEMBERED {
                return None;
            }
        }
        let caller = known.entry(key).or_insert_with(|| {
            Arc::new(Caller {
                connections: AtomicUsize::new(0),
                bucket: Mutex::new(Bucket {
                    left: self.allowance.burst,
                    at: now,
                }),
            })
        });
        if !take(&caller.connections, self.allowance.connections_each) {
            return None;
        }
        if !take(&self.connections, self.allowance.connections) {
            caller.connections.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Place {
            callers: self.clone(),
            caller: caller.clone(),
        })
    }

    /// Whether more than half of all places are taken: then nobody may dawdle.
    pub(super) fn is_crowded(&self) -> bool {
        self.connections.load(Ordering::Relaxed) > self.allowance.connections / 2
    }

    /// Nothing is lost with it: no connection, and as many requests let as to somebody new.
    fn may_be_forgotten(&self, caller: &Caller, now: Instant) -> bool {
        let bucket = caller.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        caller.connections.load(Ordering::Relaxed) == 0
            && bucket.filled(&self.allowance, now) >= self.allowance.burst
    }
}

impl Place {
    /// Whether one more request is let now.
    pub(super) fn may_ask(&self, now: Instant) -> bool {
        let allowance = &self.callers.allowance;
        let mut bucket = self
            .caller
            .bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left = bucket.filled(allowance, now);
        let may = left >= 1.0;
        *bucket = Bucket {
            left: if may { left - 1.0 } else { left },
            at: now,
        };
        may
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.caller.connections.fetch_sub(1, Ordering::Relaxed);
        self.callers.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Bucket {
    fn filled(&self, allowance: &Allowance, now: Instant) -> f64 {
        let since_s = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + since_s * allowance.requests_per_s).min(allowance.burst)
    }
}

fn take(count: &AtomicUsize, at_most: usize) -> bool {
    let taken = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
        (taken < at_most).then_some(taken + 1)
    });
    taken.is_ok()
}

/// Whom an address stands for: itself, or its /64. An IPv4 address in IPv6's clothes is the IPv4 address.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(bits.into())
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn allowance() -> Allowance {
        Allowance {
            connections: 3,
            connections_each: 2,
            requests_per_s: 2.0,
            burst: 4.0,
        }
    }

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_bounded_for_each_and_for_all() {
        let callers = Callers::new(allowance());
        let now = Instant::now();
        let first = callers.admit(at("192.0.2.1"), now).unwrap();
        let _second = callers.admit(at("::ffff:192.0.2.1"), now).unwrap();
        assert!(callers.admit(at("192.0.2.1"), now).is_none());
        let _third = callers.admit(at("2001:db8::1"), now).unwrap();
        assert!(
            callers.admit(at("2001:db8:1::1"), now).is_none(),
            "no place for anybody"
        );
        drop(first);
        let _fourth = callers.admit(at("2001:db8::ffff:2"), now).unwrap();
        assert!(callers.is_crowded());
        assert!(
            callers.admit(at("2001:db8::3"), now).is_none(),
            "the same /64"
        );
    }

    #[test]
    fn requests_come_back_with_time() {
        let callers = Callers::new(allowance());
        let now = Instant::now();
        let place = callers.admit(at("192.0.2.1"), now).unwrap();
        let other = callers.admit(at("192.0.2.2"), now).unwrap();
        for _ in 0..4 {
            assert!(place.may_ask(now));
        }
        assert!(!place.may_ask(now));
        assert!(other.may_ask(now));
        // Who hangs up and calls again has no more.
        drop(place);
        let place = callers.admit(at("192.0.2.1"), now).unwrap();
        assert!(!place.may_ask(now));
        let later = now + Duration::from_secs(1);
        assert!(place.may_ask(later));
        assert!(place.may_ask(later));
        assert!(!place.may_ask(later));
    }
}
