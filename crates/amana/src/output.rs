//! What is printed. A reader that goes away (`amana … | head`) ends the printing, not the program with a panic.

use std::fmt;
use std::io::{self, Write as _};

use amana_store::clock;
use anyhow::Result;
use serde_json::Value;

/// Prints a line for the asker.
///
/// # Errors
/// When stdout can't be written.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Prints an error on stderr.
pub(crate) fn error(text: &str) {
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(io::stderr().lock(), "amana: {text}");
}

/// Why a command that judges something can't: what it would judge may be right or wrong.
#[derive(Debug)]
pub(crate) struct NotJudged(anyhow::Error);

impl NotJudged {
    pub(crate) fn because(why: anyhow::Error) -> anyhow::Error {
        Self(why).into()
    }
}

impl fmt::Display for NotJudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for NotJudged {}

/// A table of JSON objects: one line each, columns by the names of their fields.
pub(crate) fn table(rows: &[Value], columns: &[&str]) -> String {
    let header = columns
        .iter()
        .map(|column| column.replace('_', " ").to_uppercase())
        .collect();
    let cells = rows
        .iter()
        .map(|row| columns.iter().map(|column| cell(row, column)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(header).chain(cells).collect();
    let width = |column: usize| {
        lines
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let shown: Vec<String> = lines
        .iter()
        .map(|line| {
            let padded = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:width$}"));
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    shown.join("\n")
}

/// A field as people read it. Times, fields in milliseconds since 1970 whose names end in `_ms`, are asked for without
/// that ending, and told in UTC.
fn cell(row: &Value, column: &str) -> String {
    match row[format!("{column}_ms")].as_i64() {
        Some(time_ms) => clock::rfc3339(time_ms),
        None => plain(&row[column]),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A time in seconds since 1970, in UTC.
pub(crate) fn time_s(time_s: u64) -> String {
    let time_ms = i64::try_from(time_s)
        .unwrap_or(i64::MAX)
        .saturating_mul(1000);
    clock::rfc3339(time_ms)
}
