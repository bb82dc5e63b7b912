//! The golden vectors: made here from fixed keys, kept in `vectors/`, and compared byte for byte. With `AMANA_BLESS=1`
//! they are written anew, which only a deliberate change of a format justifies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use amana_ledger::*;

use crate::totality::parse_as;
use judged::{Judged, judged};
use malformed::{Malformed, malformed};
use well_formed::{leaves, policies, well_formed};

mod judged;
mod malformed;
mod well_formed;

/// Path below `vectors/` to bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

/// The folders that this crate makes vectors for; others in `vectors/` belong to other crates.
const FOLDERS: [&str; 13] = [
    "bundles",
    "checkpoints",
    "epochs",
    "frontiers",
    "leaves",
    "malformed",
    "notes",
    "policies",
    "receipts",
    "rows",
    "tlog-proofs",
    "vkeys",
    "witness",
];

fn files_below(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let entry = entry.expect("a readable entry");
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files_below(&entry.path(), &name, found);
        } else {
            found.insert(name);
        }
    }
}

#[test]
fn the_vectors_are_those_that_this_code_makes() {
    let made = all();
    if std::env::var("AMANA_BLESS").is_ok_and(|bless| bless == "1") {
        for (name, bytes) in &made {
            let path = folder().join(name);
            fs::create_dir_all(path.parent().expect("below vectors")).expect("a writable folder");
            fs::write(path, bytes).expect("a writable file");
        }
    }
    let mut found = BTreeSet::new();
    for name in FOLDERS {
        files_below(&folder().join(name), name, &mut found);
    }
    assert_eq!(
        found,
        made.keys().cloned().collect(),
        "files in vectors/ and files made"
    );
    for (name, bytes) in made {
        assert!(
            fs::read(folder().join(&name)).expect("readable") == bytes,
            "vectors/{name} differs"
        );
    }
}

#[test]
fn well_formed_vectors_parse_and_malformed_ones_say_why() {
    for (name, bytes) in well_formed() {
        let format = format_of(&name);
        assert_eq!(
            parse_as(format, &bytes).as_deref(),
            Ok(bytes.as_slice()),
            "{name}"
        );
    }
    for Malformed {
        file, bytes, code, ..
    } in malformed()
    {
        let refused = parse_as(format_of(&file), &bytes).expect_err(&file);
        assert_eq!(refused.code(), code, "{file}: {refused}");
    }
}

#[test]
fn judged_vectors_have_their_verdicts() {
    let policies = policies();
    for Judged {
        file,
        policy,
        receipt,
        outcome,
        reason,
    } in judged()
    {
        let policy = Policy::parse(policies[policy].as_bytes()).expect("a good policy");
        let receipt = Receipt::parse(receipt.to_string().as_bytes()).expect("a receipt");
        let (said, why) = match receipt.verify(&policy) {
            Ok(verdict) => (
                verdict.state.code(),
                verdict.why_not_witnessed.map_or("", |why| why.code()),
            ),
            Err(refused) => ("refused", refused.code()),
        };
        assert_eq!((said, why), (outcome, reason), "{file}");
    }
}

/// The format is the file's ending.
fn format_of(name: &str) -> &str {
    name.rsplit('.').next().expect("a name has an ending")
}

fn all() -> Files {
    let mut files = well_formed();
    files.insert("leaves/leaves.json".to_owned(), leaves().into_bytes());
    let mut index = String::from("[\n");
    for Judged {
        file,
        policy,
        receipt,
        outcome,
        reason,
    } in judged()
    {
        let line =
            format!("\"file\": \"{file}\", \"policy\": \"{policy}\", \"outcome\": \"{outcome}\"");
        writeln!(index, "  {{{line}, \"reason\": \"{reason}\"}},").expect("a string");
        files.insert(format!("receipts/{file}"), receipt.to_string().into_bytes());
    }
    files.insert("receipts/index.json".to_owned(), close(index));
    let mut index = String::from("[\n");
    for Malformed {
        file,
        bytes,
        code,
        why,
    } in malformed()
    {
        let format = format_of(&file).to_owned();
        let line = format!(
            "\"file\": \"{file}\", \"format\": \"{format}\", \"code\": \"{code}\", \"why\": \"{why}\""
        );
        writeln!(index, "  {{{line}}},").expect("a string");
        files.insert(format!("malformed/{file}"), bytes);
    }
    files.insert("malformed/index.json".to_owned(), close(index));
    files
}

/// Ends a JSON array after its last element's comma.
fn close(index: String) -> Vec<u8> {
    (index.trim_end().trim_end_matches(',').to_owned() + "\n]\n").into_bytes()
}
