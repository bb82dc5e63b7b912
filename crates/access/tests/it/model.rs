//! Words from outside, parsed once.

use amana_access::{AccessKeyId, Grant, InstitutionName, Right, Role, Secret};
use proptest::prelude::*;

#[test]
fn names_of_institutions() {
    for good in ["finances", "a1", "customs-north", &"a".repeat(40)] {
        assert!(good.parse::<InstitutionName>().is_ok(), "{good}");
    }
    let long = "a".repeat(41);
    let bad = [
        "",
        "a",
        "1a",
        "-a",
        "a-",
        "Finances",
        "fin ances",
        "finances/vault",
        "é",
        "a.b",
        "national",
        &long,
    ];
    for bad in bad {
        assert!(bad.parse::<InstitutionName>().is_err(), "{bad}");
    }
}

#[test]
fn rights_include_those_before_them() {
    let own = Grant::everything();
    let read = Grant {
        buckets: None,
        right: Right::Read,
    };
    assert!(own.allows("b", Right::Read) && own.allows("b", Right::Write));
    assert!(read.allows("b", Right::Read) && !read.allows("b", Right::Write));
    assert!(!Grant::nothing().allows("b", Right::Read));
}

#[test]
fn grants_have_a_bound() {
    let of = |count| Grant {
        buckets: Some(vec!["bucket".to_owned(); count]),
        right: Right::Read,
    };
    assert!(of(100).checked().is_ok());
    assert!(of(101).checked().is_err());
}

#[test]
fn roles_are_read_as_they_are_written() {
    for role in [
        Role::Director,
        Role::FocalPoint,
        Role::Custodian,
        Role::Auditor,
    ] {
        assert_eq!(role.as_str().parse::<Role>().unwrap(), role);
    }
    assert!("king".parse::<Role>().is_err());
}

proptest! {
    /// What is taken as a name can stand in a ledger's name, in a URL and in an actor as it is.
    #[test]
    fn a_name_is_a_path(text in "\\PC{0,50}") {
        if let Ok(name) = text.parse::<InstitutionName>() {
            prop_assert_eq!(name.as_str(), &text);
            prop_assert!(amana_ledger::is_ledger_name(&name.vault_ledger()));
        }
    }

    #[test]
    fn ids_and_secrets_are_kept_verbatim(text in "\\PC{0,140}") {
        if let Ok(id) = text.parse::<AccessKeyId>() {
            prop_assert_eq!(id.as_str(), &text);
            // An id stands before a colon in HTTP Basic.
            prop_assert!(!text.contains(':'));
        }
        if let Ok(secret) = text.parse::<Secret>() {
            prop_assert_eq!(secret.reveal(), &text);
        }
    }
}
