//! Keys as text: Bech32 (BIP 173) without its limit of 90 characters, as age writes them.

use bech32::primitives::checksum::Checksum;
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Fe1024, Hrp};
use zeroize::Zeroizing;

use crate::{Format, Result};

/// Bech32's checksum over codes longer than those for which it finds every error: a hybrid recipient has 1,959
/// characters. It is kept against typing errors only; nothing rests on it.
enum LongBech32 {}

impl Checksum for LongBech32 {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    type CorrectionField = Fe1024;
    const ROOT_GENERATOR: Fe1024 = Bech32::ROOT_GENERATOR;
    const ROOT_EXPONENTS: std::ops::RangeInclusive<usize> = Bech32::ROOT_EXPONENTS;
    const CODE_LENGTH: usize = 4096;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

/// The text of a public key, in lower case.
pub(super) fn encode_recipient(prefix: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    bech32::encode_lower_to_fmt::<LongBech32, _>(&mut text, hrp(prefix), bytes)
        .expect("every key is shorter than the code");
    text
}

/// The text of a secret key, in upper case.
pub(super) fn encode_identity(prefix: &str, bytes: &[u8; 32]) -> Zeroizing<String> {
    // Room from the start: a string that grows leaves copies of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(128));
    bech32::encode_upper_to_fmt::<LongBech32, _>(&mut *text, hrp(prefix), bytes)
        .expect("every key is shorter than the code");
    text
}

/// The `N` bytes of a public key.
pub(super) fn decode_recipient<const N: usize>(prefix: &str, text: &str) -> Result<Box<[u8; N]>> {
    let malformed = |why| Format::Recipient.malformed(why);
    let mut bytes = Box::new([0; N]);
    if !decode(text, bytes.as_mut_slice()) {
        return Err(malformed("it is not Bech32 of a key of its kind"));
    }
    // What the decoder tolerates (another case or prefix, padding bits that are set) is another spelling.
    if encode_recipient(prefix, bytes.as_slice()) != text {
        return Err(malformed("it is not spelt as age spells it"));
    }
    Ok(bytes)
}

/// The 32 bytes of a secret key.
pub(super) fn decode_identity(prefix: &str, text: &str) -> Result<Zeroizing<[u8; 32]>> {
    let malformed = |why| Format::Identity.malformed(why);
    let mut bytes = Zeroizing::new([0; 32]);
    if !decode(text, bytes.as_mut_slice()) {
        return Err(malformed("it is not Bech32 of a key of its kind"));
    }
    if *encode_identity(prefix, &bytes) != *text {
        return Err(malformed("it is not spelt as age spells it"));
    }
    Ok(bytes)
}

/// Fills `bytes` from `text`; false if they are not exactly what it holds.
fn decode(text: &str, bytes: &mut [u8]) -> bool {
    let Ok(parsed) = CheckedHrpstring::new::<LongBech32>(text) else {
        return false;
    };
    let found = parsed.byte_iter();
    if found.len() != bytes.len() {
        return false;
    }
    for (slot, byte) in bytes.iter_mut().zip(found) {
        *slot = byte;
    }
    true
}

fn hrp(prefix: &str) -> Hrp {
    Hrp::parse(prefix).expect("the prefixes are constants of this crate")
}
