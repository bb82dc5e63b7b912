//! Locks, in memory, so many at most, and for so long at most: a program that never comes back holds nobody up for ever.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dav_server::davpath::DavPath;
use dav_server::ls::{DavLock, DavLockSystem, LsFuture};
use xmltree::{Element, XMLNode};

/// The most locks; who asks for more is told that it is locked.
const MAX_LOCKS: usize = 4096;
/// The most of one person.
const MAX_OF_ONE: usize = 256;
/// The longest that a lock stands without being asked for again: programs do so every few minutes.
const MAX_TIME: Duration = Duration::from_mins(30);
/// What is kept of who says to hold a lock, in bytes.
const MAX_OWNER_BYTES: usize = 1024;

/// The locks of one gateway. Clones share them; a restart forgets them.
#[derive(Clone, Default, Debug)]
pub(super) struct Locks(Arc<Mutex<Table>>);

#[derive(Default, Debug)]
struct Table(Vec<Held>);

#[derive(Clone, Debug)]
struct Held {
    lock: DavLock,
    /// Without a `/` at its end.
    path: Vec<u8>,
    until: Instant,
}

impl Held {
    /// Whether something at `path` can't be changed without this lock; with `below`, or something in it.
    fn covers(&self, path: &[u8], below: bool) -> bool {
        self.path == path
            || (self.lock.deep && is_in(path, &self.path))
            || (below && is_in(&self.path, path))
    }
}

impl Table {
    fn forget(&mut self, now: Instant) {
        self.0.retain(|held| held.until > now);
    }

    /// The lock that stands against whoever has those tokens.
    fn against(
        &self,
        path: &[u8],
        below: bool,
        shared_is_fine: bool,
        has: impl Fn(&DavLock) -> bool,
    ) -> Option<&DavLock> {
        let covering = || self.0.iter().filter(|held| held.covers(path, below));
        let (mine, others): (Vec<_>, Vec<_>) = covering().partition(|held| has(&held.lock));
        let mut against = others.into_iter().map(|held| &held.lock);
        against.find(|lock| !lock.shared || (!shared_is_fine && mine.is_empty()))
    }

    fn take(&mut self, wanted: DavLock, below: bool, now: Instant) -> Result<DavLock, DavLock> {
        self.forget(now);
        let path = path_of(&wanted.path);
        if let Some(against) = self.against(&path, below, wanted.shared, |_| false) {
            return Err(against.clone());
        }
        let mut of_one = self
            .0
            .iter()
            .filter(|held| held.lock.principal == wanted.principal);
        let full = match of_one.nth(MAX_OF_ONE - 1) {
            Some(held) => Some(held),
            None => self.0.first().filter(|_| self.0.len() >= MAX_LOCKS),
        };
        if let Some(held) = full {
            return Err(held.lock.clone());
        }
        let until = now + wanted.timeout.unwrap_or(MAX_TIME);
        let lock = wanted.clone();
        self.0.push(Held { lock, path, until });
        Ok(wanted)
    }

    fn find(&mut self, path: &[u8], token: &str) -> Option<usize> {
        let asked = |held: &Held| held.lock.token == token && held.covers(path, false);
        self.0.iter().position(asked)
    }
}

impl Locks {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DavLockSystem for Locks {
    fn lock(
        &'_ self,
        path: &DavPath,
        principal: Option<&str>,
        owner: Option<&Element>,
        timeout: Option<Duration>,
        shared: bool,
        deep: bool,
    ) -> LsFuture<'_, Result<DavLock, DavLock>> {
        let lock = DavLock {
            token: token(),
            path: Box::new(path.clone()),
            principal: principal.map(str::to_owned),
            owner: owner
                .filter(|owner| size(owner) <= MAX_OWNER_BYTES)
                .cloned()
                .map(Box::new),
            timeout_at: None,
            timeout: Some(bounded(timeout)),
            shared,
            deep,
        };
        let taken = self.table().take(lock, deep, Instant::now());
        Box::pin(std::future::ready(taken))
    }

    fn unlock(&'_ self, path: &DavPath, token: &str) -> LsFuture<'_, Result<(), ()>> {
        let mut table = self.table();
        let found = table.find(&path_of(path), token);
        let gone = found.map(|index| drop(table.0.remove(index))).ok_or(());
        Box::pin(std::future::ready(gone))
    }

    fn refresh(
        &'_ self,
        path: &DavPath,
        token: &str,
        timeout: Option<Duration>,
    ) -> LsFuture<'_, Result<DavLock, ()>> {
        let (mut table, now) = (self.table(), Instant::now());
        table.forget(now);
        let found = table.find(&path_of(path), token);
        let refreshed = found.map(|index| {
            let (held, time) = (&mut table.0[index], bounded(timeout));
            held.until = now + time;
            held.lock.timeout = Some(time);
            held.lock.clone()
        });
        Box::pin(std::future::ready(refreshed.ok_or(())))
    }

