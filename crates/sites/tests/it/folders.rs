//! Folders, read into manifests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use amana_sites::{Address, Answer, Error, Folder, Host, Manifest, Wrong, read_folder};

fn host() -> Host {
    "www.finances.gov".parse().unwrap()
}

fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let place = folder.join(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }
}

fn read(folder: &Path) -> Folder {
    read_folder(folder, &host(), &BTreeSet::new()).unwrap()
}

fn refused(folder: &Path) -> Vec<Wrong> {
    match read_folder(folder, &host(), &BTreeSet::new()) {
        Err(Error::Folder(wrong)) => wrong,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_rules_and_exact_addresses() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &[
            ("index.html", "<p>é"),
            ("a b/photo.JPG", "x"),
            (".well-known/security.txt", "Contact: x"),
            (".DS_Store", "litter"),
            (
                "_redirects",
                "# old ones\n/old /a%20b/photo.JPG\nhttps://www.finances.gov/x https://www.finances.gov/ 302! # why\n/app/* /index.html 200\n",
            ),
            ("_headers", "/*\n  X-Frame-Options: DENY\n"),
            (
                "_addresses",
                "/?p=12\t_addresses.d/12\ttext/html; charset=ISO-8859-1\n/style.css?ver=3\tstyle.css\ttext/css\n",
            ),
            ("_addresses.d/12", "twelve"),
            ("style.css", "p{}"),
        ],
    );
    let Folder { manifest, contents } = read(folder.path());
    let addresses: Vec<&str> = manifest.files().keys().map(String::as_str).collect();
    assert_eq!(
        addresses,
        [
            "/.well-known/security.txt",
            "/?p=12",
            "/a%20b/photo.JPG",
            "/index.html",
            "/style.css",
            "/style.css?ver=3"
        ]
    );
    assert_eq!(
        manifest.files()["/?p=12"].media_type,
        "text/html; charset=ISO-8859-1"
    );
    assert_eq!(
        manifest.files()["/index.html"].media_type,
        "text/html; charset=utf-8"
    );
    assert_eq!(
        manifest.headers("/x"),
        [("x-frame-options", "DENY".to_owned())]
    );
    let x = manifest.answer(&Address::parse("/x").unwrap());
    assert_eq!(
        x,
        Answer::Redirect {
            status: 302,
            to: "/".into()
        }
    );
    assert_eq!(contents.len(), 5);
    // The same folder is the same manifest.
    assert_eq!(read(folder.path()).manifest.digest(), manifest.digest());
}

#[test]
fn wrong_lines_are_named_with_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &[
            ("index.html", "x"),
            (
                "_redirects",
                "/a\n\n/b /c 299\n/d /e 301 Country=fr\n/f https://other.example/ 200\nb /c\n/g /h /i\n/m*n /o\n",
            ),
            (
                "_headers",
                "  X: early\n/a\n  Content-Length: 3\n  X-Y é\n  Basic-Auth: me:secret\n",
            ),
            (
                "_addresses",
                "/?p=1\tnowhere\ttext/html\n/?p=2 index.html text/html\n",
            ),
        ],
    );
    let wrong = refused(folder.path());
    let lines: Vec<(&str, usize)> = wrong
        .iter()
        .map(|one| (one.file.as_str(), one.line))
        .collect();
    assert_eq!(
        lines,
        [
            ("_addresses", 1),
            ("_addresses", 2),
            ("_headers", 1),
            ("_headers", 3),
            ("_headers", 4),
            ("_headers", 5),
            ("_redirects", 1),
            ("_redirects", 3),
            ("_redirects", 4),
            ("_redirects", 5),
            ("_redirects", 6),
            ("_redirects", 7),
            ("_redirects", 8),
        ],
        "{wrong:#?}"
    );
    put(
        folder.path(),
        &[
            ("_redirects", "/app/* /app.html 200\n"),
            ("_headers", ""),
            ("_addresses", ""),
        ],
    );
    assert!(refused(folder.path())[0].why.contains("/app.html"));
}

