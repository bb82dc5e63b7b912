//! Every parser takes any bytes: the same claims as the fuzz targets', on the stable toolchain, in the gate.

use amana_ledger::*;
use proptest::prelude::*;

use crate::country::{Case, Country, TWO_OF_THREE};
use crate::releases;

/// Parses bytes as a format and says them again, so that a caller can compare; a policy and a bundle that aren't text
/// are said as they came.
pub(crate) fn parse_as(format: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let text = || std::str::from_utf8(bytes).unwrap_or("\u{0}");
    Ok(match format {
        "frontier" => Frontier::from_bytes(bytes)?.to_bytes(),
        "tile-path" => TileId::parse(text())?.path().into_bytes(),
        "bundle" => encode_bundle(parse_bundle(bytes)?)?,
        "vkey" => text().parse::<VerifierKey>()?.to_string().into_bytes(),
        "note" => Note::parse(bytes)?.to_string().into_bytes(),
        "checkpoint" => {
            let note = Note::parse(bytes)?;
            let body = Checkpoint::parse(&note.text)?.body();
            Note { text: body, ..note }.to_string().into_bytes()
        }
        "policy" => Policy::parse(bytes).map(|_| bytes.to_vec())?,
        "tlog-proof" => TlogProof::parse(bytes)?.to_string().into_bytes(),
        "witness-request" => AddCheckpoint::parse(bytes)?.to_string().into_bytes(),
        "cosignatures" => encode_cosignatures(&parse_cosignatures(bytes)?).into_bytes(),
        "registry-row" => text().parse::<RegistryRow>()?.to_string().into_bytes(),
        "epoch" => text().parse::<EpochLeaf>()?.to_string().into_bytes(),
        "release" => text().parse::<Release>()?.to_string().into_bytes(),
        "rebuilders" => Rebuilders::parse(bytes).map(|_| bytes.to_vec())?,
        "receipt" => Receipt::parse(bytes)?.to_string().into_bytes(),
        unknown => panic!("no format {unknown}"),
    })
}

/// A well-formed example of each format.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let country = Country::new();
    let receipt = Case::deposit().receipt(&country);
    let request = AddCheckpoint {
        old_size: 5,
        proof: receipt.ledger.proof[..3].to_vec(),
        checkpoint: receipt.ledger.checkpoint.clone(),
    };
    let own = LedgerQuorum::Own(
        OwnQuorum::parse(&(country.witness_lines() + TWO_OF_THREE)).expect("a good quorum"),
    );
    let own_row = Case {
        quorum: own,
        ..Case::deposit()
    }
    .row(&country)
    .to_string();
    let cosignatures = encode_cosignatures(&receipt.ledger.checkpoint.signatures[1..]);
    let mut frontier = Frontier::new();
    (0..7u8).for_each(|n| frontier.push(leaf_hash(&[n])));
    vec![
        ("frontier", frontier.to_bytes()),
        ("tile-path", b"tile/0/x001/x234/067.p/8".to_vec()),
        (
            "bundle",
            encode_bundle([b"one".as_slice(), b"", b"three"]).expect("small"),
        ),
        ("vkey", country.national.verifier().to_string().into_bytes()),
        ("note", receipt.registry.to_string().into_bytes()),
        (
            "checkpoint",
            receipt.ledger.checkpoint.to_string().into_bytes(),
        ),
        (
            "policy",
            country.policy_text(&EMPTY_ROOT, TWO_OF_THREE).into_bytes(),
        ),
        ("tlog-proof", receipt.ledger.to_string().into_bytes()),
        ("witness-request", request.to_string().into_bytes()),
        ("cosignatures", cosignatures.into_bytes()),
        ("registry-row", own_row.into_bytes()),
        (
            "epoch",
            receipt
                .epoch
                .as_ref()
                .expect("it has an epoch")
                .leaf
                .to_string()
                .into_bytes(),
        ),
        ("release", releases::TEXT.as_bytes().to_vec()),
        ("rebuilders", releases::file("quorum r1\n").into_bytes()),
        ("receipt", receipt.to_string().into_bytes()),
    ]
}

#[test]
fn every_seed_is_well_formed() {
    for (format, bytes) in seeds() {
        assert_eq!(
            parse_as(format, &bytes).as_deref(),
            Ok(bytes.as_slice()),
            "{format}"
        );
    }
}

/// One change to bytes.
#[derive(Debug, Clone)]
enum Damage {
    Set(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, prop::sample::Index, usize),
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &prop::sample::Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Set(index, byte) => {
                let index = at(index, bytes);
                if let Some(old) = bytes.get_mut(index) {
                    *old = *byte;
                }
            }
            Self::Remove(index, count) => {
                let from = at(index, bytes);
                let to = (from + count).min(bytes.len());
                bytes.drain(from..to);
            }
            Self::Insert(index, more) => {
                let index = at(index, bytes);
                bytes.splice(index..index, more.iter().copied());
            }
            Self::Repeat(from, to, times) => {
                let (from, to) = (at(from, bytes), at(to, bytes));
                let piece = bytes[from.min(to)..from.max(to)].repeat(*times);
                bytes.splice(to..to, piece);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    let telling = prop::sample::select(b"\n\n\n  \t+=-/0179AZaz#\x00\x7f\x80\xe2\xff".to_vec());
    prop_oneof![
        (index(), prop_oneof![telling.clone(), any::<u8>()])
            .prop_map(|(at, byte)| Damage::Set(at, byte)),
        (index(), 1usize..80).prop_map(|(at, count)| Damage::Remove(at, count)),
        (index(), prop::collection::vec(telling, 1..12))
            .prop_map(|(at, more)| Damage::Insert(at, more)),
        (index(), index(), 1usize..80)
            .prop_map(|(from, to, times)| Damage::Repeat(from, to, times)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn damaged_bytes_are_refused_or_have_one_spelling(damages in prop::collection::vec(damage(), 1..4)) {
        for (format, mut bytes) in seeds() {
            damages.iter().for_each(|damage| damage.apply(&mut bytes));
            if let Ok(said_again) = parse_as(format, &bytes) {
                prop_assert_eq!(said_again, bytes, "{}", format);
            }
        }
    }

    #[test]
    fn random_bytes_are_refused_or_have_one_spelling(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (format, _) in seeds() {
            if let Ok(said_again) = parse_as(format, &bytes) {
                prop_assert_eq!(&said_again, &bytes, "{}", format);
            }
        }
    }
}
