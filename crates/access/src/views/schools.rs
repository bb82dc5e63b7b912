//! Sandboxes of the school, what was passed in each, and their training keys.

use amana_store::{At, LedgerId, Reader, Row, View, Writer};

use crate::Lesson;
use crate::acts::school::{KeysLinks, LessonLinks, SchoolLinks};

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "schools",
    columns: "ledger BIGINT NOT NULL, name TEXT NOT NULL, trainee TEXT NOT NULL, opened_ms BIGINT NOT NULL, \
              until_ms BIGINT NOT NULL, closed_ms BIGINT, PRIMARY KEY (ledger)",
    key: "ledger",
    clustered: true,
    indexes: &[
        "schools_by_trainee ON schools (trainee)",
        "schools_by_name ON schools (name)",
    ],
};

pub(crate) const LESSONS: View = View {
    table: "school_lessons",
    columns: "ledger BIGINT NOT NULL, lesson TEXT NOT NULL, number BIGINT NOT NULL, at_ms BIGINT NOT NULL, \
              entry BIGINT, sha256 TEXT, PRIMARY KEY (ledger, lesson)",
    key: "ledger, lesson",
    clustered: true,
    indexes: &[],
};

pub(crate) const KEYS: View = View {
    table: "school_keys",
    columns: "ledger BIGINT NOT NULL, number BIGINT NOT NULL, code TEXT NOT NULL, sha256 TEXT NOT NULL, \
              entry BIGINT NOT NULL, PRIMARY KEY (ledger, number)",
    key: "ledger, number",
    clustered: true,
    indexes: &[],
};

/// A row.
pub(crate) struct School {
    pub(crate) ledger: LedgerId,
    pub(crate) name: String,
    pub(crate) trainee: String,
    pub(crate) opened_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) closed_ms: Option<i64>,
}

impl School {
    pub(crate) fn is_open(&self, now_ms: i64) -> bool {
        self.closed_ms.is_none() && self.until_ms > now_ms
    }
}

/// An exercise that was passed.
pub(crate) struct Passed {
    pub(crate) lesson: Lesson,
    pub(crate) number: u64,
    pub(crate) at_ms: i64,
    pub(crate) entry: Option<u64>,
    pub(crate) sha256: Option<String>,
}

/// A training key.
pub(crate) struct Keys {
    pub(crate) set: String,
    pub(crate) sha256: String,
    pub(crate) entry: u64,
}

/// The name under which the shares of a training key are sealed.
pub(crate) fn secret_name(set: &str) -> String {
    format!("school/{set}")
}

const SCHOOL: &str = "SELECT ledger, name, trainee, opened_ms, until_ms, closed_ms FROM schools";

fn read(row: &Row<'_>) -> Result<School> {
    Ok(School {
        ledger: super::ledger_id(row.int(0)?)?,
        name: row.text(1)?.to_owned(),
        trainee: row.text(2)?.to_owned(),
        opened_ms: row.int(3)?,
        until_ms: row.int(4)?,
        closed_ms: row.opt_int(5)?,
    })
}

