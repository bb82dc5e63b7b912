//! What happens to an institution's keys after they were made: each step a keyring, each keyring an entry.

use std::fs;

use serde_json::Value;

use crate::binary::{Centre, Ran};
use crate::enrolment::{Asked, enrolled, read_out};
use crate::home::Home;
use crate::terminal::Typist;

/// The page of whoever holds the root alone, in both its forms.
const ALONE: [&str; 2] = [
    "finances-shares-1/part-1-of-1.txt",
    "finances-shares-1/part-1-of-1.html",
];

fn share_file(home: &Home, page: &str) -> [String; 2] {
    let path = home.path(page).to_str().unwrap().to_owned();
    ["--share-file".to_owned(), path]
}

fn run(home: &Home, words: &[&str], more: &[String]) -> Ran {
    let more = more.iter().map(String::as_str);
    let all: Vec<&str> = words.iter().copied().chain(more).collect();
    home.run(&all)
}

/// Recovers on a fresh machine.
fn recover(centre: &Centre, shares: &[String], more: &[&str]) -> (Home, Ran) {
    let fresh = Home::new();
    let policy = centre.data().join("policy");
    let sha256 = Asked::sha256(&policy);
    let url = format!("http://{}", centre.web);
    let words = [
        "keys",
        "recover",
        "--centre",
        &url,
        "--institution",
        "finances",
        "--policy",
        policy.to_str().unwrap(),
        "--policy-sha256",
        &sha256,
    ];
    let ran = run(&fresh, &[&words[..], more].concat(), shares);
    (fresh, ran)
}

fn shown(home: &Home) -> Value {
    home.run(&["keys", "show", "--json"]).json()
}

#[test]
fn every_step_is_an_entry_with_a_receipt() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let before = shown(&home);
    assert_eq!(
        (&before["keyring"], &before["epoch"]),
        (&1.into(), &1.into())
    );
    assert_eq!(before["members"][0]["this_machine"], true);

    let rotated = home.run(&["keys", "rotate", "--json"]).json();
    assert_eq!(
        (&rotated["keyring"], &rotated["epoch"]),
        (&2.into(), &2.into())
    );
    let receipt = rotated["receipt"].as_str().unwrap();
    let text = centre.run(&["receipt", "get", receipt]).done();
    assert!(text.contains("\"kind\":\"keyring.publish\""), "{text}");
    assert!(text.contains(&format!(
        "member:{}",
        before["members"][0]["id"].as_str().unwrap()
    )));
    assert_eq!(shown(&home)["keyring"], 2);
    // The member's key alone doesn't do it.
    home.write("passphrase", "another passphrase\n");
    home.run(&["keys", "rotate"])
        .refused("is it the right passphrase?");
}

#[test]
fn one_person_becomes_three_of_five_and_the_old_page_still_works() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let plan = "2 of {cabinet 2-of-3, ICT 2-of-3}";
    let words = ["keys", "reshare", "--custodians", plan, "--pages", "new"];
    let said = run(&home, &words, &share_file(&home, ALONE[1])).done();
    assert!(
        said.contains("THE OLD SHARES STILL WORK: set 1 (1-of-1)"),
        "{said}"
    );
    assert_eq!(home.files("new").len(), 12);
    let after = shown(&home);
    assert_eq!(after["custodians"], "2(cabinet:2-of-3,ICT:2-of-3)");
    assert_eq!(
        (&after["set"], &after["keyring"], &after["epoch"]),
        (&2.into(), &2.into(), &1.into())
    );

    let parts = [
        "cabinet-part-1-of-3",
        "cabinet-part-3-of-3",
        "ict-part-2-of-3",
        "ict-part-3-of-3",
    ];
    let shares: Vec<String> = parts
        .iter()
        .flat_map(|part| share_file(&home, &format!("new/{part}.txt")))
        .collect();
    let said = run(&home, &["keys", "shares"], &shares).done();
    assert!(said.contains("rebuilt it just now"), "{said}");
    run(&home, &["keys", "shares"], &shares[..6]).refused("ICT needs 1 more share (1 of 2)");
    // And the page of before, as the command said.
    run(&home, &["keys", "shares"], &share_file(&home, ALONE[0])).done();
}

