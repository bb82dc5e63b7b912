//! One share, as numbers and as words: header, value and checksum packed into ten bits a word (SLIP-0039, Format of the
//! share mnemonic).

use zeroize::{Zeroize as _, Zeroizing};

use super::checksum::{self, CHECKSUM_WORDS};
use super::fault::ShareFault;
use super::wordlist::{index_of, word};
use crate::error::Result;

/// Words before the value.
const HEADER_WORDS: usize = 4;
/// The fewest words of a share: those of a 128-bit secret.
pub const MIN_SHARE_WORDS: usize = 20;
/// The most words of a share: those of a 512-bit secret.
pub const MAX_SHARE_WORDS: usize = 59;
/// Words of a share of our root, whose secret has 256 bits.
pub const ROOT_SHARE_WORDS: usize = 33;
/// The longest text that is read as a share, in bytes.
pub const MAX_MNEMONIC_BYTES: usize = 2048;

/// What all shares of a set have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SetHeader {
    /// 15 random bits, by which the set is known.
    pub(super) identifier: u16,
    pub(super) extendable: bool,
    /// 0 to 15.
    pub(super) iteration_exponent: u8,
    /// 1 to 16.
    pub(super) group_threshold: u8,
    /// 1 to 16.
    pub(super) group_count: u8,
}

/// One share: what one custodian keeps. Erased from memory when dropped; never shown but as [`Share::mnemonic`].
#[derive(Clone)]
pub struct Share {
    pub(super) set: SetHeader,
    pub(super) group: u8,
    pub(super) member: u8,
    pub(super) member_threshold: u8,
    pub(super) value: Zeroizing<Vec<u8>>,
}

impl Share {
    /// A share as a custodian types it: words in any case with any spaces between them, each at least by its first four
    /// letters, or by its number from 1 to 1024 in the word list.
    ///
    /// # Errors
    /// [`ShareFault`], which says what to look at; it never repeats a word.
    pub fn parse(typed: &str) -> Result<Self> {
        Ok(Self::from_indices(&read_words(typed)?)?)
    }

    fn from_indices(words: &[u16]) -> Result<Self, ShareFault> {
        let value_bits = words
            .len()
            .checked_sub(HEADER_WORDS + CHECKSUM_WORDS)
            .filter(|_| (MIN_SHARE_WORDS..=MAX_SHARE_WORDS).contains(&words.len()))
            .ok_or(ShareFault::Length { words: words.len() })?
            * 10;
        let header = words[..HEADER_WORDS]
            .iter()
            .fold(0u64, |bits, word| bits << 10 | u64::from(*word));
        let field = |shift: u32, bits: u32| (header >> shift) & ((1 << bits) - 1);
        let small = |shift| u8::try_from(field(shift, 4)).expect("four bits");
        if !checksum::holds(words) {
            let suspect = checksum::suspect(words).map(|at| at + 1);
            return Err(ShareFault::Checksum { suspect });
        }
        if value_bits % 16 > 8 {
            return Err(ShareFault::Length { words: words.len() });
        }
        let set = SetHeader {
            identifier: u16::try_from(field(25, 15)).expect("fifteen bits"),
            extendable: field(24, 1) == 1,
            iteration_exponent: small(20),
            group_threshold: small(12) + 1,
            group_count: small(8) + 1,
        };
        let group = small(16);
        if set.group_threshold > set.group_count || group >= set.group_count {
            return Err(ShareFault::Impossible);
        }
        let value = &words[HEADER_WORDS..words.len() - CHECKSUM_WORDS];
        Ok(Self {
            set,
            group,
            member: small(4),
            member_threshold: small(0) + 1,
            value: unpack(value, value_bits % 16)?,
        })
    }

    /// The share's words as indices from 0 to 1023 in the word list; a page prints them as numbers from 1.
    #[must_use]
    pub fn indices(&self) -> Zeroizing<Vec<u16>> {
        let set = &self.set;
        let header = u64::from(set.identifier) << 25
            | u64::from(set.extendable) << 24
            | u64::from(set.iteration_exponent) << 20
            | u64::from(self.group) << 16
            | u64::from(set.group_threshold - 1) << 12
            | u64::from(set.group_count - 1) << 8
            | u64::from(self.member) << 4
            | u64::from(self.member_threshold - 1);
        let mut words = Zeroizing::new(Vec::with_capacity(MAX_SHARE_WORDS));
        words.extend([30, 20, 10, 0].map(|shift| ten_bits(header >> shift)));
        pack(&self.value, &mut words);
        let sum = checksum::of(&words);
        words.extend(sum);
        words
    }

