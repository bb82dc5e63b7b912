//! `amana mirror`, `amana check --mirror`, `amana restore`: a data centre that is lost, and is there again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::binary::{Centre, Ran, amana, run, run_on};
use crate::s3::S3;
use crate::witnesses::{TRIES, Witness, codes, outcome};

/// A folder whose centre has a mirror beside it.
pub(crate) fn configured() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (data, place) = (folder.path().join("data"), folder.path().join("place"));
    fs::create_dir_all(&data).unwrap();
    fs::create_dir(&place).unwrap();
    let text = format!(
        "centre = \"centre.test\"\n[[mirror]]\nname = \"usb\"\nplace = \"{}\"\n",
        place.display()
    );
    fs::write(data.join("amana.toml"), text).unwrap();
    (folder, place)
}

pub(crate) fn deposits(centre: &Centre) -> S3 {
    let (id, secret) = centre.institution("finances");
    let open = ["bucket", "create", "forms", "--institution", "finances"];
    let open = [&open[..], &["--open", "--reason", "public forms"]].concat();
    centre.run(&open).done();
    let s3 = S3::new(&centre.s3, &id, &secret);
    assert_eq!(s3.put("/forms/small", b"a form").0, 200);
    assert_eq!(s3.put("/forms/large", &large()).0, 200);
    s3
}

fn large() -> Vec<u8> {
    (0..600_000_u32).map(|i| (i % 251) as u8).collect()
}

/// Waits until the running centre's mirror lacks nothing.
pub(crate) fn caught_up(centre: &Centre) {
    for _ in 0..TRIES {
        let lag = centre.run(&["mirror", "status", "--json"]).json();
        if lag[0]["entries"] == 0 && lag[0]["error"].is_null() {
            return;
        }
    }
    panic!("the mirror never caught up");
}

fn check_mirror(data: &Path, name: &str) -> Ran {
    run_on(data, &["check", "--mirror", name])
}

#[test]
fn a_lost_centre_is_there_again_and_its_witnesses_go_on() {
    let (folder, place) = configured();
    let centre = Centre::start_in(folder, &[]);
    let witness = Witness::enrolled("court", &centre);
    deposits(&centre);
    assert!(codes(&witness.visit_until_cosigned(&centre)).is_empty());
    caught_up(&centre);
    check_mirror(&centre.data(), "usb").done();
    let alone = ["check", "--mirror", place.to_str().unwrap(), "--policy"];
    let policy = centre.data().join("policy");
    run(&[&alone[..], &[policy.to_str().unwrap()]].concat()).done();
    let receipt = centre.folder.path().join("receipt");
    let get = ["receipt", "get", "finances/vault/4", "--out"];
    centre
        .run(&[&get[..], &[receipt.to_str().unwrap()]].concat())
        .done();
    let (id, secret) = centre.institution("health");
    caught_up(&centre);
    let (_, folder) = centre.stop();

    // The seed is on paper, the mirror on its disk, and the rest is gone.
    let (data, seed) = (folder.path().join("data"), folder.path().join("seed"));
    fs::copy(data.join("keys/operator.seed"), &seed).unwrap();
    fs::rename(&data, folder.path().join("gone")).unwrap();
    let from = ["restore", "--from", place.to_str().unwrap(), "--seed-file"];
    let from = [&from[..], &[seed.to_str().unwrap()]].concat();
    let told = run_on(&data, &from).done();
    let policy = fs::read(folder.path().join("gone/policy")).unwrap();
    assert!(
        told.contains(&hex::encode(Sha256::digest(policy))),
        "{told}"
    );
    run_on(&data, &from).refused("needs an empty folder");
    let centre = Centre::start_in(folder, &[]);
    let key = centre.run(&["access-key", "list", "--institution", "health", "--json"]);
    assert!(key.done().contains(&id));
    let again = [
        "access-key",
        "create",
        "--institution",
        "finances",
        "--json",
    ];
    // Witnesses may know of more than the mirror had: nothing is written before they have been heard.
    centre
        .run(&again)
        .refused("takes nothing until a quorum of its witnesses has called");
    assert!(centre.data().join("awaiting-witnesses").exists());
    assert!(codes(&witness.visit(&centre)).is_empty());
    assert!(!centre.data().join("awaiting-witnesses").exists());
    let key = centre.run(&again).json();
    let field = |field: &str| key[field].as_str().unwrap().to_owned();
    let s3 = S3::new(
        &centre.s3,
        &field("access_key_id"),
        &field("secret_access_key"),
    );
    assert_eq!(s3.get("/forms/small"), (200, b"a form".to_vec()));
    assert_eq!(s3.get("/forms/large"), (200, large()));
    // A key that was made before is taken as well: its secret came with the mirror.
    let before = S3::new(&centre.s3, &id, &secret);
    assert_eq!(before.get("/forms/small").0, 403);
    assert_eq!(s3.put("/forms/after", b"the same history").0, 200);
    let cosigned = witness.visit_until_cosigned(&centre);
    assert!(codes(&cosigned).is_empty(), "{}", cosigned.out);
    let text = receipt.to_str().unwrap().to_owned();
    let policy = centre.data().join("policy");
    let verify = ["receipt", "verify", &text, "--allow-recorded", "--policy"];
    run(&[&verify[..], &[policy.to_str().unwrap()]].concat()).done();
    caught_up(&centre);
    assert!(!centre.data().join("restoring.json").exists());
    let (_, folder) = centre.stop();
    run_on(&folder.path().join("data"), &["check"]).done();
    check_mirror(&folder.path().join("data"), "usb").done();
}

