//! Bodies that the institution had erased: such an act is passed over, and the note that an admin signed must follow.
//!
//! What the act did went with its body. It may be erased only when nothing stands on it any more, so that whoever never saw
//! it misses nothing; and an act that follows it on its slot says, under its own signature, that it moved that slot.

use std::collections::BTreeSet;

use amana_ledger::{Hash, Note};
use amana_store::erase::request_text;
use amana_store::{Reader, Value, Writer, entries};
use amana_vault::Vault;
use serde::Deserialize;

use super::entry::{Judge, Judged};
use super::heads::Head;
use super::suspicion::Suspicion;
use super::{Follower, Place};
use crate::alarm::Claim;
use crate::evidence::SEALED_KIND;
use crate::wire::{self, ActText, Acts};
use crate::{Error, Result};

/// Entries that are looked at beyond a head, for what happened since.
const MAX_BEYOND: u64 = 1024;
/// The kind of an erasure's act.
pub(super) const ERASE_KIND: &str = "body.erase";

/// What the links of the acts that matter here say.
#[derive(Deserialize)]
struct Core {
    kind: String,
    links: Option<Links>,
}

#[derive(Deserialize)]
struct Links {
    /// Of an erasure: the entry.
    #[serde(default)]
    erases: Option<u64>,
    /// Of a sealed act: its own number.
    #[serde(default)]
    act: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    request: String,
}

/// An entry whose body is erased.
struct Erased {
    /// As the ledger has it; nothing for an act that was adopted before its body went.
    body_hash: Option<Hash>,
}

/// Entries that acts further on in the ledger say to have erased. It is the data centre's word until those acts are
/// followed: enough to read on, and no more.
#[derive(Clone, Default)]
pub(super) struct Foretold(Option<BTreeSet<u64>>);

impl Foretold {
    /// Whether an act further on says that it erased that one.
    pub(super) fn names(&self, index: u64) -> bool {
        self.0.as_ref().is_some_and(|names| names.contains(&index))
    }
}

/// Whether it is a sealed act without a body.
pub(super) fn is_bodiless(act: &ActText) -> bool {
    let kind = || serde_json::from_str::<Core>(&act.core).map(|core| core.kind);
    act.body.is_none() && kind().is_ok_and(|kind| kind == SEALED_KIND)
}

/// The entry that an act erases; nothing for an act of another kind.
fn erased_by(act: &ActText) -> Option<u64> {
    let core: Core = serde_json::from_str(&act.core).ok()?;
    core.links?.erases.filter(|_| core.kind == ERASE_KIND)
}

impl Follower {
    /// Reads on to the ledger's end, once a page holds a sealed act without a body, to learn which acts were erased.
    /// Further than the head: the body may be gone since that was signed.
    pub(super) async fn foretell(
        &self,
        foretold: &mut Foretold,
        page: &[ActText],
        size: u64,
    ) -> Result<()> {
        let Some(first) = page.iter().find(|act| is_bodiless(act)) else {
            return Ok(());
        };
        if foretold.0.is_some() {
            return Ok(());
        }
        let (mut names, mut next) = (BTreeSet::new(), first.index + 1);
        while next < size + MAX_BEYOND {
            let path = format!("acts/{next}");
            let bytes = match self.fetch(&path, wire::MAX_ACTS_BYTES).await {
                Err(Error::Refused { status: 404, .. }) => break,
                fetched => fetched?,
            };
            let Acts { acts } = wire::json(&path, &bytes)?;
            names.extend(acts.iter().filter_map(erased_by));
            match acts.last() {
                Some(last) if last.index >= next => next = last.index + 1,
                _ => break,
            }
        }
        foretold.0 = Some(names);
        Ok(())
    }

    /// The first act that was passed over and that no act met so far erased.
    pub(super) fn unexplained(&self) -> Result<Option<u64>> {
        self.rows.read(|rows| {
            rows.one(
                "SELECT entry FROM gateway_erased WHERE by_entry IS NULL ORDER BY entry LIMIT 1",
                &[],
                |row| Ok(row.int(0)?.cast_unsigned()),
            )
        })
    }

    /// Fails if an act that was passed over before this head was asked for is unexplained at its end.
    pub(super) async fn explained(
        &self,
        place: &Place,
        head: &Head,
        before: Option<u64>,
    ) -> Result<()> {
        let Some(index) = before.filter(|index| *index < place.frontier.size()) else {
            return Ok(());
        };
        if self.unexplained()? != Some(index) {
            return Ok(());
        }
        let why = "the body of a sealed act is gone, and the act that was said to erase it is not in the ledger";
        let found = Suspicion::of(Claim::UnsignedErasure, index, why);
        let act = self.act_at(index).await;
        Err(self.suspect(found, act.as_ref(), head).await)
    }
}

