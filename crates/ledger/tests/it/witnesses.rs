//! The witness's rules, each refusal with its status of tlog-witness.

use amana_ledger::*;

use crate::country::Country;
use crate::merkle::Kept;

/// The request that takes a log's witness from one size to another.
fn request(log: &SigningKey, kept: &Kept, old_size: u64, new_size: u64) -> AddCheckpoint {
    let root = root_at(new_size, &mut kept.node()).expect("kept");
    let checkpoint = Checkpoint {
        origin: log.name().to_owned(),
        size: new_size,
        root,
    };
    let proof =
        consistency_proof(old_size.min(new_size), new_size, &mut kept.node()).expect("kept");
    AddCheckpoint {
        old_size,
        proof,
        checkpoint: checkpoint.sign(log).expect("its own key"),
    }
}

fn refusal(
    state: Option<&WitnessState>,
    request: &AddCheckpoint,
    log: &VerifierKey,
) -> (u16, &'static str) {
    let refusal = judge(state, request, log).expect_err("refused");
    (refusal.http_status(), refusal.code())
}

#[test]
fn a_witness_follows_a_log_from_its_genesis() {
    let (country, kept) = (Country::new(), Kept::of(20));
    let log = country.ledger.verifier();
    let mut state = WitnessState::genesis(log.name(), leaf_hash(&0u64.to_be_bytes()));
    for size in [1, 7, 7, 8, 20] {
        state = judge(
            Some(&state),
            &request(&country.ledger, &kept, state.size, size),
            &log,
        )
        .expect("consistent");
        assert_eq!(
            (state.size, state.root),
            (size, root_at(size, &mut kept.node()).expect("kept"))
        );
    }

    let other = WitnessState::genesis(log.name(), leaf_hash(b"another beginning"));
    let first = request(&country.ledger, &kept, 1, 7);
    assert_eq!(refusal(Some(&other), &first, &log), (422, "bad-proof"));
    assert_eq!(
        refusal(Some(&other), &request(&country.ledger, &kept, 1, 1), &log),
        (409, "other-root")
    );
}

#[test]
fn a_witness_without_a_genesis_takes_the_first_head_it_sees() {
    let (country, kept) = (Country::new(), Kept::of(20));
    let log = country.ledger.verifier();
    let state = judge(None, &request(&country.ledger, &kept, 0, 7), &log).expect("first seen");
    assert_eq!(state.size, 7);
    let empty = judge(None, &request(&country.ledger, &kept, 0, 0), &log).expect("an empty log");
    assert_eq!((empty.size, empty.root), (0, EMPTY_ROOT));
    let mut with_proof = request(&country.ledger, &kept, 0, 7);
    with_proof.proof.push(EMPTY_ROOT);
    assert_eq!(refusal(None, &with_proof, &log), (422, "bad-proof"));
}

#[test]
fn each_refusal_has_its_status() {
    let (country, kept) = (Country::new(), Kept::of(20));
    let log = country.ledger.verifier();
    let root = root_at(7, &mut kept.node()).expect("kept");
    let state = WitnessState {
        origin: log.name().to_owned(),
        size: 7,
        root,
    };
    let good = request(&country.ledger, &kept, 7, 12);
    assert!(judge(Some(&state), &good, &log).is_ok());

    assert_eq!(
        refusal(Some(&state), &good, &country.national.verifier()),
        (404, "unknown-origin")
    );
    let elsewhere = WitnessState {
        origin: "another".to_owned(),
        ..state.clone()
    };
    assert_eq!(
        refusal(Some(&elsewhere), &good, &log),
        (404, "unknown-origin")
    );

    let mut unsigned = good.clone();
    unsigned.checkpoint.signatures = vec![country.national.sign(&good.checkpoint.text)];
    assert_eq!(
        refusal(Some(&state), &unsigned, &log),
        (403, "bad-signature")
    );
    let mut forged = good.clone();
    forged.checkpoint.signatures[0].bytes[9] ^= 1;
    assert_eq!(refusal(Some(&state), &forged, &log), (403, "bad-signature"));

    let mut extended = good.clone();
    extended.checkpoint =
        Note::sign(&(good.checkpoint.text.clone() + "more\n"), &country.ledger).expect("a note");
    assert_eq!(refusal(Some(&state), &extended, &log), (400, "bad-request"));
    assert_eq!(
        refusal(Some(&state), &request(&country.ledger, &kept, 13, 12), &log),
        (400, "old-size-too-large")
    );

    for stale in [0, 6, 8] {
        let request = request(&country.ledger, &kept, stale, 12);
        assert_eq!(
            refusal(Some(&state), &request, &log),
            (409, "unexpected-old-size")
        );
        assert_eq!(
            judge(Some(&state), &request, &log)
                .expect_err("stale")
                .known_size(),
            Some(7)
        );
    }
    let fork = Checkpoint {
        origin: log.name().to_owned(),
        size: 7,
        root: leaf_hash(b"fork"),
    };
    let fork = AddCheckpoint {
        old_size: 7,
        proof: vec![],
        checkpoint: fork.sign(&country.ledger).expect("signed"),
    };
    assert_eq!(refusal(Some(&state), &fork, &log), (409, "other-root"));
    let mut unproven = good;
    unproven.proof.pop();
    assert_eq!(refusal(Some(&state), &unproven, &log), (422, "bad-proof"));
}

#[test]
fn requests_and_answers_have_one_spelling() {
    let (country, kept) = (Country::new(), Kept::of(20));
    let text = request(&country.ledger, &kept, 7, 12).to_string();
    let parsed = AddCheckpoint::parse(text.as_bytes()).expect("ours");
    assert_eq!(parsed.to_string(), text);
    assert_eq!(parsed.origin(), country.ledger.name());

    let body = text.strip_prefix("old 7\n").expect("its first line");
    let hash = EMPTY_ROOT.to_string() + "\n";
    for (bad, code) in [
        (body.to_owned(), "malformed-witness-request"),
        (format!("old 07\n{body}"), "malformed-witness-request"),
        (format!("old -7\n{body}"), "malformed-witness-request"),
        (format!("old 7 \n{body}"), "malformed-witness-request"),
        (format!("old 7\nAAAA\n{body}"), "malformed-witness-request"),
        ("old 7\n".to_owned(), "malformed-witness-request"),
        (format!("old 7\n{}{body}", hash.repeat(64)), "too-large"),
        ("old 7\n\nno note".to_owned(), "malformed-note"),
    ] {
        assert_eq!(
            AddCheckpoint::parse(bad.as_bytes()).expect_err(&bad).code(),
            code,
            "{bad}"
        );
    }

    let checkpoint = Checkpoint::parse(&parsed.checkpoint.text).expect("a checkpoint");
    let lines: Vec<Signature> = country
        .witnesses
        .iter()
        .map(|witness| witness.cosign(&checkpoint, 1))
        .collect();
    let answer = encode_cosignatures(&lines);
    assert_eq!(parse_cosignatures(answer.as_bytes()), Ok(lines));
    assert_eq!(parse_cosignatures(b""), Ok(vec![]));
    assert!(parse_cosignatures(answer.trim_end().as_bytes()).is_err());
    assert_eq!(
        parse_cosignatures(answer.repeat(22).as_bytes())
            .expect_err("66 lines")
            .code(),
        "too-large"
    );
}
