//! The six words that two people compare over the telephone, in plain text that is read from a chair away.

use amana_seal::words::SixWords;

/// Each word on a line of its own, with the number that those say who don't read English.
pub(crate) fn shown(words: &SixWords) -> String {
    let lines = words.words().into_iter().zip(words.numbers()).enumerate();
    let lines: Vec<String> = lines
        .map(|(at, (word, number))| {
            format!("    {}   {:<12} {number:>4}", at + 1, word.to_uppercase())
        })
        .collect();
    lines.join("\n\n")
}
