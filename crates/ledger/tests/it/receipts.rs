//! Receipts: what they prove, where they break, and that damage never makes another act of one.

use std::sync::OnceLock;

use amana_ledger::*;
use proptest::prelude::*;

use crate::country::{Case, Country, NOON_S, Place, TWO_OF_THREE};

pub(crate) fn own(lines: &str) -> LedgerQuorum {
    LedgerQuorum::Own(OwnQuorum::parse(lines).expect("a good quorum"))
}

pub(crate) fn why(case: &Case, country: &Country) -> Option<&'static str> {
    let verdict = case
        .receipt(country)
        .verify(&country.policy())
        .expect("it stands");
    assert_eq!(
        verdict.state == State::Witnessed,
        verdict.why_not_witnessed.is_none()
    );
    verdict.why_not_witnessed.map(|why| why.code())
}

#[test]
fn a_whole_receipt_is_witnessed() {
    let country = Country::new();
    let receipt = Case::deposit().receipt(&country);
    let text = receipt.to_string();
    assert_eq!(Receipt::parse(text.as_bytes()), Ok(receipt.clone()));

    let verdict = receipt.verify(&country.policy()).expect("it stands");
    assert_eq!(verdict.state, State::Witnessed);
    assert_eq!(
        (verdict.row.name.as_str(), verdict.index, verdict.size),
        ("finances/vault", 70_000, 109_482)
    );
    assert_eq!(verdict.epoch, Some(12));
    assert_eq!(verdict.body, Some(receipt.act.body.expect("a body").text));
    // Two of three: the second earliest of the cosignatures' times.
    assert_eq!(verdict.ledger_quorum_time_s, Some(NOON_S + 3));
    assert_eq!(verdict.national_quorum_time_s, Some(NOON_S + 5));
    let names: Vec<&str> = verdict
        .ledger_cosigned
        .iter()
        .map(|by| by.witness.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "finances.example/witness",
            "court.example/witness",
            "university.example/witness"
        ]
    );
}

#[test]
fn an_erased_body_leaves_the_proof_of_the_core() {
    let country = Country::new();
    let mut receipt = Case::deposit().receipt(&country);
    receipt.act.body = None;
    let parsed = Receipt::parse(receipt.to_string().as_bytes()).expect("a receipt");
    let verdict = parsed.verify(&country.policy()).expect("it stands");
    assert_eq!((verdict.state, verdict.body), (State::Witnessed, None));
}

#[test]
fn the_first_act_of_the_first_ledger_in_the_first_epoch_has_its_receipt() {
    let country = Country::new();
    assert_eq!(why(&Case::first(), &country), None);

    let mut another = Case::deposit();
    another.act_at = Place { index: 0, size: 1 };
    let refused = another.receipt(&country).verify(&country.policy());
    assert_eq!(
        refused.expect_err("not the row's genesis").code(),
        "genesis-mismatch"
    );
    let mut another = Case::deposit();
    another.epoch_at = Place { index: 0, size: 1 };
    let refused = another.receipt(&country).verify(&country.policy());
    assert_eq!(
        refused.expect_err("not the policy's genesis").code(),
        "national-genesis-mismatch"
    );
}

#[test]
fn without_its_quorums_an_act_is_only_recorded() {
    let country = Country::new();
    let without_epoch = Receipt {
        epoch: None,
        ..Case::deposit().receipt(&country)
    };
    let verdict = without_epoch.verify(&country.policy()).expect("it stands");
    assert_eq!(verdict.why_not_witnessed, Some(NotWitnessed::NoEpoch));

    let alone = vec![(1, NOON_S)];
    let ledger_alone = Case {
        ledger_cosigned: alone.clone(),
        ..Case::deposit()
    };
    assert_eq!(why(&ledger_alone, &country), Some("ledger-quorum-not-met"));
    let national_alone = Case {
        national_cosigned: alone.clone(),
        ..Case::deposit()
    };
    assert_eq!(
        why(&national_alone, &country),
        Some("national-quorum-not-met")
    );
    let twice = Case {
        national_cosigned: vec![(1, NOON_S), (1, NOON_S + 1)],
        ..Case::deposit()
    };
    assert_eq!(why(&twice, &country), Some("national-quorum-not-met"));

    let none = country.policy_text(&country.genesis(), "quorum none\n");
    let none = Policy::parse(none.as_bytes()).expect("a good policy");
    let verdict = Case::deposit()
        .receipt(&country)
        .verify(&none)
        .expect("it stands");
    assert_eq!(
        (verdict.state, verdict.why_not_witnessed),
        (State::Recorded, Some(NotWitnessed::PolicyWithoutQuorum))
    );
}

