//! The page as plain text, for a printer that knows nothing else.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::wording::{Wording, english, french};
use super::{COLUMN_WORDS, Page};
use crate::shares::word;

/// The widest line, in characters.
const WIDTH: usize = 78;

pub(super) fn page(page: &Page<'_>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    let (french, english) = (french(page), english(page));
    let rule = "=".repeat(WIDTH);
    let _ = writeln!(
        text,
        "{rule}\n{} / {}\n{rule}\n",
        french.title.to_uppercase(),
        english.title.to_uppercase()
    );
    for (label, value) in facts(page, &french, &english) {
        let _ = writeln!(text, "{label:<24} {value}");
    }
    text.push('\n');
    for wording in [&french, &english] {
        wrap(&format!("{}.", wording.threshold), &mut text);
    }
    text.push('\n');
    let _ = writeln!(text, "{} / {}\n", french.words, english.words);
    columns(page, &mut text);
    for wording in [&french, &english] {
        let _ = writeln!(text, "\n{}", "-".repeat(WIDTH));
        for (head, paragraphs) in &wording.sections {
            let _ = writeln!(text, "\n{}", head.to_uppercase());
            for paragraph in paragraphs {
                wrap(paragraph, &mut text);
            }
        }
    }
    text
}

fn facts(page: &Page<'_>, french: &Wording, english: &Wording) -> Vec<(String, String)> {
    let both = |french: &str, english: &str| {
        if french == english {
            french.to_owned()
        } else {
            format!("{french} / {english}")
        }
    };
    let mut facts = vec![(
        both(french.institution, english.institution),
        page.institution.to_owned(),
    )];
    if let Some(group) = page.group().filter(|group| !group.name().is_empty()) {
        facts.push((both(french.group, english.group), group.name().to_owned()));
    }
    facts.push((both("Part", "Share"), both(&french.share, &english.share)));
    facts.push((both(french.set, english.set), page.set.to_string()));
    facts.push((both(french.date, english.date), page.date.to_owned()));
    facts
}

/// The words from the top down, so that somebody who reads them aloud keeps to one column.
fn columns(page: &Page<'_>, text: &mut String) {
    let indices = page.share.indices();
    for row in 0..COLUMN_WORDS.min(indices.len()) {
        for at in (row..indices.len()).step_by(COLUMN_WORDS) {
            let (word, number) = (word(indices[at]), indices[at] + 1);
            let _ = write!(text, "  {:>2}. {word:<9} {number:>4}      ", at + 1);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

fn wrap(paragraph: &str, text: &mut String) {
    let mut line = String::new();
    for word in paragraph.split(' ') {
        let longer = line.chars().count() + 1 + word.chars().count() > WIDTH;
        if longer && !line.is_empty() {
            let _ = writeln!(text, "{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{line}");
}
