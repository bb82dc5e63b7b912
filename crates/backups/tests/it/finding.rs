//! Applications in backups, and what intruders left in them.

use std::fs;
use std::path::{Path, PathBuf};

use amana_backups::Error;
use amana_backups::application::{check_name, name_of};
use amana_backups::find::{Kind, application, dump, parts};
use amana_backups::look::{is_program, look};
use amana_backups::versions::{Verdict, compare, is_below};

fn put(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("it is the test's own"))
            .expect("it is the test's own");
        fs::write(file, text).expect("it is the test's own");
    }
}

const VERSION: &str = "<?php\n$wp_version = '6.1.9';\n$required_php_version = '5.6.20';";

#[test]
fn the_application_that_visitors_see_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let backup = Path::new("b.tar");
    assert!(matches!(
        application(at, backup, None),
        Err(Error::NoApplication { .. })
    ));
    put(
        at,
        &[
            ("x/homedir/public_html/wp-includes/version.php", VERSION),
            ("x/homedir/public_html/index.php", "<?php"),
        ],
    );
    put(
        at,
        &[
            ("x/homedir/public_html/old/wp-includes/version.php", VERSION),
            ("x/homedir/mail/index.php", "<?php"),
        ],
    );
    let (found, others) = application(at, backup, None).unwrap();
    assert_eq!(
        (found.kind, found.place),
        (Kind::WordPress, PathBuf::from("x/homedir/public_html"))
    );
    assert_eq!(others[0].place, PathBuf::from("x/homedir/public_html/old"));
    put(at, &[("y/wp-includes/version.php", VERSION)]);
    let said = application(at, backup, None).unwrap_err().to_string();
    assert!(
        said.contains("x/homedir/public_html, y") || said.contains("y, x/homedir"),
        "{said}"
    );
    let (found, _) = application(at, backup, Some("y")).unwrap();
    assert_eq!(found.kind, Kind::WordPress);
    for wrong in ["nowhere", "../x", "/etc"] {
        assert!(matches!(
            application(at, backup, Some(wrong)),
            Err(Error::NoSuchFolder { .. })
        ));
    }
}

#[test]
fn a_dump_is_told_by_the_databases_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let inside = Path::new("public_html");
    assert!(matches!(dump(at, inside, None), Err(Error::NoDump)));
    put(
        at,
        &[
            ("mysql.sql", "grants"),
            ("public_html/wp-content/plugins/p/example.sql", ""),
            ("public_html/a_wp.sql", "an old one"),
        ],
    );
    assert_eq!(
        dump(at, inside, Some("a_wp")).unwrap(),
        at.join("public_html/a_wp.sql")
    );
    put(at, &[("mysql/a_wp.sql", "")]);
    for name in [None, Some("a_wp")] {
        assert_eq!(dump(at, inside, name).unwrap(), at.join("mysql/a_wp.sql"));
    }
    put(at, &[("mysql/a_other.sql.gz", "")]);
    assert!(matches!(dump(at, inside, None), Err(Error::Several { .. })));
    assert_eq!(
        dump(at, inside, Some("a_other")).unwrap(),
        at.join("mysql/a_other.sql.gz")
    );
    put(at, &[("mysql/a_other.sql", "")]);
    let said = dump(at, inside, Some("a_other")).unwrap_err().to_string();
    assert!(
        said.contains("mysql/a_other.sql, mysql/a_other.sql.gz"),
        "{said}"
    );
}

#[test]
fn versions_are_those_that_each_part_says() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &[
            ("wp-includes/version.php", VERSION),
            (
                "wp-content/plugins/hello.php",
                "<?php\n/*\nPlugin Name: Hello\nVersion: 1.7.2\n*/",
            ),
            ("wp-content/plugins/forms/a.php", "<?php // nothing"),
            (
                "wp-content/plugins/forms/forms.php",
                "<?php\n/**\n * Plugin Name: Forms\n * Version:  5.8\n */",
            ),
            (
                "wp-content/plugins/index.php",
                "<?php // Silence is golden.",
            ),
            ("wp-content/themes/t/style.css", "/*\nTheme Name: T\n*/"),
        ],
    );
    let parts = parts(folder.path(), Kind::WordPress).unwrap();
    let said: Vec<(&str, &str, Option<&str>)> = parts
        .iter()
        .map(|part| (&*part.kind, &*part.name, part.version.as_deref()))
        .collect();
    let expected = [
        ("core", "WordPress", Some("6.1.9")),
        ("plugin", "Forms", Some("5.8")),
        ("plugin", "Hello", Some("1.7.2")),
        ("theme", "T", None),
    ];
    assert_eq!(said, expected);
}

