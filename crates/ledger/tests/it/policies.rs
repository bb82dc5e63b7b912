//! Trust policies, against the rules of tlog-policy.

use amana_ledger::*;

use crate::country::{Country, NOON_S, TWO_OF_THREE};

fn times(country: &Country, cosigned: &[(usize, u64)]) -> Cosigned {
    let key = |witness: usize| *country.witnesses[witness].verifier().key_bytes();
    cosigned
        .iter()
        .map(|&(witness, time_s)| (key(witness), time_s))
        .collect()
}

fn parse(text: &str) -> Result<Policy> {
    Policy::parse(text.as_bytes())
}

#[test]
fn the_quorum_stands_from_the_time_of_its_last_needed_witness() {
    let country = Country::new();
    let policy = country.policy();
    assert!(policy.has_quorum());
    assert_eq!(policy.logs()[0].key, country.national.verifier());
    assert_eq!(policy.witnesses().len(), 3);
    assert_eq!(policy.genesis(), Some(country.genesis()));
    let time = |cosigned: &[(usize, u64)]| policy.quorum_time_s(&times(&country, cosigned));
    assert_eq!(time(&[]), None);
    assert_eq!(time(&[(1, NOON_S)]), None);
    assert_eq!(time(&[(1, NOON_S), (2, NOON_S + 4)]), Some(NOON_S + 4));
    // One witness with a clock far ahead, or far behind, can't move the quorum's time beyond another's.
    assert_eq!(
        time(&[(0, u64::MAX), (1, NOON_S), (2, NOON_S + 4)]),
        Some(NOON_S + 4)
    );
    assert_eq!(time(&[(0, 0), (1, NOON_S), (2, NOON_S + 4)]), Some(NOON_S));
    let finances = country.witnesses[0].verifier();
    assert!(!policy.quorum_met(&|key| *key == finances));
    assert!(policy.quorum_met(&|key| *key != finances));
}

#[test]
fn groups_nest() {
    let country = Country::new();
    let quorum = "group peers any court university\ngroup institution-and-peer all finances peers\n\
        quorum institution-and-peer\n";
    let policy = parse(&(country.witness_lines() + quorum)).expect("two levels");
    let met = |cosigned: &[usize]| {
        let cosigned: Vec<(usize, u64)> =
            cosigned.iter().map(|&witness| (witness, NOON_S)).collect();
        policy.quorum_time_s(&times(&country, &cosigned)).is_some()
    };
    assert!(met(&[0, 1]) && met(&[0, 2]) && met(&[0, 1, 2]));
    assert!(!met(&[0]) && !met(&[1, 2]) && !met(&[]));
}

#[test]
fn no_quorum_is_told_apart() {
    let policy = parse("quorum none\n").expect("the shortest policy");
    assert!(!policy.has_quorum());
    assert!(policy.quorum_met(&|_| false));
    assert_eq!(policy.quorum_time_s(&Cosigned::new()), None);
}

#[test]
fn blanks_comments_urls_and_octets_are_allowed() {
    let country = Country::new();
    let court = country.witnesses[1].verifier();
    let log = country.national.verifier();
    let text = format!(
        " \t# a comment: \u{e9}\n\n#\n# genesis of the log, in prose\n\tlog\t{log}  https://amana.example/national \n\
         witness Cour_suprême {court} https://cour.example/\n quorum  Cour_suprême\t\n"
    );
    let mut latin_1 = text.clone().into_bytes();
    let policy = Policy::parse(text.as_bytes()).expect("allowed by tlog-policy");
    assert_eq!(
        policy.logs()[0].url.as_deref(),
        Some("https://amana.example/national")
    );
    assert_eq!(policy.witnesses()[0].name, "Cour_suprême".as_bytes());
    assert_eq!(policy.genesis(), None);
    for octet in &mut latin_1 {
        *octet = if *octet >= 0x80 { 0xff } else { *octet };
    }
    assert!(
        Policy::parse(&latin_1).is_ok(),
        "names and comments are octets"
    );
}

#[test]
fn policies_with_any_rule_broken_are_refused() {
    let country = Country::new();
    let witnesses = country.witness_lines();
    let log = format!("log {}\n", country.national.verifier());
    let finances = country.witnesses[0].verifier();
    let renamed = CosigningKey::from_seed("another.example", [0x11; 32])
        .expect("a good name")
        .verifier();
    let genesis = format!("# genesis {EMPTY_ROOT}\n");
    for text in [
        "".to_owned(),
        "\n".to_owned(),
        witnesses.clone(),
        format!("{witnesses}{TWO_OF_THREE}").trim_end().to_owned(),
        "quorum none\r\n".to_owned(),
        "quorum none\u{7f}\n".to_owned(),
        "quorum none\nquorum none\n".to_owned(),
        "quorum none none\n".to_owned(),
        "quorum\n".to_owned(),
        "quorum finances\n".to_owned() + &witnesses,
        format!("{log}{log}quorum none\n"),
        format!("{witnesses}{witnesses}quorum none\n"),
        format!("witness a {finances}\nwitness b {renamed}\nquorum none\n"),
        format!("witness none {finances}\nquorum none\n"),
        format!("witness a {}\nquorum none\n", country.national.verifier()),
        format!("log {finances}\nquorum none\n"),
        format!("log {finances} url more\nquorum none\n"),
        format!("{witnesses}group g 0 court\nquorum g\n"),
        format!("{witnesses}group g 2 court\nquorum g\n"),
        format!("{witnesses}group g 01 court\nquorum g\n"),
        format!("{witnesses}group g some court\nquorum g\n"),
        format!("{witnesses}group g any\nquorum g\n"),
        format!("{witnesses}group g all\nquorum g\n"),
        format!("{witnesses}group court any court\nquorum court\n"),
        format!("{witnesses}group g any court court\nquorum g\n"),
        format!("{witnesses}group g any court\ngroup h any court\nquorum g\n"),
        format!("{witnesses}group g any g\nquorum g\n"),
        format!("{witnesses}group g any none\nquorum g\n"),
        format!("{genesis}{genesis}quorum none\n"),
        "# genesis AAAA\nquorum none\n".to_owned(),
    ] {
        assert_eq!(
            parse(&text).expect_err(&text).code(),
            "malformed-policy",
            "{text}"
        );
    }
    let vkey = country
        .national
        .verifier()
        .to_string()
        .replace("amana", "other");
    assert_eq!(
        parse(&format!("log {vkey}\nquorum none\n"))
            .expect_err("its id")
            .code(),
        "malformed-vkey"
    );
}

#[test]
fn limits_hold() {
    let witness = |n: usize| {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        CosigningKey::from_seed("w", seed)
            .expect("a good name")
            .verifier()
    };
    let lines = |count: usize| -> String {
        (0..count)
            .map(|n| format!("witness w{n} {}\n", witness(n)))
            .collect()
    };
    let groups = |count: usize| -> String {
        (0..count)
            .map(|n| format!("group g{n} any w{n}\n"))
            .collect()
    };
    assert!(
        parse(&(lines(MAX_POLICY_WITNESSES) + &groups(MAX_POLICY_GROUPS) + "quorum g0\n")).is_ok()
    );
    let too_many = [
        lines(MAX_POLICY_WITNESSES + 1) + "quorum w0\n",
        lines(MAX_POLICY_WITNESSES) + &groups(MAX_POLICY_GROUPS + 1) + "quorum g0\n",
        format!("#{}\nquorum none\n", "x".repeat(MAX_POLICY_BYTES)),
    ];
    for text in too_many {
        assert_eq!(
            parse(&text).expect_err("beyond a limit").code(),
            "too-large"
        );
    }
}
