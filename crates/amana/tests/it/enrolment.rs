//! A gateway enrols at a real data centre, and two people compare six words.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::binary::Centre;
use crate::home::Home;
use crate::terminal::Typist;

/// What the correspondent types, the policy's SHA-256 taken from a gazette.
pub(crate) struct Asked {
    centre: String,
    code: String,
    policy: String,
    sha256: String,
}

impl Asked {
    pub(crate) fn of(centre: &Centre, institution: &str) -> Self {
        let issued = centre
            .run(&["enrolment", "issue", institution, "--json"])
            .json();
        let policy = centre.data().join("policy");
        Self {
            centre: format!("http://{}", centre.web),
            code: issued["code"].as_str().unwrap().to_owned(),
            sha256: Self::sha256(&policy),
            policy: policy.to_str().unwrap().to_owned(),
        }
    }

    /// The SHA-256 of a policy, as a gazette prints it.
    pub(crate) fn sha256(policy: &Path) -> String {
        let text = fs::read(policy).unwrap();
        hex::encode(amana_ledger::Hash::of(&[&text]).as_bytes())
    }

    pub(crate) fn words(&self) -> Vec<&str> {
        vec![
            "gateway",
            "init",
            "--centre",
            &self.centre,
            "--code",
            &self.code,
            "--policy",
            &self.policy,
            "--policy-sha256",
            &self.sha256,
        ]
    }

    pub(crate) fn shown(&self, home: &Home) -> Value {
        home.run(&[self.words(), vec!["--no-wait", "--json"]].concat())
            .json()
    }
}

/// The words, as they are read out.
pub(crate) fn read_out(shown: &Value) -> String {
    let words = shown["words"].as_array().unwrap().iter();
    let words: Vec<&str> = words.map(|word| word.as_str().unwrap()).collect();
    words.join(" ")
}

/// A gateway that is enrolled, with one person holding the root.
pub(crate) fn enrolled(centre: &Centre, institution: &str) -> Home {
    centre.run(&["institution", "add", institution]).done();
    let home = Home::new();
    let asked = Asked::of(centre, institution);
    let words = read_out(&asked.shown(&home));
    centre
        .run(&["enrolment", "confirm", institution, "--words", &words])
        .done();
    let done = home.run(&[asked.words(), vec!["--json"]].concat()).json();
    assert_eq!(done["state"], "confirmed");
    home
}

#[test]
fn a_gateway_is_let_in_by_six_words() {
    let centre = Centre::start();
    centre.run(&["institution", "add", "finances"]).done();
    let home = Home::new();
    let asked = Asked::of(&centre, "finances");
    let shown = asked.shown(&home);
    assert_eq!(shown["institution"], "finances");
    let words = read_out(&shown);
    // Interrupted and run again, it shows the same words.
    assert_eq!(read_out(&asked.shown(&home)), words);

    let mut wrong: Vec<&str> = words.split(' ').collect();
    wrong.swap(0, 5);
    let wrong = wrong.join(" ");
    centre
        .run(&["enrolment", "confirm", "finances", "--words", &wrong])
        .refused("words");
    centre
        .run(&["enrolment", "confirm", "finances", "--words", &words])
        .done();
    let done = home.run(&asked.words()).done();
    assert!(done.contains("finances is enrolled"), "{done}");
    assert!(done.contains("amana gateway run"), "{done}");
    // And once more, it only says so.
    let centre_url = format!("http://{}", centre.web);
    let again = home.run(&["gateway", "init", "--centre", &centre_url]);
    assert_eq!(again.done(), done);
}

