//! Which checkpoints witnesses are asked to cosign.
//!
//! Witnesses dial out, each at its own pace, but a quorum must cosign the same checkpoint. So each ledger has one
//! *candidate* at a time: a head that an epoch committed. It stays until a quorum cosigned it, or until it has waited
//! long enough that waiting for a quorum makes no sense; then the newest head takes its place.

use std::collections::HashMap;

use amana_ledger::{AddCheckpoint, KeyType, Note, VerifierKey, consistency_proof};

use super::chosen::Current;
use super::evidence::{cosigners, is_witnessed};
use super::quorum::Quorums;
use super::standing::{self, Standing};
use crate::store::Shared;
use crate::{Error, LedgerId, Reader, Result, Store, Tiles};

/// A candidate without a quorum gives way to a newer head after this long.
const PATIENCE_MS: i64 = 30_000;
/// Requests in one answer at most; the witness asks again for the rest.
pub const MAX_REQUESTS: usize = 256;
/// A witness's clock may differ from ours by this much.
const MAX_SKEW_S: u64 = 300;
/// A poll's lines fill at most this much, in bytes, so that its note, signature included, stays within
/// [`amana_ledger::MAX_NOTE_BYTES`].
const MAX_POLL_LINES_BYTES: usize = 60 * 1024;
/// The end of a part that is open.
const OPEN: &str = "-";

/// A checkpoint that a witness is asked to cosign.
pub struct Request {
    /// The ledger's registry row, signed by the national log's key; `None` for the national log itself.
    pub row: Option<Note>,
    /// The request, as tlog-witness has it.
    pub add_checkpoint: AddCheckpoint,
}

/// The answer to a poll.
#[derive(Default)]
pub struct Answer {
    /// What to cosign.
    pub requests: Vec<Request>,
    /// Origins of which the witness knows more than we have: it should show us what it holds.
    pub behind: Vec<String>,
    /// Whether there is more than one answer holds.
    pub more: bool,
}

/// The texts of a poll, each of which the witness signs as a note with its own key: `amana/witness-poll/v1`, the
/// national log's origin, `time <seconds>`, then `<origin> <size>` for each log that it knows.
///
/// What doesn't fit into one note is asked in parts: a line `part <from> <until>` after the time says that the text
/// speaks of the origins from the one, included, to the other, excluded, in the order of their bytes; `-` is open.
#[must_use]
pub fn poll_texts<'k>(
    national: &str,
    time_s: u64,
    known: impl IntoIterator<Item = (&'k str, u64)>,
) -> Vec<String> {
    let mut known: Vec<_> = known.into_iter().collect();
    known.sort_unstable();
    let mut parts = vec![(OPEN, String::new())];
    for (origin, size) in known {
        let line = format!("{origin} {size}\n");
        match parts.last_mut() {
            Some((_, lines)) if lines.len() + line.len() <= MAX_POLL_LINES_BYTES => *lines += &line,
            _ => parts.push((origin, line)),
        }
    }
    let head = format!("amana/witness-poll/v1\n{national}\ntime {time_s}\n");
    if let [(_, lines)] = parts.as_slice() {
        return vec![head + lines];
    }
    let untils = parts.iter().skip(1).map(|(from, _)| *from);
    let untils = untils.chain([OPEN]);
    let text = |((from, lines), until): (&(&str, String), &str)| {
        format!("{head}part {from} {until}\n{lines}")
    };
    parts.iter().zip(untils).map(text).collect()
}

/// What a poll says.
struct Poll<'t> {
    part: Option<(&'t str, &'t str)>,
    known: HashMap<&'t str, u64>,
}

impl<'t> Poll<'t> {
    /// From the lines after the time; nothing for what isn't a poll.
    fn parse(lines: std::str::Lines<'t>) -> Option<Self> {
        let mut lines = lines.peekable();
        let part = lines.next_if(|line| line.starts_with("part ")).map(|line| {
            let (_, ends) = line.split_once(' ')?;
            ends.split_once(' ')
        });
        let part = match part {
            Some(part) => Some(part?),
            None => None,
        };
        let line = |line: &'t str| {
            let (origin, size) = line.rsplit_once(' ')?;
            Some((origin, size.parse().ok()?))
        };
        let known = lines.map(line).collect::<Option<_>>()?;
        Some(Self { part, known })
    }

    /// Whether the poll asks for this log.
    fn covers(&self, origin: &str) -> bool {
        self.part.is_none_or(|(from, until)| {
            (from == OPEN || from <= origin) && (until == OPEN || origin < until)
        })
    }
}

/// The key under which a witness signs its polls: the same key, as a plain note key.
///
/// # Errors
/// Never for a witness's key.
pub fn poll_key(witness: &VerifierKey) -> Result<VerifierKey> {
    Ok(VerifierKey::new(
        witness.name(),
        KeyType::Ed25519,
        witness.key_bytes(),
    )?)
}

