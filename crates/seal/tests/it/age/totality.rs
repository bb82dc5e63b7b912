//! The reader takes any bytes: the same claims as the fuzz targets', on the stable toolchain, in the gate.

use amana_seal::age::{
    Identity, Opener, Passphrase, Recipient, X25519Identity, X25519Recipient, open_all,
    prologue_size, seal_all,
};
use proptest::prelude::*;
use zeroize::Zeroizing;

fn identities() -> [Identity; 1] {
    [X25519Identity::from_secret(Zeroizing::new([3; 32])).into()]
}

/// Takes `bytes` in every way that there is; they aren't a file to us.
fn refused(bytes: &[u8]) {
    let size = prologue_size(bytes);
    if let Ok(Some(size)) = size {
        let prologue = &bytes[..size.min(bytes.len())];
        assert!(Opener::new(prologue, &identities()).is_err());
    }
    assert!(open_all(&identities(), bytes).is_err());
    assert!(
        Passphrase::new(Zeroizing::default())
            .open_all(bytes)
            .is_err()
    );
}

/// Lines such as a header has, in any order.
fn header_like() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "-> (X25519|mlkem768x25519|grease)( [A-Za-z0-9+/]{0,44}){0,2}",
        "[A-Za-z0-9+/]{0,66}",
        "--- [A-Za-z0-9+/]{42,44}",
        "(-|->|---|) ?[!-~ ]{0,70}",
    ];
    prop::collection::vec(line, 0..12)
        .prop_map(|lines| format!("age-encryption.org/v1\n{}\n", lines.join("\n")))
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        refused(&bytes);
    }

    #[test]
    fn any_lines(text in header_like(), rest in prop::collection::vec(any::<u8>(), 0..64)) {
        refused(&[text.as_bytes(), &rest].concat());
    }

    /// What opens after any damage is what was sealed: the file has one spelling.
    #[test]
    fn a_damaged_file(at in any::<prop::sample::Index>(), cut in 0..3_usize, put in prop::collection::vec(any::<u8>(), 0..3)) {
        let recipients = [identities()[0].recipient()];
        let sealed = seal_all(&recipients, b"deposited").unwrap();
        let at = at.index(sealed.len());
        let mut damaged = sealed.clone();
        damaged.splice(at..(at + cut).min(sealed.len()), put);
        prop_assert_eq!(open_all(&identities(), &damaged).is_ok(), damaged == sealed);
    }

    #[test]
    fn any_key_text(text in "(age1|age1pq1|AGE-SECRET-KEY-1|AGE-SECRET-KEY-PQ-1)?[ -~]{0,80}") {
        prop_assert!(text.parse::<Recipient>().is_err());
        prop_assert!(text.parse::<Identity>().is_err());
    }

    #[test]
    fn any_key(bytes in any::<[u8; 32]>()) {
        let recipient = X25519Recipient::from_bytes(bytes);
        prop_assert_eq!(recipient.encode().parse::<X25519Recipient>(), Ok(recipient));
        let identity = X25519Identity::from_secret(Zeroizing::new(bytes));
        let again: X25519Identity = identity.reveal().parse().unwrap();
        prop_assert_eq!(again.recipient(), identity.recipient());
    }
}
