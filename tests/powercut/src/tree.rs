//! Names and files: as programs see them, and as a cut leaves them.
//!
//! A name is durable once its folder was synced, whatever was synced of the file. A rename is two changes, the new name
//! and then the end of the old one: a cut may leave both names, never neither. Modes and owners are durable at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::content::Content;
use crate::draw::{Draw, Kept};

/// The number of the root.
pub(crate) const ROOT: u64 = 1;

/// What a number names.
#[derive(Clone)]
pub(crate) enum Body {
    File(Content),
    Folder(BTreeMap<OsString, u64>),
    Link(PathBuf),
    Socket,
}

/// A file, a folder, or what else has a number.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) body: Body,
    /// Permissions alone.
    pub(crate) mode: u16,
    pub(crate) owner: (u32, u32),
    pub(crate) changed: SystemTime,
}

/// One name that changed and whose folder was not synced since.
#[derive(Clone)]
struct NameChange {
    number: u64,
    folder: u64,
    name: OsString,
    to: Option<u64>,
    /// The change without which this one must not be.
    after: Option<u64>,
}

/// All of a disk.
#[derive(Clone)]
pub(crate) struct Tree {
    nodes: HashMap<u64, Node>,
    /// The folders' names on the platter.
    durable: HashMap<u64, BTreeMap<OsString, u64>>,
    pending: Vec<NameChange>,
    next: u64,
}

impl Tree {
    /// A root and nothing else.
    pub(crate) fn new(root: Node) -> Self {
        Self {
            nodes: HashMap::from([(ROOT, root)]),
            durable: HashMap::from([(ROOT, BTreeMap::new())]),
            pending: Vec::new(),
            next: ROOT + 1,
        }
    }

    pub(crate) fn node(&self, id: u64) -> Option<&Node> {
        self.nodes.get(&id)
    }

    pub(crate) fn node_mut(&mut self, id: u64) -> Option<&mut Node> {
        self.nodes.get_mut(&id)
    }

    pub(crate) fn content_mut(&mut self, id: u64) -> Option<&mut Content> {
        match &mut self.nodes.get_mut(&id)?.body {
            Body::File(content) => Some(content),
            _ => None,
        }
    }

    /// The names in a folder.
    pub(crate) fn names(&self, folder: u64) -> Option<&BTreeMap<OsString, u64>> {
        match &self.nodes.get(&folder)?.body {
            Body::Folder(names) => Some(names),
            _ => None,
        }
    }

    pub(crate) fn lookup(&self, folder: u64, name: &OsStr) -> Option<u64> {
        self.names(folder)?.get(name).copied()
    }

    /// Makes something new under a name.
    pub(crate) fn make(&mut self, folder: u64, name: &OsStr, node: Node) -> u64 {
        let id = self.next;
        self.next += 1;
        if matches!(node.body, Body::Folder(_)) {
            self.durable.insert(id, BTreeMap::new());
        }
        self.nodes.insert(id, node);
        self.set(folder, name, Some(id), None);
        id
    }

    /// One more name for a file.
    pub(crate) fn link(&mut self, folder: u64, name: &OsStr, id: u64) {
        self.set(folder, name, Some(id), None);
    }

    pub(crate) fn unlink(&mut self, folder: u64, name: &OsStr) {
        self.set(folder, name, None, None);
    }

    pub(crate) fn rename(&mut self, from: (u64, &OsStr), to: (u64, &OsStr)) {
        let Some(id) = self.lookup(from.0, from.1) else {
            return;
        };
        if self.lookup(to.0, to.1) == Some(id) {
            return;
        }
        let made = self.set(to.0, to.1, Some(id), None);
        self.set(from.0, from.1, None, Some(made));
    }

    fn set(&mut self, folder: u64, name: &OsStr, to: Option<u64>, after: Option<u64>) -> u64 {
        if let Some(Node {
            body: Body::Folder(names),
            ..
        }) = self.nodes.get_mut(&folder)
        {
            match to {
                Some(id) => names.insert(name.to_owned(), id),
                None => names.remove(name),
            };
        }
        let number = self.next;
        self.next += 1;
        self.pending.push(NameChange {
            number,
            folder,
            name: name.to_owned(),
            to,
            after,
        });
        number
    }

    /// The names in a folder are durable on return.
    pub(crate) fn sync_folder(&mut self, folder: u64) {
        let mut wanted: BTreeSet<u64> = BTreeSet::new();
        for change in self.pending.iter().filter(|one| one.folder == folder) {
            wanted.insert(change.number);
            wanted.extend(change.after);
        }
        // What another folder's change overtook must not come back over it.
        for change in self.pending.clone() {
            let overtaken = self.pending.iter().any(|one| {
                wanted.contains(&one.number)
                    && one.number > change.number
                    && (one.folder, &one.name) == (change.folder, &change.name)
            });
            if overtaken {
                wanted.insert(change.number);
            }
        }
        let (now, later) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|one| wanted.contains(&one.number));
        self.pending = later;
        self.apply(now);
    }

    fn apply(&mut self, changes: Vec<NameChange>) {
        for change in changes {
            let names = self.durable.entry(change.folder).or_default();
            match change.to {
                Some(id) => names.insert(change.name, id),
                None => names.remove(&change.name),
            };
        }
    }

    /// How many names and files hold what was not synced.
    pub(crate) fn unsynced(&self) -> (usize, usize) {
        let files = self.nodes.values().filter(|node| match &node.body {
            Body::File(content) => !content.is_synced(),
            _ => false,
        });
        (self.pending.len(), files.count())
    }

    /// A disk as a power cut leaves it. What it holds was synced, all of it.
    pub(crate) fn after_cut(&self, draw: &mut Draw) -> Self {
        let mut cut = Self {
            nodes: HashMap::new(),
            durable: self.durable.clone(),
            pending: Vec::new(),
            next: self.next,
        };
        let kept = self.kept(draw);
        cut.apply(kept);
        let data = Kept::drawn(draw);
        cut.settle(ROOT, self, draw, data);
        cut.durable.retain(|id, _| cut.nodes.contains_key(id));
        cut
    }

    /// The changes of names that a cut keeps, in their order.
    fn kept(&self, draw: &mut Draw) -> Vec<NameChange> {
        let names = Kept::drawn(draw);
        let mut missed = BTreeSet::new();
        let mut kept = Vec::new();
        for change in &self.pending {
            let may = change.after.is_none_or(|after| !missed.contains(&after));
            let does = match names {
                Kept::Nothing => false,
                Kept::All => true,
                Kept::Some => draw.once_in(2),
            };
            if may && does {
                kept.push(change.clone());
            } else {
                missed.insert(change.number);
            }
        }
        kept
    }

    /// Takes over what is durable below a number, each file once.
    fn settle(&mut self, id: u64, before: &Self, draw: &mut Draw, data: Kept) {
        let Some(node) = before.nodes.get(&id) else {
            return;
        };
        let body = match &node.body {
            _ if self.nodes.contains_key(&id) => return,
            Body::File(content) => Body::File(Content::synced(content.after_cut(draw, data))),
            Body::Folder(_) => Body::Folder(self.durable.get(&id).cloned().unwrap_or_default()),
            Body::Link(target) => Body::Link(target.clone()),
            Body::Socket => Body::Socket,
        };
        let below: Vec<u64> = match &body {
            Body::Folder(names) => names.values().copied().collect(),
            _ => Vec::new(),
        };
        self.nodes.insert(
            id,
            Node {
                body,
                ..node.clone()
            },
        );
        for one in below {
            self.settle(one, before, draw, data);
        }
    }
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
