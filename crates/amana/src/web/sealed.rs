//! What gateways hand in: batches of sealed acts, signed one by one and recorded together.

use std::sync::Arc;

use amana_access::Member;
use amana_ledger::Note;
use amana_store::{Error, Reader, clock};
use amana_vault::{HandedIn, SealedRecorded};
use axum::extract::{Path, Request, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures::future::join_all;
use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::member::AsMember;
use super::pieces;
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// The most acts in a batch.
const MAX_ACTS: usize = 512;
/// The longest batch, in bytes.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Batches in memory at a time; more wait with their bodies unread.
const MAX_BATCHES: usize = 16;
/// What an acknowledgement begins with.
const ACK_HEADER: &str = "amana.ack/v1";

static BATCHES: Semaphore = Semaphore::const_new(MAX_BATCHES);

/// The routes of sealed acts and of their ciphertext.
pub(super) fn routes() -> Router<Arc<Centre>> {
    let pieces = get(pieces::give).put(pieces::take).head(pieces::received);
    Router::new()
        .route("/api/v1/sealed/{institution}/acts", post(record))
        .route("/api/v1/sealed/{institution}/pieces/{piece}", pieces)
}

/// The member, if it is of the institution that the path names.
pub(super) fn of(AsMember(member): AsMember, institution: &str) -> Result<Arc<Member>, Refusal> {
    if *member.caller.name == *institution {
        Ok(member)
    } else {
        Err(Refusal::absent())
    }
}

/// Records a batch: all its acts are verified, then queued together, so that they share a commit. Each fails by itself.
async fn record(
    State(centre): State<Arc<Centre>>,
    Path(institution): Path<String>,
    asker: AsMember,
    request: Request,
) -> Result<Json<Value>, Refusal> {
    let member = of(asker, &institution)?;
    let turn = BATCHES.acquire().await;
    let body = Limited::new(request.into_body(), MAX_BATCH_BYTES);
    let body = body.collect().await.map_err(|error| {
        Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "batch",
            format!("a batch has at most {MAX_BATCH_BYTES} bytes, and comes whole: {error}"),
        )
    })?;
    let handed_in = parse(body.to_bytes())?;
    // Runs to its end even when the gateway goes away: ciphertext that was recorded is forgotten by the staging.
    let recording = tokio::spawn(record_all(centre, member, handed_in));
    let answer = recording.await.map_err(|error| Error::Failed {
        why: format!("a batch's task ended: {error}"),
    })?;
    drop(turn);
    answer
}

async fn record_all(
    centre: Arc<Centre>,
    member: Arc<Member>,
    handed_in: Vec<HandedIn>,
) -> Result<Json<Value>, Refusal> {
    let (verifier, signer) = (centre.clone(), member.clone());
    let verified = blocking(move || {
        let verify = |act| {
            let verified = verifier
                .vault
                .verify_sealed(&signer, act, &verifier.staging)?;
            Ok((verified.digest(), verified))
        };
        handed_in.into_iter().map(verify).collect::<Vec<_>>()
    })
    .await;
    let recorded = join_all(verified.into_iter().map(async |verified| {
        let (digest, act) = verified.map_err(|error: amana_vault::Error| Refusal::from(error))?;
        let recorded = centre.vault.record_sealed(act, &centre.staging).await;
        Ok((digest, recorded.map_err(Refusal::from)?))
    }))
    .await;
    let answered = centre.clone();
    blocking(move || {
        let answer = |rows: &Reader<'_>| answer(&answered, &member, rows, &recorded);
        Ok(Json(answered.store.read(answer)?))
    })
    .await
}

type Outcome = Result<([u8; 32], SealedRecorded), Refusal>;

/// What became of each act, and one signature over all that were recorded.
fn answer(
    centre: &Centre,
    member: &Member,
    rows: &Reader<'_>,
    outcomes: &[Outcome],
) -> amana_store::Result<Value> {
    let mut results = Vec::with_capacity(outcomes.len());
    let mut ack = format!(
        "{ACK_HEADER}\n{}\n",
        centre.store.keys().origin(&member.ledger_name)
    );
    for outcome in outcomes {
        match outcome {
            Err(refusal) => results.push(refusal.to_json()),
            Ok((digest, recorded)) => {
                let index = recorded.entry.index();
                ack += &format!("{index} {}\n", hex::encode(digest));
                let (core, body_hash) = core_of(rows, recorded)?;
                results.push(json!({
                    "index": index,
                    "time_ms": recorded.time_ms,
                    "at": clock::rfc3339(recorded.time_ms),
                    "core": core,
                    "body_hash": body_hash,
                }));
            }
        }
    }
    let signed = outcomes.iter().any(Result::is_ok).then(|| {
        let key = centre.store.keys().ledger_key(&member.ledger_name);
        Note::sign(&ack, &key).map(|note| note.to_string())
    });
    Ok(json!({ "results": results, "ack": signed.transpose()? }))
}

/// The core of an entry, verbatim, and the hash of its body.
fn core_of(rows: &Reader<'_>, recorded: &SealedRecorded) -> amana_store::Result<(String, String)> {
    let sql = "SELECT core, body_hash FROM entries WHERE id = $1";
    let found = rows.one(sql, &[recorded.entry.into()], |row| {
        let core = String::from_utf8_lossy(row.blob(0)?).into_owned();
        Ok((core, hex::encode(row.blob(1)?)))
    })?;
    found.ok_or_else(|| Error::Missing {
        what: format!("entry {}", recorded.entry),
    })
}

/// A batch: for each act three runs of bytes, each after its length in 32 bits, big-endian.
fn parse(mut body: Bytes) -> Result<Vec<HandedIn>, Refusal> {
    let mut acts = Vec::new();
    while !body.is_empty() {
        if acts.len() == MAX_ACTS {
            return Err(Refusal::wrong(
                "batch",
                format!("a batch has at most {MAX_ACTS} acts"),
            ));
        }
        acts.push(HandedIn {
            statement: run(&mut body)?,
            envelope: run(&mut body)?,
            content: Some(run(&mut body)?).filter(|content| !content.is_empty()),
        });
    }
    Ok(acts)
}

fn run(body: &mut Bytes) -> Result<Bytes, Refusal> {
    let cut = || Refusal::wrong("batch", "the batch ends in the middle of an act");
    let (length, _) = body.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| cut())?;
    if body.len() - 4 < length {
        return Err(cut());
    }
    let _ = body.split_to(4);
    Ok(body.split_to(length))
}
