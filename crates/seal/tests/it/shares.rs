//! SLIP-0039: the standard's vectors, our own plans, and what is said to a custodian whose share is wrong.

use std::path::Path;

use amana_seal::Error;
use amana_seal::root::Root;
use amana_seal::shares::*;
use proptest::prelude::*;
use zeroize::Zeroizing;

fn plan(text: &str) -> GroupPlan {
    text.parse().expect("a plan")
}

fn root() -> Root {
    Root::from_seed(Zeroizing::new([0x5A; 32]))
}

fn gather<'a>(shares: impl IntoIterator<Item = &'a Share>) -> Result<Gathering, ShareFault> {
    let mut gathering = Gathering::new();
    for share in shares {
        gathering.add(share.clone()).map_err(fault)?;
    }
    Ok(gathering)
}

fn fault(error: Error) -> ShareFault {
    match error {
        Error::Share(fault) => fault,
        other => panic!("not a share's fault: {other}"),
    }
}

fn fault_of(shares: &[&Share]) -> ShareFault {
    match gather(shares.iter().copied()) {
        Ok(gathering) => fault(gathering.root().err().expect("a fault")),
        Err(fault) => fault,
    }
}

fn rebuilt(shares: &[&Share]) -> [u8; 32] {
    let gathering = gather(shares.iter().copied()).expect("shares of one set");
    *gathering.root().expect("complete").seed()
}

#[test]
fn the_vectors_of_the_standard_hold() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/slip39/official.json");
    let json = std::fs::read(path).expect("readable");
    let vectors: Vec<(String, Vec<String>, String)> = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(vectors.len(), 45);
    for (name, mnemonics, expected) in vectors {
        let combined = || {
            let mut gathering = Gathering::new();
            for mnemonic in &mnemonics {
                let share = Share::parse(mnemonic)?;
                assert_eq!(*share.mnemonic(), *mnemonic, "{name}");
                gathering.add(share)?;
            }
            gathering.secret(b"TREZOR")
        };
        match combined() {
            Ok(secret) => assert_eq!(hex::encode(&*secret), expected, "{name}"),
            Err(error) => assert!(expected.is_empty(), "{name}: {error}"),
        }
    }
}

#[test]
fn any_three_of_five_rebuild_the_root() {
    let shares = split(&root(), &plan("3-of-5")).expect("split");
    assert_eq!(shares.len(), 5);
    for a in 0..5 {
        for b in 0..a {
            assert!(matches!(
                fault_of(&[&shares[a], &shares[b]]),
                ShareFault::Missing(_)
            ));
            for c in 0..b {
                let some = [&shares[a], &shares[b], &shares[c]];
                assert_eq!(&rebuilt(&some), root().seed());
            }
        }
    }
    assert_eq!(&rebuilt(&shares.iter().collect::<Vec<_>>()), root().seed());
}

#[test]
fn a_share_has_33_words_and_names_its_place() {
    let plan = plan("2(cabinet:2-of-3,ict:2-of-3,court:3-of-5)");
    let shares = split(&root(), &plan).expect("split");
    assert_eq!(shares.len(), 11);
    for share in &shares {
        assert_eq!(share.indices().len(), ROOT_SHARE_WORDS);
        assert_eq!(share.set_words(), shares[0].set_words());
        let again = Share::parse(&share.mnemonic()).expect("its own words");
        assert_eq!(*again.mnemonic(), *share.mnemonic());
        let group = plan
            .group(share.group_number())
            .expect("a group of the plan");
        assert_eq!(again.member_threshold(), group.threshold());
        assert_eq!((again.group_threshold(), again.group_count()), (2, 3));
    }
    let court = &shares[10];
    assert_eq!((court.group_number(), court.member_number()), (3, 5));
}