#[test]
fn what_was_not_mirrored_is_listed_when_a_witness_calls() {
    let (folder, place) = configured();
    let centre = Centre::start_in(folder, &[]);
    let witness = Witness::enrolled("court", &centre);
    deposits(&centre);
    caught_up(&centre);
    let (_, folder) = centre.stop();
    // The mirror's disk is away for a while.
    let away = folder.path().join("away");
    fs::rename(&place, &away).unwrap();
    let centre = Centre::start_in(folder, &[("AMANA_MIRROR_WAIT_S", "0.01")]);
    let key = centre
        .run(&[
            "access-key",
            "create",
            "--institution",
            "finances",
            "--json",
        ])
        .json();
    assert!(key["access_key_id"].is_string());
    let held = || witness.held("centre.test/ledgers/finances/vault");
    for _ in 0..TRIES {
        if held() == Some(6) {
            break;
        }
        witness.visit(&centre).done();
    }
    assert_eq!(held(), Some(6));
    let (_, folder) = centre.stop();
    let (data, seed) = (folder.path().join("data"), folder.path().join("seed"));
    fs::copy(data.join("keys/operator.seed"), &seed).unwrap();
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&away, &place).unwrap();
    let from = ["restore", "--from", place.to_str().unwrap(), "--seed-file"];
    run_on(&data, &[&from[..], &[seed.to_str().unwrap()]].concat()).done();
    let centre = Centre::start_in(folder, &[]);
    let visit = witness.visit(&centre);
    assert!(
        codes(&visit).contains(&"behind".to_owned()),
        "{:?}",
        outcome(&visit)
    );
    let listed = centre.run(&["mirror", "lost"]).done();
    assert!(listed.contains("finances/vault/5\n"), "{listed}");
    let (code, why) = centre.get("/readyz", None);
    assert_eq!(code, 503, "{why}");
}