/// The completion of an upload of ten thousand parts names them all.
#[test]
fn a_receipt_may_carry_a_body_of_four_mebibytes() {
    let country = Country::new();
    let mut case = Case::deposit();
    let body = case.act.body.as_mut().expect("a body");
    body.text = "x".repeat(4 * 1024 * 1024);
    case.act.body_hash = body_hash(&body.salt, body.text.as_bytes());
    let receipt = case.receipt(&country);
    assert_eq!(Receipt::parse(receipt.to_string().as_bytes()), Ok(receipt));
    assert_eq!(why(&case, &country), None);
}

/// Each way to break a receipt, and the step that says so.
pub(crate) fn broken(country: &Country) -> Vec<(&'static str, Receipt)> {
    let good = || Case::deposit().receipt(country);
    let mut all = Vec::new();
    let mut add = |code: &'static str, damage: &dyn Fn(&mut Receipt, &mut ReceiptEpoch)| {
        let mut receipt = good();
        let mut epoch = receipt.epoch.take().expect("it has an epoch");
        damage(&mut receipt, &mut epoch);
        receipt.epoch = Some(epoch);
        all.push((code, receipt));
    };
    let other = |index, size| {
        Case {
            act_at: Place { index, size },
            ..Case::deposit()
        }
        .receipt(country)
    };
    let other_epoch = |index, size| {
        let case = Case {
            epoch_at: Place { index, size },
            ..Case::deposit()
        };
        case.receipt(country).epoch.expect("it has an epoch")
    };
    add("body-mismatch", &|receipt, _| {
        let body = receipt.act.body.as_mut().expect("a body");
        body.text = body.text.replace("48213", "48214");
    });
    add("row-signature", &|receipt, _| {
        receipt.registry = Note::sign(&receipt.registry.text, &country.ledger).expect("ok")
    });
    add("row-signature", &|receipt, _| {
        receipt.registry.text = receipt.registry.text.replace("slot 3", "slot 4")
    });
    add("origin-mismatch", &|receipt, epoch| {
        receipt.ledger.checkpoint = epoch.national.checkpoint.clone()
    });
    add("ledger-signature", &|receipt, _| {
        receipt.ledger.checkpoint.signatures[0].bytes[5] ^= 1
    });
    add("ledger-signature", &|receipt, _| {
        drop(receipt.ledger.checkpoint.signatures.remove(0))
    });
    add("leaf-not-included", &|receipt, _| {
        receipt.act.core = receipt.act.core.replace("5f0c", "5f0d")
    });
    add("leaf-not-included", &|receipt, _| receipt.ledger.index += 1);
    add("leaf-not-included", &|receipt, _| {
        receipt.ledger.index = 1 << 40
    });
    add("leaf-not-included", &|receipt, _| {
        receipt.ledger.proof.truncate(3)
    });
    add("ledger-cosignature", &|receipt, _| {
        receipt.ledger.checkpoint.signatures[2].bytes[5] ^= 1
    });
    add("row-not-registered", &|_, epoch| {
        epoch.row_proof[0] = EMPTY_ROOT
    });
    add("row-not-registered", &|_, epoch| epoch.leaf.ledgers = 3);
    add("slot-mismatch", &|_, epoch| epoch.slot_salt[0] ^= 1);
    add("slot-mismatch", &|receipt, _| {
        receipt.ledger = other(70_000, 109_483).ledger
    });
    add("national-origin-mismatch", &|receipt, epoch| {
        epoch.national.checkpoint = receipt.ledger.checkpoint.clone()
    });
    add("national-signature", &|_, epoch| {
        epoch.national.checkpoint.signatures[0].bytes[5] ^= 1
    });
    add("epoch-not-included", &|_, epoch| epoch.leaf.time_ms += 1);
    add("epoch-not-included", &|_, epoch| {
        epoch.national = other_epoch(13, 20).national
    });
    add("national-cosignature", &|_, epoch| {
        epoch.national.checkpoint.signatures[3].bytes[5] ^= 1
    });
    all
}

#[test]
fn each_broken_link_is_named() {
    let country = Country::new();
    let policy = country.policy();
    for (code, receipt) in broken(&country) {
        let refused = receipt.verify(&policy).expect_err(code);
        assert_eq!(refused.code(), code, "{refused}");
    }
}

#[test]
fn an_epoch_number_is_its_index() {
    let country = Country::new();
    let mut receipt = Case::deposit().receipt(&country);
    let epoch = receipt.epoch.as_mut().expect("it has an epoch");
    // The operator signs a log in which epoch 11 sits at index 12.
    epoch.leaf.epoch = 11;
    let leaf = leaf_hash(&epoch.leaf.entry());
    let place = Place {
        index: 12,
        size: 20,
    };
    epoch.national =
        crate::country::cosigned_proof(&country.national, &country.witnesses, place, leaf, &[]).0;
    assert_eq!(
        receipt
            .verify(&country.policy())
            .expect_err("misnumbered")
            .code(),
        "epoch-not-included"
    );
}

