//! Threads between institutions and the operator, and their messages: who and when. What was written stands in the entries.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

use super::damaged;
use crate::Side;

type Result<T> = amana_store::Result<T>;

/// `number` is that of the entry that opened it. `state` says who is awaited: the other side than that which wrote last.
pub(crate) const VIEW: View = View {
    table: "threads",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, opened_by TEXT NOT NULL, opened_ms BIGINT NOT NULL, \
              last_ms BIGINT NOT NULL, messages BIGINT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &["threads_by_state ON threads (state, last_ms)"],
};

/// `official` is who wrote it, of the side that wrote it.
pub(crate) const MESSAGES: View = View {
    table: "messages",
    columns: "ledger BIGINT NOT NULL, thread BIGINT NOT NULL, number BIGINT NOT NULL, side TEXT NOT NULL, \
              official BIGINT, at_ms BIGINT NOT NULL, PRIMARY KEY (ledger, thread, number)",
    key: "ledger, thread, number",
    clustered: true,
    indexes: &[],
};

/// Whom a thread waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Awaits(Side),
    Closed,
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Awaits(Side::Operator) => "awaits-operator",
            Self::Awaits(Side::Institution) => "awaits-institution",
            Self::Closed => "closed",
        }
    }

    fn read(text: &str) -> Result<Self> {
        let all = [
            Self::Awaits(Side::Operator),
            Self::Awaits(Side::Institution),
            Self::Closed,
        ];
        let found = all.into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| damaged("a row of threads".into(), "its state is unknown"))
    }
}

/// A row.
pub(crate) struct Thread {
    pub(crate) ledger: LedgerId,
    pub(crate) institution: String,
    pub(crate) number: u64,
    pub(crate) opened_by: Side,
    pub(crate) opened_ms: i64,
    pub(crate) last_ms: i64,
    pub(crate) messages: u64,
    pub(crate) state: State,
}

/// A message's row.
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) side: Side,
    pub(crate) official: Option<u64>,
    pub(crate) at_ms: i64,
}

const THREADS: &str = "SELECT t.ledger, i.name, t.number, t.opened_by, t.opened_ms, t.last_ms, t.messages, t.state \
                       FROM threads t JOIN institutions i ON i.ledger = t.ledger";

fn side(text: &str) -> Result<Side> {
    let found = Side::of_text(text);
    found.ok_or_else(|| damaged("a row of messages".into(), "its side is unknown"))
}

fn read(row: &Row<'_>) -> Result<Thread> {
    Ok(Thread {
        ledger: super::ledger_id(row.int(0)?)?,
        institution: row.text(1)?.to_owned(),
        number: row.int(2)?.cast_unsigned(),
        opened_by: side(row.text(3)?)?,
        opened_ms: row.int(4)?,
        last_ms: row.int(5)?,
        messages: row.int(6)?.cast_unsigned(),
        state: State::read(row.text(7)?)?,
    })
}

