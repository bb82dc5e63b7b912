//! A site's history, read by somebody who believes nobody.

use amana_ledger::{Hash, Note, digits};
use amana_sites::{History, Publishers, Recorded, Says, Statement};
use serde_json::{Value, json};

use crate::house::key;

const HOST: &str = "www.finances.example";
const LEDGER: &str = "centre.test/ledgers/finances/sites";

/// Two of three, by their seeds.
fn publishers(seeds: [u8; 3]) -> String {
    let lines: Vec<String> = seeds
        .iter()
        .map(|seed| format!("witness p{seed} {}\n", key(*seed).verifier()))
        .collect();
    let names: Vec<String> = seeds.iter().map(|seed| format!("p{seed}")).collect();
    format!(
        "{}group all 2 {}\nquorum all\n",
        lines.concat(),
        names.join(" ")
    )
}

fn file(seeds: [u8; 3]) -> Publishers {
    Publishers::parse(publishers(seeds).as_bytes()).unwrap()
}

fn signed(statement: &Statement, seeds: &[u8]) -> String {
    let text = statement.to_string();
    let mut note = Note::sign(&text, &key(seeds[0])).unwrap();
    note.signatures
        .extend(seeds[1..].iter().map(|seed| key(*seed).sign(&text)));
    note.to_string()
}

fn statement(number: u64, says: Says) -> Statement {
    Statement {
        ledger: LEDGER.into(),
        host: HOST.parse().unwrap(),
        number,
        says,
    }
}

/// An entry: kind, links, body.
type Entry = (&'static str, Value, Option<Value>);

fn added(seeds: [u8; 3]) -> Entry {
    let file = file(seeds);
    let links =
        json!({ "institution": "finances", "host": HOST, "publishers": digits(&file.digest()) });
    (
        "site.add",
        links,
        Some(json!({ "publishers": file.text() })),
    )
}

fn deployed(number: u64, manifest: u8, seeds: &[u8]) -> Entry {
    let manifest = Hash::from([manifest; 32]);
    let note = signed(&statement(number, Says::Deploy { manifest }), seeds);
    let links = json!({ "host": HOST, "number": number, "manifest": digits(&manifest) });
    ("site.deploy", links, Some(json!({ "note": note })))
}

fn handed_over(number: u64, to: [u8; 3], seeds: &[u8]) -> Entry {
    let file = file(to);
    let note = signed(
        &statement(
            number,
            Says::Publishers {
                publishers: file.digest(),
            },
        ),
        seeds,
    );
    let links = json!({ "host": HOST, "number": number, "publishers": digits(&file.digest()) });
    (
        "site.publishers",
        links,
        Some(json!({ "note": note, "publishers": file.text() })),
    )
}

fn removed() -> Entry {
    ("site.remove", json!({ "host": HOST }), None)
}

/// The history of entries, or at which one it broke and why.
fn told(entries: &[Entry]) -> Result<History, String> {
    let mut history = History::new(LEDGER.into(), HOST.parse().unwrap());
    for (index, (kind, links, body)) in entries.iter().enumerate() {
        let (links, body) = (links.to_string(), body.as_ref().map(Value::to_string));
        let entry = Recorded {
            index: index as u64,
            kind,
            links: &links,
            body: body.as_deref(),
        };
        history.take(&entry).map_err(|error| error.to_string())?;
    }
    Ok(history)
}

#[test]
fn what_two_of_three_signed_last_is_published() {
    let history = told(&[
        added([1, 2, 3]),
        deployed(1, 7, &[1, 2]),
        deployed(2, 8, &[3, 1]),
        deployed(3, 7, &[1, 2, 3]),
    ])
    .unwrap();
    let published = history.published().unwrap();
    assert_eq!(
        (published.number, published.manifest, published.index),
        (3, Hash::from([7; 32]), 3)
    );
    assert_eq!(published.signers, ["p1", "p2", "p3"]);
    assert_eq!(history.named_by_operator(), [0]);
    assert_eq!(history.deploy(2), Some(Hash::from([8; 32])));
    assert_eq!(history.deploy(4), None);
}

#[test]
fn publishers_hand_over_to_others() {
    let entries = [
        added([1, 2, 3]),
        deployed(1, 7, &[1, 2]),
        handed_over(2, [4, 5, 6], &[2, 3]),
        deployed(3, 8, &[4, 5]),
    ];
    assert_eq!(
        told(&entries).unwrap().publishers().unwrap(),
        &file([4, 5, 6])
    );
    let late = [&entries[..3], &[deployed(3, 8, &[1, 2])]].concat();
    assert!(told(&late).unwrap_err().starts_with("entry 3 "));
}

#[test]
fn a_site_that_was_removed_and_came_back_says_so() {
    let entries = [added([1, 2, 3]), deployed(1, 7, &[1, 2]), removed()];
    assert!(told(&entries).unwrap().published().is_none());
    let again = [&entries[..], &[added([4, 5, 6])]].concat();
    assert_eq!(told(&again).unwrap().named_by_operator(), [0, 3]);
    // Numbers go on: nothing that was signed before holds again.
    let replayed = [&again[..], &[deployed(1, 7, &[4, 5])]].concat();
    assert!(told(&replayed).unwrap_err().contains("number"));
    assert!(told(&[&again[..], &[deployed(2, 7, &[4, 5])]].concat()).is_ok());
}

#[test]
fn entries_that_nobody_signed_break_it() {
    let elsewhere = |change: fn(&mut Statement)| {
        let manifest = Hash::from([7; 32]);
        let mut other = statement(1, Says::Deploy { manifest });
        change(&mut other);
        let links = json!({ "host": HOST, "number": 1, "manifest": digits(&manifest) });
        (
            "site.deploy",
            links,
            Some(json!({ "note": signed(&other, &[1, 2]) })),
        )
    };
    let mut bodiless = deployed(1, 7, &[1, 2]);
    bodiless.2 = None;
    let mut bent = deployed(1, 7, &[1, 2]);
    bent.1["manifest"] = json!(digits(&Hash::from([8; 32])));
    for (wrong, why) in [
        (deployed(1, 7, &[1]), "only these"),
        (deployed(1, 7, &[4, 5]), "only these"),
        (deployed(1, 7, &[1, 4]), "only these"),
        (deployed(2, 7, &[1, 2]), "number"),
        (bodiless, "isn't there"),
        (bent, "isn't what the entry says"),
        (
            elsewhere(|other| other.ledger = "centre.test/ledgers/justice/sites".into()),
            "isn't what",
        ),
        (
            elsewhere(|other| other.host = "www.justice.example".parse().unwrap()),
            "isn't what",
        ),
        (elsewhere(|other| other.number = 2), "isn't what"),
        (handed_over(1, [4, 5, 6], &[4, 5]), "only these"),
    ] {
        let said = told(&[added([1, 2, 3]), wrong]).unwrap_err();
        assert!(said.starts_with("entry 1 ") && said.contains(why), "{said}");
    }
    assert!(
        told(&[deployed(1, 7, &[1, 2])])
            .unwrap_err()
            .contains("no publishers")
    );
}

#[test]
fn other_sites_and_alerts_are_passed_over() {
    let other = (
        "site.deploy",
        json!({ "host": "www.justice.example", "number": 9, "manifest": "x" }),
        None,
    );
    let alert = (
        "site.alert",
        json!({ "host": HOST, "number": 1, "file": "x" }),
        None,
    );
    let history = told(&[added([1, 2, 3]), other, alert, deployed(1, 7, &[1, 2])]).unwrap();
    assert_eq!(history.published().unwrap().index, 3);
}