#[test]
fn receipts_with_any_rule_broken_are_refused() {
    let country = Country::new();
    let good = Case::deposit().receipt(&country).to_string();
    for (bad, code) in [
        (
            good.replace("receipt/v1", "receipt/v2"),
            "malformed-receipt",
        ),
        (good.replace("--- act\n", ""), "malformed-receipt"),
        (good.replace("--- row\n", ""), "malformed-epoch"),
        (good.replace("--- row\n", "--- slot\n"), "malformed-receipt"),
        (
            good.replace("--- registry\n", "--- registry \n"),
            "malformed-receipt",
        ),
        (good.replace("core {", "core\t{"), "malformed-receipt"),
        (
            good.replace("\nsalt WlpaW", "\nsalt lpaW"),
            "malformed-receipt",
        ),
        (
            good.replace("\nbody {", "\nbody-text {"),
            "malformed-receipt",
        ),
        (
            good.replacen("index 70000\n", "extra AAAA\nindex 70000\n", 1),
            "malformed-receipt",
        ),
        (
            good.replacen("index 70000", "index 070000", 1),
            "malformed-tlog-proof",
        ),
        (
            good.replacen("109482\n", "109482\r\n", 1),
            "malformed-receipt",
        ),
        (
            good.replace("slot 3", "slot three"),
            "malformed-registry-row",
        ),
        (good.replace("epoch 12", "epoch twelve"), "malformed-epoch"),
        (good.clone() + "\n", "malformed-note"),
        (good.clone() + "--- more\n", "malformed-receipt"),
        (good.trim_end().to_owned(), "malformed-note"),
        (
            format!("amana/receipt/v1\n{}", "x".repeat(MAX_RECEIPT_BYTES)),
            "too-large",
        ),
    ] {
        let refused = Receipt::parse(bad.as_bytes()).expect_err(code);
        assert_eq!(refused.code(), code, "{refused}: {bad:.300}");
    }
}

/// The promise of the design: at most 5 KB beside the act, even in a large country.
#[test]
fn a_receipt_stays_small() {
    let country = Country::new();
    let case = Case {
        act_at: Place {
            index: 123_456,
            size: 1_000_000,
        },
        slot_at: Place {
            index: 321,
            size: 1000,
        },
        epoch_at: Place {
            index: 1_234_567,
            size: 10_000_000,
        },
        ..Case::deposit()
    };
    let receipt = case.receipt(&country);
    assert_eq!(why(&case, &country), None);
    let act = receipt.act.body.as_ref().expect("a body").text.len() + receipt.act.core.len();
    let beside = receipt.to_string().len() - act;
    assert!(beside <= 5000, "{beside} bytes beside the act");
}

/// A receipt that stands, its policy and its verdict, made once for many damages.
struct Whole {
    text: String,
    policy: Policy,
    verdict: Verdict,
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let country = Country::new();
        let policy = country.policy();
        let quorum = own(&(country.witness_lines() + TWO_OF_THREE));
        let receipt = Case {
            quorum,
            ..Case::deposit()
        }
        .receipt(&country);
        let verdict = receipt.verify(&policy).expect("it stands");
        Whole {
            text: receipt.to_string(),
            policy,
            verdict,
        }
    })
}

/// What a damaged receipt may still say, if it is accepted at all: the same act, at the same place, by the same proof.
fn assert_same_or_refused(damaged: &[u8]) -> std::result::Result<(), TestCaseError> {
    let Whole {
        policy,
        verdict: good,
        ..
    } = whole();
    let Ok(receipt) = Receipt::parse(damaged) else {
        return Ok(());
    };
    prop_assert_eq!(receipt.to_string().into_bytes(), damaged);
    let Ok(verdict) = receipt.verify(policy) else {
        return Ok(());
    };
    prop_assert_eq!(&verdict.core, &good.core);
    prop_assert_eq!(&verdict.row, &good.row);
    prop_assert_eq!((verdict.index, verdict.size), (good.index, good.size));
    prop_assert!(verdict.body.is_none() || verdict.body == good.body);
    prop_assert!(verdict.epoch.is_none() || verdict.epoch == good.epoch);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn damage_never_makes_another_act(at: prop::sample::Index, bit in 0u8..8, cut: bool) {
        let mut bytes = whole().text.clone().into_bytes();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1 << bit }
        assert_same_or_refused(&bytes)?;
    }

    #[test]
    fn lines_in_another_order_never_make_another_act(from: prop::sample::Index, to: prop::sample::Index, copy: bool) {
        let mut lines: Vec<&str> = whole().text.split_inclusive('\n').collect();
        let from = from.index(lines.len());
        let line = if copy { lines[from] } else { lines.remove(from) };
        lines.insert(to.index(lines.len() + 1), line);
        assert_same_or_refused(lines.concat().as_bytes())?;
    }
}