#[test]
fn what_must_not_be_published_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let secret = [
        (".env", "DB_PASSWORD=x"),
        (".env.production", "DB_PASSWORD=x"),
        (".git/config", "[core]"),
        ("backup-2024.zip", "PK"),
        ("dump.sql.gz", "x"),
        (
            "keys.txt",
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAvRkJmQxYq1mQbM3cC2mJ0F7o5m9kq1\n",
        ),
        ("notes.txt", "-- MySQL dump 10.13"),
        ("shell.html", "<script>EVAL(atob('x'))</script>"),
        ("wp-config.php.bak", "x"),
        ("x.php", "echo 1;"),
        ("y.html", "<?php echo 1;"),
    ];
    put(folder.path(), &secret);
    put(
        folder.path(),
        &[
            ("index.html", "x"),
            ("formulaire.zip", "PK"),
            ("manual.html", "<p>eval(atob(x)) is what an intruder writes"),
        ],
    );
    let wrong = refused(folder.path());
    let files: Vec<&str> = wrong.iter().map(|one| one.file.as_str()).collect();
    assert_eq!(
        files,
        [
            ".env",
            ".env.production",
            ".git",
            "backup-2024.zip",
            "dump.sql.gz",
            "keys.txt",
            "notes.txt",
            "shell.html",
            "wp-config.php.bak",
            "x.php",
            "y.html"
        ]
    );
    // Whoever knows better says so, file by file.
    let allowed: BTreeSet<String> = files.iter().map(|&file| file.to_owned()).collect();
    let all = read_folder(folder.path(), &host(), &allowed).unwrap();
    assert!(all.manifest.files().contains_key("/backup-2024.zip"));
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("linked")).unwrap();
    assert!(
        refused(folder.path())
            .iter()
            .any(|one| one.file == "linked")
    );
}

/// Whatever the file is called, visitors would ask for the address.
#[test]
fn addresses_are_judged_as_names_are() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "/.env\t_addresses.d/a\ttext/plain\n/.git/config\t_addresses.d/a\ttext/plain\n/dump%2Esql\tplain.txt\ttext/plain\n\
        /index.php?id=3\t_addresses.d/a\ttext/html\n/feed/\t_addresses.d/a\tapplication/rss+xml\n";
    put(
        folder.path(),
        &[
            ("_addresses", lines),
            ("_addresses.d/a", "a"),
            ("plain.txt", "b"),
        ],
    );
    let wrong = refused(folder.path());
    let said: Vec<(&str, usize)> = wrong
        .iter()
        .map(|one| (one.file.as_str(), one.line))
        .collect();
    assert_eq!(
        said,
        [("_addresses", 1), ("_addresses", 2), ("_addresses", 3)]
    );
    assert!(wrong[0].why.starts_with("/.env: settings with passwords"));
    // Named by the address, or by the file.
    let allowed = [".env", ".git/config", "plain.txt"].map(str::to_owned);
    let all = read_folder(folder.path(), &host(), &BTreeSet::from(allowed)).unwrap();
    assert!(all.manifest.files().contains_key("/.env"));
    assert!(all.manifest.files().contains_key("/index.php?id=3"));
}

#[test]
fn an_empty_folder_is_no_site() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(folder.path())[0].why.contains("no file"));
    assert!(matches!(
        read_folder(&folder.path().join("none"), &host(), &BTreeSet::new()),
        Err(Error::Read { .. })
    ));
}

