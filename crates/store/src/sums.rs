//! Sums over the rows of a table, kept in rows of another: so many, and so much. A row that each act changes would cost each of
//! them a change of its own, and on PostgreSQL a copy of the row; so what a transaction adds is gathered, and written once a row
//! when it is settled.

use std::collections::BTreeMap;

use crate::{Result, Writer};

/// A table of sums: one row a key, made and removed by acts.
#[derive(Debug)]
pub struct Sums {
    /// The table, a view.
    pub table: &'static str,
    /// Its key, a number.
    pub key: &'static str,
    /// The sums.
    pub columns: [&'static str; 2],
}

/// What a transaction adds, by table and key.
#[derive(Default)]
pub(crate) struct Added(BTreeMap<(&'static str, i64), (&'static Sums, [i64; 2])>);

impl Added {
    pub(crate) fn add(&mut self, sums: &'static Sums, key: i64, more: [i64; 2]) {
        let (_, added) = self.0.entry((sums.table, key)).or_insert((sums, [0, 0]));
        for (sum, more) in added.iter_mut().zip(more) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Changes the rows; of a key that has none, nothing is kept.
    pub(crate) fn write(self, rows: &Writer<'_>) -> Result<()> {
        for ((_, key), (sums, [first, second])) in self.0 {
            if (first, second) == (0, 0) {
                continue;
            }
            let Sums {
                table,
                key: name,
                columns: [one, other],
            } = sums;
            rows.execute(
                &format!(
                    "UPDATE {table} SET {one} = {one} + $1, {other} = {other} + $2 WHERE {name} = $3"
                ),
                &[first.into(), second.into(), key.into()],
            )?;
        }
        Ok(())
    }
}