#[test]
fn a_mirror_that_is_killed_at_any_instant_is_a_valid_older_one() {
    let (folder, place) = configured();
    let centre = Centre::start_in(folder, &[("AMANA_EPOCH_IDLE_S", "3600")]);
    deposits(&centre);
    let (_, folder) = centre.stop();
    let data = folder.path().join("data");
    let count = |place: &Path| -> usize {
        let mut folders = vec![place.to_owned()];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for file in fs::read_dir(folder).into_iter().flatten().flatten() {
                match file.path().is_dir() {
                    true => folders.push(file.path()),
                    false => files += 1,
                }
            }
        }
        files
    };
    let begin = |place: &Path| {
        fs::remove_dir_all(place).unwrap();
        fs::create_dir(place).unwrap();
        // What was seen of another place says nothing of this one.
        let _ = fs::remove_file(data.join("mirror/usb.seen"));
    };
    for instant in 1..12 {
        begin(&place);
        let mut child = amana()
            .args(["mirror", "--once", "--data"])
            .arg(&data)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while count(&place) < instant && child.try_wait().unwrap().is_none() {}
        let _ = child.kill();
        child.wait().unwrap();
        if place.join("head").exists() {
            check_mirror(&data, "usb").done();
        }
        run_on(&data, &["mirror", "--once"]).done();
        check_mirror(&data, "usb").done();
        let again = run_on(&data, &["mirror", "--once", "--json"]).json();
        assert_eq!(
            again["copied"]["bytes"], 0,
            "a second run transfers nothing"
        );
    }
}

#[test]
fn a_bucket_of_another_centre_holds_a_sealed_copy() {
    let other = Centre::start();
    other.run(&["institution", "add", "archive"]).done();
    let key = ["access-key", "create", "--institution", "archive", "--json"];
    let key = other.run(&key).done();
    let bucket = ["bucket", "create", "copies", "--institution", "archive"];
    let bucket = [&bucket[..], &["--open", "--reason", "ciphertext of others"]].concat();
    other.run(&bucket).done();
    let folder = TempDir::new().unwrap();
    let (data, key_file) = (folder.path().join("data"), folder.path().join("key"));
    fs::create_dir_all(&data).unwrap();
    fs::write(&key_file, key).unwrap();
    let endpoint = format!("http://{}", other.s3);
    let text = format!(
        "centre = \"centre.test\"\n[[mirror]]\nname = \"far\"\nplace = \"s3://copies/one\"\nendpoint = \"{endpoint}\"\n\
         key_file = \"{}\"\n",
        key_file.display()
    );
    fs::write(data.join("amana.toml"), text).unwrap();
    let centre = Centre::start_in(folder, &[]);
    let s3 = deposits(&centre);
    let longer = vec![7; 9 * 1024 * 1024];
    assert_eq!(s3.put("/forms/longer", &longer).0, 200);
    let (_, folder) = centre.stop();
    run_on(&data, &["mirror", "--once"]).refused("others may read this key");
    fs::set_permissions(
        &key_file,
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    run_on(&data, &["mirror", "--once"]).done();
    check_mirror(&data, "far").done();
    let again = run_on(&data, &["mirror", "--once", "--json"]).json();
    assert_eq!(again["copied"]["bytes"], 0);
    for file in ["amana.db", "amana.db-wal"] {
        let rows = fs::read(other.data().join(file)).unwrap();
        let word = b"forms";
        assert!(!rows.windows(word.len()).any(|here| here == word), "{file}");
    }
    let (back, seed) = (folder.path().join("back"), data.join("keys/operator.seed"));
    let from = [
        "restore",
        "--all",
        "--from",
        "s3://copies/one",
        "--endpoint",
        &endpoint,
    ];
    let files = [
        "--key-file",
        key_file.to_str().unwrap(),
        "--seed-file",
        seed.to_str().unwrap(),
    ];
    let from = [&from[..], &files].concat();
    // Without witnesses nobody could tell an old mirror, or an old policy, from the newest.
    run_on(&back, &from).refused("asks for no witnesses");
    run_on(&back, &[&from[..], &["--without-witnesses"]].concat()).done();
    run_on(&back, &["check"]).done();
}
