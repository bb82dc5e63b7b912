//! What is sealed opens, and what was altered does not.

use amana_seal::Error;
use amana_seal::age::{
    CHUNK_BYTES, HybridIdentity, Identity, NONCE_BYTES, Opener, Passphrase, Recipient, Sealer,
    TAG_BYTES, X25519Identity, open_all, plain_size, prologue_size, seal_all, sealed_size,
};
use zeroize::Zeroizing;

/// On either side of a chunk's bounds.
const SIZES: [usize; 9] = [
    0,
    1,
    1024,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    2 * CHUNK_BYTES - 1,
    2 * CHUNK_BYTES,
    3 * CHUNK_BYTES + 7,
];

fn content(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

fn identities() -> [Identity; 2] {
    [
        X25519Identity::generate().expect("randomness").into(),
        HybridIdentity::generate().expect("randomness").into(),
    ]
}

#[test]
fn every_size_opens_again() {
    for identity in identities() {
        let recipients = [identity.recipient()];
        let identities = [identity];
        for size in SIZES {
            let plain = content(size);
            let sealed = seal_all(&recipients, &plain).unwrap();
            assert_eq!(*open_all(&identities, &sealed).unwrap(), plain);
            let prologue = prologue_size(&sealed).unwrap().unwrap() as u64;
            assert_eq!(sealed_size(prologue, size as u64), sealed.len() as u64);
            assert_eq!(plain_size(prologue, sealed.len() as u64), Some(size as u64));
        }
    }
}

#[test]
fn sizes_that_no_file_has_are_none() {
    let chunk = (CHUNK_BYTES + TAG_BYTES) as u64;
    for payload in [0, 15, chunk + 1, chunk + 16, 2 * chunk + 3] {
        assert_eq!(plain_size(200, 200 + payload), None, "{payload}");
    }
    assert_eq!(plain_size(200, 199), None);
    assert_eq!(plain_size(200, 216), Some(0));
    assert_eq!(plain_size(200, 200 + chunk + 17), Some(65_537));
}

#[test]
fn chunks_open_alone_and_out_of_order() {
    let identity = X25519Identity::generate().unwrap();
    let mut sealer = Sealer::new(&[identity.recipient().into()]).unwrap();
    let plain = content(2 * CHUNK_BYTES + 5);
    let mut chunks: Vec<Vec<u8>> = plain.chunks(CHUNK_BYTES).map(<[u8]>::to_vec).collect();
    for (number, chunk) in chunks.iter_mut().enumerate() {
        sealer.seal_chunk(chunk, number == 2).unwrap();
    }
    let opener = Opener::new(sealer.prologue(), &[identity.into()]).unwrap();
    for number in [2, 0, 1] {
        let mut chunk = chunks[number].clone();
        opener
            .open_chunk(number as u64, number == 2, &mut chunk)
            .unwrap();
        assert_eq!(chunk, plain.chunks(CHUNK_BYTES).nth(number).unwrap());
    }
    let mut moved = chunks[0].clone();
    let error = opener.open_chunk(1, false, &mut moved).unwrap_err();
    assert_eq!(error, Error::AlteredChunk { chunk: 1 });
    let mut cut = chunks[0].clone();
    let error = opener.open_chunk(0, true, &mut cut).unwrap_err();
    assert_eq!(error, Error::AlteredChunk { chunk: 0 });
}

#[test]
fn a_chunk_that_cannot_stand_is_refused() {
    let recipient = X25519Identity::generate().unwrap().recipient().into();
    let sealer = || Sealer::new(std::slice::from_ref(&recipient)).unwrap();
    let refused = |sealer: &mut Sealer, size: usize, last: bool| {
        let error = sealer.seal_chunk(&mut content(size), last).unwrap_err();
        assert!(matches!(error, Error::Chunk { .. }), "{error}");
    };
    refused(&mut sealer(), CHUNK_BYTES + 1, true);
    refused(&mut sealer(), CHUNK_BYTES - 1, false);
    let mut begun = sealer();
    begun.seal_chunk(&mut content(CHUNK_BYTES), false).unwrap();
    refused(&mut begun, 0, true);
    begun.seal_chunk(&mut content(1), true).unwrap();
    refused(&mut begun, 1, true);
}

#[test]
fn every_altered_byte_is_noticed() {
    let identity = X25519Identity::generate().unwrap();
    let sealed = seal_all(&[identity.recipient().into()], b"deposited").unwrap();
    let identities = [identity.into()];
    for position in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[position] ^= 1;
        assert!(open_all(&identities, &altered).is_err(), "{position}");
        assert!(
            open_all(&identities, &sealed[..position]).is_err(),
            "{position}"
        );
    }
    let longer = [sealed.as_slice(), b"x"].concat();
    assert!(open_all(&identities, &longer).is_err());
}

