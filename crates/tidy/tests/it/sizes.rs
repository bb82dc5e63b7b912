//! Files and functions that fit a head.

use crate::sources;

const LINES_A_FILE: usize = 500;
const LINES_A_FUNCTION: usize = 70;
/// The admired Rust libraries have two functions in a hundred above 70 lines.
const LONG_FUNCTIONS_PER_HUNDRED: usize = 2;

#[test]
fn no_file_outgrows_its_reader() {
    let long: Vec<String> = sources::rust()
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES_A_FILE)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(
        long.is_empty(),
        "files over {LINES_A_FILE} lines, to be cut where they name two things: {long:#?}"
    );
}

#[test]
fn few_functions_are_long() {
    let mut all = 0;
    let mut long = Vec::new();
    for source in sources::rust() {
        for (name, lines) in functions(&source.text) {
            all += 1;
            if lines > LINES_A_FUNCTION {
                long.push(format!("{}: {name}: {lines} lines", source.path));
            }
        }
    }
    assert!(
        long.len() * 100 <= all * LONG_FUNCTIONS_PER_HUNDRED,
        "of {all} functions these are long: {long:#?}"
    );
}

/// Each function with its number of lines. The formatter closes a function at the indentation at which it begins, so
/// indentation finds the end without a parser.
fn functions(text: &str) -> Vec<(String, usize)> {
    let mut open: Vec<(usize, String, usize)> = Vec::new();
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if trimmed == "}"
            && let Some(position) = open
                .iter()
                .rposition(|(begun_at, _, _)| *begun_at == indent)
        {
            let (_, name, first) = open.remove(position);
            found.push((name, number - first + 1));
        } else if let Some(name) = function_name(trimmed)
            && !trimmed.ends_with(['}', ';'])
        {
            open.push((indent, name.to_owned(), number));
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    const BEFORE: [&str; 5] = ["pub", "const", "async", "unsafe", "extern"];
    let (before, after) = line.split_once("fn ")?;
    let declares = before
        .split_whitespace()
        .all(|word| BEFORE.contains(&word) || word.starts_with("pub("));
    declares.then(|| after.split(['(', '<']).next().unwrap_or(after))
}

#[test]
fn functions_are_found() {
    let text = "impl A {\n    pub(crate) async fn one(\n        x: u8,\n    ) {\n        if x {\n        }\n    }\n}\nfn two() {\n}\n";
    assert_eq!(
        functions(text),
        [("one".to_owned(), 6), ("two".to_owned(), 2)]
    );
}
