//! `amana ledger` and `amana check`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::binary::{Centre, amana, run_on};

#[test]
fn a_ledger_stands_from_near_and_from_afar() {
    let centre = Centre::start();
    let finances = centre.institution("finances");
    let justice = centre.institution("justice");
    let near = centre
        .run(&["ledger", "verify", "finances/vault", "--json"])
        .json();
    assert_eq!(
        (&near["size"], &near["witnessed_size"]),
        (&2.into(), &serde_json::Value::Null)
    );
    centre.run(&["ledger", "verify", "national"]).done();
    centre
        .run(&["ledger", "verify", "absent/vault"])
        .refused("absent/vault");
    centre
        .run(&["ledger", "verify", "finances"])
        .refused("owner/name");

    let secret = centre.folder.path().join("secret");
    let url = format!("http://{}", centre.web);
    let verify = |key: &(String, String)| {
        fs::write(&secret, &key.1).unwrap();
        let secret = secret.to_str().unwrap();
        centre.run(&[
            "ledger",
            "verify",
            "finances/vault",
            "--json",
            "--centre",
            &url,
            "--access-key",
            &key.0,
            "--secret-file",
            secret,
        ])
    };
    assert_eq!(verify(&finances).json(), near);
    verify(&justice).refused("not yours to see");
}

#[test]
fn a_ledger_is_shown_by_its_last_entries() {
    let centre = Centre::start();
    centre.institution("finances");
    let shown = centre
        .run(&["ledger", "show", "finances/vault", "--last", "1"])
        .done();
    assert!(
        shown.contains("access-key.create") && !shown.contains("institution.add"),
        "{shown}"
    );
    let listed = centre.run(&["ledger", "list", "--json"]).json();
    assert_eq!(
        (&listed[0]["name"], &listed[1]["name"]),
        (&"national".into(), &"finances/vault".into())
    );
}

#[test]
fn a_ledger_is_followed_as_it_grows() {
    let centre = Centre::start();
    centre.institution("finances");
    let mut follower = amana()
        .args([
            "ledger",
            "follow",
            "finances/vault",
            "--from",
            "1",
            "--every",
            "0.1",
            "--json",
            "--data",
        ])
        .arg(centre.data())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut next =
        || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(next()["core"]["kind"], "access-key.create");
    centre.run(&["institution", "suspend", "finances"]).done();
    assert_eq!(next()["core"]["kind"], "institution.suspend");
    follower.kill().unwrap();
    follower.wait().unwrap();
}

#[test]
fn more_entries_than_a_tile_holds() {
    let centre = Centre::start();
    let key = centre.institution("finances");
    for number in 0..130 {
        let verb = if number % 2 == 0 { "suspend" } else { "resume" };
        centre.run(&["institution", verb, "finances"]).done();
    }
    let size = |text: &str| text.lines().nth(1).unwrap().parse::<u64>().unwrap();
    let (_, checkpoint) = centre.get("/ledgers/finances/vault/checkpoint", Some(&key));
    assert_eq!(size(&checkpoint), 132);
    centre.run(&["ledger", "verify", "finances/vault"]).done();
    centre.run(&["check", "--rebuild"]).done();
}

#[test]
fn the_check_runs_beside_the_server_and_without_it() {
    let centre = Centre::start();
    centre.institution("finances");
    centre.run(&["check"]).done();
    let (_, folder) = centre.stop();
    let data = folder.path().join("data");
    let report = run_on(&data, &["check", "--rebuild", "--json"]).json();
    assert_eq!(
        (&report["faults"], &report["ledgers"]),
        (&serde_json::json!([]), &2.into())
    );
    run_on(folder.path(), &["check"]).refused("no data centre in this folder");
}
