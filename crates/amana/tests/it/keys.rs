//! `amana keys`: an institution makes its keys, and shares them among its custodians.

use std::fs;

use crate::binary::run;
use crate::home::{Home, mode};
use crate::terminal::Typist;

#[test]
fn five_custodians_get_a_page_each() {
    let home = Home::new();
    let said = home
        .run(&[
            "keys",
            "init",
            "--institution",
            "finances",
            "--custodians",
            "3-of-5",
            "--pages",
            "pages",
        ])
        .done();
    assert!(said.contains("shared 3-of-5, set 1"), "{said}");
    assert!(said.contains("Recovery was rehearsed 5 times"), "{said}");
    let mut expected = Vec::new();
    for part in 1..=5 {
        expected.push(format!("part-{part}-of-5.html"));
        expected.push(format!("part-{part}-of-5.txt"));
    }
    assert_eq!(home.files("pages"), expected);
    assert_eq!(mode(&home.path("pages")), 0o700);
    for page in &expected {
        assert_eq!(mode(&home.path("pages").join(page)), 0o600, "{page}");
    }
    let words = home.words("part-1-of-5.txt");
    assert_eq!(words.len(), 33);
    assert!(!said.contains(&words[4..8].join(" ")), "no words on stdout");

    assert_eq!(mode(&home.data()), 0o700);
    for file in ["keys/member.age", "keyring.json", "institution.json"] {
        assert_eq!(mode(&home.data().join(file)), 0o600, "{file}");
    }
    let sealed = fs::read(home.data().join("keys/member.age")).unwrap();
    assert!(sealed.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    home.run(&["keys", "init", "--institution", "finances"])
        .refused("holds the keys of finances already");
}

#[test]
fn groups_have_their_names_on_their_pages() {
    let home = Home::with_keys("2 of {cabinet 2-of-3, ICT 2-of-3, court 3-of-5}");
    let pages = home.files("pages");
    assert_eq!(pages.len(), 2 * (3 + 3 + 5));
    assert!(pages.contains(&"ict-part-2-of-3.html".to_owned()));
    let page = fs::read_to_string(home.path("pages/court-part-5-of-5.txt")).unwrap();
    assert!(page.contains("court"), "{page}");
}

#[test]
fn one_person_alone_is_warned() {
    let home = Home::new();
    let made = home
        .run(&["keys", "init", "--institution", "finances", "--json"])
        .json();
    assert_eq!(made["shares"]["custodians"], "1-of-1");
    assert_eq!(home.files("finances-shares-1").len(), 2);
    let home = Home::new();
    let said = home
        .run(&["keys", "init", "--institution", "finances"])
        .done();
    assert!(
        said.contains("WARNING: this one page is everything"),
        "{said}"
    );
}

#[test]
fn words_come_on_stdout_only_when_asked_for() {
    let home = Home::new();
    let said = home
        .run(&["keys", "init", "--institution", "finances", "--pages", "-"])
        .done();
    assert_eq!(said.matches('\u{c}').count(), 1, "{said}");
    assert!(!home.path("finances-shares-1").exists());
}

#[test]
fn a_plan_that_cannot_be_is_wrong_usage() {
    let home = Home::new();
    for plan in ["6-of-5", "1-of-3", "3", "2 of {a 2-of-3}"] {
        let ran = home.run(&[
            "keys",
            "init",
            "--institution",
            "finances",
            "--custodians",
            plan,
        ]);
        assert_eq!(ran.code, 2, "{plan}");
    }
    let ran = home.run(&["keys", "init", "--institution", "Not a name"]);
    assert_eq!(ran.code, 2);
    assert!(!home.path("finances-shares-1").exists());
}

#[test]
fn pages_of_two_sets_are_never_mixed() {
    let home = Home::new();
    home.write("kept", "");
    home.run(&["keys", "init", "--institution", "finances", "--pages", "."])
        .refused("isn't empty");
    assert!(!home.data().join("institution.json").exists());
}

#[test]
fn the_passphrase_is_never_on_the_command_line() {
    let home = Home::new();
    home.write("passphrase", "short\n");
    let init = ["keys", "init", "--institution", "finances"];
    home.run(&init).refused("must have 10");
    home.write("passphrase", "\n");
    home.run(&init).refused("there is no passphrase in it");
    home.write("passphrase", "long enough to be one\n");
    let path = home.path("passphrase");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&path, open).unwrap();
    home.run(&init).refused("chmod 600");
    fs::remove_file(&path).unwrap();
    home.run(&init).refused("passphrase can't be read");
    assert!(!home.data().join("keys/member.age").exists());
}

#[test]
fn at_a_terminal_the_passphrase_is_asked_twice_and_never_shown() {
    let home = Home::new();
    let data = home.data();
    let pages = home.path("pages");
    let words = [
        "keys",
        "init",
        "--institution",
        "finances",
        "--pages",
        pages.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
    ];
    let mut person = Typist::start(&words);
    person.sees("New passphrase: ");
    person.types("velvet harbour lantern");
    let between = person.sees("The same again: ");
    assert!(!between.contains("velvet"), "{between}");
    person.types("velvet harbor lantern");
    let (code, said) = person.ends();
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("the two passphrases differ"), "{said}");

    let mut person = Typist::start(&words);
    person.sees("New passphrase: ");
    person.types("velvet harbour lantern");
    person.sees("The same again: ");
    person.types("velvet harbour lantern");
    let (code, said) = person.ends();
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("velvet"), "{said}");
}

#[test]
fn help_says_what_keys_are_for() {
    let help = run(&["keys", "--help"]).done();
    assert!(help.contains("init"), "{help}");
}
