//! Names that say nothing.

use crate::sources;

/// A file or type so named collects what nobody placed.
const EMPTY_WORDS: [&str; 11] = [
    "util", "utils", "common", "manager", "helper", "helpers", "handler", "handlers", "misc",
    "stuff", "base",
];

#[test]
fn no_file_is_named_after_nothing() {
    let bad: Vec<String> = sources::tracked()
        .into_iter()
        .filter(|path| {
            ["crates/", "tests/", "tools/", "bench/", "fuzz/"]
                .iter()
                .any(|top| path.starts_with(top))
        })
        .filter(|path| {
            path.split('/')
                .any(|part| has_empty_word(part.split('.').next().unwrap_or(part)))
        })
        .collect();
    assert!(bad.is_empty(), "files whose names say nothing: {bad:#?}");
}

#[test]
fn no_type_or_module_is_named_after_nothing() {
    let mut bad = Vec::new();
    for source in sources::rust() {
        for line in source.text.lines() {
            if let Some(name) = declared_name(line)
                && has_empty_word(name)
            {
                bad.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(bad.is_empty(), "names that say nothing: {bad:#?}");
}

fn declared_name(line: &str) -> Option<&str> {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub"));
    if !["struct", "enum", "trait", "type", "mod", "union"].contains(&words.next()?) {
        return None;
    }
    words
        .next()?
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()
}

/// `RequestHandler`, `request_handler` and `handler` have one; `handlebar` has none.
fn has_empty_word(name: &str) -> bool {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
        .split(['_', '-'])
        .any(|word| EMPTY_WORDS.contains(&word))
}

#[test]
fn empty_words_are_found() {
    assert_eq!(
        declared_name("    pub(crate) struct RequestHandler<'a> {"),
        Some("RequestHandler")
    );
    assert!(
        has_empty_word("RequestHandler")
            && has_empty_word("http-utils")
            && !has_empty_word("handlebar")
    );
}
