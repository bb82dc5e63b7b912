//! What isn't a fold over the entries: compared by key, row by row, and made the same.

use std::collections::BTreeMap;

use super::Move;
use super::entries::in_transaction;
use crate::rows::Value;
use crate::{Reader, Result, Row};

/// Rows that are held at once, about.
const PAGE: i64 = 128;

/// A table, with the columns of its key first.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    rest: &'static str,
}

const EVIDENCE: Table = Table {
    name: "cosignatures",
    key: &["ledger", "size", "witness"],
    rest: "line",
};
const SECRETS: Table = Table {
    name: "secrets",
    key: &["name"],
    rest: "sealed",
};
const CONTENTS: Table = Table {
    name: "contents",
    key: &["id"],
    rest: "data",
};

/// A column that outlives its row; ordered as both engines order it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Cell {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl Cell {
    fn of(row: &Row<'_>, column: usize) -> Result<Self> {
        Ok(match row.value(column)? {
            Value::Null => Self::Null,
            Value::Int(int) => Self::Int(int),
            Value::Text(text) => Self::Text(text.to_owned()),
            Value::Blob(bytes) => Self::Blob(bytes.to_vec()),
        })
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Int(int) => Value::Int(*int),
            Self::Text(text) => Value::Text(text),
            Self::Blob(bytes) => Value::Blob(bytes),
        }
    }
}

type Key = Vec<Cell>;

impl Move {
    /// Others' evidence, and secrets, which stay sealed.
    pub(super) fn bring_tables(&self) -> Result<()> {
        self.bring_table(&EVIDENCE)?;
        self.bring_table(&SECRETS)
    }

    /// Small content.
    pub(super) fn bring_contents(&self) -> Result<()> {
        self.bring_table(&CONTENTS)
    }

    /// The trust policy, which nodes on a database have from there.
    pub(super) fn bring_policy(&self) -> Result<()> {
        let path = self.old.folder.join("policy");
        let text = std::fs::read_to_string(&path).map_err(crate::Error::file("read", &path))?;
        if self.new.database.is_none() {
            return Ok(());
        }
        in_transaction(&self.new_rows, |rows| {
            rows.execute(
                "INSERT INTO meta (key, value) VALUES ('policy', $1)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                &[text.as_str().into()],
            )
        })
    }

    fn bring_table(&self, table: &Table) -> Result<()> {
        let mut after: Option<Key> = None;
        loop {
            let old = self
                .old
                .read(|rows| table.page(rows, after.as_ref(), None))?;
            let is_last = old.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let until = old.keys().last().filter(|_| !is_last).cloned();
            let new = self
                .new
                .read(|rows| table.page(rows, after.as_ref(), Some(until.as_ref())))?;
            if old != new {
                self.make_same(table, &old, &new)?;
            }
            if is_last {
                return Ok(());
            }
            after = until;
        }
    }

    fn make_same(
        &self,
        table: &Table,
        old: &BTreeMap<Key, Cell>,
        new: &BTreeMap<Key, Cell>,
    ) -> Result<()> {
        in_transaction(&self.new_rows, |rows| {
            for key in new.keys().filter(|key| !old.contains_key(*key)) {
                let values: Vec<_> = key.iter().map(Cell::value).collect();
                rows.execute(&table.delete(), &values)?;
            }
            for (key, rest) in old.iter().filter(|(key, rest)| new.get(*key) != Some(rest)) {
                let cells = key.iter().chain([rest]);
                let values: Vec<_> = cells.map(Cell::value).collect();
                rows.execute(&table.put(), &values)?;
            }
            Ok(())
        })
    }
}

impl Table {
    /// Rows beyond a key, in order: a page of them, or those up to another key (`Some(None)`: to the end).
    fn page(
        &self,
        rows: &Reader<'_>,
        after: Option<&Key>,
        until: Option<Option<&Key>>,
    ) -> Result<BTreeMap<Key, Cell>> {
        let (key, count) = (self.key.join(", "), self.key.len());
        let mut bounds = Vec::new();
        let mut values = Vec::new();
        for (bound, sign) in [(after, ">"), (until.flatten(), "<=")] {
            if let Some(bound) = bound {
                let first = values.len() + 1;
                bounds.push(format!("({key}) {sign} ({})", numbers(first, count)));
                values.extend(bound.iter().map(Cell::value));
            }
        }
        let bounds = match bounds.is_empty() {
            true => String::new(),
            false => format!("WHERE {}", bounds.join(" AND ")),
        };
        let limit = match until {
            None => format!("LIMIT {PAGE}"),
            Some(_) => String::new(),
        };
        let (name, rest) = (self.name, self.rest);
        let sql = format!("SELECT {key}, {rest} FROM {name} {bounds} ORDER BY {key} {limit}");
        let found = rows.all(&sql, &values, |row| {
            let key: Result<Key> = (0..count).map(|column| Cell::of(row, column)).collect();
            Ok((key?, Cell::of(row, count)?))
        })?;
        Ok(found.into_iter().collect())
    }

    fn delete(&self) -> String {
        let (name, key) = (self.name, self.key.join(", "));
        format!(
            "DELETE FROM {name} WHERE ({key}) = ({})",
            numbers(1, self.key.len())
        )
    }

    fn put(&self) -> String {
        let (name, key, rest) = (self.name, self.key.join(", "), self.rest);
        let values = numbers(1, self.key.len() + 1);
        format!(
            "INSERT INTO {name} ({key}, {rest}) VALUES ({values})
             ON CONFLICT ({key}) DO UPDATE SET {rest} = excluded.{rest}"
        )
    }
}

/// `$1, $2, …`.
fn numbers(first: usize, count: usize) -> String {
    let numbers = (first..first + count).map(|number| format!("${number}"));
    numbers.collect::<Vec<_>>().join(", ")
}
