//! What the place lacks, in an order that leaves a valid older state at any instant.

use std::sync::atomic::Ordering;
use std::time::Duration;

use amana_ledger::{Checkpoint, Frontier, Note, leaf_hash};
use amana_seal::age::Recipient;
use amana_store::mirror::home::{Paper, Stands};
use amana_store::mirror::{
    CosignedLine, FULL_SEGMENT_BYTES, Head, HeadLedger, MAX_SEGMENT_ENTRIES, Segment, SegmentName,
};
use amana_store::{Entry, EntryId, Visibility, clock};
use amana_vault::Vault;
use tokio::runtime::Handle;
use tokio::time::Instant;

use super::opening::counted;
use super::{Mirroring, Open, Swept, lock};
use crate::wire::{self, ActText, Acts};
use crate::{Error, LEDGER, Result};

/// Between two readings of the whole place for what leaves.
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 3600);

impl Mirroring {
    /// Copies up to the followed head, then puts the head, joins, and takes out what left.
    pub(super) fn copy(
        &self,
        handle: &Handle,
        open: &mut Open,
        followed: &(Checkpoint, Note),
        others: &[Recipient],
    ) -> Result<()> {
        let (head, _) = followed;
        while open.frontier.size() < head.size {
            self.give_way()?;
            self.segment(handle, open, followed, others)?;
        }
        let before = counted(&open.home)?;
        if head.size > before || (head.size == before && self.is_cosigned_further(open)?) {
            self.put_head(open, followed, others)?;
        }
        self.receipt(handle, open, others)?;
        open.home.join_small(self.ledger, others)?;
        self.sweep(open, others)
    }

    /// Copies what one segment holds: its content first.
    fn segment(
        &self,
        handle: &Handle,
        open: &mut Open,
        followed: &(Checkpoint, Note),
        others: &[Recipient],
    ) -> Result<()> {
        let (head, note) = followed;
        let from = open.frontier.size();
        let (entries, ahead) = self.entries(handle, &open.frontier, head)?;
        let until = ahead.size();
        let mut segment = Segment {
            name: SegmentName {
                ledger: self.ledger,
                from,
                until,
            },
            entries,
            contents: Vec::new(),
            chunks: Vec::new(),
            checkpoint: (until == head.size).then(|| note.clone()),
        };
        self.contents(handle, open, &mut segment, others)?;
        open.home.put_segment(&segment, others)?;
        open.frontier = ahead;
        self.keep_frontier(&open.frontier)
    }

    /// The next entries, which the followed tree must begin with.
    fn entries(
        &self,
        handle: &Handle,
        before: &Frontier,
        head: &Checkpoint,
    ) -> Result<(Vec<Entry>, Frontier)> {
        let mut ahead = before.clone();
        let (mut entries, mut bytes) = (Vec::new(), 0);
        let enough = |entries: usize, bytes: usize| {
            entries as u64 >= MAX_SEGMENT_ENTRIES - 256 || bytes >= FULL_SEGMENT_BYTES
        };
        while ahead.size() < head.size && !enough(entries.len(), bytes) {
            self.give_way()?;
            let follower = &self.parts.follower;
            let path = format!("/ledgers/{}/acts/{}", follower.trust.row.name, ahead.size());
            let page = handle.block_on(self.parts.centre.get(&path, wire::MAX_ACTS_BYTES))?;
            bytes += page.len();
            let Acts { acts } = wire::json(&path, &page)?;
            if acts.is_empty() {
                return Err(Error::malformed(
                    &path,
                    "it has no acts, and there must be some",
                ));
            }
            for act in acts {
                if ahead.size() == head.size {
                    break;
                }
                if act.index != ahead.size() || !act.body_stands() {
                    return Err(Error::malformed(
                        &path,
                        "its acts are not those that were followed",
                    ));
                }
                ahead.push(leaf_hash(&act.leaf()));
                entries.push(self.entry(act)?);
            }
        }
        match handle.block_on(self.parts.follower.begins_with(&ahead, head))? {
            true => Ok((entries, ahead)),
            false => Err(Error::malformed(
                "the acts that are to be mirrored",
                "they are not those that were followed",
            )),
        }
    }

    fn entry(&self, act: ActText) -> Result<Entry> {
        let id = EntryId::new(self.ledger, act.index);
        Ok(Entry {
            id: id.ok_or(Error::Store(amana_store::Error::TooLarge {
                what: "an entry's index",
                max: 1 << 40,
            }))?,
            text: act.core.into_bytes(),
            body_hash: act.body_hash,
            body: act.body.map(|body| (body.salt, body.text.into_bytes())),
        })
    }

