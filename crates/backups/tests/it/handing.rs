//! A made folder, and what root takes of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use amana_backups::Handed;
use amana_backups::application::{Application, FILE};
use amana_backups::find::Kind;
use tempfile::TempDir;

fn application(kind: Kind) -> Application {
    Application {
        name: "finances".to_owned(),
        host: "www.finances.example".to_owned(),
        kind,
        place: PathBuf::from("/srv/amana-sites/finances"),
        run: PathBuf::from("/run/amana-site-finances"),
        php: "8.2".to_owned(),
        database_socket: PathBuf::from("/run/mysqld/mysqld.sock"),
        prefix: "wp_".to_owned(),
        updates_itself: false,
        editors: vec!["127.0.0.1/32".to_owned()],
        was: vec!["old.example:8080".to_owned()],
    }
}

fn folder(application: &Application) -> TempDir {
    let folder = tempfile::tempdir().expect("it is the test's own");
    let at = folder.path();
    let said = serde_json::to_vec(application).expect("it is the test's own");
    fs::create_dir_all(at.join("files/sub")).expect("it is the test's own");
    for (name, text) in [
        (FILE, said),
        (
            "database.cnf",
            format!("[client]\npassword={}\n", "a".repeat(64)).into(),
        ),
        ("files/sub/x.php", b"<?php".to_vec()),
        (
            "amana-site-finances.service",
            b"[Service]\nExecStart=/bin/sh\n".to_vec(),
        ),
    ] {
        fs::write(at.join(name), text).expect("it is the test's own");
    }
    folder
}

fn refused(folder: &TempDir) -> String {
    match Handed::open(folder.path()) {
        Ok(_) => panic!("{} was taken", folder.path().display()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn texts_are_made_anew() {
    let folder = folder(&application(Kind::WordPress));
    let handed = Handed::open(folder.path()).unwrap();
    let into = tempfile::tempdir().unwrap();
    handed.write_texts(into.path()).unwrap();
    let text = |name: &str| fs::read_to_string(into.path().join(name)).unwrap();
    let unit = text("amana-site-finances.service");
    assert!(!unit.contains("/bin/sh") && unit.contains("--fpm-config"));
    assert!(text("database.sql").contains(&"a".repeat(64)));
    // The unit lets nothing change an owner: PHP-FPM would end.
    let pool = text("php-fpm.conf");
    assert!(!pool.contains("listen.owner") && !pool.contains("listen.group"));
    assert!(pool.contains("listen.mode = 0660"));
    let cron = text("amana-site-finances-cron.service");
    assert!(cron.contains("-d disable_functions=exec,") && cron.contains("-d allow_url_include=0"));
    assert!(text("guard.php").contains("$uploads = realpath($folder);"));
    let copied = into.path().join("files");
    handed.copy_files(&copied).unwrap();
    assert_eq!(fs::read(copied.join("sub/x.php")).unwrap(), b"<?php");
}

#[test]
fn links_are_not_followed() {
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("secret"), "x").unwrap();
    let into = tempfile::tempdir().unwrap();
    for (at, target) in [("files/link", "secret"), ("files/sub/folder", "")] {
        let folder = folder(&application(Kind::Php));
        symlink(secret.path().join(target), folder.path().join(at)).unwrap();
        let handed = Handed::open(folder.path()).unwrap();
        let copied = into.path().join(target).join("copied");
        fs::create_dir_all(copied.parent().unwrap()).unwrap();
        let said = handed.copy_files(&copied).unwrap_err().to_string();
        assert!(said.contains("neither a file nor a folder"), "{said}");
    }
    for name in [FILE, "database.cnf", "dump.sql"] {
        let folder = folder(&application(Kind::Php));
        let at = folder.path().join(name);
        let other = folder.path().join("other");
        if at.exists() {
            fs::rename(&at, &other).unwrap();
        } else {
            fs::write(&other, "x").unwrap();
        }
        symlink(&other, &at).unwrap();
        assert!(refused(&folder).contains("it isn't a file"), "{name}");
    }
    let folder = folder(&application(Kind::Php));
    fs::rename(folder.path().join("files"), folder.path().join("other")).unwrap();
    symlink(folder.path().join("other"), folder.path().join("files")).unwrap();
    assert!(refused(&folder).contains("it isn't a folder"));
}

#[test]
fn what_could_mean_something_else_is_refused() {
    let place = |text: &str| Path::new(text).to_owned();
    let wrongs: [&dyn Fn(&mut Application); 11] = [
        &|made| made.place = place("srv/finances"),
        &|made| made.place = place("/srv/../etc/finances"),
        &|made| made.place = place("/etc"),
        &|made| made.place = place("/srv/a b/finances"),
        &|made| made.run = place("/run/other"),
        &|made| made.database_socket = place("/run/x\nuser=root"),
        &|made| made.php = "8.2/../../../bin/sh".to_owned(),
        &|made| made.host = "a.example\nUser=root".to_owned(),
        &|made| made.editors.push("10.0.0.0/8\"".to_owned()),
        &|made| made.prefix = "wp_'".to_owned(),
        &|made| made.was.push("a b".to_owned()),
    ];
    application(Kind::Php).check().unwrap();
    for (at, wrong) in wrongs.iter().enumerate() {
        let mut made = application(Kind::Php);
        wrong(&mut made);
        made.check().expect_err(&at.to_string());
        refused(&folder(&made));
    }
    let folder = folder(&application(Kind::Php));
    fs::write(folder.path().join("database.cnf"), "password=x' OR 'y\n").unwrap();
    assert!(refused(&folder).contains("password"));
}
