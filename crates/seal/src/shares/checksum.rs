//! RS1024: the Reed-Solomon code over GF(1024) that ends a share with three words (SLIP-0039, Checksum).

use zeroize::Zeroizing;

/// Words of a checksum.
pub(super) const CHECKSUM_WORDS: usize = 3;

const GENERATOR: [u32; 10] = [
    0x00E0_E040,
    0x01C1_C080,
    0x0383_8100,
    0x0707_0200,
    0x0E0E_0009,
    0x1C0C_2412,
    0x3808_6C24,
    0x3090_FC48,
    0x21B1_F890,
    0x03F3_F120,
];

/// What tells the two kinds of shares apart, and is fed to the code before the words: the kind stands in the second word.
fn customization(words: &[u16]) -> &'static [u8] {
    match words.get(1) {
        Some(word) if word >> 4 & 1 == 1 => b"shamir_extendable",
        _ => b"shamir",
    }
}

fn polymod(words: &[u16]) -> u32 {
    let prefix = customization(words).iter().map(|byte| u32::from(*byte));
    let words = words.iter().map(|word| u32::from(*word));
    prefix.chain(words).fold(1, |sum, value| {
        let top = sum >> 20;
        let shifted = (sum & 0xF_FFFF) << 10 ^ value;
        GENERATOR
            .iter()
            .enumerate()
            .fold(shifted, |sum, (bit, generator)| {
                sum ^ (generator * (top >> bit & 1))
            })
    })
}

/// Whether the words end in their checksum.
pub(super) fn holds(words: &[u16]) -> bool {
    polymod(words) == 1
}

/// The three words that end these.
pub(super) fn of(words: &[u16]) -> [u16; CHECKSUM_WORDS] {
    let mut padded = Zeroizing::new(words.to_vec());
    padded.extend([0; CHECKSUM_WORDS]);
    let sum = polymod(&padded) ^ 1;
    [20, 10, 0].map(|shift| u16::try_from(sum >> shift & 1023).expect("ten bits"))
}

/// The one position, from 0, at which another word would make the checksum hold; none if there is no such position.
///
/// The code corrects one wrong word. The specification allows to say where it is, and not what it should be: whoever
/// looks at the page again finds it, and whoever only guesses isn't led to a wrong secret.
pub(super) fn suspect(words: &[u16]) -> Option<usize> {
    let mut tried = Zeroizing::new(words.to_vec());
    (0..words.len()).find(|at| {
        let right = (0..1024).any(|word| {
            tried[*at] = word;
            holds(&tried)
        });
        tried[*at] = words[*at];
        right
    })
}
