//! Places of mirrors: what is said of them, whom they are believed to be, and what is still on its way from them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Centre, Ran, amana, run_on};
use crate::mirrors::{configured, deposits};

/// The doctor's findings, by code.
fn doctor(data: &Path) -> Vec<(String, Value)> {
    let ran = run_on(data, &["doctor", "--json", "--lang", "en"]);
    let found: Value = serde_json::from_str(&ran.out).unwrap();
    let found = found.as_array().unwrap().iter();
    found
        .map(|one| (one["code"].as_str().unwrap().to_owned(), one.clone()))
        .collect()
}

fn finds(data: &Path, code: &str) -> bool {
    doctor(data).iter().any(|(found, _)| found == code)
}

/// Waits for what a server does by itself.
fn until(is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "it never came about");
        std::thread::yield_now();
    }
}

#[test]
fn without_a_mirror_it_is_said_how_to_have_one() {
    let centre = Centre::start();
    let told = centre.run(&["mirror", "status"]).done();
    assert!(told.contains("under [[mirror]]"), "{told}");
    assert_eq!(centre.run(&["mirror", "status", "--json"]).done(), "[]\n");
    assert!(finds(&centre.data(), "no-mirror"));
}

#[test]
fn a_pass_of_the_scrub_tells_when_it_ended_and_none_is_under_way_after_it() {
    let centre = Centre::start();
    centre.run(&["scrub", "--now"]).done();
    let told = centre.run(&["scrub", "--status"]).done();
    assert!(
        told.starts_with("no pass is under way\nlast pass, ended 20"),
        "{told}"
    );
}

#[test]
fn a_mirror_without_a_place_is_not_called_kept_up_and_one_that_lacks_content_neither() {
    let (folder, place) = configured();
    fs::remove_dir(&place).unwrap();
    let centre = Centre::start_in(folder, &[]);
    deposits(&centre);
    let (_, folder) = centre.stop();
    let data = folder.path().join("data");
    let noted = data.join("mirror/usb.error");
    if noted.exists() {
        // As in a folder whose server has not looked yet.
        fs::remove_file(noted).unwrap();
    }
    assert!(finds(&data, "mirror-fails") && !finds(&data, "mirror-kept"));
    fs::create_dir(&place).unwrap();

    let [blob] = &blobs(&data)[..] else {
        panic!("one large thing was deposited")
    };
    let whole = fs::read(blob).unwrap();
    fs::write(blob, [&[whole[0] ^ 1], &whole[1..]].concat()).unwrap();
    run_on(&data, &["mirror", "--once"]).refused("not everything could be mirrored");
    let status = run_on(&data, &["mirror", "status", "--json"]).json();
    let id = blob.file_name().unwrap().to_str().unwrap();
    assert_eq!(status[0]["lacking"], serde_json::json!([id]));
    let told = run_on(&data, &["mirror", "status"]).done();
    assert!(told.contains("lacks 1 blobs"), "{told}");
    let found = doctor(&data);
    let lacks = found.iter().find(|(code, _)| code == "mirror-lacks");
    assert_eq!(lacks.unwrap().1["level"], "bad");
    assert!(!found.iter().any(|(code, _)| code == "mirror-kept"));
    // The server says so as well, round after quiet round.
    let centre = Centre::start_in(folder, &[]);
    let lacking = "amana_mirror_lacking_blobs{mirror=\"usb\"} 1\n";
    let shown = || centre.get("/metrics", None).1;
    until(|| shown().contains("amana_mirror_lacking_blobs{"));
    assert!(shown().contains(lacking), "{}", shown());
    let (_, folder) = centre.stop();

    fs::write(blob, whole).unwrap();
    run_on(&data, &["mirror", "--once"]).done();
    let status = run_on(&data, &["mirror", "status", "--json"]).json();
    assert_eq!(status[0]["lacking"], serde_json::json!([]));
    assert!(finds(&folder.path().join("data"), "mirror-kept"));
}

