//! What the data centre had and has lost goes back to it from the mirror: entries first, then their content.
//!
//! It happens by itself, as soon as the data centre signs a checkpoint that is shorter than what is here. Nothing false
//! can come of it: the data centre takes only entries that lead from its own head to a checkpoint that its own key signed,
//! and content that has the digests in them. Whether what it did was an honest restore or a rollback is another question,
//! which the alarm puts to people; giving back only makes the evidence longer.

use std::io::Read;

use amana_ledger::{Checkpoint, MAX_NOTE_BYTES};
use amana_store::EntryId;
use amana_store::mirror::home::HomeMirror;
use amana_store::mirror::{MAX_SEGMENT_BYTES, Segment};
use bytes::Bytes;
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::contents::Brought;
use super::opening::counted;
use super::{Mirroring, lock};
use crate::{Error, Result, wire};

/// That something is being given back: what a crash interrupts is begun again.
const GIVING: &str = "giving-back";
/// Entries of one request end at the first checkpoint beyond this.
const ENOUGH_BYTES: usize = 16 * 1024 * 1024;
/// The longest answer.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Bytes of content that are read at once, and how many such runs wait for the line.
const READ_BYTES: usize = 64 * 1024;
const AHEAD: usize = 4;

/// What became of entries.
#[derive(Deserialize)]
struct TakenBack {
    entries: u64,
}

/// Which contents are missing, from one entry on.
#[derive(Deserialize)]
struct Missing {
    contents: Vec<u64>,
    next: Option<u64>,
}

/// What became of content.
#[derive(Deserialize)]
struct TakenContent {
    taken: bool,
}

impl Mirroring {
    /// Gives back what the data centre lacks, if it lacks anything.
    pub(super) fn give_back(&self, handle: &Handle, open: &super::Open) -> Result<()> {
        let home = &open.home;
        let trust = &self.parts.follower.trust;
        let path = format!("/ledgers/{}/checkpoint", trust.row.name);
        let note = match handle.block_on(self.parts.centre.get(&path, MAX_NOTE_BYTES)) {
            // Whoever is away is asked again; what else it says is the follower's to judge.
            Err(_) => return Ok(()),
            Ok(note) => note,
        };
        let Ok((signed, _)) = Checkpoint::open(&note, &trust.row.log) else {
            return Ok(());
        };
        if signed.size < counted(home)? {
            tracing::warn!(
                has = signed.size,
                mirrored = counted(home)?,
                "the data centre has lost entries: they are given back"
            );
            self.note_giving()?;
            self.entries_back(handle, home, signed.size)?;
        }
        if !self.file(GIVING).exists() {
            return Ok(());
        }
        self.contents_back(handle, home)?;
        let done = std::fs::remove_file(self.file(GIVING));
        done.map_err(Error::file("remove", &self.file(GIVING)))
    }

    /// Notes that something is to be given back.
    pub(super) fn note_giving(&self) -> Result<()> {
        self.keep(GIVING, b"")
    }

    pub(super) fn tell_given(&self, given: &Result<()>) {
        let why = given.as_ref().err().map(Error::to_string);
        let mut status = lock(&self.status);
        if status.not_taken != why {
            if let Some(why) = &why {
                tracing::warn!(why, "giving back doesn't go on; trying again");
            }
            status.not_taken = why;
        }
    }

    /// Hands in the entries from `from` on, in parts that each end at a signed checkpoint.
    fn entries_back(&self, handle: &Handle, home: &HomeMirror, from: u64) -> Result<()> {
        let Some(head) = home.ledger() else {
            return Ok(());
        };
        let (checkpoint, note) = head.checkpoint()?;
        let mut part: Option<Segment> = None;
        let mut failed = None;
        home.each_segment(self.ledger, from, &mut |segment| {
            let joined = match part.take() {
                None => segment,
                Some(mut before) => {
                    before.append(segment);
                    before
                }
            };
            let is_last = joined.name.until >= checkpoint.size;
            let mut joined = joined;
            if is_last && joined.name.until == checkpoint.size {
                joined.checkpoint = Some(note.clone());
            }
            let ends =
                joined.checkpoint.is_some() && (is_last || joined.encode().len() >= ENOUGH_BYTES);
            if !ends {
                part = Some(joined);
                return Ok(());
            }
            self.hand_in(handle, joined).map_err(|error| {
                let why = error.to_string();
                failed = Some(error);
                amana_store::Error::Failed { why }
            })
        })
        .map_err(|error| failed.take().unwrap_or(Error::Store(error)))
    }