#[test]
fn two_of_three_groups_rebuild_the_root() {
    let plan = plan("2 of {cabinet 2-of-3, ICT 2-of-3, court 3-of-5}");
    let shares = split(&root(), &plan).expect("split");
    let [cabinet, ict, court] = [&shares[..3], &shares[3..6], &shares[6..]];
    assert_eq!(
        &rebuilt(&[&cabinet[0], &cabinet[2], &ict[1], &ict[2]]),
        root().seed()
    );
    assert_eq!(
        &rebuilt(&[&court[0], &court[4], &court[2], &ict[0], &ict[2]]),
        root().seed()
    );
    // Two whole groups, and a third that isn't complete.
    assert_eq!(
        &rebuilt(&[&cabinet[0], &cabinet[1], &ict[0], &ict[1], &court[0]]),
        root().seed()
    );

    let ShareFault::Missing(progress) = fault_of(&[&cabinet[0], &cabinet[1], &court[0]]) else {
        panic!("not enough shares");
    };
    assert_eq!(
        progress.describe(Some(&plan)),
        "cabinet is complete; court needs 2 more shares (1 of 3); \
         2 of the 3 groups must be complete, 1 still to go"
    );
    assert_eq!(
        progress.to_string(),
        "group 1 is complete; group 3 needs 2 more shares (1 of 3); \
         2 of the 3 groups must be complete, 1 still to go"
    );
    assert_eq!(
        Gathering::new().progress().to_string(),
        "no share was given yet"
    );
}

#[test]
fn one_person_can_begin() {
    let plan = plan("1-of-1");
    assert!(plan.is_one_person());
    let shares = split(&root(), &plan).expect("split");
    assert_eq!(&rebuilt(&[&shares[0]]), root().seed());
}

#[test]
fn the_largest_plan_works() {
    let groups: Vec<_> = (1..=16).map(|n| format!("group {n}:16-of-16")).collect();
    let plan = plan(&format!("16({})", groups.join(",")));
    let shares = split(&root(), &plan).expect("split");
    assert_eq!(shares.len(), 256);
    assert_eq!(plan.fewest_shares(), 256);
    assert_eq!(&rebuilt(&shares.iter().collect::<Vec<_>>()), root().seed());
}

#[test]
fn words_are_read_as_people_type_them() {
    let shares = split(&root(), &plan("1-of-1")).expect("split");
    let mnemonic = shares[0].mnemonic();
    let prefixes: Vec<_> = mnemonic.split(' ').map(|word| &word[..4]).collect();
    let numbers: Vec<_> = shares[0]
        .indices()
        .iter()
        .map(|index| (index + 1).to_string())
        .collect();
    for typed in [
        mnemonic.to_uppercase(),
        format!("  {}\n", mnemonic.replace(' ', " \t\n ")),
        prefixes.join(" "),
        numbers.join(" "),
        format!("{} {}", numbers[..10].join(" "), prefixes[10..].join(" ")),
    ] {
        let share = Share::parse(&typed).expect("well typed");
        assert_eq!(*share.mnemonic(), *mnemonic);
    }
}

#[test]
fn a_wrong_word_is_found() {
    let shares = split(&root(), &plan("2-of-3")).expect("split");
    let indices = shares[0].indices();
    let typed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut words = indices
            .iter()
            .map(|index| word(*index).to_owned())
            .collect();
        change(&mut words);
        fault(Share::parse(&words.join(" ")).err().expect("a fault"))
    };
    for position in [1, 2, 4, 17, ROOT_SHARE_WORDS] {
        let fault =
            typed(&|words| words[position - 1] = word(indices[position - 1] ^ 0x15).to_owned());
        assert_eq!(
            fault,
            ShareFault::Checksum {
                suspect: Some(position)
            }
        );
    }
    assert_eq!(
        typed(&|words| words[6] = "maison".to_owned()),
        ShareFault::UnknownWord { position: 7 }
    );
    assert_eq!(
        typed(&|words| words[6] = "1025".to_owned()),
        ShareFault::UnknownNumber { position: 7 }
    );
    assert_eq!(
        typed(&|words| words[6] = "0".to_owned()),
        ShareFault::UnknownNumber { position: 7 }
    );
    assert_eq!(
        typed(&|words| words.truncate(5)),
        ShareFault::Length { words: 5 }
    );
    assert!(matches!(
        typed(&|words| words.truncate(32)),
        ShareFault::Checksum { suspect: None }
    ));
    assert_eq!(
        typed(&|words| words.extend_from_within(..)),
        ShareFault::Length { words: 60 }
    );
    assert_eq!(
        fault(Share::parse(&"a".repeat(5000)).err().expect("a fault")),
        ShareFault::TooLong
    );
}

