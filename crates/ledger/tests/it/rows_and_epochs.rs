//! Leaves, registry rows and epochs.

use amana_ledger::*;
use proptest::prelude::*;

use crate::country::{Case, Country, TWO_OF_THREE};

#[test]
fn a_row_is_trusted_under_the_national_key() {
    let country = Country::new();
    let row = Case::deposit().row(&country);
    let note = row.sign(&country.national).expect("a good row");
    assert_eq!(
        RegistryRow::open(&note, &country.national.verifier()),
        Ok(row.clone())
    );
    let refused = RegistryRow::open(&note, &country.ledger.verifier());
    assert_eq!(refused.expect_err("another key").code(), "unsigned");
    let impossible = RegistryRow {
        name: "Finances\nslot 0".to_owned(),
        ..row
    };
    assert_eq!(
        impossible
            .sign(&country.national)
            .expect_err("two lines")
            .code(),
        "malformed-registry-row"
    );
}

#[test]
fn a_ledger_bears_the_name_of_its_row() {
    let country = Country::new();
    let row = Case::deposit().row(&country);
    let signed_by = |origin: &str| {
        let national = SigningKey::from_seed(origin, [0x01; 32]).expect("a good name");
        row.is_named_as_its_log(&national.verifier())
    };
    assert!(signed_by("amana.example/national"));
    for other in [
        "amana.example/nationals",
        "amana.example",
        "amana.example/ledgers/national",
        "other.example/national",
        "amana/national",
        "/national",
        "national",
    ] {
        assert!(!signed_by(other), "{other}");
    }
}

#[test]
fn a_row_may_carry_a_quorum_of_its_own() {
    let country = Country::new();
    let lines = country.witness_lines() + TWO_OF_THREE;
    let quorum = LedgerQuorum::Own(OwnQuorum::parse(&lines).expect("a good quorum"));
    let row = RegistryRow {
        quorum,
        ..Case::deposit().row(&country)
    };
    let text = row.to_string();
    assert!(text.ends_with(&lines));
    assert_eq!(text.parse(), Ok(row));
    let none = OwnQuorum::parse("quorum none\n").expect("no quorum");
    assert!(!none.policy().has_quorum());
    for bad in [
        "",
        "\n",
        "quorum none",
        "quorum none\n\n",
        "# x\nquorum none\n",
        " quorum none\n",
        "log x\n",
    ] {
        assert_eq!(
            OwnQuorum::parse(bad).expect_err(bad).code(),
            "malformed-registry-row",
            "{bad:?}"
        );
    }
}

#[test]
fn rows_with_any_rule_broken_are_refused() {
    let country = Country::new();
    let good = Case::deposit().row(&country).to_string();
    assert!(good.parse::<RegistryRow>().is_ok());
    let witness = country.witnesses[0].verifier().to_string();
    let log = country.ledger.verifier().to_string();
    for bad in [
        good.replace("row/v1", "row/v2"),
        good.replace("name finances/vault", "name Finances"),
        good.replace("name finances/vault", "name finances//vault"),
        good.replace("name finances/vault", "name ../vault"),
        good.replace("name finances/vault\n", ""),
        good.replace("slot 3", "slot 03"),
        good.replace("slot 3", "slot 4611686018427387904"),
        good.replace("private", "secret"),
        good.replace("genesis ", "genesis A"),
        good.replace(&log, &witness),
        good.replace("quorum national", "quorum\tnational"),
        good.replace("quorum national\n", ""),
        good.clone() + "quorum none\n",
        good.trim_end().to_owned(),
        format!("{good}\n"),
    ] {
        let refused = bad.parse::<RegistryRow>().expect_err(&bad);
        assert!(
            ["malformed-registry-row", "malformed-policy"].contains(&refused.code()),
            "{bad}: {refused}"
        );
    }
    let long = good + &"#".repeat(MAX_ROW_BYTES);
    assert_eq!(
        long.parse::<RegistryRow>().expect_err("long").code(),
        "too-large"
    );
}

#[test]
fn an_epoch_has_one_spelling() {
    let country = Country::new();
    let epoch = Case::deposit()
        .receipt(&country)
        .epoch
        .expect("it has an epoch")
        .leaf;
    let text = epoch.to_string();
    assert!(text.contains("\ntime 2026-11-22T12:00:00.123Z\n"), "{text}");
    assert_eq!(text.parse(), Ok(epoch.clone()));
    assert_eq!(epoch.entry(), [&[2], text.as_bytes()].concat());
    for bad in [
        text.replace("epoch/v1", "epoch/v2"),
        text.replace("epoch 12", "epoch 012"),
        text.replace(".123Z", "Z"),
        text.replace(".123Z", ".123+00:00"),
        text.replace("T12", "t12"),
        text.replace("T12", "T24"),
        text.replace("-11-22", "-11-31"),
        text.replace("2026", "1969"),
        text.replace(":00.123", ":60.123"),
        text.replace("ledgers 5", "ledgers five"),
        text.replace("slots ", "slots  "),
        text.trim_end().to_owned(),
        text.clone() + "\n",
        text.clone() + "more\n",
    ] {
        assert_eq!(
            bad.parse::<EpochLeaf>().expect_err(&bad).code(),
            "malformed-epoch",
            "{bad}"
        );
    }
}

#[test]
fn roots_are_over_rows_and_slots_in_order() {
    let (first, second) = ("first row\n", "second row\n");
    let expected = node_hash(&leaf_hash(first.as_bytes()), &leaf_hash(second.as_bytes()));
    assert_eq!(registry_root([first, second]), expected);
    let slots = [slot_entry(&[1; 32], "a\n"), slot_entry(&[2; 32], "a\n")];
    assert_eq!(
        slots_root(&slots),
        node_hash(&leaf_hash(&slots[0]), &leaf_hash(&slots[1]))
    );
    assert_ne!(
        slots[0], slots[1],
        "the salt hides that two slots hold the same"
    );
    assert_ne!(slot_salt(&[1; 32], 1), slot_salt(&[1; 32], 2));
}

#[test]
fn an_act_is_bound_to_its_body_and_the_body_to_its_salt() {
    let body = body_hash(&[1; 32], b"{}");
    assert_ne!(body, body_hash(&[2; 32], b"{}"));
    assert_ne!(act_leaf(b"core", &body), act_leaf(b"core", &NO_BODY));
    assert_eq!(act_leaf(b"core", &body)[0], ACT_LEAF);
}

proptest! {
    #[test]
    fn every_time_has_one_spelling(time_ms in 0..=MAX_EPOCH_TIME_MS) {
        let epoch = EpochLeaf { epoch: 0, time_ms, ledgers: 1, registry_root: EMPTY_ROOT, slots_root: EMPTY_ROOT };
        prop_assert_eq!(epoch.to_string().parse(), Ok(epoch));
    }
}
