//! What changes from one manifest to the next.

use amana_sites::Manifest;
use serde::Serialize;

/// Addresses of each sort that are named; all are counted.
const MAX_NAMED: usize = 200;

/// What changed.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub(super) struct Difference {
    pub(super) added: Addresses,
    pub(super) changed: Addresses,
    pub(super) removed: Addresses,
    /// Whether `_redirects`, `_headers` or `_applications` say something else.
    pub(super) rules: bool,
}

/// Addresses of one sort.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub(super) struct Addresses {
    pub(super) count: u64,
    /// The first of them.
    pub(super) first: Vec<String>,
}

impl Addresses {
    fn note(&mut self, address: &str) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(address.to_owned());
        }
    }

    /// How many aren't named.
    pub(super) fn others(&self) -> u64 {
        self.count - self.first.len() as u64
    }
}

impl Difference {
    /// From one to the other.
    pub(super) fn between(before: &Manifest, after: &Manifest) -> Self {
        let mut found = Self::default();
        for (address, file) in after.files() {
            match before.files().get(address) {
                None => found.added.note(address),
                Some(known) if known != file => found.changed.note(address),
                Some(_) => {}
            }
        }
        for address in before.files().keys() {
            if !after.files().contains_key(address) {
                found.removed.note(address);
            }
        }
        found.rules = !before.has_rules_of(after);
        found
    }

    /// Of a first deploy.
    pub(super) fn of_all(manifest: &Manifest) -> Self {
        let mut found = Self::default();
        for address in manifest.files().keys() {
            found.added.note(address);
        }
        found
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.count + self.changed.count + self.removed.count == 0 && !self.rules
    }
}