impl Store {
    /// Answers a witness's poll.
    ///
    /// # Errors
    /// [`Error::Refused`] for a poll that isn't signed by a witness of the policy, or is old; a failure of the rows.
    pub fn answer_poll(&self, poll: &Note) -> Result<Answer> {
        let refused = |why: &str| Error::Refused {
            what: "the poll".into(),
            why: why.to_owned(),
        };
        let mut lines = poll.text.lines();
        let header = lines.next() == Some("amana/witness-poll/v1");
        let national = self.shared.keys.national_origin();
        if !header || lines.next() != Some(&national) {
            return Err(refused("it isn't for this data centre"));
        }
        let time_s: i64 = lines
            .next()
            .and_then(|line| line.strip_prefix("time ")?.parse().ok())
            .unwrap_or(0);
        if time_s.abs_diff(self.now_ms() / 1000) > MAX_SKEW_S {
            return Err(refused(
                "its time is more than five minutes from ours; check both clocks",
            ));
        }
        self.hear_mirrored()?;
        let asked = Poll::parse(lines).ok_or_else(|| refused("a line is not `<origin> <size>`"))?;
        let (answer, chosen) = self.read(|rows| {
            let witness = self
                .polling_witness(poll)
                .ok_or_else(|| refused("the key that signed it is no witness of the policy; the operator adds it with: amana policy witness add"))?;
            let mut current = self.shared.candidates(rows)?;
            let answer = self
                .shared
                .answer(rows, &mut current, &witness, &asked, self.now_ms())?;
            if answer.behind.is_empty() && asked.known.contains_key(&*national) {
                self.shared.heard_from(&witness)?;
            }
            Ok::<_, Error>((answer, current.chosen))
        })?;
        self.shared.keep_candidates(&chosen)?;
        Ok(answer)
    }

    /// The witness of the trust policy that signed the poll.
    fn polling_witness(&self, poll: &Note) -> Option<VerifierKey> {
        let trust = self.policy();
        let mut keys = trust.policy.witnesses().iter().map(|witness| &witness.key);
        keys.find(|key| poll_key(key).is_ok_and(|key| poll.verify(&key).is_ok()))
            .cloned()
    }
}

impl Shared {
    fn answer(
        &self,
        rows: &Reader<'_>,
        current: &mut Current,
        witness: &VerifierKey,
        poll: &Poll<'_>,
        now_ms: i64,
    ) -> Result<Answer> {
        let mut answer = Answer::default();
        let ledgers = standing::for_poll(rows, self.names(poll), witness.key_bytes())?;
        let origin = |ledger: &Standing| self.log_origin(&ledger.info);
        let origins: Vec<String> = ledgers.iter().map(origin).collect();
        let sizes = origins
            .iter()
            .zip(ledgers.iter().map(|ledger| ledger.info.size));
        let sizes: HashMap<&str, u64> = sizes.map(|(origin, size)| (&**origin, size)).collect();
        for (origin, size) in &poll.known {
            let ours = match sizes.get(origin) {
                Some(ours) => Some(*ours),
                // A poll may name what its part doesn't cover.
                None => self.ledger_of(rows, origin)?.map(|info| info.size),
            };
            if ours.is_none_or(|ours| *size > ours) {
                answer.behind.push((*origin).to_owned());
            }
        }
        for (ledger, origin) in ledgers.iter().zip(&origins) {
            if !poll.covers(origin) {
                continue;
            }
            let old = poll.known.get(origin.as_str()).copied().unwrap_or(1);
            // No candidate is larger than what an epoch committed: the witness has cosigned it, or has gone past it.
            if ledger.cosigned && ledger.committed.is_some_and(|committed| old >= committed) {
                continue;
            }
            let info = &ledger.info;
            let quorums = Quorums::with(self, ledger.quorum.as_deref())?;
            let Some(candidate) = self.candidate(rows, ledger, current, &quorums, now_ms)? else {
                continue;
            };
            let cosigned = || {
                cosigners(rows, info.id, candidate)
                    .map(|keys| keys.contains(witness.key_bytes().as_slice()))
            };
            if old > candidate || (old == candidate && cosigned()?) {
                continue;
            }
            if answer.requests.len() == MAX_REQUESTS {
                answer.more = true;
                break;
            }
            answer
                .requests
                .push(self.request(rows, ledger, old, candidate)?);
        }
        Ok(answer)
    }

    fn request(
        &self,
        rows: &Reader<'_>,
        ledger: &Standing,
        old_size: u64,
        candidate: u64,
    ) -> Result<Request> {
        let info = &ledger.info;
        let mut tiles = Tiles::new(rows, info.id);
        let proof = consistency_proof(old_size, candidate, &mut |node| tiles.node(node))?;
        let checkpoint = self
            .checkpoint(rows, info, candidate)?
            .sign(&self.log_key(info))?;
        let row = match info.id {
            LedgerId::NATIONAL => None,
            _ => Some(self.sign_row(info.id, &self.row_of(info, ledger.quorum.as_deref())?)?),
        };
        Ok(Request {
            row,
            add_checkpoint: AddCheckpoint {
                old_size,
                proof,
                checkpoint,
            },
        })
    }

    /// The names of the ledgers that a poll covers, from the one, included, to the other, excluded; empty is open.
    fn names<'t>(&self, poll: &Poll<'t>) -> (&'t str, &'t str) {
        let before = self.keys.origin("");
        let name = |end: &'t str| end.strip_prefix(&*before).unwrap_or_default();
        let names = poll.part.map(|(from, until)| (name(from), name(until)));
        names.unwrap_or_default()
    }

    /// The size that a ledger's witnesses are asked to cosign now.
    fn candidate(
        &self,
        rows: &Reader<'_>,
        Standing {
            info, committed, ..
        }: &Standing,
        current: &mut Current,
        quorums: &Quorums,
        now_ms: i64,
    ) -> Result<Option<u64>> {
        let newest = match info.id {
            LedgerId::NATIONAL => Some(info.size),
            _ => *committed,
        };
        let newest = match newest {
            Some(newest) => self.showable(rows, info.id, newest, now_ms)?,
            None => None,
        };
        let Some(newest) = newest else {
            return Ok(None);
        };
        if let Some((size, since_ms)) = current.of(info.id)
            && (size >= newest || now_ms - since_ms < PATIENCE_MS)
            && (size >= newest || !is_witnessed(rows, quorums, info.id, size)?)
        {
            return Ok(Some(size));
        }
        current.chosen.insert(info.id, (newest, now_ms));
        Ok(Some(newest))
    }
}