#[test]
fn versions_are_compared_only_within_what_is_known() {
    let debian = "6.1.9+dfsg1-0+deb12u1";
    assert_eq!(compare("6.1.9", debian), Verdict::NotOlder);
    assert_eq!(compare("6.1.7", debian), Verdict::Older);
    assert_eq!(compare("6.1", debian), Verdict::Older);
    assert_eq!(compare("5.9.12", debian), Verdict::Older);
    assert_eq!(compare("6.4.1", debian), Verdict::NotCompared);
    assert_eq!(compare("trunk", debian), Verdict::NotCompared);
    assert!(is_below("8.2", "8.10") && !is_below("8.2", "7.4.33") && !is_below("8.2", "8.2.0"));
}

#[test]
fn what_intruders_leave_is_found_and_what_people_write_is_not() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        &[
            ("a.php", "<?php @ eval ( $_POST['x'] );"),
            (
                "b.php",
                "<?php curl_exec($_x); $this->system($_y); // ordinary",
            ),
            ("logo.png", "<?php echo 1;"),
            ("known.php", "<?php the mark"),
            ("wp-content/uploads/2026/x.php", "<?php echo 1;"),
            (
                "wp-content/uploads/index.php",
                "<?php\n// Silence is golden.\n",
            ),
            ("wp-content/uploads/a.php", "<?php // x ?><?php echo 1;"),
            ("wp-content/uploads/b.php", "<?php // x\recho 1;"),
            ("wp-content/uploads/c.php", "<?php // x ?>"),
            ("s.js", "eval(atob('x'))"),
            (".htaccess", "x"),
            ("sub/.user.ini", "x"),
            ("wp-config.php", "x"),
            ("wp-config-old.php", "x"),
            ("wp-config-sample.php", "<?php"),
            ("dump.sql", "x"),
        ],
    );
    let marks = |content: &[u8]| content.ends_with(b"the mark").then_some("known elsewhere");
    let looked = look(folder.path(), &marks, &mut |_| {}).unwrap();
    let found: Vec<(&str, &str)> = looked
        .findings
        .iter()
        .map(|one| (one.code, &*one.file))
        .collect();
    let expected = [
        ("web-shell", "a.php"),
        ("web-shell", "known.php"),
        ("hidden-program", "logo.png"),
        ("hidden-script", "s.js"),
        ("program-in-uploads", "wp-content/uploads/2026/x.php"),
        ("program-in-uploads", "wp-content/uploads/a.php"),
        ("program-in-uploads", "wp-content/uploads/b.php"),
    ];
    assert_eq!(found, expected);
    let behind: Vec<&str> = looked
        .stay_behind
        .iter()
        .map(|(place, _)| place.to_str().unwrap())
        .collect();
    assert_eq!(
        behind,
        [
            ".htaccess",
            "dump.sql",
            "sub/.user.ini",
            "wp-config-old.php",
            "wp-config.php",
            "wp-content/uploads/2026/x.php",
            "wp-content/uploads/a.php",
            "wp-content/uploads/b.php"
        ]
    );
    assert!(is_program(Path::new("x.PHP.jpg")) && !is_program(Path::new("php.jpg")));
}

#[test]
fn names_fit_users_and_databases() {
    assert_eq!(name_of("www.finances.example"), "finances");
    assert_eq!(
        name_of("a-very-long-ministry-name.example"),
        "a-very-long-ministry"
    );
    for name in ["finances", "a", "a-1"] {
        check_name(name).unwrap();
    }
    for name in [
        "",
        "-a",
        "a-",
        "A",
        "a b",
        "a;b",
        "a_b",
        "abcdefghijklmnopqrstu",
    ] {
        check_name(name).unwrap_err();
    }
}