#[test]
fn custodians_recover_on_a_fresh_machine() {
    let centre = Centre::start();
    let lost = enrolled(&centre, "finances");
    let stolen = shown(&lost)["members"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let page = share_file(&lost, ALONE[0]);
    let (fresh, ran) = recover(
        &centre,
        &page,
        &["--revoke", &stolen, "--name", "new-machine"],
    );
    let said = ran.done();
    assert!(said.contains("finances is recovered"), "{said}");
    assert!(
        said.contains("everything that was sealed before entry 4"),
        "{said}"
    );
    let after = shown(&fresh);
    assert_eq!((&after["keyring"], &after["epoch"]), (&2.into(), &2.into()));
    let members = after["members"].as_array().unwrap();
    assert_eq!(members.len(), 1, "{after}");
    assert_eq!(members[0]["name"], "new-machine");
    fresh.run(&["keys", "rotate"]).done();
    // The stolen machine is nobody any more.
    let refused = lost.run(&["keys", "rotate"]);
    assert_eq!(refused.code, 1, "{}", refused.out);
}

#[test]
fn the_shares_of_another_institution_recover_nothing() {
    let centre = Centre::start();
    let _home = enrolled(&centre, "finances");
    let other = Home::with_keys("1-of-1");
    let (fresh, ran) = recover(&centre, &share_file(&other, "pages/part-1-of-1.txt"), &[]);
    assert_eq!(ran.code, 1);
    assert!(!fresh.data().join("institution.json").exists());
    let home = enrolled(&centre, "justice");
    let words = ["keys", "reshare", "--custodians", "2-of-3"];
    run(&home, &words, &share_file(&other, "pages/part-1-of-1.txt"))
        .refused("and not the one of justice");
}

#[test]
fn a_second_gateway_joins_and_is_revoked() {
    let centre = Centre::start();
    let first = enrolled(&centre, "finances");
    let root = shown(&first)["root"].as_str().unwrap().to_owned();
    let second = Home::new();
    let policy = centre.data().join("policy");
    let sha256 = Asked::sha256(&policy);
    let url = format!("http://{}", centre.web);
    let join = [
        "gateway",
        "join",
        "--centre",
        &url,
        "--institution",
        "finances",
        "--root",
        &root,
        "--policy-sha256",
        &sha256,
        "--no-wait",
        "--json",
    ];
    let waiting = second.run(&join).json();
    assert_eq!(second.run(&join).json(), waiting, "the same line again");
    let words = read_out(&waiting);
    first.write("line", waiting["line"].as_str().unwrap());
    let line = first.path("line");
    let line = line.to_str().unwrap();
    let mut wrong: Vec<&str> = words.split(' ').collect();
    wrong.swap(1, 4);
    first
        .run(&["keys", "admit", line, "--words", &wrong.join(" ")])
        .refused("nobody was admitted");
    let said = first
        .run(&["keys", "admit", line, "--words", &words])
        .done();
    assert!(
        said.contains("is admitted as member by keyring 2"),
        "{said}"
    );
    assert_eq!(second.run(&join).json()["state"], "admitted");
    assert_eq!(shown(&second)["members"].as_array().unwrap().len(), 2);
    second
        .run(&["keys", "rotate"])
        .refused("this machine is no admin");

    let id = waiting["member"].as_str().unwrap();
    let said = first.run(&["keys", "revoke", id]).done();
    assert!(said.contains("and epoch 2 begins"), "{said}");
    assert!(
        said.contains("can still read everything that was sealed before entry"),
        "{said}"
    );
    let own = shown(&first)["members"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    first
        .run(&["keys", "revoke", &own])
        .refused("is this machine");
    first.run(&["keys", "revoke", id]).refused(id);
    assert_eq!(first.run(&["keys", "revoke", "nobody"]).code, 2);
}

#[test]
fn words_are_typed_at_a_terminal_and_wiped_from_it() {
    let home = Home::with_keys("2-of-3");
    let data = home.data();
    let words = [
        "keys",
        "shares",
        "--rehearse",
        "--data",
        data.to_str().unwrap(),
    ];
    let mut person = Typist::start(&words);
    person.sees("Share 1, 33 words:");
    let mut page = home.words("part-2-of-3.txt");
    page.swap(9, 10);
    person.types(&page.join(" "));
    person.sees("\u{1b}[2J");
    person.sees("Not taken: the words do not match their checksum");
    person.sees("Share 1, 33 words:");
    page.swap(9, 10);
    // Four letters are enough, on as many lines as one likes.
    for line in page.chunks(7) {
        let short: Vec<&str> = line.iter().map(|word| &word[..4]).collect();
        person.types(&short.join(" "));
    }
    person.sees("needs 1 more share");
    person.types(&home.words("part-3-of-3.txt").join(" "));
    let (code, said) = person.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("rebuilt it just now"), "{said}");
    let keyring = fs::read_to_string(data.join("keyring.json")).unwrap();
    assert!(keyring.contains("number 1"), "nothing was changed");
}
