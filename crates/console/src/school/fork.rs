//! The sixth exercise: an operator that is no longer honest shows the sandbox's own journal, with one entry rewritten. The proofs
//! that the trainee kept tell which one.
//!
//! Both journals are real trees over real entries of the sandbox's ledger, and both heads are signed; but by a training key, under
//! a name that no data centre has, so that none of it proves anything against anybody.

use std::sync::Arc;

use amana_access::{Lesson, School};
use amana_ledger::{
    Checkpoint, Hash, NodeId, SigningKey, inclusion_proof, leaf_hash, node_hash, root_of_entries,
    verify_inclusion,
};
use amana_store::{Entry, EntryId, Reader, entries};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};

use super::answer::{Asked, Miss, Outcome, Tried};
use super::exercise::{Exercise, outside};
use super::receipts::another_hour;
use super::trainee::{Trainee, lot};
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::api::Call;
use crate::books::line::{BucketNames, Line};
use crate::books::names::Names;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Result};

/// Entries of the exercise at most; there are nine as a rule.
const MAX_ENTRIES: u64 = 64;

/// An entry, as the operator shows it now.
#[derive(Serialize)]
pub(super) struct Shown {
    /// Its number.
    index: u64,
    /// Its core, verbatim.
    core: String,
    /// Hash of its body, hexadecimal.
    body_hash: String,
    /// The proof that was kept with its receipt, from the leaf's sibling up, in base64.
    proof: Vec<String>,
    /// As a journal tells it.
    line: Line,
    /// Whether the kept proof leads from it to the kept head.
    #[serde(skip)]
    holds: bool,
}

/// The exercise, once there are entries for it.
#[derive(Serialize)]
pub(super) struct Fork {
    /// The training key that signed both heads, as a verifier key.
    key: String,
    /// The head that was kept, a signed note.
    kept: String,
    /// The head that is shown now.
    now: String,
    /// The entries that are shown now.
    entries: Vec<Shown>,
    /// Which of them was rewritten.
    #[serde(skip)]
    rewritten: u64,
}

/// The exercise of a sandbox; nothing until a file came back, since before there is too little to rewrite.
fn fork(rows: &Reader<'_>, school: &School) -> Result<Option<Fork>> {
    let Some(restored) = school.passed(Lesson::Restore) else {
        return Ok(None);
    };
    let size = (restored.number + 1).min(MAX_ENTRIES);
    let mut genuine = Vec::new();
    for index in 0..size {
        let id = EntryId::new(school.ledger(), index).ok_or(Error::NotFound)?;
        genuine.push(entries::entry(rows, id)?.ok_or(Error::NotFound)?);
    }
    let drawn = lot(school, "fork");
    let rewritten = u64::from(drawn[0]) % size;
    let shown: Vec<Entry> = genuine.iter().map(|one| rewrite(one, rewritten)).collect();

    let key = SigningKey::from_seed(&format!("school.invalid/{}", school.name), drawn)?;
    let head = |of: &[Entry]| {
        let leaves: Vec<_> = of.iter().map(Entry::leaf).collect();
        Checkpoint {
            origin: key.name().to_owned(),
            size,
            root: root_of_entries(leaves.iter().map(Vec::as_slice)),
        }
    };
    let (kept, now) = (head(&genuine), head(&shown));
    let hashes: Vec<Hash> = genuine.iter().map(|one| leaf_hash(&one.leaf())).collect();
    let mut buckets = BucketNames::default();
    let mut listed = Vec::new();
    for (index, entry) in (0..).zip(&shown) {
        let proof = inclusion_proof(index, size, &mut |node| {
            Ok::<_, Error>(subtree(&hashes, node))
        })?;
        let leaf = leaf_hash(&entry.leaf());
        listed.push(Shown {
            index,
            core: String::from_utf8_lossy(&entry.text).into_owned(),
            body_hash: hex::encode(entry.body_hash.as_bytes()),
            holds: verify_inclusion(&leaf, index, size, &proof, &kept.root).is_ok(),
            proof: proof.iter().map(Hash::to_string).collect(),
            line: Line::of(rows, entry, &mut buckets)?,
        });
    }
    Ok(Some(Fork {
        key: key.verifier().to_string(),
        kept: kept.sign(&key)?.to_string(),
        now: now.sign(&key)?.to_string(),
        entries: listed,
        rewritten,
    }))
}

/// The entry as the operator shows it: one of them says another time.
fn rewrite(entry: &Entry, rewritten: u64) -> Entry {
    let mut shown = entry.clone();
    if entry.id.index() == rewritten {
        shown.text = another_hour(&String::from_utf8_lossy(&entry.text)).into_bytes();
    }
    shown
}

