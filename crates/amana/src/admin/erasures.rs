//! Erasing the body of an act: on the signed word of its institution alone, never the operator's.

use std::sync::Arc;

use amana_ledger::Note;
use amana_store::entries::{self, Entry};
use amana_store::erase::{Erase, EraseRefusal, request_text};
use amana_store::{CommitError, EntryId, LedgerInfo};
use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking, catalog};

/// The longest reason, in bytes.
const MAX_REASON_BYTES: usize = 1000;

/// What a director signs, as a note, to have the body erased.
pub(crate) async fn request(
    State(centre): State<Arc<Centre>>,
    Path((owner, ledger, index)): Path<(String, String, u64)>,
) -> Answer {
    let (_, request) = find(&centre, format!("{owner}/{ledger}"), index).await?;
    Ok(Json(json!({ "request": request })))
}

/// A signed request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    pub(crate) request: String,
    pub(crate) reason: String,
}

/// Erases the body, if a director of the institution in office signed for it.
pub(crate) async fn erase(
    State(centre): State<Arc<Centre>>,
    Path((owner, ledger, index)): Path<(String, String, u64)>,
    Json(signed): Json<Signed>,
) -> Answer {
    record(&centre, &owner, &ledger, index, signed).await
}

/// The same, whoever brings the signed request.
pub(crate) async fn record(
    centre: &Arc<Centre>,
    owner: &str,
    ledger: &str,
    index: u64,
    signed: Signed,
) -> Answer {
    if signed.reason.len() > MAX_REASON_BYTES {
        return Err(Refusal::wrong(
            "invalid",
            format!("the reason must be at most {MAX_REASON_BYTES} bytes"),
        ));
    }
    let (entry, expected) = find(centre, format!("{owner}/{ledger}"), index).await?;
    let note = Note::parse(signed.request.as_bytes())?;
    if note.text != expected {
        return Err(Refusal::wrong(
            "other-request",
            format!("the request is for something else; what must be signed is\n{expected}"),
        ));
    }
    let by = who_signed(centre, owner, &entry, note).await?;
    let act = Erase::new(catalog(), &by, entry.id, &signed.request, &signed.reason);
    match centre.store.commit(act).await {
        Ok(committed) => Ok(Json(
            json!({ "erased": format!("{owner}/{ledger}/{index}"), "receipt": committed.receipt() }),
        )),
        Err(CommitError::Refused(refusal)) => {
            let code = match refusal {
                EraseRefusal::NoBody(_) => "no-body",
                EraseRefusal::InForce(_) => "in-force",
            };
            Err(Refusal::wrong(code, refusal.to_string()))
        }
        Err(CommitError::Busy) => Err(amana_access::Error::Busy.into()),
        Err(CommitError::Store(error)) => Err(error.into()),
    }
}

/// Who has the word on an entry: of a sealed act an admin of the institution's keyring, since the operator names directors;
/// of any other a director.
async fn who_signed(
    centre: &Arc<Centre>,
    owner: &str,
    entry: &Entry,
    note: Note,
) -> Answer<String> {
    let sealed = entry.core()?.kind == "sealed.act";
    let (access, institution) = (centre.access.clone(), owner.parse()?);
    let by = blocking(move || -> amana_access::Result<_> {
        if sealed {
            let admin = access.admin_who_signed(&institution, &note)?;
            return Ok(admin.map(|admin| format!("member:{admin}")));
        }
        let director = access.director_who_signed(&institution, &note)?;
        Ok(director.map(|director| format!("official:{}", director.number)))
    });
    by.await?.ok_or_else(|| {
        let why = if sealed {
            format!("no admin in the newest keyring of {owner} signed the request")
        } else {
            format!("no director of {owner} in office, with a key on record, signed the request")
        };
        Refusal::wrong("unsigned", why)
    })
}

/// The entry, and the text that must be signed to erase its body.
async fn find(centre: &Arc<Centre>, ledger: String, index: u64) -> Answer<(Entry, String)> {
    let origin = centre.store.keys().origin(&ledger);
    let entry = centre
        .read(move |rows| {
            let info = LedgerInfo::named(rows, &ledger)?;
            let id = info.and_then(|info| EntryId::new(info.id, index));
            let entry = id.map(|id| entries::entry(rows, id)).transpose()?.flatten();
            entry.ok_or_else(|| amana_store::Error::Missing {
                what: format!("entry {index} of {ledger}"),
            })
        })
        .await?;
    let request = request_text(&origin, index, &entry.body_hash);
    Ok((entry, request))
}
