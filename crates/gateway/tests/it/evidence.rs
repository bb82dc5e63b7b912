//! Evidence is kept as text, read back, and judged by the policy alone.

use amana_gateway::{Alarms, Claim, Evidence, Finding};
use amana_seal::statement::SignedStatement;
use sha2::{Digest as _, Sha256};

use crate::country::{Country, ORIGIN};

/// Judged as a stranger does: from the text.
fn judged(country: &Country, evidence: &Evidence) -> Finding {
    let text = evidence.to_string();
    let read = Evidence::parse(text.as_bytes()).expect("it is evidence");
    assert_eq!(read, *evidence);
    read.judge(&country.policy()).finding
}

fn two_histories() -> (Country, Country) {
    let (mut one, mut other) = (Country::new(), Country::new());
    for number in 0..5 {
        one.plain("official.add", "{}", &format!("{{\"n\":{number}}}"));
        other.plain(
            "official.add",
            "{}",
            &format!("{{\"n\":{}}}", number * u8::from(number != 2)),
        );
    }
    (one, other)
}

#[test]
fn two_roots_of_one_size_are_a_fork() {
    let (one, other) = two_histories();
    let fork = one
        .evidence(Claim::Fork)
        .with("before", one.head(5))
        .with("after", other.head(5));
    assert_eq!(judged(&one, &fork), Finding::Proven);
    let same = one
        .evidence(Claim::Fork)
        .with("before", one.head(5))
        .with("after", one.head(5));
    assert_eq!(judged(&one, &same), Finding::NotProven);
}

#[test]
fn a_later_head_with_another_beginning_is_a_fork() {
    let (one, other) = two_histories();
    let fork = |shown: &Country| {
        one.evidence(Claim::Fork)
            .with("before", one.head(3))
            .with("after", shown.head(5))
            .with("beginning", shown.beginning(3))
    };
    assert_eq!(judged(&one, &fork(&other)), Finding::Proven);
    assert_eq!(judged(&one, &fork(&one)), Finding::NotProven);
    let bare = one
        .evidence(Claim::Fork)
        .with("before", one.head(3))
        .with("after", other.head(5));
    assert_eq!(judged(&one, &bare), Finding::Testimony);
}

#[test]
fn a_head_that_nobody_signed_proves_nothing() {
    let (one, other) = two_histories();
    let forged = one
        .head(5)
        .to_string()
        .replace(&one.head(5).text, &other.head(5).text);
    let fork = one
        .evidence(Claim::Fork)
        .with("before", one.head(5))
        .with("after", forged);
    assert_eq!(judged(&one, &fork), Finding::NotProven);
}

#[test]
fn a_rollback_is_testimony() {
    let (one, _) = two_histories();
    let back = one
        .evidence(Claim::Rollback)
        .with("before", one.head(5))
        .with("after", one.head(3));
    assert_eq!(judged(&one, &back), Finding::Testimony);
}

fn ack(country: &Country, index: u64, statement: &SignedStatement) -> String {
    let digest = hex::encode(Sha256::digest(statement.bytes()));
    country
        .sign(&format!("amana.ack/v1\n{ORIGIN}\n{index} {digest}\n"))
        .to_string()
}

#[test]
fn an_act_acknowledged_and_denied_is_proven() {
    let mut country = Country::new();
    country.plain("institution.add", "{}", "{}");
    let (promised, shown) = (country.bucket(1), country.bucket(2));
    country.sealed(&shown);
    let denied = |statement| {
        country
            .evidence(Claim::DeniedAck)
            .with("entry", country.entries[1].section())
            .with("proof", country.proof(1))
            .with("ack", ack(&country, 1, statement))
    };
    assert_eq!(judged(&country, &denied(&promised)), Finding::Proven);
    assert_eq!(judged(&country, &denied(&shown)), Finding::NotProven);
}

#[test]
fn an_unsigned_act_on_a_sealed_bucket_is_proven() {
    let mut country = Country::new();
    country.plain("institution.add", "{}", "{}");
    country.sealed(&country.bucket(1));
    country.plain("object.delete", r#"{"bucket":1}"#, "{}");
    country.plain("object.delete", r#"{"bucket":0}"#, "{}");
    let act = |index: usize| {
        country
            .evidence(Claim::UnsignedAct)
            .with("bucket", country.entries[1].section())
            .with("bucket proof", country.proof(1))
            .with("entry", country.entries[index].section())
            .with("proof", country.proof(index as u64))
    };
    assert_eq!(judged(&country, &act(2)), Finding::Proven);
    assert_eq!(judged(&country, &act(3)), Finding::Testimony);
}

#[test]
fn what_is_kept_is_found_again_and_kept_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, other) = two_histories();
    let fork = one
        .evidence(Claim::Fork)
        .with("before", one.head(5))
        .with("after", other.head(5));
    let alarms = amana_gateway::Alarms::open(folder.path()).expect("nothing there yet");
    assert!(alarms.stopping().is_none());
    let raised = alarms.raise(&fork);
    assert!(raised.evidence.as_ref().is_some_and(|file| file.exists()));
    alarms.raise(&fork);
    assert_eq!(alarms.all().len(), 1);
    let again = amana_gateway::Alarms::open(folder.path()).expect("it can be read");
    assert_eq!(again.stopping().map(|alarm| alarm.claim), Some(Claim::Fork));
    let files = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, 1);
}

#[test]
fn however_many_pieces_are_damaged_a_fork_still_stops_everything() {
    let (one, other) = two_histories();
    let folder = tempfile::tempdir().expect("a folder");
    let alarms = Alarms::open(folder.path()).expect("it can be used");
    for number in 0..1010 {
        let why = format!("piece {number}");
        alarms.raise(&Evidence::new(Claim::DamagedPiece, ORIGIN, 0, &why));
    }
    assert!(alarms.check().is_ok(), "each stops one object");
    let fork = one
        .evidence(Claim::Fork)
        .with("before", one.head(5))
        .with("after", other.head(5));
    let raised = alarms.raise(&fork);
    assert!(raised.evidence.is_some(), "there is room for it");
    assert!(alarms.check().is_err());
    let again = Alarms::open(folder.path()).expect("it can be used");
    assert_eq!(again.stopping().map(|alarm| alarm.claim), Some(Claim::Fork));
}

#[test]
fn evidence_that_would_be_too_long_is_still_read() {
    let long = "a".repeat(9 * 1024 * 1024);
    let evidence = Evidence::new(Claim::ChangedEntry, ORIGIN, 0, "something")
        .with("entry", &long)
        .with("bucket", &long);
    let read = Evidence::parse(evidence.to_string().as_bytes());
    assert_eq!(read, Some(evidence));
}
