//! `/journal.csv` and `/journal.jsonl`: the journal as it is filtered, from its beginning, written while it is read.

use std::sync::Arc;

use amana_store::{Entry, EntryId, LedgerInfo, Reader, entries};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::stream::try_unfold;
use http::header;
use serde::Serialize;
use serde_json::value::RawValue;

use super::journal::{Asked, Filter};
use super::line::{BucketNames, Line};
use super::names::Names;
use super::space::Space;
use crate::query::{Denied, Query, Unfit, Why};
use crate::texts::Texts;
use crate::{Console, Error, Language, Result};

/// Entries that are read in one transaction.
const STEP_ENTRIES: u64 = 1000;
/// What is written of them before it is sent: a thin line takes it in two minutes.
const STEP_BYTES: usize = 256 * 1024;

/// As a table for a spreadsheet.
pub(super) async fn csv(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Query(asked): Query<Asked>,
) -> Result<Response, Denied> {
    written(console, language, space, &asked, Shape::Csv).await
}

/// As one JSON object a line, with core and body as they were recorded.
pub(super) async fn jsonl(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Query(asked): Query<Asked>,
) -> Result<Response, Denied> {
    written(console, language, space, &asked, Shape::JsonLines).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Csv,
    JsonLines,
}

/// An export under way.
pub(super) struct Export {
    ledger: String,
    texts: &'static Texts,
    names: Names,
    filter: Filter,
    shape: Shape,
    next: u64,
    buckets: BucketNames,
}

async fn written(
    console: Arc<Console>,
    language: Language,
    space: Space,
    asked: &Asked,
    shape: Shape,
) -> Result<Response, Denied> {
    let names = space.names(&console).await?;
    // An export is of the whole of the institution's own ledger, from its beginning.
    for (name, value) in [("ledger", &asked.ledger), ("before", &asked.before)] {
        if !value.is_empty() {
            return Err(Unfit::new(name, Why::Unknown).into());
        }
    }
    let export = Export::new(&space, language.texts(), names, asked, shape)?;
    let (kind, end) = match shape {
        Shape::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        Shape::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let name = format!("{}.{end}", space.ledger().replace('/', "-"));
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let head = export.head();
    let parts = try_unfold((Some(head), export), move |(head, export)| {
        let console = console.clone();
        async move {
            match head {
                Some(head) => Ok(Some((Bytes::from(head), (None, export)))),
                None => step(&console, export).await,
            }
        }
    });
    Ok((headers, Body::from_stream(parts)).into_response())
}

type Step = Option<(Bytes, (Option<String>, Export))>;

/// The next part; nothing at the ledger's end. A ledger that grows meanwhile is followed.
async fn step(console: &Arc<Console>, export: Export) -> Result<Step> {
    let mut export = export;
    let (part, export) = console
        .read(move |_, rows| Ok((export.part(rows)?, export)))
        .await?;
    Ok(part.map(|part| (Bytes::from(part), (None, export))))
}

impl Export {
    pub(super) fn new(
        space: &Space,
        texts: &'static Texts,
        names: Names,
        asked: &Asked,
        shape: Shape,
    ) -> Result<Self, Unfit> {
        Ok(Self {
            ledger: space.ledger(),
            texts,
            filter: Filter::of(asked, &names)?,
            names,
            shape,
            next: 0,
            buckets: BucketNames::default(),
        })
    }

    pub(super) fn head(&self) -> String {
        match self.shape {
            // The mark tells spreadsheets that it is UTF-8.
            Shape::Csv => format!("\u{feff}{}\r\n", self.texts.journal.columns.join(",")),
            Shape::JsonLines => String::new(),
        }
    }

    pub(super) fn begin_at(&mut self, index: u64) {
        self.next = index;
    }

    /// All up to an entry in one text, of `max_bytes` and one part at most; and whether it was cut there.
    pub(super) fn gathered(
        mut self,
        rows: &Reader<'_>,
        end: u64,
        max_bytes: usize,
    ) -> Result<(String, bool)> {
        let mut text = self.head();
        while self.next < end {
            if text.len() > max_bytes {
                return Ok((text, true));
            }
            text.push_str(&self.part(rows)?.unwrap_or_default());
        }
        Ok((text, false))
    }

    pub(super) fn part(&mut self, rows: &Reader<'_>) -> Result<Option<String>> {
        let info = LedgerInfo::named(rows, &self.ledger)?.ok_or(Error::NotFound)?;
        if self.next >= info.size {
            return Ok(None);
        }
        let until = info.size.min(self.next + STEP_ENTRIES);
        let mut text = String::new();
        while self.next < until && text.len() < STEP_BYTES {
            let id = EntryId::new(info.id, self.next).ok_or(Error::NotFound)?;
            let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
            self.next += 1;
            text.push_str(&self.written(rows, &entry)?.unwrap_or_default());
        }
        Ok(Some(text))
    }

    fn written(&mut self, rows: &Reader<'_>, entry: &Entry) -> Result<Option<String>> {
        let Some(line) = self.filter.line(rows, entry, &mut self.buckets)? else {
            return Ok(None);
        };
        Ok(Some(match self.shape {
            Shape::Csv => self.row(&line),
            Shape::JsonLines => object(entry, &line, &self.ledger),
        }))
    }

    fn row(&self, line: &Line) -> String {
        let facts = &line.facts;
        let fields = [
            line.index.to_string(),
            line.at.clone(),
            line.kind.clone(),
            line.by.clone(),
            self.names.who(self.texts, &line.by),
            self.names.did(self.texts, line),
            facts.bucket.clone().unwrap_or_default(),
            facts.name.clone().unwrap_or_default(),
            facts
                .bytes
                .map(|bytes| bytes.to_string())
                .unwrap_or_default(),
            format!("{}/{}", self.ledger, line.index),
        ];
        let mut row = fields.map(|field| quoted(&field)).join(",");
        row.push_str("\r\n");
        row
    }
}

/// A field of a table (RFC 4180 §2). What a spreadsheet would take for a formula begins with an apostrophe: names of
/// objects are anybody's.
pub(super) fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if formula {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    if safe.contains([',', '"', '\n', '\r', ';']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[derive(Serialize)]
struct Exported<'a> {
    receipt: String,
    core: &'a RawValue,
    body: Option<&'a RawValue>,
    body_state: super::line::Body,
}

fn object(entry: &Entry, line: &Line, ledger: &str) -> String {
    let raw = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        RawValue::from_string(text).ok()
    };
    let body = entry.body.as_ref().and_then(|(_, body)| raw(body));
    let Some(core) = raw(&entry.text) else {
        return String::new();
    };
    let exported = Exported {
        receipt: format!("{ledger}/{}", line.index),
        core: &core,
        body: body.as_deref(),
        body_state: line.body,
    };
    let mut text = serde_json::to_string(&exported).unwrap_or_default();
    text.push('\n');
    text
}