    fn hand_in(&self, handle: &Handle, mut segment: Segment) -> Result<()> {
        let (from, until) = (segment.name.from, segment.name.until);
        let mut bytes = segment.encode();
        if bytes.len() as u64 > MAX_SEGMENT_BYTES {
            // Content goes back by itself as well.
            segment.contents.clear();
            bytes = segment.encode();
        }
        let path = format!("/api/v1/given-back/vault?from={from}&until={until}");
        let centre = &self.parts.centre;
        let sent = centre.post(
            &path,
            "application/octet-stream",
            bytes.into(),
            MAX_ANSWER_BYTES,
        );
        let taken: TakenBack = wire::json(&path, &handle.block_on(sent)?)?;
        tracing::info!(
            from,
            until,
            entries = taken.entries,
            "entries were given back"
        );
        lock(&self.status).given_back += taken.entries;
        Ok(())
    }

    /// Hands in what the data centre says that it lacks, as far as it is here.
    fn contents_back(&self, handle: &Handle, home: &HomeMirror) -> Result<()> {
        let mut from = Some(0);
        while let Some(first) = from {
            let path = format!("/api/v1/given-back/missing?from={first}");
            let answer = handle.block_on(self.parts.centre.get(&path, MAX_ANSWER_BYTES))?;
            let missing: Missing = wire::json(&path, &answer)?;
            for index in missing.contents {
                self.give_way()?;
                self.content_back(handle, home, index)?;
            }
            // An answer that leads nowhere would never end.
            from = missing.next.filter(|next| *next > first);
        }
        Ok(())
    }

    fn content_back(&self, handle: &Handle, home: &HomeMirror, index: u64) -> Result<()> {
        if index >= home.end(self.ledger) {
            return Ok(());
        }
        let segment = home.segment_of(self.ledger, index)?;
        let entry = segment
            .entries
            .iter()
            .find(|entry| entry.id.index() == index);
        let Some(brought) = entry.map(Brought::of).transpose()?.flatten() else {
            return Ok(());
        };
        let mut runs: Vec<Box<dyn Read + Send>> = Vec::new();
        for extent in &brought.extents {
            let run = match (extent.blob, EntryId::new(self.ledger, index)) {
                (Some(blob), _) => home.blob(blob)?,
                (None, Some(entry)) => home
                    .content(entry)?
                    .map(|bytes| Box::new(std::io::Cursor::new(bytes)) as Box<dyn Read + Send>),
                (None, None) => None,
            };
            match run {
                Some(run) => runs.push(run),
                None => {
                    tracing::warn!(
                        index,
                        "content that the data centre lost isn't in the mirror either"
                    );
                    return Ok(());
                }
            }
        }
        let size_bytes: u64 = brought.extents.iter().map(|extent| extent.size_bytes).sum();
        let (sender, receiver) = mpsc::channel(AHEAD);
        handle.spawn_blocking(move || send_all(runs, &sender));
        let stream = futures::stream::unfold(receiver, |mut receiver| async move {
            Some((receiver.recv().await?, receiver))
        });
        let path = format!("/api/v1/given-back/contents/{index}");
        let put = self
            .parts
            .centre
            .put(&path, stream, size_bytes, MAX_ANSWER_BYTES);
        let taken: TakenContent = wire::json(&path, &handle.block_on(put)?)?;
        lock(&self.status).contents_given_back += u64::from(taken.taken);
        Ok(())
    }
}

fn send_all(runs: Vec<Box<dyn Read + Send>>, to: &mpsc::Sender<std::io::Result<Bytes>>) {
    for mut run in runs {
        loop {
            let mut chunk = vec![0; READ_BYTES];
            let read = run.read(&mut chunk).map(|read| {
                chunk.truncate(read);
                Bytes::from(chunk)
            });
            let is_last = read.as_ref().map_or(true, Bytes::is_empty);
            let is_end = read.as_ref().is_ok_and(Bytes::is_empty);
            // Nobody who listens any more has been told why.
            if !is_end && to.blocking_send(read).is_err() {
                return;
            }
            if is_last {
                break;
            }
        }
    }
}
