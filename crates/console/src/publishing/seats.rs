//! Seats: how many folders come in at once, from the whole data centre and from one institution.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Folders that come in at once.
const AT_ONCE: usize = 8;
/// Folders of one institution that come in at once: slow ones of a few institutions leave room for the others.
const OF_ONE: usize = 2;

/// What each institution has taken; none that has none.
type Taken = Arc<Mutex<BTreeMap<String, usize>>>;

/// The seats of a data centre's pages.
pub(super) struct Seats {
    common: Arc<Semaphore>,
    taken: Taken,
}

/// A seat; free again when this is dropped.
pub(super) struct Seat {
    _own: Own,
    _common: OwnedSemaphorePermit,
}

struct Own {
    institution: String,
    taken: Taken,
}

impl Seats {
    pub(super) fn new() -> Self {
        Self {
            common: Arc::new(Semaphore::new(AT_ONCE)),
            taken: Taken::default(),
        }
    }

    /// A seat for that institution, if it and the data centre have one left.
    pub(super) fn take(&self, institution: &str) -> Option<Seat> {
        let own = Own::take(&self.taken, institution)?;
        let common = self.common.clone().try_acquire_owned().ok()?;
        Some(Seat {
            _own: own,
            _common: common,
        })
    }
}

impl Own {
    fn take(taken: &Taken, institution: &str) -> Option<Self> {
        let mut counts = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(institution).copied().unwrap_or_default();
        if count == OF_ONE {
            return None;
        }
        counts.insert(institution.to_owned(), count + 1);
        Some(Self {
            institution: institution.to_owned(),
            taken: taken.clone(),
        })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut counts = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.institution) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.institution)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, OF_ONE, Seats};

    #[test]
    fn one_institution_leaves_seats_to_the_others() {
        let seats = Seats::new();
        let mut held: Vec<_> = (0..OF_ONE).map(|_| seats.take("finances")).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(seats.take("finances").is_none());
        for number in 0..AT_ONCE - OF_ONE {
            let seat = seats.take(&format!("other-{number}"));
            assert!(seat.is_some());
            held.push(seat);
        }
        assert!(seats.take("late").is_none(), "all are taken");
        held.remove(0);
        let again = seats.take("finances");
        assert!(again.is_some());
        drop((held, again));
        let counts = seats.taken.lock().unwrap();
        assert!(counts.is_empty(), "who has none isn't remembered");
    }
}
