//! What the operator told everybody: from when until when. The words stand in the entries.

use amana_store::{At, Reader, Row, View, Writer};

use super::damaged;
use crate::acts::notice::{ExerciseLinks, NoticeLinks};
use crate::{Exercise, Severity};

type Result<T> = amana_store::Result<T>;

/// All are in one ledger, so the number of the entry is enough. `until_ms` is when it ends, or was ended.
pub(crate) const VIEW: View = View {
    table: "notices",
    columns: "number BIGINT NOT NULL, severity TEXT NOT NULL, from_ms BIGINT NOT NULL, until_ms BIGINT NOT NULL, \
              published_ms BIGINT NOT NULL, ended_ms BIGINT, PRIMARY KEY (number)",
    key: "number",
    clustered: true,
    indexes: &["notices_by_end ON notices (until_ms)"],
};

/// What was exercised, in the same ledger.
pub(crate) const EXERCISES: View = View {
    table: "exercises",
    columns: "number BIGINT NOT NULL, exercise TEXT NOT NULL, people BIGINT NOT NULL, at_ms BIGINT NOT NULL, \
              PRIMARY KEY (number)",
    key: "number",
    clustered: true,
    indexes: &[],
};

/// Of a notice that lasts until it is ended.
const FOREVER_MS: i64 = i64::MAX;

/// A row.
pub(crate) struct Notice {
    pub(crate) number: u64,
    pub(crate) severity: Severity,
    pub(crate) from_ms: i64,
    /// Nothing for one that lasts until it is ended.
    pub(crate) until_ms: Option<i64>,
    pub(crate) published_ms: i64,
    pub(crate) ended_ms: Option<i64>,
}

impl Notice {
    pub(crate) fn is_over(&self, now_ms: i64) -> bool {
        self.until_ms.is_some_and(|until_ms| until_ms <= now_ms)
    }
}

const NOTICES: &str =
    "SELECT number, severity, from_ms, until_ms, published_ms, ended_ms FROM notices";

fn read(row: &Row<'_>) -> Result<Notice> {
    let severity = Severity::of_text(row.text(1)?);
    Ok(Notice {
        number: row.int(0)?.cast_unsigned(),
        severity: severity
            .ok_or_else(|| damaged("a row of notices".into(), "its severity is unknown"))?,
        from_ms: row.int(2)?,
        until_ms: Some(row.int(3)?).filter(|until_ms| *until_ms != FOREVER_MS),
        published_ms: row.int(4)?,
        ended_ms: row.opt_int(5)?,
    })
}

pub(crate) fn find(rows: &Reader<'_>, number: u64) -> Result<Option<Notice>> {
    let sql = format!("{NOTICES} WHERE number = $1");
    rows.one(&sql, &[number.cast_signed().into()], read)
}

/// Those that aren't over, begun or not.
pub(crate) fn ahead(rows: &Reader<'_>, now_ms: i64, max: u32) -> Result<Vec<Notice>> {
    let sql = format!("{NOTICES} WHERE until_ms > $1 ORDER BY until_ms, number LIMIT $2");
    rows.all(&sql, &[now_ms.into(), max.into()], read)
}

/// The newest ones, over or not.
pub(crate) fn newest(rows: &Reader<'_>, max: u32) -> Result<Vec<Notice>> {
    let sql = format!("{NOTICES} ORDER BY number DESC LIMIT $1");
    rows.all(&sql, &[max.into()], read)
}

pub(crate) fn insert(rows: &Writer<'_>, at: &At, links: &NoticeLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO notices (number, severity, from_ms, until_ms, published_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.index().cast_signed().into(),
            links.severity.as_str().into(),
            links.from_ms.into(),
            links.until_ms.unwrap_or(FOREVER_MS).into(),
            at.time_ms.into(),
        ],
    )
}

pub(crate) fn end(rows: &Writer<'_>, number: u64, at_ms: i64) -> Result<()> {
    rows.execute(
        "UPDATE notices SET until_ms = $1, ended_ms = $1 WHERE number = $2",
        &[at_ms.into(), number.cast_signed().into()],
    )
}

/// A row of what was exercised.
pub(crate) struct Exercised {
    pub(crate) number: u64,
    pub(crate) exercise: Exercise,
    pub(crate) people: u64,
    pub(crate) at_ms: i64,
}

/// The newest ones.
pub(crate) fn exercised(rows: &Reader<'_>, max: u32) -> Result<Vec<Exercised>> {
    rows.all(
        "SELECT number, exercise, people, at_ms FROM exercises ORDER BY number DESC LIMIT $1",
        &[max.into()],
        |row| {
            let exercise = Exercise::of_text(row.text(1)?);
            Ok(Exercised {
                number: row.int(0)?.cast_unsigned(),
                exercise: exercise.ok_or_else(|| {
                    damaged("a row of exercises".into(), "what it was is unknown")
                })?,
                people: row.int(2)?.cast_unsigned(),
                at_ms: row.int(3)?,
            })
        },
    )
}

/// How many there were of a kind, and how many people took part.
pub(crate) fn exercise_totals(rows: &Reader<'_>, exercise: Exercise) -> Result<(u64, u64)> {
    // PostgreSQL gives a sum of 64-bit integers a type of its own.
    let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(people), 0) AS BIGINT) FROM exercises WHERE exercise = $1";
    let totals = rows.one(sql, &[exercise.as_str().into()], |row| {
        Ok((row.int(0)?.cast_unsigned(), row.int(1)?.cast_unsigned()))
    })?;
    Ok(totals.unwrap_or_default())
}

pub(crate) fn insert_exercise(rows: &Writer<'_>, at: &At, links: &ExerciseLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO exercises (number, exercise, people, at_ms) VALUES ($1, $2, $3, $4)",
        &[
            at.entry.index().cast_signed().into(),
            links.exercise.as_str().into(),
            links.people.cast_signed().into(),
            at.time_ms.into(),
        ],
    )
}
