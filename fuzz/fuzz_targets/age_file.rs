//! A whole age file: any bytes, and damage to one that opens.
#![no_main]

use std::sync::LazyLock;

use amana_seal::age::{Identity, X25519Identity, open_all, seal_all};
use libfuzzer_sys::fuzz_target;
use zeroize::Zeroizing;

static IDENTITIES: LazyLock<[Identity; 1]> =
    LazyLock::new(|| [X25519Identity::from_secret(Zeroizing::new([3; 32])).into()]);
static SEALED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let recipients = [IDENTITIES[0].recipient()];
    seal_all(&recipients, &[7; 70_000]).expect("a file")
});

fuzz_target!(|bytes: &[u8]| {
    let _ = open_all(&*IDENTITIES, bytes);
    // The first two bytes choose where the others go.
    let Some((at, put)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let mut damaged = SEALED.clone();
    let at = usize::from(u16::from_be_bytes(*at)).min(damaged.len());
    let end = (at + put.len()).min(damaged.len());
    damaged.splice(at..end, put.iter().copied());
    assert_eq!(open_all(&*IDENTITIES, &damaged).is_ok(), damaged == *SEALED);
});
