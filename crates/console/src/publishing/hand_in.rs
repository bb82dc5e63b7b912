//! `/publishing/{host}/signed`: a change that comes back, signed: in a file, or pasted.

use std::collections::HashMap;
use std::sync::Arc;

use amana_access::Session;
use amana_ledger::{MAX_NOTE_BYTES, MAX_POLICY_BYTES, Note};
use amana_sites::Publishers;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::{Named, found};
use crate::account::guard::Signed;
use crate::api::{Call, Numbered};
use crate::content::multipart::{Multipart, Source};
use crate::messages::institution_of;
use crate::{Console, Error, Result};

/// Fields of the form.
const MAX_FIELDS: usize = 8;
/// The longest of them, in bytes.
const MAX_FIELD_BYTES: usize = if MAX_NOTE_BYTES > MAX_POLICY_BYTES {
    MAX_NOTE_BYTES
} else {
    MAX_POLICY_BYTES
};

/// Takes it: from then on it holds. Who signed is judged by the note alone.
pub(super) async fn take(
    State(console): State<Arc<Console>>,
    Path(Named { host }): Path<Named>,
    Signed(session): Signed,
    request: Request,
) -> Result<Redirect> {
    let (head, body) = request.into_parts();
    let form = Multipart::of(&head.headers, body.into_data_stream())?;
    let fields = read(form).await?;
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    if !session.is_form(field("token")) {
        return Err(Error::Form);
    }
    // The file, if one was chosen.
    let note = match field("file") {
        "" => field("note"),
        file => file,
    };
    let publishers = Some(field("publishers")).filter(|text| !text.is_empty());
    let number = taken(&console, &session, &host, note, publishers)
        .await?
        .number;
    Ok(Redirect::to(&format!("/publishing/{host}?done={number}")))
}

/// A signed change, as programs hand it in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    note: String,
    /// The file that a change of publishers names.
    publishers: Option<String>,
}

/// `POST /api/v1/publishing/{host}/signed`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Path(Named { host }): Path<Named>,
    call: Call<Whole>,
) -> Result<Json<Numbered>> {
    let Whole { note, publishers } = &call.body;
    let taken = taken(&console, &call.session, &host, note, publishers.as_deref());
    taken.await.map(Json)
}

async fn taken(
    console: &Arc<Console>,
    session: &Session,
    host: &str,
    note: &str,
    publishers: Option<&str>,
) -> Result<Numbered> {
    let institution = institution_of(session)?;
    let site = found(console, institution.as_str(), host).await?;
    let note = parsed(note)?;
    let publishers = publishers.map(|text| Publishers::parse(text.as_bytes()));
    let publishers = publishers.transpose()?;
    let host = &site.place.host;
    let changed = console.sites.change(host, &note, publishers.as_ref());
    let changed = changed.await?;
    Ok((changed.number, changed.receipt).into())
}

/// A signed change. One without a signature is told apart from what is none.
fn parsed(text: &str) -> Result<Note> {
    // A note ends with a line's end; what was pasted may have lost it.
    let whole = format!("{}\n", text.trim_end());
    if whole.parse::<amana_sites::Statement>().is_ok() {
        return Err(Error::Unsigned);
    }
    Note::parse(whole.as_bytes()).map_err(|_| Error::NoChange)
}

/// The fields, with the line ends that they had before a browser sent them: a note and a list of publishers have no CR in them.
pub(super) async fn read<S: Source>(mut form: Multipart<S>) -> Result<HashMap<String, String>> {
    let mut fields = HashMap::new();
    while let Some(part) = form.part().await? {
        let mut whole = Vec::new();
        while let Some(chunk) = form.chunk().await? {
            whole.extend_from_slice(&chunk);
            // Each line's end came as two bytes.
            if whole.len() > 2 * MAX_FIELD_BYTES {
                return Err(Error::Form);
            }
        }
        if fields.len() == MAX_FIELDS {
            return Err(Error::Form);
        }
        let text = String::from_utf8(whole).map_err(|_| Error::Form)?;
        fields.insert(part.name, text.replace("\r\n", "\n"));
    }
    Ok(fields)
}
