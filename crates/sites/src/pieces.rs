//! How a manifest travels: in pieces, of which only those go that the other side hasn't.
//!
//! A manifest of ten thousand files has more than a megabyte, and two that follow one another differ in a line. Both sides cut
//! theirs where the bytes themselves say so, so that a change moves no cut but those beside it; the deployer sends the digests
//! of its pieces, and then the pieces that are missing. Nothing is believed for it: the whole has a digest that was signed.

use std::ops::Range;

use amana_ledger::Hash;
use sha2::{Digest as _, Sha256};

/// The longest piece, in bytes.
const MAX_PIECE_BYTES: usize = 64 * 1024;
/// What ends a file's entry, and may end a piece.
const END: &[u8] = b"},";
/// One entry in so many ends a piece.
const ENTRIES: u64 = 64;

/// Where the pieces of a manifest lie, in order, without gaps. A cut comes after an entry whose own bytes say so, by a hash
/// (FNV-1a) of them.
#[must_use]
pub fn cut(manifest: &[u8]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let (mut begin, mut entry) = (0, 0);
    while begin < manifest.len() {
        let rest = &manifest[entry..];
        let end = rest.windows(END.len()).position(|window| window == END);
        let next = end.map_or(manifest.len(), |end| entry + end + END.len());
        let chosen = fnv1a(&manifest[entry..next]).is_multiple_of(ENTRIES);
        if chosen || next - begin >= MAX_PIECE_BYTES || next == manifest.len() {
            pieces.push(begin..next);
            begin = next;
        }
        entry = next;
    }
    pieces
}

/// SHA-256 of a piece, or of any content.
#[must_use]
pub fn digest(bytes: &[u8]) -> Hash {
    Hash::from(<[u8; 32]>::from(Sha256::digest(bytes)))
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn manifest(files: u32, changed: Option<u32>) -> Vec<u8> {
        let entries = (0..files).map(|file| {
            let content = if changed == Some(file) { files } else { file };
            let hex = crate::pieces::digest(&content.to_be_bytes());
            format!("\"/{file:06}.html\":{{\"sha256\":\"{hex:?}\",\"size\":{content}}}")
        });
        format!(
            "{{\"files\":{{{}}}}}",
            entries.collect::<Vec<_>>().join(",")
        )
        .into_bytes()
    }

    #[test]
    fn pieces_make_the_whole_again() {
        for files in [0, 1, 2, 700] {
            let whole = manifest(files, None);
            let pieces = cut(&whole);
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
            let joined: Vec<u8> = pieces
                .iter()
                .flat_map(|piece| whole[piece.clone()].iter().copied())
                .collect();
            assert_eq!(joined, whole);
        }
        assert!(cut(b"").is_empty());
    }

    #[test]
    fn a_change_of_one_file_moves_few_pieces() {
        let digests = |whole: &[u8]| -> HashSet<Hash> {
            let of = |piece: Range<usize>| digest(&whole[piece]);
            cut(whole).into_iter().map(of).collect()
        };
        let before = digests(&manifest(10_000, None));
        for changed in [0, 4_999, 9_999] {
            let after = manifest(10_000, Some(changed));
            let new: Vec<_> = cut(&after)
                .into_iter()
                .filter(|piece| !before.contains(&digest(&after[piece.clone()])))
                .collect();
            let bytes: usize = new.iter().map(ExactSizeIterator::len).sum();
            assert!(new.len() <= 2 && bytes <= 2 * MAX_PIECE_BYTES + 200);
        }
    }

    #[test]
    fn no_piece_is_long() {
        let whole = [br#"{"files":{},"headers":["#, &[b'a'; 300_000][..], b"]}"].concat();
        // An entry is never cut, and this is one.
        assert_eq!(cut(&whole).len(), 1);
        let many = b"aaaa},".repeat(100_000);
        let longest = cut(&many).iter().map(ExactSizeIterator::len).max();
        assert!(longest.is_some_and(|longest| longest < MAX_PIECE_BYTES + END.len() + 4));
    }
}
