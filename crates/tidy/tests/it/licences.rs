//! Licences of everything that is built, checked even where cargo-deny is not at hand.

use std::process::Command;

use serde_json::Value;

use crate::{dependencies, sources};

/// As in `deny.toml`, which gives the reason.
const ALLOWED: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Zlib",
];

#[test]
fn every_licence_is_allowed() {
    let mut bad = Vec::new();
    for package in dependencies::packages() {
        let licence = package["license"].as_str().unwrap_or("none named");
        if !satisfied(licence) && is_built(package) {
            bad.push(format!(
                "{} {}: {licence}",
                package["name"], package["version"]
            ));
        }
    }
    assert!(bad.is_empty(), "licences that are not allowed: {bad:#?}");
}

/// The lock file also names what a dependency would bring under features that nobody asks for; `cargo tree` follows those that are
/// asked for, everywhere.
fn is_built(package: &Value) -> bool {
    let text = |field: &str| package[field].as_str().unwrap_or_default().to_owned();
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--locked",
            "--workspace",
            "--all-features",
            "--target",
            "all",
            "--edges",
            "all",
        ])
        .args(["--invert", &format!("{}@{}", text("name"), text("version"))])
        .current_dir(sources::root())
        .output()
        .expect("cargo runs");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    !output.stdout.is_empty()
}

#[test]
fn what_is_built_is_seen_to_be() {
    let built = |name: &str| {
        let package = dependencies::packages().find(|package| package["name"] == name);
        is_built(package.expect("it is in the lock file"))
    };
    assert!(built("rustls"));
    assert!(
        !built("webpki-root-certs"),
        "under one that we don't ask instant-acme for"
    );
}

#[test]
fn cargo_deny_is_told_the_same() {
    let deny =
        std::fs::read_to_string(sources::root().join("deny.toml")).expect("deny.toml is there");
    let (_, after) = deny
        .split_once("\nallow = [")
        .expect("deny.toml allows licences");
    let (list, _) = after.split_once(']').expect("the list ends");
    let listed: Vec<&str> = list
        .split(',')
        .map(|one| one.trim().trim_matches('"'))
        .filter(|one| !one.is_empty())
        .collect();
    assert_eq!(listed, ALLOWED);
}

/// Evaluates an SPDX expression: OR binds less than AND, parentheses most; `/` is the old way of writing OR.
fn satisfied(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    choices(&expression, " OR ").iter().any(|choice| {
        choices(choice, " AND ").iter().all(|part| {
            let part = part.trim();
            match part
                .strip_prefix('(')
                .and_then(|inside| inside.strip_suffix(')'))
            {
                Some(inside) => satisfied(inside),
                None => ALLOWED.contains(&part),
            }
        })
    })
}

/// Splits at `separator` outside parentheses.
fn choices<'a>(expression: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut first = 0;
    let mut depth = 0_usize;
    for (position, letter) in expression.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && expression[position..].starts_with(separator) => {
                parts.push(&expression[first..position]);
                first = position + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&expression[first..]);
    parts
}

#[test]
fn expressions_are_read() {
    assert!(satisfied("MIT") && satisfied("GPL-3.0 OR MIT") && satisfied("MIT/Apache-2.0"));
    assert!(satisfied("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(!satisfied("MIT AND GPL-3.0") && !satisfied("AGPL-3.0-only") && !satisfied("BUSL-1.1"));
    assert!(!satisfied("none named"));
}