/// The hash of a perfect subtree over leaves in memory.
fn subtree(leaves: &[Hash], node: NodeId) -> Hash {
    let width = 1_u64 << node.level;
    let from = usize::try_from(node.index * width).unwrap_or(usize::MAX);
    if node.level == 0 {
        return leaves[from];
    }
    let half = |index| {
        let level = node.level - 1;
        subtree(leaves, NodeId { level, index })
    };
    node_hash(&half(node.index * 2), &half(node.index * 2 + 1))
}

#[derive(Template)]
#[template(path = "school/notice.html")]
struct NoticePage {
    frame: Frame,
    exercise: Exercise,
    fork: Option<Fork>,
    checked: Option<u64>,
    names: Names,
}

impl NoticePage {
    fn when(&self, line: &Line) -> String {
        self.frame.texts.moment(&line.at_s())
    }

    fn who(&self, line: &Line) -> String {
        self.names.who(self.frame.texts, &line.by)
    }

    fn did(&self, line: &Line) -> String {
        self.names.did(self.frame.texts, line)
    }

    fn is_checked(&self, shown: &Shown) -> bool {
        self.checked == Some(shown.index)
    }
}

/// What is asked: why the last try missed, and which entry is to be checked.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Checking {
    entry: Option<u64>,
    #[serde(flatten)]
    asked: Asked,
}

async fn read(console: &Arc<Console>, trainee: &Trainee) -> Result<Option<Fork>> {
    let school = trainee.school.clone();
    console.read(move |_, rows| fork(rows, &school)).await
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(checking): Query<Checking>,
) -> Result<Response> {
    let found = Exercise::find(&console, &session, Lesson::Notice, &checking.asked).await?;
    let Some(exercise) = found else {
        return Ok(outside());
    };
    let page = NoticePage {
        frame: exercise.frame(language),
        fork: read(&console, &exercise.trainee).await?,
        exercise,
        checked: checking.entry,
        names: Names::default(),
    };
    Ok(crate::Page::of(&page)?.into_response())
}

/// The same for programs, which verify by themselves.
#[derive(Serialize)]
pub(super) struct Notice {
    /// Nothing until a file came back.
    fork: Option<Fork>,
}

/// `GET /api/v1/school/notice`
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Notice>> {
    let fork = match Trainee::find(&console, &session).await? {
        Some(trainee) => read(&console, &trainee).await?,
        None => None,
    };
    Ok(Json(Notice { fork }))
}

/// What two signed heads that can't both be true prove.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Finding {
    /// Nothing: the journal grew.
    Growth,
    /// Nothing: a page was shown wrongly.
    Display,
    /// That whoever holds the key signed two histories.
    Fork,
}

/// As programs answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    entry: u64,
    finding: Finding,
}

/// By the form.
pub(super) async fn by_form(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let found = Found {
        entry: posted
            .fields
            .text("entry")
            .parse()
            .map_err(|_| Error::typed("entry", Fault::Unchosen))?,
        finding: match posted.fields.text("finding") {
            "growth" => Finding::Growth,
            "display" => Finding::Display,
            "fork" => Finding::Fork,
            _ => return Err(Error::typed("finding", Fault::Unchosen)),
        },
    };
    let trainee = Trainee::of(&console, &posted.session).await?;
    let tried = judge(&console, &trainee, &found).await?;
    Ok(tried.to("/school/notice"))
}

/// `POST /api/v1/school/notice`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Found>,
) -> Result<Json<Outcome>> {
    let trainee = Trainee::of(&console, &call.session).await?;
    let tried = judge(&console, &trainee, &call.body).await?;
    Ok(Json(tried.outcome()))
}

async fn judge(console: &Arc<Console>, trainee: &Trainee, found: &Found) -> Result<Tried> {
    trainee.must_not_have(Lesson::Notice)?;
    let Some(fork) = read(console, trainee).await? else {
        return Ok(Tried::Missed(Miss::TooEarly));
    };
    if found.entry != fork.rewritten {
        return Ok(Tried::Missed(Miss::WrongEntry));
    }
    if found.finding != Finding::Fork {
        return Ok(Tried::Missed(Miss::WrongFinding));
    }
    let passed = trainee.pass(console, Lesson::Notice, Some(found.entry), None);
    Ok(Tried::Passed(passed.await?))
}

#[cfg(test)]
mod tests {
    use amana_ledger::{Hash, leaf_hash, node_hash};

    use super::{NodeId, subtree};

    #[test]
    fn subtrees_are_those_of_the_tree() {
        let leaves: Vec<Hash> = (0..8_u8).map(|n| leaf_hash(&[n])).collect();
        let four = node_hash(
            &node_hash(&leaves[4], &leaves[5]),
            &node_hash(&leaves[6], &leaves[7]),
        );
        assert_eq!(subtree(&leaves, NodeId { level: 2, index: 1 }), four);
        assert_eq!(subtree(&leaves, NodeId { level: 0, index: 3 }), leaves[3]);
    }
}
