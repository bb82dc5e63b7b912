//! Quorums that a ledger's row brings along: the operator wrote it, so they never make a receipt easier to witness.

use amana_ledger::*;

use crate::country::{Case, Country, NOON_S};
use crate::receipts::{own, why};

#[test]
fn a_ledger_s_own_quorum_counts_only_witnesses_that_the_policy_lists() {
    let country = Country::new();
    let peers = country.witness_lines()
        + "group peers any court university\ngroup both all finances peers\nquorum both\n";
    let case = |lines: &str, ledger_cosigned: Vec<(usize, u64)>| Case {
        quorum: own(lines),
        ledger_cosigned,
        ..Case::deposit()
    };
    assert_eq!(
        why(&case(&peers, vec![(0, NOON_S), (2, NOON_S)]), &country),
        None
    );
    assert_eq!(
        why(&case(&peers, vec![(1, NOON_S), (2, NOON_S)]), &country),
        Some("ledger-quorum-not-met")
    );
    assert_eq!(
        why(&case("quorum none\n", vec![(0, NOON_S)]), &country),
        Some("row-without-quorum")
    );

    let invented =
        CosigningKey::from_seed("invented.example/witness", [0x66; 32]).expect("a good name");
    let lines = format!(
        "witness invented {}\nquorum invented\n",
        invented.verifier()
    );
    let mut receipt = case(&lines, vec![]).receipt(&country);
    let checkpoint = Checkpoint::parse(&receipt.ledger.checkpoint.text).expect("a checkpoint");
    receipt
        .ledger
        .checkpoint
        .signatures
        .push(invented.cosign(&checkpoint, NOON_S));
    let verdict = receipt.verify(&country.policy()).expect("it stands");
    assert_eq!(
        verdict.why_not_witnessed.expect("only recorded").code(),
        "row-witness-unlisted"
    );
    assert_eq!(
        (verdict.ledger_cosigned, verdict.ledger_quorum_time_s),
        (vec![], None)
    );
}

#[test]
fn a_ledger_s_own_quorum_only_adds_to_the_policy_s() {
    let country = Country::new();
    let lines = country.witness_lines() + "quorum finances\n";
    let case = |ledger_cosigned: &[(usize, u64)]| Case {
        quorum: own(&lines),
        ledger_cosigned: ledger_cosigned.to_vec(),
        ..Case::deposit()
    };
    let verdict = |case: Case| {
        let receipt = case.receipt(&country);
        receipt.verify(&country.policy()).expect("it stands")
    };
    let alone = verdict(case(&[(0, NOON_S)]));
    assert_eq!(
        (alone.why_not_witnessed, alone.ledger_quorum_time_s),
        (Some(NotWitnessed::LedgerQuorumNotMet), None)
    );
    let without = case(&[(1, NOON_S), (2, NOON_S)]);
    assert_eq!(why(&without, &country), Some("ledger-quorum-not-met"));

    // Whichever of the two stood later.
    let own_later = verdict(case(&[(0, NOON_S + 9), (1, NOON_S), (2, NOON_S + 1)]));
    assert_eq!(own_later.state, State::Witnessed);
    assert_eq!(own_later.ledger_quorum_time_s, Some(NOON_S + 9));
    let policy_later = verdict(case(&[(0, NOON_S), (2, NOON_S + 7)]));
    assert_eq!(policy_later.ledger_quorum_time_s, Some(NOON_S + 7));
}

#[test]
fn a_witness_counts_for_both_quorums_under_either_name() {
    let country = Country::new();
    let renamed = CosigningKey::from_seed("renamed.example/witness", [0x11; 32]).expect("a name");
    let lines = format!("witness w {}\nquorum w\n", renamed.verifier());
    let mut receipt = Case {
        quorum: own(&lines),
        ledger_cosigned: vec![(1, NOON_S)],
        ..Case::deposit()
    }
    .receipt(&country);
    let checkpoint = Checkpoint::parse(&receipt.ledger.checkpoint.text).expect("a checkpoint");
    let line = renamed.cosign(&checkpoint, NOON_S + 4);
    receipt.ledger.checkpoint.signatures.push(line);
    let verdict = receipt.verify(&country.policy()).expect("it stands");
    assert_eq!(verdict.state, State::Witnessed);
    assert_eq!(verdict.ledger_quorum_time_s, Some(NOON_S + 4));
    assert_eq!(
        verdict.ledger_cosigned[0].witness,
        "finances.example/witness"
    );
}
