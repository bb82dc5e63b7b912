//! What is wrong with a share or with a set of them, said so that a custodian knows what to do.

use super::gathering::Progress;

/// Why shares were refused or don't rebuild a secret. No variant repeats a word of a share but the two that name its set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// More text than any share has.
    #[error("this is longer than any share: type the words of one page only")]
    TooLong,
    /// No share has this many words.
    #[error(
        "a share of the keys has 33 words; this has {words}: compare it with the page, word by word"
    )]
    Length {
        /// How many there are.
        words: usize,
    },
    /// A word isn't in the list.
    #[error(
        "word {position} is not in the word list: its first four letters are enough, or its number"
    )]
    UnknownWord {
        /// Its position, from 1.
        position: usize,
    },
    /// A number isn't one of a word.
    #[error("number {position} is not from 1 to 1024")]
    UnknownNumber {
        /// Its position, from 1.
        position: usize,
    },
    /// The words don't match the checksum that they end in.
    #[error("the words do not match their checksum: {}", advice(*.suspect))]
    Checksum {
        /// The one position, from 1, at which a single wrong word would explain it.
        suspect: Option<usize>,
    },
    /// The checksum holds, and what the share says of itself can't be.
    #[error(
        "these words are well copied and are no share: whoever made them did not follow SLIP-0039"
    )]
    Impossible,
    /// The share is of another set than those before it.
    #[error(
        "this share is of another set: it begins \u{201c}{} {}\u{201d} and the first share given begins \u{201c}{} {}\u{201d}; \
         if the beginnings agree, the two sets were made for different custodians",
        found[0], found[1], expected[0], expected[1]
    )]
    OtherSet {
        /// The first two words of this share.
        found: [&'static str; 2],
        /// The first two words of the shares before it.
        expected: [&'static str; 2],
    },
    /// The same share was given before.
    #[error("this share was already given, as number {earlier}")]
    Duplicate {
        /// Which one it was, from 1.
        earlier: usize,
    },
    /// Two shares that differ claim one place.
    #[error(
        "this share and number {earlier} claim the same place in the set and differ: one of them is false"
    )]
    Conflict {
        /// Which one the other was, from 1.
        earlier: usize,
    },
    /// There are not enough shares yet.
    #[error("{0}")]
    Missing(Progress),
    /// There are more shares than needed, and these don't fit the others.
    #[error("{}: leave out what does not fit, and look into where it comes from", misfits(*.group, .members))]
    Misfit {
        /// The group, from 1.
        group: u8,
        /// The shares of the group, from 1; none if the whole group doesn't fit the other groups.
        members: Vec<u8>,
    },
    /// The shares don't fit together, and there are none to spare by which to tell which one is wrong.
    #[error("{} do not fit together: at least one is false; try again with another one in its place", unfit(*.group))]
    Unfit {
        /// The group, from 1; none if each group is sound and the groups don't fit together.
        group: Option<u8>,
    },
    /// The shares are sound and hold something else than a root.
    #[error("these shares hold a secret of {bytes} bytes, and the root has 32")]
    NotARoot {
        /// Length of the secret.
        bytes: usize,
    },
    /// A secret that can't be shared.
    #[error("a secret of {bytes} bytes can not be shared: it has 16 to 64 bytes, an even number")]
    Secret {
        /// Length of the secret.
        bytes: usize,
    },
}

fn advice(suspect: Option<usize>) -> String {
    suspect.map_or_else(
        || "several are wrong or in the wrong order: compare them all with the page".to_owned(),
        |position| format!("look at word {position} first, then at all the others"),
    )
}

fn misfits(group: u8, members: &[u8]) -> String {
    if members.is_empty() {
        return format!("the shares of group {group} do not fit those of the other groups");
    }
    let members: Vec<_> = members.iter().map(u8::to_string).collect();
    let (noun, verb) = if members.len() == 1 {
        ("share", "does")
    } else {
        ("shares", "do")
    };
    format!(
        "{noun} {} of group {group} {verb} not fit the others",
        members.join(", ")
    )
}

fn unfit(group: Option<u8>) -> String {
    group.map_or_else(
        || "the groups".to_owned(),
        |group| format!("the shares of group {group}"),
    )
}
