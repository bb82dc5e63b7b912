//! Receipts, and what every implementation must say of them.

use amana_ledger::*;

use crate::country::{Case, Country, NOON_S, Place};
use crate::receipts::broken;

/// A receipt, the policy that it is judged under, and the verdict.
pub(super) struct Judged {
    pub(super) file: String,
    pub(super) policy: &'static str,
    pub(super) receipt: Receipt,
    pub(super) outcome: &'static str,
    /// Code of the refusal, or of why it isn't witnessed.
    pub(super) reason: &'static str,
}

const USUAL: &str = "two-of-three.policy";

pub(super) fn judged() -> Vec<Judged> {
    let country = Country::new();
    let all = [witnessed(&country), recorded(&country), refused(&country)];
    all.into_iter().flatten().collect()
}

pub(super) fn own_quorum(country: &Country) -> Case {
    let lines = country.witness_lines()
        + "group peers any court university\ngroup both all finances peers\nquorum both\n";
    let quorum = LedgerQuorum::Own(OwnQuorum::parse(&lines).expect("a good quorum"));
    Case {
        quorum,
        ledger_cosigned: vec![(0, NOON_S), (2, NOON_S + 3)],
        ..Case::deposit()
    }
}

fn witnessed(country: &Country) -> Vec<Judged> {
    let deposit = || Case::deposit().receipt(country);
    let mut erased = deposit();
    erased.act.body = None;
    let bodiless = ReceiptAct {
        body_hash: NO_BODY,
        body: None,
        ..Case::deposit().act
    };
    let bodiless = Case {
        act: bodiless,
        ..Case::deposit()
    };
    let of = |file: &str, policy, receipt| Judged::of(file, policy, receipt, "witnessed", "");
    vec![
        of("witnessed", USUAL, deposit()),
        of("witnessed-nested", "nested.policy", deposit()),
        of(
            "witnessed-own-quorum",
            USUAL,
            own_quorum(country).receipt(country),
        ),
        of("witnessed-first-act", USUAL, Case::first().receipt(country)),
        of("erased-body", USUAL, erased),
        of("no-body", USUAL, bodiless.receipt(country)),
    ]
}

fn recorded(country: &Country) -> Vec<Judged> {
    let deposit = || Case::deposit().receipt(country);
    let alone = || vec![(1, NOON_S)];
    let ledger_alone = Case {
        ledger_cosigned: alone(),
        ..Case::deposit()
    };
    let national_alone = Case {
        national_cosigned: alone(),
        ..Case::deposit()
    };
    let with_quorum = |lines: &str| {
        let quorum = LedgerQuorum::Own(OwnQuorum::parse(lines).expect("a quorum"));
        Case {
            quorum,
            ..Case::deposit()
        }
        .receipt(country)
    };
    let lines = country.witness_lines() + "quorum finances\n";
    let own_alone = Case {
        quorum: LedgerQuorum::Own(OwnQuorum::parse(&lines).expect("a good quorum")),
        ledger_cosigned: vec![(0, NOON_S)],
        ..Case::deposit()
    };
    let invented = CosigningKey::from_seed("invented.example", [0x66; 32])
        .expect("a name")
        .verifier();
    let invented = with_quorum(&format!("witness w {invented}\nquorum w\n"));
    let of =
        |file: &str, policy, receipt, reason| Judged::of(file, policy, receipt, "recorded", reason);
    vec![
        of(
            "recorded",
            USUAL,
            Receipt {
                epoch: None,
                ..deposit()
            },
            "no-epoch",
        ),
        of(
            "recorded-no-quorum",
            "no-quorum.policy",
            deposit(),
            "policy-without-quorum",
        ),
        of(
            "recorded-ledger-alone",
            USUAL,
            ledger_alone.receipt(country),
            "ledger-quorum-not-met",
        ),
        of(
            "recorded-national-alone",
            USUAL,
            national_alone.receipt(country),
            "national-quorum-not-met",
        ),
        of(
            "recorded-row-no-quorum",
            USUAL,
            with_quorum("quorum none\n"),
            "row-without-quorum",
        ),
        of(
            "recorded-invented-witness",
            USUAL,
            invented,
            "row-witness-unlisted",
        ),
        of(
            "recorded-own-quorum-alone",
            USUAL,
            own_alone.receipt(country),
            "ledger-quorum-not-met",
        ),
    ]
}

fn refused(country: &Country) -> Vec<Judged> {
    let start = Place { index: 0, size: 1 };
    let other_epoch = Case {
        epoch_at: start,
        ..Case::deposit()
    }
    .receipt(country);
    let other_act = Case {
        act_at: start,
        ..Case::deposit()
    }
    .receipt(country);
    let of =
        |file: &str, policy, receipt, reason| Judged::of(file, policy, receipt, "refused", reason);
    let mut all = vec![
        of(
            "refused-other-log",
            "other-log.policy",
            Case::deposit().receipt(country),
            "row-signature",
        ),
        of(
            "refused-other-genesis",
            USUAL,
            other_epoch,
            "national-genesis-mismatch",
        ),
        of(
            "refused-other-first-act",
            USUAL,
            other_act,
            "genesis-mismatch",
        ),
    ];
    all.push(of(
        "name-other-origin",
        USUAL,
        Case::deposit().receipt(&other_origin()),
        "name-mismatch",
    ));
    all.push(of(
        "name-other-national",
        "national-by-another-name.policy",
        Case::deposit().receipt(&other_national()),
        "name-mismatch",
    ));
    for (position, (code, receipt)) in broken(country).into_iter().enumerate() {
        all.push(of(
            &format!("refused-{position:02}-{code}"),
            USUAL,
            receipt,
            code,
        ));
    }
    all
}

/// A country whose ledger `finances/vault` has the key of another name: a second history under the first one's name.
fn other_origin() -> Country {
    Country {
        ledger: SigningKey::from_seed("amana.example/ledgers/finances/vault2", [0x03; 32])
            .expect("a good name"),
        ..Country::new()
    }
}

/// A country whose national log isn't named as one.
pub(super) fn other_national() -> Country {
    Country {
        national: SigningKey::from_seed("amana.example/log", [0x01; 32]).expect("a good name"),
        ..Country::new()
    }
}

impl Judged {
    fn of(
        file: &str,
        policy: &'static str,
        receipt: Receipt,
        outcome: &'static str,
        reason: &'static str,
    ) -> Self {
        Self {
            file: format!("{file}.receipt"),
            policy,
            receipt,
            outcome,
            reason,
        }
    }
}
