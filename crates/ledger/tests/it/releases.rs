//! Releases, and the rebuilders who sign them.

use amana_ledger::*;

pub(crate) const TEXT: &str = "amana/release/v1\n\
    version 0.1.0\n\
    target x86_64-unknown-linux-gnu\n\
    binary 1111111111111111111111111111111111111111111111111111111111111111\n\
    package 2222222222222222222222222222222222222222222222222222222222222222\n\
    source 3333333333333333333333333333333333333333333333333333333333333333\n\
    sbom 4444444444444444444444444444444444444444444444444444444444444444\n";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("r{seed}.example"), [seed; 32]).expect("a good name")
}

pub(crate) fn file(quorum: &str) -> String {
    let line = |seed: u8| format!("witness r{seed} {}\n", key(seed).verifier());
    format!("{}{}{}{quorum}", line(1), line(2), line(3))
}

fn note(signers: &[u8]) -> Note {
    Note {
        text: TEXT.to_owned(),
        signatures: signers.iter().map(|&seed| key(seed).sign(TEXT)).collect(),
    }
}

#[test]
fn a_release_has_one_spelling() {
    let release: Release = TEXT.parse().expect("a release");
    assert_eq!(release.to_string(), TEXT);
    let bare: Release = TEXT
        .replace(
            &TEXT[TEXT.find("package").unwrap_or(0)..TEXT.find("source").unwrap_or(0)],
            "",
        )
        .parse()
        .expect("a release without a package");
    assert!(bare.package.is_none() && release.holds(&release.binary));
    assert!(
        release
            .package
            .is_some_and(|package| release.holds(&package))
    );
    assert!(!release.holds(&release.sbom));
    for (from, to) in [
        ("v1", "v2"),
        ("0.1.0", "0.1"),
        ("0.1.0", "0.01.0"),
        ("0.1.0", "0.1.4294967296"),
        ("x86_64", "X86 64"),
        ("1111", "111A"),
        ("11112", "1112"),
        ("sbom 4444", "sbom  4444"),
        ("sbom", "spdx"),
        ("binary 1", "binary 11"),
    ] {
        if TEXT.contains(from) {
            let bad = TEXT.replacen(from, to, 1);
            assert!(bad.parse::<Release>().is_err(), "{bad}");
        }
    }
    assert!(format!("{TEXT}more\n").parse::<Release>().is_err());
    assert!(TEXT.trim_end().parse::<Release>().is_err());
}

#[test]
fn versions_follow_one_another_by_their_numbers() {
    let version = |text: &str| text.parse::<Version>().expect("a version");
    assert!(version("0.9.0") < version("0.10.0") && version("0.10.9") < version("1.0.0"));
}

#[test]
fn enough_rebuilders_are_as_many_as_the_file_says() {
    let two = file("group all-of-them 2 r1 r2 r3\nquorum all-of-them\n");
    let two = Rebuilders::parse(two.as_bytes()).expect("rebuilders");
    let signed = |signers: &[u8]| two.signed(&note(signers)).expect("good signatures");
    assert!(!signed(&[]).1 && !signed(&[1]).1 && signed(&[1, 3]).1);
    // One who signs twice counts once, and a stranger not at all.
    assert!(!signed(&[2, 2]).1 && !signed(&[2, 9]).1);
    assert_eq!(signed(&[3, 9, 1]).0, ["r1", "r3"]);

    let mut forged = note(&[1, 2]);
    forged.text = TEXT.replace("0.1.0", "0.2.0");
    assert!(matches!(
        two.signed(&forged),
        Err(Error::BadSignature { .. })
    ));
}

#[test]
fn the_fewest_are_counted_through_groups() {
    for (quorum, fewest) in [
        ("quorum r2\n", 1),
        ("group all-of-them any r1 r2 r3\nquorum all-of-them\n", 1),
        ("group all-of-them 2 r1 r2 r3\nquorum all-of-them\n", 2),
        (
            "group pair all r1 r2\ngroup either any pair r3\nquorum either\n",
            1,
        ),
        (
            "group pair all r1 r2\ngroup both all pair r3\nquorum both\n",
            3,
        ),
    ] {
        let listed = Rebuilders::parse(file(quorum).as_bytes()).expect("rebuilders");
        assert_eq!(listed.fewest(), fewest, "{quorum}");
    }
}

#[test]
fn a_file_that_would_let_anything_pass_lists_no_rebuilders() {
    let log = format!("log {}\n", key(4).verifier());
    for bad in [
        file("quorum none\n"),
        file(""),
        format!("{log}{}", file("quorum r1\n")),
        // A witness's key signs checkpoints, with a time: it is no rebuilder's.
        format!(
            "witness w {}\nquorum w\n",
            CosigningKey::from_seed("w.example", [5; 32])
                .expect("a good name")
                .verifier()
        ),
    ] {
        assert!(Rebuilders::parse(bad.as_bytes()).is_err(), "{bad}");
    }
    // And a rebuilder's key is no witness's.
    assert!(Policy::parse(file("quorum r1\n").as_bytes()).is_err());
}