fn blobs(data: &Path) -> Vec<PathBuf> {
    let shelves = fs::read_dir(data.join("blobs")).unwrap();
    let shelves = shelves.map(|shelf| shelf.unwrap().path());
    let shelves = shelves.filter(|shelf| shelf.file_name().unwrap().len() == 2);
    let files = shelves.flat_map(|shelf| fs::read_dir(shelf).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn what_is_still_on_its_way_is_said_and_comes_from_wherever_the_server_is_started() {
    let (folder, place) = configured();
    let centre = Centre::start_in(folder, &[]);
    deposits(&centre);
    let (_, folder) = centre.stop();
    let data = folder.path().join("data");
    run_on(&data, &["mirror", "--once"]).done();
    let seed = data.join("keys/operator.seed");
    // By names that mean something only here.
    let restored = amana()
        .current_dir(folder.path())
        .args([
            "restore",
            "--from",
            "place",
            "--data",
            "back",
            "--without-witnesses",
            "--seed-file",
        ])
        .arg(&seed)
        .output()
        .unwrap();
    Ran::of(restored).done();
    let back = folder.path().join("back");
    let noted = fs::read_to_string(back.join("restoring.json")).unwrap();
    let noted: Value = serde_json::from_str(&noted).unwrap();
    assert_eq!(noted["place"], place.to_str().unwrap());
    let told = run_on(&back, &["check"]);
    assert_eq!(told.code, 1);
    let way = "1 blobs, at most 786432 bytes, are on their way from";
    assert!(told.out.contains(way), "{}", told.out);
    let json: Value = serde_json::from_str(&run_on(&back, &["check", "--json"]).out).unwrap();
    assert_eq!(json["on_its_way"]["blobs"], 1);
    fs::rename(&data, folder.path().join("gone")).unwrap();
    fs::rename(&back, &data).unwrap();
    let centre = Centre::start_in(folder, &[]);
    until(|| !centre.data().join("restoring.json").exists());
    let (_, _folder) = centre.stop();
    let told = run_on(&data, &["check"]).done();
    assert!(!told.contains("on their way"), "{told}");
}

#[test]
fn a_bucket_behind_an_authority_of_its_own_is_believed_by_it_and_by_no_other() {
    let other = Centre::start_in(TempDir::new().unwrap(), &[("AMANA_TLS", "always")]);
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
    fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
    let endpoint = format!("https://{}", other.s3);
    let configure = |authority: &str| {
        let text = format!(
            "centre = \"centre.test\"\n[[mirror]]\nname = \"far\"\nplace = \"s3://copies/one\"\n\
             endpoint = \"{endpoint}\"\nauthority = \"{authority}\"\nkey_file = \"{}\"\n",
            key_file.display()
        );
        fs::write(data.join("amana.toml"), text).unwrap();
    };
    let authority = other.data().join("keys/authority.crt");
    let authority = authority.to_str().unwrap();
    configure(&format!("sha256:{}", "00".repeat(32)));
    let centre = Centre::start_in(folder, &[]);
    deposits(&centre);
    let (_, folder) = centre.stop();
    let once = ["mirror", "--once"];
    run_on(&data, &once).refused("isn't signed by the pinned authority sha256:0000");
    configure(authority);
    run_on(&data, &once).done();
    let shown = other.run(&["authority", "show", "--json"]).json();
    let digest = shown["digest"].as_str().unwrap();
    configure(digest);
    run_on(&data, &["check", "--mirror", "far"]).done();

    let (back, seed) = (folder.path().join("back"), data.join("keys/operator.seed"));
    let from = [
        "restore",
        "--all",
        "--without-witnesses",
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
    let words = [&from[..], &files].concat();
    run_on(&back, &words).refused("isn't signed by");
    run_on(&back, &[&words[..], &["--authority", authority]].concat()).done();
    run_on(&back, &["check"]).done();
}