#[test]
fn a_share_of_another_set_is_told() {
    let [first, second] = [(); 2].map(|()| split(&root(), &plan("2-of-3")).expect("split"));
    if first[0].set_words() != second[0].set_words() {
        let fault = fault_of(&[&first[0], &second[1]]);
        assert_eq!(
            fault,
            ShareFault::OtherSet {
                found: second[0].set_words(),
                expected: first[0].set_words()
            }
        );
    }
    let repeated = Share::parse(&first[0].mnemonic()).expect("a share");
    assert_eq!(
        fault_of(&[&first[0], &first[1], &repeated]),
        ShareFault::Duplicate { earlier: 1 }
    );
}

#[test]
fn a_plan_has_one_text_and_two_spellings() {
    for (typed, text) in [
        ("3-of-5", "3-of-5"),
        (" 1-of-1\n", "1-of-1"),
        (
            "2 of {cabinet 2-of-3, ICT 2-of-3, court 3-of-5}",
            "2(cabinet:2-of-3,ICT:2-of-3,court:3-of-5)",
        ),
        (
            "2(cabinet:2-of-3,ict:2-of-3)",
            "2(cabinet:2-of-3,ict:2-of-3)",
        ),
        ("1 of {Cour suprême 2-of-2}", "1(Cour suprême:2-of-2)"),
        ("2 ( a : 1-of-1 , b : 1-of-1 )", "2(a:1-of-1,b:1-of-1)"),
    ] {
        assert_eq!(plan(typed).to_string(), text);
        assert_eq!(plan(text), plan(typed));
    }
}

#[test]
fn a_plan_that_can_not_be_is_refused() {
    let many = (0..17)
        .map(|n| format!("g{n}:1-of-1"))
        .collect::<Vec<_>>()
        .join(",");
    for (typed, why) in [
        ("", "write it as"),
        ("3 of 5", "write it as"),
        ("0-of-5", "from 1 to 16"),
        ("3-of-17", "from 1 to 16"),
        ("03-of-05", "from 1 to 16"),
        ("5-of-3", "more shares are needed"),
        ("1-of-5", "each share would be the whole secret"),
        ("2(a:2-of-3)", "more groups are needed"),
        ("0(a:2-of-3)", "from 1 to 16"),
        ("2(a:2-of-3,A:2-of-3)", "one name"),
        ("2(a:2-of-3,2-of-3)", "a name and its numbers"),
        ("2(a:2-of-3,b)c:2-of-3)", "a group's name"),
        ("2 of {2-of-3, 2-of-3}", "a name and its numbers"),
        (&format!("2({many})"), "at most 16 groups"),
    ] {
        let error = typed.parse::<GroupPlan>().expect_err(typed).to_string();
        assert!(error.contains(why), "{typed}: {error}");
    }
    assert!(matches!(
        "x".repeat(2000).parse::<GroupPlan>(),
        Err(Error::TooLarge { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_without_a_panic(typed in "[a-z0-9 ]{0,300}") {
        let _ = Share::parse(&typed);
    }

    #[test]
    fn any_plan_is_read_without_a_panic(typed in "[-0-9a-c(){}:, of]{0,60}") {
        if let Ok(plan) = typed.parse::<GroupPlan>() {
            prop_assert_eq!(plan.to_string().parse::<GroupPlan>().expect("its own text"), plan);
        }
    }

    #[test]
    fn every_length_is_shared_and_rebuilt(half in 8usize..=32, byte in any::<u8>()) {
        let secret = vec![byte; half * 2];
        let shares = split_secret(&secret, b"pass", &plan("2-of-3")).expect("split");
        let gathering = gather(&shares[1..]).expect("one set");
        let rebuilt = gathering.secret(b"pass").expect("complete");
        prop_assert_eq!(rebuilt.as_slice(), secret.as_slice());
        let other = gathering.secret(b"").expect("complete");
        prop_assert_ne!(other.as_slice(), secret.as_slice());
        for share in &shares {
            prop_assert!(Share::parse(&share.mnemonic()).is_ok());
        }
    }
}