    /// The words with one space between them, as any implementation of SLIP-0039 reads them.
    #[must_use]
    pub fn mnemonic(&self) -> Zeroizing<String> {
        // The room is reserved at once: a text that grew would leave copies behind.
        let mut text = Zeroizing::new(String::with_capacity(MAX_SHARE_WORDS * 9));
        for (at, index) in self.indices().iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(word(*index));
        }
        text
    }

    /// The two words with which all shares of the same set begin, and no share of most other sets.
    #[must_use]
    pub fn set_words(&self) -> [&'static str; 2] {
        let words = self.indices();
        [word(words[0]), word(words[1])]
    }

    /// Number of the group, from 1.
    #[must_use]
    pub const fn group_number(&self) -> u8 {
        self.group + 1
    }

    /// Number of the share within its group, from 1.
    #[must_use]
    pub const fn member_number(&self) -> u8 {
        self.member + 1
    }

    /// How many shares rebuild this one's group.
    #[must_use]
    pub const fn member_threshold(&self) -> u8 {
        self.member_threshold
    }

    /// How many groups there are.
    #[must_use]
    pub const fn group_count(&self) -> u8 {
        self.set.group_count
    }

    /// How many groups rebuild the secret.
    #[must_use]
    pub const fn group_threshold(&self) -> u8 {
        self.set.group_threshold
    }
}

fn read_words(typed: &str) -> Result<Zeroizing<Vec<u16>>, ShareFault> {
    if typed.len() > MAX_MNEMONIC_BYTES {
        return Err(ShareFault::TooLong);
    }
    let mut words = Zeroizing::new(Vec::with_capacity(MAX_SHARE_WORDS));
    for (position, typed) in (1..).zip(typed.split_whitespace()) {
        if position > MAX_SHARE_WORDS {
            return Err(ShareFault::Length { words: position });
        }
        let index = index_of(typed).ok_or_else(|| unknown(typed, position))?;
        words.push(index);
    }
    Ok(words)
}

fn unknown(typed: &str, position: usize) -> ShareFault {
    if typed.bytes().all(|b| b.is_ascii_digit()) {
        ShareFault::UnknownNumber { position }
    } else {
        ShareFault::UnknownWord { position }
    }
}

fn ten_bits(value: u64) -> u16 {
    u16::try_from(value & 1023).expect("ten bits")
}

/// The value's bits after as many zero bits as fill the first word.
fn pack(value: &[u8], words: &mut Vec<u16>) {
    let padding = (10 - value.len() * 8 % 10) % 10;
    let (mut held, mut held_bits) = (0u32, padding);
    for byte in value {
        held = held << 8 | u32::from(*byte);
        held_bits += 8;
        if held_bits >= 10 {
            held_bits -= 10;
            words.push(ten_bits(u64::from(held >> held_bits)));
            held &= (1 << held_bits) - 1;
        }
    }
    held.zeroize();
}

/// The bytes of a value whose first `padding` bits must be zero.
fn unpack(words: &[u16], padding: usize) -> Result<Zeroizing<Vec<u8>>, ShareFault> {
    let mut value = Zeroizing::new(Vec::with_capacity(words.len() * 10 / 8));
    let (mut held, mut held_bits) = (0u32, 0);
    for (at, word) in words.iter().enumerate() {
        if at == 0 {
            if *word >> (10 - padding) != 0 {
                return Err(ShareFault::Impossible);
            }
            held_bits = 10 - padding;
            held = u32::from(*word);
        } else {
            held = held << 10 | u32::from(*word);
            held_bits += 10;
        }
        while held_bits >= 8 {
            held_bits -= 8;
            value.push(u8::try_from(held >> held_bits & 0xFF).expect("eight bits"));
            held &= (1 << held_bits) - 1;
        }
    }
    held.zeroize();
    Ok(value)
}
