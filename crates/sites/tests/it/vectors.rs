//! The golden vectors of sites: made here from fixed seeds and folders, kept in `vectors/sites`, compared byte for byte. With
//! `AMANA_BLESS=1` they are written anew, which only a deliberate change of a format justifies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use amana_ledger::{Hash, Note, digits};
use amana_sites::code::{CodeFolder, CodeList, Known};
use amana_sites::{Manifest, Publishers, Says, Statement, pieces, read_folder};
use serde_json::{Value, json};

use crate::house::{key, publishers};

const HOST: &str = "www.finances.example";
const LEDGER: &str = "centre.example/ledgers/finances/sites";

/// A folder with one of everything.
const WHOLE: [(&str, &str); 8] = [
    ("index.html", "<h1>Finances</h1>"),
    ("a b/é.txt", "plain"),
    ("404.html", "none"),
    (
        "_redirects",
        "/old/*  id=:id  /new/:splat  301!\n/alias  /index.html  200\n",
    ),
    ("_headers", "/*\n  X-Frame-Options: DENY\n"),
    (
        "_addresses",
        "/?p=12\t_addresses.d/12\ttext/html; charset=ISO-8859-1\n",
    ),
    ("_addresses.d/12", "behind a query"),
    (
        "_applications",
        "# path, name\n/api/*  api  missing\n/*  wordpress  editors\n\
         code  wordpress  sha256:5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n",
    ),
];

#[test]
fn the_vectors_are_those_that_this_code_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/sites");
    let bless = std::env::var("AMANA_BLESS").is_ok_and(|bless| bless == "1");
    let made = all();
    if bless {
        fs::create_dir_all(&folder).unwrap();
    }
    for (name, bytes) in &made {
        let path = folder.join(name);
        if bless {
            fs::write(&path, bytes).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(kept == bytes.as_bytes(), "vectors/sites/{name} differs");
    }
    let there = fs::read_dir(&folder).unwrap();
    let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = there.collect();
    assert_eq!(there, made.into_keys().collect());
}

fn all() -> BTreeMap<String, String> {
    let files = [
        ("folder.json", pretty(&json!(BTreeMap::from(WHOLE)))),
        ("folder.manifest", text_of(&folder(&WHOLE))),
        ("smallest.manifest", text_of(&folder(&[("x", "")]))),
        ("many.manifest", text_of(&many())),
        ("pieces.json", pretty(&cut())),
        ("code.json", pretty(&code())),
        ("two.publishers", two().text().to_owned()),
        ("statements.json", pretty(&statements())),
        ("malformed.json", pretty(&malformed())),
        ("missing.html", amana_sites::serve::missing_page().0),
    ];
    files.map(|(name, text)| (name.to_owned(), text)).into()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap() + "\n"
}

fn folder(files: &[(&str, &str)]) -> Manifest {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let place = folder.path().join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
    let host = HOST.parse().unwrap();
    read_folder(folder.path(), &host, &BTreeSet::new())
        .unwrap()
        .manifest
}

fn text_of(manifest: &Manifest) -> String {
    let bytes = manifest.to_bytes();
    assert_eq!(Manifest::parse(&bytes).unwrap(), *manifest);
    String::from_utf8(bytes).unwrap()
}

/// Enough files for several pieces.
fn many() -> Manifest {
    let names: Vec<String> = (0..600)
        .map(|page| format!("page-{page:03}.html"))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&**name, &**name)).collect();
    folder(&files)
}

/// Where manifests are cut: the end of each piece, and its digest.
fn cut() -> Value {
    let manifests = [
        ("folder.manifest", folder(&WHOLE)),
        ("smallest.manifest", folder(&[("x", "")])),
        ("many.manifest", many()),
    ];
    let cut = manifests.map(|(name, manifest)| {
        let bytes = manifest.to_bytes();
        let pieces = pieces::cut(&bytes);
        assert!(pieces.len() > 2 || name != "many.manifest");
        let pieces = pieces.into_iter().map(|piece| {
            let digest = pieces::digest(&bytes[piece.clone()]);
            json!({ "end": piece.end, "sha256": digits(&digest) })
        });
        json!({
            "manifest": name,
            "sha256": digits(&manifest.digest()),
            "pieces": pieces.collect::<Vec<_>>(),
        })
    });
    cut.into()
}

