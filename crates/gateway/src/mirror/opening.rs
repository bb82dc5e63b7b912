//! The place, opened: whether it is the right one, and where it goes on.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use amana_ledger::{Checkpoint, Frontier, Note, leaf_hash};
use amana_store::mirror::home::HomeMirror;
use amana_store::mirror::{FolderPlace, MirrorKey};
use tokio::runtime::Handle;

use super::{Mirroring, Open};
use crate::{Error, Result};

/// That a mirror was begun, and of what: the ledger's origin, and the place.
const BEGUN: &str = "begun";
/// What was seen in the place; losing it costs reading.
const SEEN: &str = "seen";
/// The tree up to the last entry that is there; losing it costs reading.
const FRONTIER: &str = "frontier";

impl Mirroring {
    /// Opens the place and finds where it goes on. What stands in it beyond its head is kept if it belongs to the ledger.
    pub(super) fn open(&self, handle: &Handle, followed: &(Checkpoint, Note)) -> Result<Open> {
        let place = Arc::new(FolderPlace::open(&self.parts.options.place)?);
        let begun = format!(
            "{}\n{}\n",
            self.parts.follower.trust.origin(),
            self.parts.options.place.display()
        );
        let known = fs::read_to_string(self.file(BEGUN)).is_ok_and(|known| known == begun);
        let key = MirrorKey::from_seed(self.parts.keys.member().identity_seed());
        let mut home = HomeMirror::begin(place, key, known, Some(self.file(SEEN)))?;
        self.is_ours(&home)?;
        if !known {
            self.keep(BEGUN, begun.as_bytes())?;
        }
        let mut frontier = self.frontier_of(&home)?;
        if !self.is_of_the_ledger(handle, &home, &frontier, followed)? {
            let counted = counted(&home)?;
            home.cut(self.ledger, counted)?;
            frontier = self.read_all(&home)?;
            if !self.is_of_the_ledger(handle, &home, &frontier, followed)? {
                return Err(self.wrong(
                    &home,
                    "it holds another history of this ledger: keep it, and give the gateway another folder",
                ));
            }
        }
        Ok(Open {
            home,
            frontier,
            swept: None,
            receipt_of: 0,
        })
    }

    /// A place that holds another ledger is left alone: it may be all that is left of that one.
    fn is_ours(&self, home: &HomeMirror) -> Result<()> {
        let Some(ledger) = home.ledger() else {
            return Ok(());
        };
        let origin = ledger.checkpoint()?.0.origin;
        if origin == self.parts.follower.trust.origin() && ledger.ledger() == self.ledger {
            return Ok(());
        }
        let why =
            format!("it is the mirror of {origin}: keep it, and give the gateway another folder");
        Err(self.wrong(home, &why))
    }

    /// Whether what is there and the followed ledger begin alike, however long each is.
    fn is_of_the_ledger(
        &self,
        handle: &Handle,
        home: &HomeMirror,
        frontier: &Frontier,
        (followed, _): &(Checkpoint, Note),
    ) -> Result<bool> {
        if frontier.size() == 0 {
            return Ok(true);
        }
        if frontier.size() <= followed.size {
            return handle.block_on(self.parts.follower.begins_with(frontier, followed));
        }
        // Ahead of what this gateway follows, which began anew or was set back: the place proves it by itself.
        let mut ahead = Frontier::new();
        let mut found = None;
        home.each_segment(self.ledger, 0, &mut |segment| {
            for entry in &segment.entries {
                if ahead.size() == followed.size {
                    found.get_or_insert(ahead.root());
                }
                ahead.push(leaf_hash(&entry.leaf()));
            }
            Ok(())
        })?;
        Ok(found == Some(followed.root))
    }

    /// The tree of what is there: as it was noted, or made again by reading.
    fn frontier_of(&self, home: &HomeMirror) -> Result<Frontier> {
        let noted = fs::read(self.file(FRONTIER)).ok();
        let noted = noted.and_then(|bytes| Frontier::from_bytes(&bytes).ok());
        match noted.filter(|noted| noted.size() == home.end(self.ledger)) {
            Some(noted) => Ok(noted),
            None => self.read_all(home),
        }
    }

    fn read_all(&self, home: &HomeMirror) -> Result<Frontier> {
        let mut frontier = Frontier::new();
        home.each_segment(self.ledger, 0, &mut |segment| {
            for entry in &segment.entries {
                frontier.push(leaf_hash(&entry.leaf()));
            }
            Ok(())
        })?;
        Ok(frontier)
    }

    /// Notes the tree of what is there.
    pub(super) fn keep_frontier(&self, frontier: &Frontier) -> Result<()> {
        self.keep(FRONTIER, &frontier.to_bytes())
    }

    /// A file of the gateway's own about its mirror.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.parts.folder.join(name)
    }

    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, new) = (self.file(name), self.file(&format!("{name}.new")));
        let written = fs::write(&new, bytes).and_then(|()| fs::rename(&new, &path));
        written.map_err(Error::file("write", &path))
    }

    fn wrong(&self, home: &HomeMirror, why: &str) -> Error {
        Error::Setting {
            what: format!("mirror = {:?}", home.describe()),
            why: why.to_owned(),
        }
    }
}

/// Entries that the head counts.
pub(super) fn counted(home: &HomeMirror) -> Result<u64> {
    let head = home
        .ledger()
        .map(|ledger| ledger.checkpoint())
        .transpose()?;
    Ok(head.map_or(0, |(head, _)| head.size))
}