pub(crate) fn at(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<School>> {
    let sql = format!("{SCHOOL} WHERE ledger = $1");
    rows.one(&sql, &[ledger.0.into()], read)
}

pub(crate) fn named(rows: &Reader<'_>, name: &str) -> Result<Option<School>> {
    let sql = format!("{SCHOOL} WHERE name = $1");
    rows.one(&sql, &[name.into()], read)
}

/// Whether a name is taken, by a sandbox or by an institution from before names were kept for sandboxes.
pub(crate) fn is_named(rows: &Reader<'_>, name: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM institutions WHERE name = $1";
    let found = rows.one(sql, &[name.into()], |_| Ok(()))?;
    Ok(found.is_some())
}

/// Those of one person, the newest first.
pub(crate) fn of(rows: &Reader<'_>, trainee: &str) -> Result<Vec<School>> {
    let sql = format!("{SCHOOL} WHERE trainee = $1 ORDER BY ledger DESC");
    rows.all(&sql, &[trainee.into()], read)
}

pub(crate) fn count_open(rows: &Reader<'_>, now_ms: i64) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM schools WHERE closed_ms IS NULL AND until_ms > $1";
    let count = rows.one(sql, &[now_ms.into()], |row| row.int(0))?;
    Ok(count.unwrap_or_default().cast_unsigned())
}

/// Those whose time is over and that nobody closed.
pub(crate) fn expired(rows: &Reader<'_>, now_ms: i64, max: u32) -> Result<Vec<School>> {
    let sql =
        format!("{SCHOOL} WHERE closed_ms IS NULL AND until_ms <= $1 ORDER BY ledger LIMIT $2");
    rows.all(&sql, &[now_ms.into(), max.into()], read)
}

pub(crate) fn insert(rows: &Writer<'_>, at: &At, links: &SchoolLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO schools (ledger, name, trainee, opened_ms, until_ms) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.ledger().0.into(),
            links.institution.as_str().into(),
            links.trainee.as_str().into(),
            at.time_ms.into(),
            links.until_ms.into(),
        ],
    )
}

pub(crate) fn close(rows: &Writer<'_>, at: &At) -> Result<()> {
    rows.execute(
        "UPDATE schools SET closed_ms = $1 WHERE ledger = $2",
        &[at.time_ms.into(), at.entry.ledger().0.into()],
    )
}

/// What was passed, in the order in which it was.
pub(crate) fn passed(rows: &Reader<'_>, ledger: LedgerId) -> Result<Vec<Passed>> {
    rows.all(
        "SELECT lesson, number, at_ms, entry, sha256 FROM school_lessons WHERE ledger = $1 ORDER BY number",
        &[ledger.0.into()],
        |row| {
            let lesson = row.text(0)?;
            let known = Lesson::of_text(lesson).ok_or_else(|| {
                super::damaged(format!("the row of lesson {lesson}"), "it is unknown")
            })?;
            Ok(Passed {
                lesson: known,
                number: row.int(1)?.cast_unsigned(),
                at_ms: row.int(2)?,
                entry: row.opt_int(3)?.map(i64::cast_unsigned),
                sha256: row.opt_text(4)?.map(str::to_owned),
            })
        },
    )
}

pub(crate) fn pass(rows: &Writer<'_>, at: &At, links: &LessonLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO school_lessons (ledger, lesson, number, at_ms, entry, sha256) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            at.entry.ledger().0.into(),
            links.lesson.as_str().into(),
            at.entry.index().cast_signed().into(),
            at.time_ms.into(),
            links.entry.map(u64::cast_signed).into(),
            links.sha256.as_deref().into(),
        ],
    )
}

/// The newest training key.
pub(crate) fn keys(rows: &Reader<'_>, ledger: LedgerId) -> Result<Option<Keys>> {
    rows.one(
        "SELECT code, sha256, entry FROM school_keys WHERE ledger = $1 ORDER BY number DESC LIMIT 1",
        &[ledger.0.into()],
        |row| {
            Ok(Keys {
                set: row.text(0)?.to_owned(),
                sha256: row.text(1)?.to_owned(),
                entry: row.int(2)?.cast_unsigned(),
            })
        },
    )
}

pub(crate) fn count_keys(rows: &Reader<'_>, ledger: LedgerId) -> Result<u64> {
    let sql = "SELECT COUNT(*) FROM school_keys WHERE ledger = $1";
    let count = rows.one(sql, &[ledger.0.into()], |row| row.int(0))?;
    Ok(count.unwrap_or_default().cast_unsigned())
}

pub(crate) fn insert_keys(rows: &Writer<'_>, at: &At, links: &KeysLinks) -> Result<()> {
    rows.execute(
        "INSERT INTO school_keys (ledger, number, code, sha256, entry) VALUES ($1, $2, $3, $4, $5)",
        &[
            at.entry.ledger().0.into(),
            at.entry.index().cast_signed().into(),
            links.set.as_str().into(),
            links.sha256.as_str().into(),
            links.entry.cast_signed().into(),
        ],
    )
}