    fn check(
        &'_ self,
        path: &DavPath,
        principal: Option<&str>,
        ignore_principal: bool,
        deep: bool,
        submitted_tokens: &[String],
    ) -> LsFuture<'_, Result<(), DavLock>> {
        let mut table = self.table();
        table.forget(Instant::now());
        let has = |lock: &DavLock| {
            submitted_tokens.contains(&lock.token)
                && (ignore_principal || lock.principal.as_deref() == principal)
        };
        let against = table.against(&path_of(path), deep, false, has).cloned();
        Box::pin(std::future::ready(against.map_or(Ok(()), Err)))
    }

    fn discover(&'_ self, path: &DavPath) -> LsFuture<'_, Vec<DavLock>> {
        let (mut table, path) = (self.table(), path_of(path));
        table.forget(Instant::now());
        let found = table.0.iter().filter(|held| held.covers(&path, false));
        let found = found.map(|held| held.lock.clone()).collect();
        Box::pin(std::future::ready(found))
    }

    fn delete(&'_ self, path: &DavPath) -> LsFuture<'_, Result<(), ()>> {
        let path = path_of(path);
        let stays = |held: &Held| held.path != path && !is_in(&held.path, &path);
        self.table().0.retain(stays);
        Box::pin(std::future::ready(Ok(())))
    }
}

fn path_of(path: &DavPath) -> Vec<u8> {
    let bytes = path.as_bytes();
    bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec()
}

/// Whether `path` is in the folder `folder`, at any depth.
fn is_in(path: &[u8], folder: &[u8]) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with(b"/"))
}

fn bounded(timeout: Option<Duration>) -> Duration {
    timeout.unwrap_or(MAX_TIME).min(MAX_TIME)
}

/// A name that nobody guesses (RFC 4122 §4.4).
fn token() -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random)
        .expect("the system has randomness, without which nothing here started");
    let [a, b, c, d, e, f, g, h, rest @ ..] = random;
    let first = u32::from_be_bytes([a, b, c, d]);
    let second = u16::from_be_bytes([e, f]);
    let third = u16::from_be_bytes([g, h]) & 0x0fff;
    let fourth = u16::from_be_bytes([rest[0], rest[1]]) & 0x3fff;
    let last = rest[2..]
        .iter()
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    format!(
        "urn:uuid:{first:08x}-{second:04x}-4{third:03x}-{:04x}-{last:012x}",
        fourth | 0x8000
    )
}

fn size(element: &Element) -> usize {
    let attributes = element.attributes.iter();
    let attributes: usize = attributes
        .map(|(name, value)| format!("{name:?}").len() + value.len())
        .sum();
    let children = element.children.iter().map(|child| match child {
        XMLNode::Element(element) => size(element),
        XMLNode::Text(text) | XMLNode::CData(text) | XMLNode::Comment(text) => text.len(),
        XMLNode::ProcessingInstruction(..) => MAX_OWNER_BYTES,
    });
    element.name.len() + attributes + children.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(path: &str, of: &str, shared: bool) -> DavLock {
        DavLock {
            token: token(),
            path: Box::new(DavPath::new(path).expect("a path")),
            principal: Some(of.to_owned()),
            owner: None,
            timeout_at: None,
            timeout: Some(MAX_TIME),
            shared,
            deep: true,
        }
    }

    #[test]
    fn a_lock_stands_for_its_time_and_no_longer() {
        let (mut table, now) = (Table::default(), Instant::now());
        let held = table
            .take(wanted("/a/b", "one", false), true, now)
            .expect("it is free");
        for path in ["/a/b", "/a/b/c", "/a"] {
            let other = table.take(wanted(path, "two", false), true, now);
            assert_eq!(
                other.err().map(|lock| lock.token),
                Some(held.token.clone()),
                "{path}"
            );
        }
        assert!(table.take(wanted("/a/bc", "two", false), true, now).is_ok());
        let later = now + MAX_TIME;
        assert!(
            table
                .take(wanted("/a/b", "two", false), true, later)
                .is_ok()
        );
        assert_eq!(table.0.len(), 1, "what was over is forgotten");
    }

    #[test]
    fn shared_ones_stand_together() {
        let (mut table, now) = (Table::default(), Instant::now());
        let one = table
            .take(wanted("/a", "one", true), true, now)
            .expect("it is free");
        let two = table
            .take(wanted("/a", "two", true), true, now)
            .expect("it is shared");
        assert!(table.take(wanted("/a", "three", false), true, now).is_err());
        let path = b"/a".as_slice();
        assert!(
            table
                .against(path, false, false, |lock| lock.token == one.token)
                .is_none()
        );
        assert!(table.against(path, false, false, |_| false).is_some());
        let index = table.find(path, &two.token).expect("it is held");
        table.0.remove(index);
        assert!(table.find(path, &two.token).is_none());
    }

    #[test]
    fn there_are_so_many_at_most() {
        let (mut table, now) = (Table::default(), Instant::now());
        let mut take = |number: usize, of: String| {
            table
                .take(wanted(&format!("/f{number}"), &of, false), true, now)
                .is_ok()
        };
        assert!((0..MAX_OF_ONE).all(|number| take(number, "one".into())));
        assert!(!take(MAX_OF_ONE, "one".into()));
        let others = (MAX_OF_ONE..MAX_LOCKS).all(|number| take(number, (number % 32).to_string()));
        assert!(others);
        assert!(!take(MAX_LOCKS, "nobody else".into()));
    }

    #[test]
    fn tokens_are_of_the_kind_that_programs_expect() {
        let token = token();
        assert_eq!(
            (token.len(), &token[..9], &token[23..24]),
            (45, "urn:uuid:", "4")
        );
    }
}
