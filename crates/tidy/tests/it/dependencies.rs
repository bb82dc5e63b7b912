//! Dependencies that run one way.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::sources;

/// From the bottom up: a crate may use those before it. Services stand side by side and never use one another.
const LAYERS: [&[&str]; 6] = [
    &["amana-ledger", "amana-seal", "amana-tls"],
    &["amana-store", "amana-crawl"],
    &["amana-access", "amana-backups"],
    &["amana-vault", "amana-releases"],
    &["amana-s3", "amana-folders", "amana-gateway", "amana-sites"],
    &["amana-console"],
];
const TOP: &str = "amana";
const HTTP_SPEAKERS: [&str; 7] = [
    "amana",
    "amana-crawl",
    "amana-s3",
    "amana-folders",
    "amana-gateway",
    "amana-sites",
    "amana-console",
];
const HTTP_CRATES: [&str; 10] = [
    "axum",
    "headers",
    "http",
    "http-body",
    "http-body-util",
    "hyper",
    "hyper-util",
    "reqwest",
    "s3s",
    "tower-http",
];
/// These read or measure the others, and are used by none.
const ASIDE: [&str; 7] = [
    "amana-tidy",
    "amana-test-engine",
    "bench-commit",
    "bench-scale",
    "bench-seal",
    "bench-sites",
    "powercut",
];

/// What `cargo metadata` says of the workspace and of everything it builds.
pub(crate) fn metadata() -> &'static Value {
    static METADATA: OnceLock<Value> = OnceLock::new();
    METADATA.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(sources::root())
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
    })
}

/// Every package in the build, ours included.
pub(crate) fn packages() -> impl Iterator<Item = &'static Value> {
    metadata()["packages"]
        .as_array()
        .expect("metadata lists packages")
        .iter()
}

/// Our crates, with what each uses outside its tests.
fn used() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    packages()
        .filter(|package| package["source"].is_null())
        .map(|package| {
            let dependencies = package["dependencies"]
                .as_array()
                .expect("a package lists dependencies");
            let names = dependencies
                .iter()
                .filter(|one| one["kind"] != "dev")
                .filter_map(|one| one["name"].as_str());
            (
                package["name"].as_str().expect("a package has a name"),
                names.collect(),
            )
        })
        .collect()
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

#[test]
fn each_crate_uses_only_the_layers_below() {
    let used = used();
    for (name, dependencies) in &used {
        if *name == TOP || ASIDE.contains(name) {
            continue;
        }
        let own = layer(name)
            .unwrap_or_else(|| panic!("{name} has no layer: give it one, as the design draws it"));
        for dependency in dependencies
            .iter()
            .filter(|dependency| used.contains_key(*dependency))
        {
            assert!(
                layer(dependency).is_some_and(|below| below < own),
                "{name} must not use {dependency}"
            );
        }
    }
}

#[test]
fn only_the_fronts_speak_http() {
    for (name, dependencies) in used()
        .iter()
        .filter(|(name, _)| !HTTP_SPEAKERS.contains(name))
    {
        let spoken: Vec<_> = dependencies
            .iter()
            .filter(|one| HTTP_CRATES.contains(one))
            .collect();
        assert!(
            spoken.is_empty(),
            "{name} must not know HTTP, and uses {spoken:?}"
        );
    }
}

#[test]
fn only_the_binary_has_opaque_errors() {
    for (name, dependencies) in used().iter().filter(|(name, _)| **name != TOP) {
        assert!(
            !dependencies.contains("anyhow"),
            "{name} names its errors in an enum of its own, without anyhow"
        );
    }
}

#[test]
fn every_dependency_is_locked_and_comes_from_the_registry() {
    assert!(
        sources::tracked().iter().any(|path| path == "Cargo.lock"),
        "Cargo.lock is committed"
    );
    for package in packages().filter(|package| !package["source"].is_null()) {
        let source = package["source"].as_str().expect("a source is text");
        assert!(
            source.starts_with("registry+https://github.com/rust-lang/crates.io-index"),
            "{} comes from {source}",
            package["name"]
        );
    }
}

#[test]
fn every_crate_inherits_the_lints() {
    for manifest in
        sources::texts(|path| path.starts_with("crates/") && path.ends_with("Cargo.toml"))
    {
        assert!(
            manifest.text.contains("[lints]\nworkspace = true"),
            "{} must inherit the workspace's lints",
            manifest.path
        );
    }
}
