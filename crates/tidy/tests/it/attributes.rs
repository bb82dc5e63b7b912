//! Exceptions that give their reasons, and tests that run.

use crate::sources;

#[test]
fn every_exception_gives_its_reason() {
    let mut bad = Vec::new();
    for source in sources::rust() {
        for (number, attribute) in attributes(&source.text) {
            let excepts = ["allow(", "expect("].iter().any(|word| {
                attribute.starts_with(word)
                    || attribute.split(", ").any(|part| part.starts_with(word))
            });
            if excepts && !attribute.contains("reason = \"") {
                bad.push(format!("{}:{number}: {attribute}", source.path));
            }
        }
    }
    assert!(
        bad.is_empty(),
        "exceptions to a lint without `reason`: {bad:#?}"
    );
}

#[test]
fn no_test_is_ignored() {
    let bad: Vec<String> = sources::rust()
        .iter()
        .flat_map(|source| {
            attributes(&source.text)
                .into_iter()
                .map(|(number, text)| (source.path.clone(), number, text))
        })
        .filter(|(_, _, text)| {
            *text == "ignore" || text.starts_with("ignore ") || text.starts_with("ignore=")
        })
        .map(|(path, number, _)| format!("{path}:{number}"))
        .collect();
    assert!(
        bad.is_empty(),
        "ignored tests, to be mended or removed: {bad:#?}"
    );
}

/// A test that sleeps is slow, and still wrong on a busy machine.
#[test]
fn tests_do_not_sleep() {
    let calls = ["thread::", "time::"].map(|module| format!("{module}{}", "sleep("));
    let mut found = Vec::new();
    for source in sources::rust() {
        for (number, line) in sources::test_lines(&source) {
            if calls.iter().any(|call| line.contains(call)) {
                found.push(format!("{}:{number}", source.path));
            }
        }
    }
    assert!(
        found.is_empty(),
        "sleeps in tests, where an event should be awaited: {found:#?}"
    );
}

/// The inside of each `#[…]` and `#![…]`, over several lines too, with the number of its first line.
fn attributes(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_start();
        let Some(inside) = trimmed
            .strip_prefix("#[")
            .or_else(|| trimmed.strip_prefix("#!["))
        else {
            continue;
        };
        let mut whole = inside.trim_end().to_owned();
        while !balanced(&whole) {
            let Some((_, next)) = lines.next() else { break };
            whole.push(' ');
            whole.push_str(next.trim());
        }
        found.push((number + 1, whole.trim_end_matches(']').to_owned()));
    }
    found
}

/// True once the bracket opened before `inside` is closed.
fn balanced(inside: &str) -> bool {
    inside.matches(']').count() > inside.matches('[').count()
}

#[test]
fn attributes_are_found() {
    let text = "#![allow(a)]\n  #[expect(\n    dead_code,\n    reason = \"x\"\n  )]\n#[test]\nlet x = a[0];\n";
    let found = attributes(text);
    assert_eq!(found[0], (1, "allow(a)".to_owned()));
    assert_eq!(
        found[1],
        (2, "expect( dead_code, reason = \"x\" )".to_owned())
    );
    assert_eq!(found[2], (6, "test".to_owned()));
    assert_eq!(found.len(), 3);
}
