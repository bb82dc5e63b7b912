//! Statements: one spelling, every bound, and a signature over exactly the bytes.

use amana_seal::member::{MemberId, MemberKey};
use amana_seal::statement::*;
use amana_seal::{Error, Result};
use proptest::prelude::*;
use zeroize::Zeroizing;

pub(crate) fn member(byte: u8) -> MemberKey {
    MemberKey::from_seed(Zeroizing::new([byte; 32]))
}

/// An act that uses every line.
pub(crate) fn whole() -> Statement {
    Statement {
        ledger: "centre.example/ledgers/finances/vault".to_owned(),
        member: member(0x21).id(),
        keyring: 3,
        epoch: 2,
        act: [0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x07, 0x18],
        verb: "object.put".parse().expect("a verb"),
        bucket: BucketAt {
            name: "taxes-2026".to_owned(),
            created: Some(4),
            settings: Some(9),
        },
        touches: vec![
            Touch {
                slot: [0x31; 32],
                last: None,
            },
            Touch {
                slot: [0x32; 32],
                last: Some(17),
            },
        ],
        retires: vec![Touch {
            slot: [0x33; 32],
            last: Some(16),
        }],
        piece: Some(Piece {
            id: PieceId([0x41; 16]),
            size_bytes: 70_000,
            sha256: [0x42; 32],
        }),
        releases: vec![PieceId([0x43; 16]), PieceId([0x44; 16])],
        envelope: EnvelopeDigest::of(b"an envelope"),
    }
}

/// The smallest act: a bucket is created.
pub(crate) fn smallest() -> Statement {
    Statement {
        verb: "bucket.create".parse().expect("a verb"),
        bucket: BucketAt {
            name: "abc".to_owned(),
            created: None,
            settings: None,
        },
        touches: vec![],
        retires: vec![],
        piece: None,
        releases: vec![],
        ..whole()
    }
}

fn signed(statement: &Statement) -> SignedStatement {
    statement.sign(&member(0x21)).expect("a good statement")
}

fn reparse(text: &str) -> Result<SignedStatement> {
    SignedStatement::parse(text.as_bytes())
}

#[test]
fn a_statement_is_read_as_it_was_written() {
    for statement in [whole(), smallest()] {
        let signed = signed(&statement);
        let again = SignedStatement::parse(signed.bytes()).expect("well-formed");
        assert_eq!(again.statement(), &statement);
        assert_eq!(again, signed);
        again
            .verify(&member(0x21).verifying_key())
            .expect("its own signature");
        again
            .check_envelope(b"an envelope")
            .expect("its own envelope");
        assert!(matches!(
            again.check_envelope(b"another"),
            Err(Error::WrongEnvelope)
        ));
    }
}

#[test]
fn the_associated_data_is_the_text_before_the_envelope() {
    let statement = whole();
    let text = statement.text();
    let (before, _) = text.split_once("envelope ").expect("an envelope line");
    assert_eq!(statement.aad(), before);
    let other = Statement {
        envelope: EnvelopeDigest::of(b""),
        ..whole()
    };
    assert_eq!(other.aad(), statement.aad());
}

#[test]
fn only_the_named_member_signs() {
    let statement = whole();
    assert!(matches!(
        statement.sign(&member(0x22)),
        Err(Error::WrongMember { named, key })
            if named == member(0x21).id() && key == member(0x22).id()
    ));
    let good = signed(&statement);
    assert!(matches!(
        good.verify(&member(0x22).verifying_key()),
        Err(Error::WrongMember { .. })
    ));
}

#[test]
fn a_changed_text_is_not_signed() {
    let good = String::from_utf8(signed(&whole()).bytes().to_vec()).expect("UTF-8");
    for (from, to) in [
        ("finances", "tresors_"),
        ("keyring 3", "keyring 4"),
        ("object.put", "object.delete"),
        ("taxes-2026 4 9", "taxes-2026 4 8"),
        (" 70000 ", " 70001 "),
        ("retire", "touch"),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good);
        let error = reparse(&changed)
            .expect("still well-formed")
            .verify(&member(0x21).verifying_key());
        assert!(
            matches!(error, Err(Error::BadSignature { .. })),
            "{from} -> {to}"
        );
    }
}

