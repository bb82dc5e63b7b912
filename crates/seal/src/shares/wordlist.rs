//! The 1024 words of SLIP-0039, sorted; the first four letters tell each from the others.

use std::sync::LazyLock;

/// How many there are: ten bits each.
pub const WORDS: usize = 1024;

static WORD_LIST: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("wordlist.txt").lines().collect());

/// The word of an index from 0 to 1023; larger ones start over.
#[must_use]
pub fn word(index: u16) -> &'static str {
    WORD_LIST[usize::from(index) % WORDS]
}

/// The index of what somebody typed: a word in any case, at least its first four letters, or its number from 1 to 1024.
pub(crate) fn index_of(typed: &str) -> Option<u16> {
    if !typed.is_empty() && typed.bytes().all(|b| b.is_ascii_digit()) {
        let index = typed.parse::<usize>().ok()?.checked_sub(1)?;
        return u16::try_from(index).ok().filter(|_| index < WORDS);
    }
    index_of_word(typed)
}

fn index_of_word(typed: &str) -> Option<u16> {
    if typed.len() < 4 || !typed.is_ascii() {
        return None;
    }
    let typed = zeroize::Zeroizing::new(typed.to_ascii_lowercase());
    let at = WORD_LIST.partition_point(|word| *word < typed.as_str());
    let word = WORD_LIST.get(at)?;
    word.starts_with(typed.as_str())
        .then(|| u16::try_from(at).expect("below 1024"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_standards() {
        assert_eq!(WORD_LIST.len(), WORDS);
        assert!(WORD_LIST.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            WORD_LIST
                .windows(2)
                .all(|pair| pair[0][..4] != pair[1][..4])
        );
        let digest = crate::signing::sha256(include_bytes!("wordlist.txt"));
        assert_eq!(
            hex::encode(digest),
            "bcc4555340332d169718aed8bf31dd9d5248cb7da6e5d355140ef4f1e601eec3"
        );
    }

    #[test]
    fn four_letters_are_enough_and_fewer_are_not() {
        assert_eq!(index_of_word("academic"), Some(0));
        assert_eq!(index_of_word("ACAD"), Some(0));
        assert_eq!(index_of_word("academi"), Some(0));
        assert_eq!(index_of_word("zero"), Some(1023));
        for bad in ["aca", "acadx", "academics", "zzzz", "", "acad\u{e9}mic"] {
            assert_eq!(index_of_word(bad), None, "{bad}");
        }
    }
}