#[test]
fn applications_are_signed_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &[("index.html", "x"), ("style.css", "p{}")]);
    let before = read(folder.path()).manifest;
    assert!(!before.to_bytes().starts_with(b"{\"applications\""));
    let text = "# who answers what\n/api/public/* api # everybody\n/api/* api editors\n/* wordpress missing\n";
    put(folder.path(), &[("_applications", text)]);
    let manifest = read(folder.path()).manifest;
    assert_ne!(manifest.digest(), before.digest());
    let bytes = manifest.to_bytes();
    let begin = br#"{"applications":[{"editors":false,"missing":false,"name":"api","path":"/api/public/*"},{"editors":true,"#;
    assert!(bytes.starts_with(begin));
    assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
    let of = |address: &str| {
        let address = Address::parse(address).unwrap();
        let rule = manifest.application(&address);
        (
            rule.map(|rule| rule.name.clone()),
            manifest.is_dynamic(&address),
        )
    };
    assert_eq!(of("/api/public/x?y"), (Some("api".to_owned()), true));
    assert_eq!(
        of("/api/x"),
        (Some("api".to_owned()), false),
        "compared, as it is for editors"
    );
    assert_eq!(of("/api"), (Some("api".to_owned()), false));
    // Many programs don't mind capitals; what is everybody's is asked for as it is written.
    assert_eq!(of("/API/x"), (Some("api".to_owned()), false));
    assert_eq!(of("/Api/Public/x"), (Some("api".to_owned()), false));
    // What was signed goes before the application, where it says so.
    assert_eq!(of("/"), (None, false));
    assert_eq!(of("/style.css?ver=2"), (None, false));
    assert_eq!(of("/absent"), (Some("wordpress".to_owned()), true));
    for (from, to) in [
        (&b"\"api\""[..], &b"\"Api\""[..]),
        (b"\"editors\":false,", b""),
        (b"/api/public/*", b"api/public/*."),
    ] {
        let at = bytes
            .windows(from.len())
            .position(|part| part == from)
            .unwrap();
        let wrong = [&bytes[..at], to, &bytes[at + from.len()..]].concat();
        assert!(Manifest::parse(&wrong).is_err());
    }
    let empty = [b"{\"applications\":[],", &before.to_bytes()[1..]].concat();
    assert!(
        Manifest::parse(&empty).is_err(),
        "left out when there is none"
    );
}

#[test]
fn wrong_lines_about_applications_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = "/a\n/b B\nc api\n/d api public\n/e api editors editors\n/f*g api\n/ok api\n";
    put(
        folder.path(),
        &[("index.html", "x"), ("_applications", text)],
    );
    let lines: Vec<usize> = refused(folder.path()).iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_digest_of_programs_is_signed_with_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (digest, other) = ("ab".repeat(32), "cd".repeat(32));
    let text = format!("code wordpress sha256:{digest}\n/* wordpress editors\n");
    put(
        folder.path(),
        &[("index.html", "x"), ("_applications", text.as_str())],
    );
    let manifest = read(folder.path()).manifest;
    let bytes = manifest.to_bytes();
    let begin = format!(
        r#"{{"applications":[{{"editors":true,"missing":false,"name":"wordpress","path":"/*"}}],"code":{{"wordpress":"{digest}"}},"files""#
    );
    assert!(bytes.starts_with(begin.as_bytes()));
    assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
    let signed = manifest.code("wordpress").map(amana_ledger::digits);
    assert_eq!(signed.as_deref(), Some(digest.as_str()));
    assert_eq!(manifest.code("mail"), None);
    let whole = String::from_utf8(bytes).unwrap();
    for (from, to) in [
        (digest.as_str(), &digest[1..]),
        (r#""code":{"wordpress""#, r#""code":{"mail""#),
        (r#""code":{"wordpress":"ab"#, r#""code":{"wordpress":"AB"#),
    ] {
        let wrong = whole.replacen(from, to, 1);
        assert_ne!(wrong, whole);
        assert!(Manifest::parse(wrong.as_bytes()).is_err(), "{from}");
    }
    let unsigned = whole.replacen(&format!(r#","code":{{"wordpress":"{digest}"}}"#), "", 1);
    let unsigned = Manifest::parse(unsigned.as_bytes()).unwrap();
    assert!(!unsigned.has_rules_of(&manifest));
    let wrong = format!(
        "/* wordpress\ncode\ncode wordpress\ncode wordpress {digest}\ncode wordpress sha256:ab\n\
         code wordpress sha256:{digest} now\ncode mail sha256:{digest}\ncode wordpress sha256:{digest}\n\
         code wordpress sha256:{other} # twice\n"
    );
    put(folder.path(), &[("_applications", wrong.as_str())]);
    let wrong = refused(folder.path());
    let lines: Vec<usize> = wrong.iter().map(|one| one.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 9]);
    assert!(wrong[5].why.contains("mail") && wrong[6].why.contains("twice"));
}
