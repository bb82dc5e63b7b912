//! The `age` crate opens what we seal, and we open what it seals. It is only shown headers of either's making.

use amana_seal::age::{CHUNK_BYTES, Identity, Passphrase, X25519Identity, open_all, seal_all};
use zeroize::Zeroizing;

const SIZES: [usize; 5] = [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 200_000];

fn content(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

#[test]
fn x25519_both_ways() {
    let identity = X25519Identity::generate().unwrap();
    let theirs: age::x25519::Identity = identity.reveal().parse().unwrap();
    assert_eq!(
        theirs.to_public().to_string(),
        identity.recipient().encode()
    );
    let identities: [Identity; 1] = [identity.into()];
    let recipients = [identities[0].recipient()];
    for size in SIZES {
        let plain = content(size);
        let sealed = seal_all(&recipients, &plain).unwrap();
        assert_eq!(age::decrypt(&theirs, &sealed).unwrap(), plain);
        let sealed = age::encrypt(&theirs.to_public(), &plain).unwrap();
        assert_eq!(*open_all(&identities, &sealed).unwrap(), plain);
    }
}

#[test]
fn several_recipients_both_ways() {
    let [first, second] = [(); 2].map(|()| X25519Identity::generate().unwrap());
    let recipients = [first.recipient().into(), second.recipient().into()];
    let sealed = seal_all(&recipients, b"to two").unwrap();
    for identity in [&first, &second] {
        let theirs: age::x25519::Identity = identity.reveal().parse().unwrap();
        assert_eq!(age::decrypt(&theirs, &sealed).unwrap(), b"to two");
    }
}

#[test]
fn passphrases_both_ways() {
    let plain = content(1000);
    let text = "mwezi wa ine";
    let passphrase = Passphrase::new(Zeroizing::new(text.to_owned()));
    let sealed = passphrase.seal_all(15, &plain).unwrap();
    let theirs = age::scrypt::Identity::new(text.to_owned().into());
    assert_eq!(age::decrypt(&theirs, &sealed).unwrap(), plain);

    let mut recipient = age::scrypt::Recipient::new(text.to_owned().into());
    recipient.set_work_factor(12);
    let sealed = age::encrypt(&recipient, &plain).unwrap();
    assert_eq!(*passphrase.open_all(&sealed).unwrap(), plain);
}
