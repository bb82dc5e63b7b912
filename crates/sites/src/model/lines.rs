//! Lines of the folder's own files, with their numbers, so that a wrong one can be named.

use crate::Wrong;

/// A line that isn't empty and no comment.
pub(super) struct Line<'a> {
    file: &'a str,
    number: usize,
    /// The line, without its end.
    pub(super) text: &'a str,
}

impl<'a> Line<'a> {
    /// Its words, up to a comment: `#` after a space, or first.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        self.text
            .split_ascii_whitespace()
            .take_while(|word| !word.starts_with('#'))
    }

    /// What is wrong with it.
    pub(super) fn wrong(&self, why: &str) -> Wrong {
        Wrong {
            file: self.file.to_owned(),
            line: self.number,
            why: why.to_owned(),
        }
    }
}

/// The lines of a file that say something.
pub(super) fn lines<'a>(file: &'a str, text: &'a str) -> impl Iterator<Item = Line<'a>> {
    text.strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .enumerate()
        .map(move |(before, text)| Line {
            file,
            number: before + 1,
            text,
        })
        .filter(|line| !line.text.trim().is_empty() && !line.text.trim_start().starts_with('#'))
}