#[test]
fn a_statement_has_one_spelling() {
    let good = String::from_utf8(signed(&whole()).bytes().to_vec()).expect("UTF-8");
    let id = member(0x21).id().to_string();
    let [slot_31, slot_32] = ["31", "32"].map(|byte| format!("touch {}", byte.repeat(32)));
    let [piece_41, piece_43] = ["41", "43"].map(|byte| format!("piece {}", byte.repeat(16)));
    for (from, to) in [
        ("amana.sealed/v1", "amana.sealed/v2"),
        ("\n", "\r\n"),
        ("ledger centre", "ledger  centre"),
        ("keyring 3", "keyring 03"),
        ("keyring 3", "keyring 0"),
        ("epoch 2", "epoch 4294967296"),
        ("act a1", "act A1"),
        ("verb object.put", "verb objectput"),
        ("taxes-2026", "Taxes-2026"),
        ("taxes-2026 4 9", "taxes-2026 - 9"),
        ("taxes-2026 4 9", "taxes-2026 4 3"),
        (&slot_31, &slot_32),
        (" -\n", " - \n"),
        (&piece_41, &piece_43),
        ("\nrelease", "\nreleases"),
        ("\n\n", "\n\n\n"),
        ("\n\n", "\n"),
        ("\u{2014}", "-"),
        ("==\n", "=\n"),
        ("==\n", "==\n\n"),
        ("==\n", "=="),
    ] {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        assert!(reparse(&changed).is_err(), "{from:?} -> {to:?}");
    }
    // The lines' order is part of the spelling.
    let swapped = good
        .replacen("epoch 2\n", "", 1)
        .replacen("keyring", "epoch 2\nkeyring", 1);
    assert!(reparse(&swapped).is_err());
    let other = good.replacen(
        &format!("\u{2014} {id}"),
        &format!("\u{2014} {}", member(0x22).id()),
        1,
    );
    assert!(reparse(&other).is_err());
}

#[test]
fn each_bound_holds() {
    let key = member(0x21);
    let slots = |count: u8| {
        (0..count)
            .map(|n| Touch {
                slot: [n; 32],
                last: None,
            })
            .collect()
    };
    let pieces = |count: u32| {
        (0..count)
            .map(|n| PieceId(u128::from(n).to_be_bytes()))
            .collect()
    };
    let at_most = Statement {
        touches: slots(8),
        retires: vec![],
        releases: pieces(10_000),
        ..whole()
    };
    assert!(at_most.sign(&key).expect("at its bounds").bytes().len() <= MAX_STATEMENT_BYTES);
    let too_many = [
        Statement {
            touches: slots(9),
            retires: vec![],
            ..whole()
        },
        Statement {
            retires: slots(9),
            touches: vec![],
            ..whole()
        },
        Statement {
            releases: pieces(10_001),
            ..whole()
        },
    ];
    for statement in too_many {
        assert!(matches!(statement.sign(&key), Err(Error::TooLarge { .. })));
    }
    let envelope = EnvelopeDigest {
        size_bytes: MAX_ENVELOPE_BYTES + 1,
        sha256: [0; 32],
    };
    let out_of_bounds = [
        Statement {
            ledger: "a".repeat(MAX_ORIGIN_BYTES + 1),
            ..whole()
        },
        Statement {
            ledger: "a b".to_owned(),
            ..whole()
        },
        Statement {
            envelope,
            ..whole()
        },
        Statement {
            keyring: u64::MAX,
            ..whole()
        },
    ];
    for statement in out_of_bounds {
        assert!(matches!(statement.sign(&key), Err(Error::Malformed { .. })));
    }
    let long = vec![b'a'; MAX_STATEMENT_BYTES + 1];
    assert!(matches!(
        SignedStatement::parse(&long),
        Err(Error::TooLarge { .. })
    ));
}

#[test]
fn a_member_is_named_by_its_key() {
    let key = member(0x21);
    assert_eq!(MemberId::of(&key.verifying_key()), key.id());
    assert_eq!(
        key.id().to_string().parse::<MemberId>().expect("an id"),
        key.id()
    );
    assert!(
        key.id()
            .to_string()
            .to_uppercase()
            .parse::<MemberId>()
            .is_err()
    );
    assert_ne!(key.identity_seed().as_slice(), key.seed().as_slice());
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = SignedStatement::parse(&bytes);
    }

    #[test]
    fn what_is_read_is_said_again(at in 0usize..1200, byte in any::<u8>()) {
        let mut bytes = signed(&whole()).bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(parsed) = SignedStatement::parse(&bytes) {
            let text = parsed.statement().text();
            prop_assert!(bytes.starts_with(text.as_bytes()));
        }
    }
}