#[test]
fn at_a_terminal_the_words_stand_large() {
    let centre = Centre::start();
    centre.run(&["institution", "add", "finances"]).done();
    let home = Home::with_keys("2-of-3");
    let asked = Asked::of(&centre, "finances");
    let data = home.data();
    let url = format!("http://{}", centre.web);
    let words = [
        "gateway",
        "init",
        "--centre",
        &url,
        "--code",
        &asked.code,
        "--data",
        data.to_str().unwrap(),
    ];
    let mut person = Typist::start(&words);
    let shown = person.sees("Is every digit the same there?");
    assert!(
        shown.contains("a source that is not the data centre's operator"),
        "{shown}"
    );
    person.types("yes");
    let shown = person.sees("Waiting for the operator");
    let large: Vec<String> = shown
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            match fields[..] {
                [place, word, number] if place.parse::<u8>().is_ok() => {
                    number.parse::<u16>().ok()?;
                    Some(word.to_lowercase())
                }
                _ => None,
            }
        })
        .collect();
    assert_eq!(large.len(), 6, "{shown}");
    centre
        .run(&[
            "enrolment",
            "confirm",
            "finances",
            "--words",
            &large.join(" "),
        ])
        .done();
    let (code, said) = person.ends();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("finances is enrolled"), "{said}");
}

#[test]
fn the_policy_is_compared_with_what_was_published() {
    let centre = Centre::start();
    centre.run(&["institution", "add", "finances"]).done();
    let home = Home::new();
    let asked = Asked::of(&centre, "finances");
    let other = "0".repeat(64);
    let url = format!("http://{}", centre.web);
    let words = ["gateway", "init", "--centre", &url, "--code", &asked.code];
    home.run(&[&words[..], &["--policy-sha256", &other]].concat())
        .refused("is not the one that was published");
    home.run(&words)
        .refused("a source that is not the data centre's operator");
    assert!(!home.data().join("policy").exists());
    assert!(!home.data().join("institution.json").exists());
    let ran = home.run(&[&words[..], &["--policy-sha256", "12 34"]].concat());
    assert_eq!(ran.code, 2);
}

#[test]
fn what_was_refused_begins_again_with_another_code() {
    let centre = Centre::start();
    centre.run(&["institution", "add", "finances"]).done();
    let home = Home::new();
    let asked = Asked::of(&centre, "finances");
    let words = read_out(&asked.shown(&home));
    centre.run(&["enrolment", "refuse", "finances"]).done();
    home.run(&asked.words()).refused("was refused");
    let asked = Asked::of(&centre, "finances");
    assert_ne!(read_out(&asked.shown(&home)), words);
}

#[test]
fn a_policy_with_more_witnesses_is_confirmed_like_the_first() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let before = fs::read_to_string(home.data().join("policy")).unwrap();
    let shown = home
        .run(&[
            "gateway",
            "init",
            "--centre",
            &format!("http://{}", centre.web),
            "--json",
        ])
        .json();
    centre
        .run(&[
            "policy",
            "witness",
            "add",
            "finances",
            shown["witness"].as_str().unwrap(),
        ])
        .done();
    let policy = centre.data().join("policy");
    let (url, path) = (format!("http://{}", centre.web), policy.to_str().unwrap());
    let renew = ["gateway", "init", "--centre", &url, "--policy", path];
    home.run(&renew).refused("must be confirmed");
    let sha256 = Asked::sha256(&policy);
    let ran = home.run(&[&renew[..], &["--policy-sha256", &sha256]].concat());
    assert!(
        ran.err.contains("the trust policy is renewed"),
        "{}",
        ran.err
    );
    ran.done();
    let after = fs::read_to_string(home.data().join("policy")).unwrap();
    assert!(
        after != before && after.contains("finances/gateway-"),
        "{after}"
    );
    // Another data centre's policy never takes its place.
    let other = Centre::start();
    let policy = other.data().join("policy");
    let sha256 = Asked::sha256(&policy);
    let path = policy.to_str().unwrap();
    home.run(&[
        "gateway",
        "init",
        "--centre",
        &url,
        "--policy",
        path,
        "--policy-sha256",
        &sha256,
    ])
    .refused("another national log");
}