pub(crate) fn find(rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Option<Thread>> {
    let sql = format!("{THREADS} WHERE t.ledger = $1 AND t.number = $2");
    rows.one(&sql, &[ledger.0.into(), number.cast_signed().into()], read)
}

/// Those of one institution, the ones that were opened last first.
pub(crate) fn of(
    rows: &Reader<'_>,
    ledger: LedgerId,
    before: u64,
    max: u32,
) -> Result<Vec<Thread>> {
    let sql =
        format!("{THREADS} WHERE t.ledger = $1 AND t.number < $2 ORDER BY t.number DESC LIMIT $3");
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    rows.all(&sql, &[ledger.0.into(), before.into(), max.into()], read)
}

/// Those of all institutions in that state, the one that waited longest first.
pub(crate) fn in_state(
    rows: &Reader<'_>,
    state: State,
    skip: u32,
    max: u32,
) -> Result<Vec<Thread>> {
    let order = match state {
        State::Awaits(_) => "ASC",
        State::Closed => "DESC",
    };
    let sql = format!(
        "{THREADS} WHERE t.state = $1 ORDER BY t.last_ms {order}, t.ledger, t.number LIMIT $2 OFFSET $3"
    );
    let values = [state.as_str().into(), max.into(), skip.into()];
    rows.all(&sql, &values, read)
}

/// How many wait for that side: of one institution's, or of all.
pub(crate) fn awaiting(rows: &Reader<'_>, ledger: Option<LedgerId>, side: Side) -> Result<u64> {
    let state = State::Awaits(side).as_str();
    let count = match ledger {
        None => rows.one(
            "SELECT COUNT(*) FROM threads WHERE state = $1",
            &[state.into()],
            |row| row.int(0),
        )?,
        Some(ledger) => rows.one(
            "SELECT COUNT(CASE WHEN state = $1 THEN 1 END) FROM threads WHERE ledger = $2",
            &[state.into(), ledger.0.into()],
            |row| row.int(0),
        )?,
    };
    Ok(count.unwrap_or_default().cast_unsigned())
}

/// How many of an institution's aren't closed.
pub(crate) fn open_count(rows: &Reader<'_>, ledger: LedgerId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM threads WHERE ledger = $1 AND state <> $2";
    let values = [ledger.0.into(), State::Closed.as_str().into()];
    let count = rows.one(sql, &values, |row| row.int(0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn messages(
    rows: &Reader<'_>,
    ledger: LedgerId,
    thread: u64,
    max: u32,
) -> Result<Vec<Message>> {
    rows.all(
        "SELECT number, side, official, at_ms FROM messages WHERE ledger = $1 AND thread = $2 ORDER BY number LIMIT $3",
        &[
            ledger.0.into(),
            thread.cast_signed().into(),
            max.into(),
        ],
        |row| {
            Ok(Message {
                number: row.int(0)?.cast_unsigned(),
                side: side(row.text(1)?)?,
                official: row.opt_int(2)?.map(i64::cast_unsigned),
                at_ms: row.int(3)?,
            })
        },
    )
}

pub(crate) fn open(rows: &Writer<'_>, at: &At, side: Side) -> Result<()> {
    rows.execute(
        "INSERT INTO threads (ledger, number, opened_by, opened_ms, last_ms, messages, state) \
         VALUES ($1, $2, $3, $4, $4, 1, $5)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            side.as_str().into(),
            at.time_ms.into(),
            State::Awaits(side.other()).as_str().into(),
        ],
    )
}

pub(crate) fn go_on(rows: &Writer<'_>, at: &At, thread: u64, side: Side) -> Result<()> {
    rows.execute(
        "UPDATE threads SET last_ms = $1, messages = messages + 1, state = $2 WHERE ledger = $3 AND number = $4",
        &[
            at.time_ms.into(),
            State::Awaits(side.other()).as_str().into(),
            at.entry.ledger().0.into(),
            thread.cast_signed().into(),
        ],
    )
}

pub(crate) fn close(rows: &Writer<'_>, at: &At, thread: u64) -> Result<()> {
    rows.execute(
        "UPDATE threads SET last_ms = $1, state = $2 WHERE ledger = $3 AND number = $4",
        &[
            at.time_ms.into(),
            State::Closed.as_str().into(),
            at.entry.ledger().0.into(),
            thread.cast_signed().into(),
        ],
    )
}

pub(crate) fn insert_message(
    rows: &Writer<'_>,
    at: &At,
    thread: u64,
    side: Side,
    official: Option<u64>,
) -> Result<()> {
    rows.execute(
        "INSERT INTO messages (ledger, thread, number, side, official, at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            at.entry.ledger().0.into(),
            thread.cast_signed().into(),
            at.entry.index().cast_signed().into(),
            side.as_str().into(),
            official.map(u64::cast_signed).into(),
            at.time_ms.into(),
        ],
    )
}