    /// Whether witnesses cosigned more of what the head counts than it says.
    fn is_cosigned_further(&self, open: &Open) -> Result<bool> {
        let size = counted(&open.home)?;
        let known = open.home.ledger().map_or(&[][..], |head| &head.cosigned);
        let lines = lock(&self.cosigned);
        let mut of_head = lines.iter().filter(|line| line.size <= size);
        Ok(of_head.any(|line| !known.iter().any(|known| known.line == line.line)))
    }

    fn put_head(
        &self,
        open: &mut Open,
        (head, note): &(Checkpoint, Note),
        others: &[Recipient],
    ) -> Result<()> {
        let trust = &self.parts.follower.trust;
        // Once: both are pinned, and never change under one ledger.
        if open.home.head().is_none() {
            let row = trust.note.to_string();
            open.home.put_paper(Paper::Row, row.as_bytes(), others)?;
        }
        if open.home.paper(Paper::Policy)?.as_deref() != Some(&*self.parts.policy) {
            open.home
                .put_paper(Paper::Policy, &self.parts.policy, others)?;
        }
        let lines = lock(&self.cosigned);
        let cosigned = lines.iter().filter(|line| line.size <= head.size);
        let cosigned = cosigned.map(|line| CosignedLine {
            size: line.size,
            line: line.line.clone(),
        });
        let ledger = HeadLedger {
            id: self.ledger.0,
            name: trust.row.name.clone(),
            visibility: Visibility::Private,
            checkpoint: note.to_string(),
            cosigned: cosigned.collect(),
        };
        drop(lines);
        let centre = trust.origin().split("/ledgers/").next().unwrap_or_default();
        let head = Head::new(centre, clock::system_ms(), vec![ledger]);
        Ok(open.home.put_head(head, others)?)
    }

    /// The receipt of the newest act that witnesses saw: with it the ledger up to there is proved to anybody.
    fn receipt(&self, handle: &Handle, open: &mut Open, others: &[Recipient]) -> Result<()> {
        let witnessed = self.witnessed.load(Ordering::Relaxed);
        if witnessed <= open.receipt_of || witnessed > counted(&open.home)? {
            return Ok(());
        }
        let name = &self.parts.follower.trust.row.name;
        let path = format!("/receipts/{name}/{}", witnessed - 1);
        let found = handle.block_on(
            self.parts
                .centre
                .get(&path, amana_ledger::MAX_RECEIPT_BYTES),
        );
        // There is none before the next epoch closes; then the next round asks again.
        if let Ok(receipt) = found {
            open.home.put_paper(Paper::Receipt, &receipt, others)?;
            open.receipt_of = witnessed;
        }
        Ok(())
    }

    /// Takes erased bodies out as soon as an act erased them, and deleted content when its days are over.
    fn sweep(&self, open: &mut Open, others: &[Recipient]) -> Result<()> {
        let rows = &self.parts.rows;
        let erased = rows.read(|rows| {
            let sql = "SELECT COUNT(*) FROM gateway_erased WHERE by_entry IS NOT NULL";
            Ok(rows.one(sql, &[], |row| row.int(0))?.unwrap_or(0))
        })?;
        let due =
            |swept: &Swept| swept.erased != erased || Instant::now() - swept.at >= SWEEP_EVERY;
        if !open.swept.as_ref().is_none_or(due) {
            return Ok(());
        }
        let stands = |entry: &Entry| {
            self.give_way().map_err(|_| stopping())?;
            let rows = &self.parts.rows.0;
            rows.read(|rows| {
                let sql = "SELECT 1 FROM gateway_erased WHERE entry = $1 AND by_entry IS NOT NULL";
                let index = entry.id.index().cast_signed();
                let gone = rows.one(sql, &[amana_store::Value::Int(index)], |_| Ok(()))?;
                Ok(Stands {
                    body: gone.is_none(),
                    content: gone.is_none() && Vault::still_holds(rows, LEDGER, entry)?,
                })
            })
        };
        let now = (clock::system_ms(), self.parts.options.hold_days);
        let mentions = &|entry: &Entry| Vault::mentions(entry);
        let swept = open
            .home
            .sweep(self.ledger, now, others, &stands, mentions)?;
        if swept.erased + swept.removed > 0 {
            tracing::info!(
                erased = swept.erased,
                removed = swept.removed,
                "the mirror let go"
            );
        }
        open.swept = Some(Swept {
            at: Instant::now(),
            erased,
        });
        Ok(())
    }
}

fn stopping() -> amana_store::Error {
    amana_store::Error::Stopped {
        why: "the gateway is stopping".into(),
    }
}