/// A path of a tree of programs: its name, what it holds, whether that is where it leads.
type Leaf = (&'static str, &'static str, bool);

/// Trees of programs, and what is signed of them.
fn code() -> Value {
    let whole: &[Leaf] = &[
        ("index.php", "<?php require 'lib/a.php';", false),
        (".user.ini", "memory_limit=64M\n", false),
        (".htaccess", "", false),
        ("lib/a.php", "<?php\n", false),
        ("lib.php", "<?php\n", false),
        ("with space %41.php", "x", false),
        ("é.php", "x", false),
        ("line\nfeed.php", "x", false),
        ("current", "lib", true),
        ("outside.php", "/etc/passwd", true),
        ("uploads/photo.jpg", "left out", false),
        ("uploads/x/shell.php", "left out", false),
        ("uploadsmore/x.php", "x", false),
        ("sub/uploads/y.php", "y", false),
    ];
    let cases: [(&[Leaf], &[&str]); 4] = [
        (&[], &[]),
        (&[("index.php", "<?php", false)], &[]),
        (whole, &[]),
        (whole, &["/uploads/", "/cache"]),
    ];
    let cases = cases.map(|(tree, without)| {
        let folder = tempfile::tempdir().unwrap();
        for (name, holds, is_link) in tree {
            let place = folder.path().join(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            match is_link {
                true => symlink(holds, place).unwrap(),
                false => fs::write(place, holds).unwrap(),
            }
        }
        let looked = CodeFolder {
            root: folder.path().to_owned(),
            without: without.iter().map(|path| (*path).to_owned()).collect(),
        };
        let list = looked.look(&mut Known::default(), 0).unwrap();
        assert_eq!(CodeList::parse(&list.text()).unwrap(), list);
        let tree = tree.iter().map(|(path, holds, is_link)| {
            let member = if *is_link { "to" } else { "content" };
            json!({ "path": path, member: holds })
        });
        json!({
            "tree": tree.collect::<Vec<_>>(),
            "without": without,
            "text": list.text(),
            "sha256": digits(&list.digest()),
        })
    });
    cases.into()
}

fn two() -> Publishers {
    publishers(&[0x31, 0x32], "all")
}

fn deploy() -> Statement {
    Statement {
        ledger: LEDGER.to_owned(),
        host: HOST.parse().unwrap(),
        number: 42,
        says: Says::Deploy {
            manifest: folder(&WHOLE).digest(),
        },
    }
}

fn signed(text: &str, seeds: &[u8]) -> Note {
    let mut note = Note::sign(text, &key(seeds[0])).unwrap();
    let more = seeds[1..].iter().map(|seed| key(*seed).sign(text));
    note.signatures.extend(more);
    note
}

/// Signed statements, judged by `two.publishers`: who signed, and whether they are enough; nobody where a line refuses the whole.
fn statements() -> Value {
    let replace = Statement {
        says: Says::Publishers {
            publishers: two().digest(),
        },
        ..deploy()
    };
    let (deploy, replace) = (deploy().to_string(), replace.to_string());
    let mut bent = signed(&deploy, &[0x31, 0x32]).to_string();
    let last = bent.len() - 4;
    let other = if &bent[last..=last] == "A" { "B" } else { "A" };
    bent.replace_range(last..=last, other);
    let notes = [
        signed(&deploy, &[0x31, 0x32]).to_string(),
        signed(&replace, &[0x32, 0x31]).to_string(),
        signed(&deploy, &[0x31]).to_string(),
        signed(&deploy, &[0x31, 0x99, 0x32]).to_string(),
        signed(&deploy, &[0x99]).to_string(),
        bent,
    ];
    let judged = notes.map(|note| {
        let parsed = Note::parse(note.as_bytes()).unwrap();
        let statement: Statement = parsed.text.parse().unwrap();
        assert_eq!(statement.to_string(), parsed.text);
        let verdict = match two().signed(&parsed) {
            Ok((signed, enough)) => json!({ "signed": signed, "enough": enough }),
            Err(error) => json!({ "refused": error.code() }),
        };
        json!({ "note": note, "verdict": verdict })
    });
    judged.into()
}

/// Texts with one thing changed, and why each is refused.
fn malformed() -> Value {
    let mut all = Vec::new();
    let manifest = text_of(&folder(&WHOLE));
    let digest = "5a".repeat(32);
    for (from, to) in [
        ("amana/site/v1", "amana/site/v2"),
        (",\"format\"", ", \"format\""),
        ("\"/404.html\"", "\"404.html\""),
        ("/a%20b/%C3%A9.txt", "/a%20b/%c3%a9.txt"),
        ("\"size\":4", "\"size\":-4"),
        (
            "\"host\":\"www.finances.example\"",
            "\"host\":\"WWW.finances.example\"",
        ),
        ("x-frame-options", "content-length"),
        ("\"status\":301", "\"status\":300"),
        ("\"force\":true", "\"force\":1"),
        ("/old/*", "/o*ld/*"),
        ("\"name\":\"api\"", "\"name\":\"Api\""),
        ("\"code\":{\"wordpress\"", "\"code\":{\"mail\""),
        (&digest, &digest[2..]),
        (&digest, &digest.to_uppercase()),
        ("\"code\":{", "\"code\":{},\"codes\":{"),
    ] {
        let text = changed(&manifest, from, to);
        let error = Manifest::parse(text.as_bytes()).expect_err(to);
        all.push(refused("manifest", &error, &text));
    }
    let statement = deploy().to_string();
    for (from, to) in [
        ("site-deploy/v1", "site-deploy/v2"),
        ("ledger ", "ledgers "),
        ("number 42", "number 042"),
        ("number 42", "number -1"),
        ("number 42\n", ""),
        ("manifest ", "publishers "),
        ("host www", "host Www"),
    ] {
        let text = changed(&statement, from, to);
        let error = text.parse::<Statement>().expect_err(to);
        all.push(refused("statement", &error, &text));
    }
    let zeros = digits(&Hash::from([0; 32]));
    for lines in [
        String::new(),
        "amana/site-code/v2\n".to_owned(),
        "amana/site-code/v1".to_owned(),
        format!("amana/site-code/v1\nfile {zeros} /b\nfile {zeros} /a\n"),
        format!("amana/site-code/v1\nfile {zeros} /a\nfile {zeros} /a\n"),
        format!("amana/site-code/v1\nfile {zeros} /a\nwithout /b\n"),
        format!("amana/site-code/v1\nfile {zeros} a\n"),
        format!("amana/site-code/v1\nfile {zeros} /%61\n"),
        format!("amana/site-code/v1\nfile {zeros} /%e9\n"),
        format!("amana/site-code/v1\nfile {zeros} /é\n"),
        format!("amana/site-code/v1\nfile {zeros} /a b\n"),
        format!("amana/site-code/v1\nfolder {zeros} /a\n"),
        "amana/site-code/v1\nfile 00 /a\n".to_owned(),
    ] {
        let error = CodeList::parse(&lines).expect_err(&lines);
        all.push(refused("code", &error, &lines));
    }
    all.into()
}

fn changed(good: &str, from: &str, to: &str) -> String {
    let text = good.replacen(from, to, 1);
    assert_ne!(text, good, "{from}");
    text
}

fn refused(format: &str, error: &amana_sites::Error, text: &str) -> Value {
    json!({ "format": format, "code": error.code(), "rule": error.to_string(), "text": text })
}
