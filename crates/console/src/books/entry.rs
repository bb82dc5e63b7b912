//! `/journal/<number>`: one entry, whole, and its receipt.

use std::sync::Arc;

use amana_store::{Entry, EntryId, LedgerInfo, entries};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::line::{Body, BucketNames, Line};
use super::names::Names;
use super::space::Space;
use super::standing::Standing;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result};

/// A body of more isn't shown on the page; the export has it.
const MAX_SHOWN_BYTES: usize = 64 * 1024;

/// The entry that an address names, whatever else it names.
#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) number: u64,
}

/// An entry, as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Whole {
    /// Its line in the journal.
    pub line: Line,
    /// Whether a quorum of witnesses stands behind it.
    pub witnessed: bool,
    /// The core's text, verbatim: what was hashed.
    pub core: String,
    /// The body's text, verbatim; nothing without one, or once it was erased.
    pub text: Option<String>,
    /// Hash of salt and body, hexadecimal.
    pub body_hash: String,
}

async fn find(console: &Arc<Console>, space: &Space, number: u64) -> Result<Whole> {
    let ledger = space.ledger();
    console
        .read(move |console, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            let id = EntryId::new(info.id, number).filter(|_| number < info.size);
            let entry: Entry =
                entries::entry(rows, id.ok_or(Error::NotFound)?)?.ok_or(Error::NotFound)?;
            let line = Line::of(rows, &entry, &mut BucketNames::default())?;
            let standing = Standing::of(console, rows, &info)?;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            Ok(Whole {
                line,
                witnessed: standing.witnessed.is_some_and(|size| number < size),
                core: text(&entry.text),
                text: entry.body.as_ref().map(|(_, body)| text(body)),
                body_hash: entry
                    .body_hash
                    .as_bytes()
                    .map(|byte| format!("{byte:02x}"))
                    .concat(),
            })
        })
        .await
}

#[derive(Template)]
#[template(path = "books/entry.html")]
struct EntryPage {
    frame: Frame,
    space: Space,
    whole: Whole,
    names: Names,
    /// Whether the trust policy asks for witnesses: otherwise none is waited for.
    asks_witnesses: bool,
}

impl EntryPage {
    fn who(&self) -> String {
        self.names.who(self.frame.texts, &self.whole.line.by)
    }

    fn did(&self) -> String {
        self.names.did(self.frame.texts, &self.whole.line)
    }

    fn moment(&self) -> String {
        self.frame.texts.moment(&self.whole.line.at_s())
    }

    fn core(&self) -> String {
        pretty(&self.whole.core)
    }

    /// The body as people read it, if it is short enough.
    fn body(&self) -> Option<String> {
        let text = self.whole.text.as_ref();
        text.filter(|text| text.len() <= MAX_SHOWN_BYTES)
            .map(|text| pretty(text))
    }

    fn is_erased(&self) -> bool {
        self.whole.line.body == Body::Erased
    }

    fn has_none(&self) -> bool {
        self.whole.line.body == Body::None
    }
}

fn pretty(json: &str) -> String {
    let parsed: Result<Value, _> = serde_json::from_str(json);
    parsed.map_or_else(|_| json.to_owned(), |value| format!("{value:#}"))
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Path(Numbered { number }): Path<Numbered>,
) -> Result<Page> {
    let whole = find(&console, &space, number).await?;
    let names = space.names(&console).await?;
    let texts = language.texts();
    Page::of(&EntryPage {
        frame: space.frame(texts, "/journal", texts.journal.entry),
        space,
        whole,
        names,
        asks_witnesses: console.store.policy().policy.has_quorum(),
    })
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    space: Space,
    Path(Numbered { number }): Path<Numbered>,
) -> Result<Json<Whole>> {
    find(&console, &space, number).await.map(Json)
}
