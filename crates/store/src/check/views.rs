//! Views against a replay: every entry again into empty tables, by the code of daily work, and then row by row.

use std::ops::ControlFlow;

use super::Audit;
use crate::entries::each_entry;
use crate::schema;
use crate::sqlite::{self, Use};
use crate::{LedgerInfo, Reader, Result, Row, Value, View, Writer};

impl Audit<'_> {
    pub(super) fn views(&mut self, ledgers: &[LedgerInfo]) -> Result<()> {
        // An empty path is a private database in a temporary file, which goes when it is closed.
        let scratch = sqlite::connect(std::path::Path::new(""), Use::Scratch)?;
        schema::create_views(&scratch, &self.shared.catalog)?;
        let replayed = Writer::embedded(&scratch);
        replayed.execute("BEGIN", &[])?;
        for info in ledgers {
            let rows = self.rows;
            each_entry(rows, info.id, 0..info.size, |entry| {
                if let Err(error) = self.shared.catalog.replay(&entry, &replayed) {
                    let what = format!("entry {} of {}", entry.id.index(), info.name);
                    self.report.fault("replay", what, error.to_string());
                }
                Ok(())
            })?;
            replayed.settle()?;
        }
        let views = self.shared.catalog.views.clone();
        for view in views {
            self.compare(&view, &replayed)?;
        }
        Ok(())
    }

    /// Looks each row of the table up among the replayed ones, and then the other way round.
    fn compare(&mut self, view: &View, replayed: &Reader<'_>) -> Result<()> {
        let keys = view.key.split(',').count();
        let mut agreed = 0;
        let rows = self.rows;
        each_row(rows, view, |row| {
            self.report.view_rows += 1;
            let what = || format!("row {} of {}", name(row, keys), view.table);
            match find(replayed, view, row, keys)? {
                Some(right) if right == bytes(row)? => agreed += 1,
                Some(_) => {
                    agreed += 1;
                    self.report
                        .fault("view", what(), "it is not what the ledger's entries say");
                }
                None => {
                    self.report
                        .fault("view", what(), "it is in the table, and no entry made it")
                }
            }
            Ok(())
        })?;
        let count = |row: &Row<'_>| row.int(0);
        let made = replayed
            .one(&format!("SELECT COUNT(*) FROM {}", view.table), &[], count)?
            .unwrap_or(0);
        if made == agreed {
            return Ok(());
        }
        each_row(replayed, view, |row| {
            if find(rows, view, row, keys)?.is_none() {
                let what = format!("row {} of {}", name(row, keys), view.table);
                self.report.fault(
                    "view",
                    what,
                    "an entry made it, and it is gone from the table",
                );
            }
            Ok(())
        })
    }
}

/// Visits a table's rows, each with its key first and then all its columns.
fn each_row(
    rows: &Reader<'_>,
    view: &View,
    mut visit: impl FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    rows.each(
        &format!("SELECT {0}, * FROM {1} ORDER BY {0}", view.key, view.table),
        &[],
        |row| {
            visit(row)?;
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// The row with the same key, as bytes.
fn find(
    rows: &Reader<'_>,
    view: &View,
    like: &Row<'_>,
    keys: usize,
) -> Result<Option<Vec<Vec<u8>>>> {
    let conditions = view
        .key
        .split(',')
        .enumerate()
        .map(|(i, column)| format!("{} = ${}", column.trim(), i + 1));
    let conditions = conditions.collect::<Vec<_>>().join(" AND ");
    let values = (0..keys)
        .map(|i| like.value(i))
        .collect::<Result<Vec<_>>>()?;
    rows.one(
        &format!(
            "SELECT {}, * FROM {} WHERE {conditions}",
            view.key, view.table
        ),
        &values,
        bytes,
    )
}

fn bytes(row: &Row<'_>) -> Result<Vec<Vec<u8>>> {
    (0..row.count()).map(|i| row.raw(i)).collect()
}

/// The key, for a person.
fn name(row: &Row<'_>, keys: usize) -> String {
    let show = |column| match row.value(column) {
        Ok(Value::Int(int)) => int.to_string(),
        Ok(Value::Text(text)) => format!("{text:?}"),
        Ok(Value::Blob(bytes)) => std::str::from_utf8(bytes)
            .map_or_else(|_| hex::encode(bytes), |text| format!("{text:?}")),
        Ok(Value::Null) | Err(_) => "NULL".to_owned(),
    };
    format!("({})", (0..keys).map(show).collect::<Vec<_>>().join(", "))
}