impl Judge {
    /// Passes over a sealed act without a body, if an act further on is said to erase it.
    pub(super) fn pass_over(&self, act: &ActText) -> Result<Judged> {
        let index = act.index;
        if !self.foretold.names(index) && self.erased(index)?.is_none() {
            let why = "the body of a sealed act is gone, and no member had it erased";
            return Ok(Err(Suspicion::of(Claim::UnsignedErasure, index, why)));
        }
        let links = serde_json::from_str::<Core>(&act.core).map(|core| core.links);
        let number = links.ok().flatten().and_then(|links| links.act);
        let mut tag = [0; 8];
        let tag = number.filter(|number| hex::decode_to_slice(number, &mut tag).is_ok());
        self.rows.write(|rows| {
            rows.execute(
                "INSERT INTO gateway_erased (entry, body_hash) VALUES ($1, $2) ON CONFLICT (entry) DO NOTHING",
                &[int(index), act.body_hash.as_bytes().as_slice().into()],
            )?;
            // So that its statement is not taken again, should somebody have kept it.
            if let Some(tag) = tag.and_then(|number| hex::decode(number).ok()) {
                rows.execute(
                    "INSERT INTO gateway_acts (act, entry) VALUES ($1, $2) ON CONFLICT (act) DO NOTHING",
                    &[tag.as_slice().into(), int(index)],
                )?;
            }
            Ok(())
        })?;
        Ok(Ok(()))
    }

    /// Whether a slot's head moves on from an act whose body is erased: who follows it signed that it moved the slot.
    pub(super) fn follows_erased(&self, head: Option<u64>, last: Option<u64>) -> Result<bool> {
        let Some(last) = last.filter(|last| head.is_none_or(|head| head < *last)) else {
            return Ok(false);
        };
        Ok(self.erased(last)?.is_some())
    }

    /// Takes an erasure: of a sealed act only on the word of an admin of the keyring in force.
    pub(super) fn erasure(&self, act: &ActText) -> Result<Judged> {
        let Some(index) = erased_by(act).filter(|index| *index < act.index) else {
            let why = "it erases what is no entry before it";
            return Ok(Err(Suspicion::of(Claim::UnsignedErasure, act.index, why)));
        };
        let passed = self.erased(index)?;
        let adopted = self.is_adopted(index)?;
        if passed.is_none() && !adopted {
            // Of what nobody sealed, a director has the word, who is an official of the data centre's own records.
            return Ok(Ok(()));
        }
        let body_hash = passed.and_then(|erased| erased.body_hash);
        if !self.is_signed(act, index, body_hash) {
            let why = format!(
                "it erases the body of entry {index}, and no admin of the keyring signed for that"
            );
            return Ok(Err(Suspicion {
                keyring: self.keys.ring().map(|ring| ring.text.clone()),
                ..Suspicion::of(Claim::UnsignedErasure, act.index, &why)
            }));
        }
        let entry = crate::entry_of(index)?;
        self.rows.write(|rows| {
            explain(rows, index, act.index)?;
            let kept = entries::entry(rows, entry)?;
            // What still stands on it here is kept until it doesn't: nothing is lost by a signature given too early.
            if kept.is_some_and(|kept| Vault::erasable(rows, &kept).unwrap_or(false)) {
                rows.execute(
                    "UPDATE entries SET body = NULL, salt = NULL WHERE id = $1",
                    &[entry.into()],
                )?;
            }
            Ok(())
        })?;
        Ok(Ok(()))
    }

    /// Whether an admin of the keyring in force signed the request to erase that entry of this ledger.
    fn is_signed(&self, act: &ActText, index: u64, body_hash: Option<Hash>) -> bool {
        let body = act.body.as_ref();
        let body = body.and_then(|body| serde_json::from_str::<Body>(&body.text).ok());
        let note = body.and_then(|body| Note::parse(body.request.as_bytes()).ok());
        let (Some(note), Some(ring)) = (note, self.keys.ring()) else {
            return false;
        };
        // Of an act that was adopted before its body went, the ledger's hash isn't kept; its place in the ledger says as
        // much, since the tree settles what stands there.
        let hash = body_hash.or_else(|| note.text.lines().nth(3)?.parse().ok());
        let is_for = |hash: Hash| note.text == request_text(&self.origin, index, &hash);
        hash.is_some_and(is_for) && ring.admin_of(&note).is_some()
    }

    fn erased(&self, index: u64) -> Result<Option<Erased>> {
        self.rows.read(|rows| erased(rows, index))
    }

    /// Whether that entry's body is erased.
    pub(super) fn is_erased(&self, index: u64) -> Result<bool> {
        Ok(self.erased(index)?.is_some())
    }
}

fn erased(rows: &Reader<'_>, index: u64) -> amana_store::Result<Option<Erased>> {
    rows.one(
        "SELECT body_hash FROM gateway_erased WHERE entry = $1",
        &[int(index)],
        |row| {
            let hash = row.opt_blob(0)?.and_then(|hash| hash.try_into().ok());
            Ok(Erased {
                body_hash: hash.map(Hash::from_bytes),
            })
        },
    )
}

fn explain(rows: &Writer<'_>, index: u64, by: u64) -> amana_store::Result<()> {
    rows.execute(
        "INSERT INTO gateway_erased (entry, by_entry) VALUES ($1, $2) \
         ON CONFLICT (entry) DO UPDATE SET by_entry = excluded.by_entry",
        &[int(index), int(by)],
    )?;
    Ok(())
}

fn int(index: u64) -> Value<'static> {
    Value::Int(index.cast_signed())
}