#[test]
fn each_of_several_recipients_opens_and_a_stranger_does_not() {
    for stranger in identities() {
        let several = [identities(), identities(), identities()];
        for kind in 0..2 {
            let recipients: Vec<Recipient> =
                several.iter().map(|one| one[kind].recipient()).collect();
            let sealed = seal_all(&recipients, b"to three").unwrap();
            for one in &several {
                assert_eq!(*open_all(one, &sealed).unwrap(), b"to three");
            }
            let error = open_all(std::slice::from_ref(&stranger), &sealed).unwrap_err();
            assert_eq!(error, Error::NotForUs);
        }
    }
}

#[test]
fn recipients_that_cannot_stand_together_are_refused() {
    let [x25519, hybrid] = identities().map(|identity| identity.recipient());
    let many = vec![x25519.clone(); 200];
    for recipients in [&[][..], &[x25519, hybrid], &many] {
        let error = seal_all(recipients, b"").unwrap_err();
        assert!(matches!(error, Error::Recipients { .. }), "{error}");
    }
    let low_order = amana_seal::age::X25519Recipient::from_bytes([0; 32]);
    assert!(seal_all(&[low_order.into()], b"").is_err());
}

#[test]
fn the_prologue_is_found_as_its_bytes_come() {
    let identity = HybridIdentity::generate().unwrap();
    let sealer = Sealer::new(&[identity.recipient().into()]).unwrap();
    let prologue = sealer.prologue();
    for size in 0..=prologue.len() {
        let complete = size >= prologue.len() - NONCE_BYTES;
        let expected = complete.then_some(prologue.len());
        assert_eq!(
            prologue_size(&prologue[..size]).unwrap(),
            expected,
            "{size}"
        );
    }
    assert!(prologue_size(b"age-encryption.org/v2\n").is_err());
    assert!(prologue_size(b"PK").is_err());
    let endless = [b"age-encryption.org/v1\n".as_slice(), &[b'A'; 20_000]].concat();
    assert!(matches!(
        prologue_size(&endless),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn keys_are_read_as_they_are_written() {
    for identity in identities() {
        let again: Identity = identity.reveal().parse().unwrap();
        assert_eq!(again.reveal(), identity.reveal());
        let recipient: Recipient = identity.recipient().encode().parse().unwrap();
        assert_eq!(recipient, identity.recipient());
        assert!(
            identity
                .reveal()
                .to_lowercase()
                .parse::<Identity>()
                .is_err()
        );
        assert!(
            recipient
                .encode()
                .to_uppercase()
                .parse::<Recipient>()
                .is_err()
        );
        assert!(identity.reveal().parse::<Recipient>().is_err());
        assert!(recipient.encode().parse::<Identity>().is_err());
    }
}

#[test]
fn a_passphrase_opens_what_it_sealed() {
    let passphrase = |text: &str| Passphrase::new(Zeroizing::new(text.to_owned()));
    let sealed = passphrase("nadjaribou")
        .seal_all(15, b"a key at rest")
        .unwrap();
    assert_eq!(
        *passphrase("nadjaribou").open_all(&sealed).unwrap(),
        b"a key at rest"
    );
    let error = passphrase("nadjaribu").open_all(&sealed).unwrap_err();
    assert_eq!(error, Error::NotForUs);
    let error = passphrase("").seal_all(21, b"").unwrap_err();
    assert_eq!(error, Error::WorkFactor { found: 21, max: 18 });
}

/// A gateway seals and opens on whatever thread is free.
#[test]
fn keys_and_files_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Identity>();
    crosses::<Recipient>();
    crosses::<Sealer>();
    crosses::<Opener>();
    crosses::<Passphrase>();
}

#[test]
fn a_header_that_does_not_end_is_not_read_on() {
    let identity = X25519Identity::generate().unwrap();
    let grease = "-> grease\n\n".repeat(2000);
    let endless = format!("age-encryption.org/v1\n{grease}");
    let error = Opener::new(endless.as_bytes(), &[identity.into()]).err();
    assert!(matches!(error, Some(Error::TooLarge { .. })));
}
