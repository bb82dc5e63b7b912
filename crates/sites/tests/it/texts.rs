//! Hosts, addresses, statements: one spelling each.

use amana_ledger::Hash;
use amana_sites::{Address, Host, Says, Statement};
use proptest::prelude::*;

#[test]
fn a_host_is_a_name_in_dns() {
    for good in [
        "www.finances.gov",
        "a-b.c",
        "xn--bcher-kva.example",
        "localhost",
        "a--b.gov",
        "1.gov",
    ] {
        assert!(good.parse::<Host>().is_ok(), "{good}");
    }
    let long = format!("{}.gov", "a".repeat(60));
    for bad in [
        "",
        "ab",
        "WWW.gov",
        "-a.gov",
        "a-.gov",
        "a..gov",
        ".gov",
        "a_b.gov",
        "é.gov",
        "10.0.0.1",
        "7--www.gov",
        "www.gov.",
        &long,
    ] {
        assert!(bad.parse::<Host>().is_err(), "{bad}");
    }
    let host: Host = "www.finances.gov".parse().unwrap();
    for asked in [
        "WWW.Finances.gov",
        "www.finances.gov:7480",
        "www.finances.gov.",
        "www.finances.gov.:80",
    ] {
        assert_eq!(Host::of_request(asked).unwrap(), host, "{asked}");
    }
    assert_eq!(Host::of_preview("7--www.finances.gov:80"), Some((7, host)));
    for no in [
        "07--www.finances.gov",
        "x--www.finances.gov",
        "www.finances.gov",
        "--www.finances.gov",
    ] {
        assert_eq!(Host::of_preview(no), None, "{no}");
    }
}

#[test]
fn an_address_has_one_spelling() {
    for (written, meant) in [
        ("/", "/"),
        ("/?", "/"),
        ("/a b", "/a%20b"),
        ("/%61%2f%7e", "/a%2F~"),
        ("/é", "/%C3%A9"),
        ("/%c3%a9?q=%C3%a9&x=a+b", "/%C3%A9?q=%C3%A9&x=a+b"),
        ("/100%", "/100%25"),
        ("/a//b/", "/a//b/"),
        ("/?a=/?b", "/?a=/?b"),
        ("/...", "/..."),
    ] {
        assert_eq!(
            Address::parse(written).unwrap().as_str(),
            meant,
            "{written}"
        );
    }
    let long = format!("/{}", "a".repeat(4096));
    for bad in [
        "",
        "a",
        "//../x",
        "/./x",
        "/x/..",
        "/%2e%2e/x",
        "/a\nb",
        "/%00",
        "/a#b",
        &long,
    ] {
        assert!(Address::parse(bad).is_err(), "{bad}");
    }
    let address = Address::parse("/a/?b=c").unwrap();
    assert_eq!((address.path(), address.query()), ("/a/", Some("b=c")));
    assert_eq!(
        Address::of_file(&["100%", "a?b#c"]).unwrap().as_str(),
        "/100%25/a%3Fb%23c"
    );
}

proptest! {
    #[test]
    fn any_text_is_an_address_or_none(text in "/[ -~é%?/.]{0,40}") {
        if let Ok(address) = Address::parse(&text) {
            let again = Address::parse(address.as_str()).unwrap();
            prop_assert_eq!(again, address);
        }
    }

    #[test]
    fn any_name_of_a_file_has_an_address(name in "[ -.0-~é]{1,30}") {
        if name != "." && name != ".." {
            let address = Address::of_file(&[&name]).unwrap();
            prop_assert!(address.query().is_none() && !address.path()[1..].contains('/'));
        }
    }
}

#[test]
fn a_statement_has_one_spelling() {
    let digest = "ab".repeat(32);
    let text = format!(
        "amana/site-deploy/v1\nledger amana.example/ledgers/finances/sites\nhost www.finances.gov\nnumber 12\nmanifest {digest}\n"
    );
    let statement: Statement = text.parse().unwrap();
    assert_eq!(statement.number, 12);
    assert_eq!(
        statement.says,
        Says::Deploy {
            manifest: Hash::from([0xab; 32])
        }
    );
    assert_eq!(statement.to_string(), text);
    for wrong in [
        text.replace("number 12", "number 012"),
        text.replace("number 12", "number +12"),
        text.replace("v1", "v2"),
        text.replace("manifest ", "publishers "),
        text.replace("host www", "host  www"),
        text.replace(&digest, &digest.to_uppercase()),
        text.trim_end().to_owned(),
        format!("{text}more\n"),
    ] {
        assert!(wrong.parse::<Statement>().is_err(), "{wrong}");
    }
}
