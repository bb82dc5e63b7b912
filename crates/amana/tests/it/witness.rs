//! `amana witness`: real witnesses beside real data centres, honest and not.

use std::fs;
use std::io::BufRead as _;
use std::path::Path;

use amana_ledger::{AddCheckpoint, Checkpoint, Hash, Note, SigningKey};
use amana_ledger::{encode_cosignatures, parse_cosignatures, verify_cosignature};
use amana_store::keys::Keys;
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Centre, run};
use crate::witnesses::{Running, TRIES, Witness, codes};

/// A centre whose epochs close quickly, whether anything happens or not.
const LIVELY: &[(&str, &str)] = &[
    ("AMANA_CENTRE", "centre.test"),
    ("AMANA_EPOCH_BUSY_S", "0.05"),
    ("AMANA_EPOCH_IDLE_S", "0.05"),
];
/// A centre in which nothing happens by itself.
const QUIET: &[(&str, &str)] = &[
    ("AMANA_CENTRE", "centre.test"),
    ("AMANA_EPOCH_BUSY_S", "3600"),
    ("AMANA_EPOCH_IDLE_S", "3600"),
];

fn start(environment: &[(&str, &str)]) -> Centre {
    Centre::start_in(TempDir::new().unwrap(), environment)
}

/// Copies the folder of a centre that doesn't run.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Stops a centre and starts it again, with a copy of how it was in between.
fn with_copy(centre: Centre, environment: &[(&str, &str)]) -> (Centre, TempDir) {
    let (_, folder) = centre.stop();
    let older = TempDir::new().unwrap();
    copy(&folder.path().join("data"), &older.path().join("data"));
    (Centre::start_in(folder, environment), older)
}

fn national_size(centre: &Centre) -> u64 {
    let (_, checkpoint) = centre.get("/national/checkpoint", None);
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}

/// Waits until a lively centre has closed more epochs than that.
fn wait_for_growth(centre: &Centre, size: u64) {
    let grown = (0..100_000).any(|_| national_size(centre) > size);
    assert!(grown, "no epoch closes any more");
}

#[test]
fn receipts_become_witnessed_by_three_witnesses() {
    let centre = start(LIVELY);
    let witnesses =
        ["court", "finances", "university"].map(|name| Witness::enrolled(name, &centre));
    let url = format!("http://{}", centre.web);
    let policy = centre.data().join("policy");
    let policy = policy.to_str().unwrap();
    let words = ["--centre", &url, "--policy", policy, "--every", "50ms"];
    let _running: Vec<Running> = witnesses
        .iter()
        .map(|witness| Running::start(witness, &words))
        .collect();
    centre.institution("finances");
    let file = centre.folder.path().join("receipt");
    let file = file.to_str().unwrap();
    let verified = (0..TRIES).any(|_| {
        centre
            .run(&["receipt", "get", "finances/vault/0", "--out", file])
            .done();
        run(&["receipt", "verify", file, "--policy", policy]).code == 0
    });
    assert!(verified, "the receipt never became witnessed");
}

#[test]
fn a_forked_centre_is_refused_with_evidence_and_stops() {
    let centre = start(LIVELY);
    let witness = Witness::enrolled("court", &centre);
    centre.institution("finances");
    let (centre, other) = with_copy(centre, LIVELY);
    // After the copy was taken, this much is vouched for.
    centre.run(&["institution", "suspend", "finances"]).done();
    let first = national_size(&centre);
    while witness
        .held("centre.test/national")
        .is_none_or(|held| held <= first)
    {
        witness.visit_until_cosigned(&centre).done();
    }
    let held = witness.held("centre.test/national").unwrap();
    drop(centre);

    let forked = Centre::start_in(other, LIVELY);
    forked
        .run(&["access-key", "create", "--institution", "finances"])
        .done();
    wait_for_growth(&forked, held);
    let refused = witness.visit(&forked);
    assert_eq!(refused.code, 1);
    assert!(
        codes(&refused).contains(&"bad-proof".to_owned()),
        "{}",
        refused.out
    );
    assert!(refused.err.contains("ALARM"), "{}", refused.err);
    assert_eq!(
        witness.held("centre.test/national"),
        Some(held),
        "what it held, it holds"
    );
    let evidence = witness.evidence();
    assert!(!evidence.is_empty());
    assert!(
        evidence
            .iter()
            .all(|text| text.contains("--- the checkpoint that it signed before"))
    );
    let (status, why) = forked.get("/readyz", None);
    assert!(status == 503 && why.contains("was rewritten"), "{why}");
    forked
        .run(&["institution", "add", "health"])
        .refused("read-only");
    // The same again is told again, and kept once.
    assert_eq!(witness.visit(&forked).code, 1);
    assert_eq!(witness.evidence().len(), evidence.len());
}

#[test]
fn a_restored_older_copy_is_told_so_and_stops() {
    let centre = start(LIVELY);
    let witness = Witness::enrolled("court", &centre);
    let (centre, older) = with_copy(centre, LIVELY);
    let first = national_size(&centre);
    while witness
        .held("centre.test/national")
        .is_none_or(|held| held <= first + 1)
    {
        witness.visit_until_cosigned(&centre).done();
    }
    drop(centre);

    let restored = Centre::start_in(older, QUIET);
    let told = witness.visit(&restored);
    assert_eq!(told.code, 1);
    assert!(codes(&told).contains(&"behind".to_owned()), "{}", told.out);
    assert!(
        told.err.contains("restored from an older copy"),
        "{}",
        told.err
    );
    let (status, why) = restored.get("/readyz", None);
    assert!(
        status == 503 && why.contains("older than what was acknowledged"),
        "{why}"
    );
    restored
        .run(&["institution", "add", "health"])
        .refused("read-only");
}

#[test]
fn another_centre_of_the_same_name_is_refused() {
    let centre = start(LIVELY);
    let witness = Witness::enrolled("court", &centre);
    witness.visit_until_cosigned(&centre).done();
    let impostor = start(LIVELY);
    witness.enrol("court", &impostor);
    let held = witness.held("centre.test/national").unwrap();
    wait_for_growth(&impostor, held);
    let url = format!("http://{}", impostor.web);
    let refused = witness.run(&["--once", "--json", "--centre", &url]);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .err
            .contains("not signed by the key that was pinned"),
        "{}",
        refused.err
    );
    // Nor does its policy replace the one that is pinned.
    witness
        .visit(&impostor)
        .refused("take another folder to witness another history");
}

#[test]
fn a_kill_at_any_time_leaves_a_whole_memory() {
    let centre = start(LIVELY);
    let witness = Witness::enrolled("court", &centre);
    let url = format!("http://{}", centre.web);
    let words = ["--centre", &url, "--every", "1ms"];
    let mut held = 0;
    for lines in 0..6 {
        let mut running = Running::start(&witness, &words);
        for _ in 0..lines {
            running.out.read_line(&mut String::new()).unwrap();
        }
        drop(running);
        let now = witness.held("centre.test/national").unwrap_or(0);
        assert!(now >= held, "it forgot: {now} after {held}");
        held = now;
    }
    witness.visit_until_cosigned(&centre).done();
    assert!(witness.held("centre.test/national").unwrap() >= held);
    assert!(witness.evidence().is_empty());
}

#[test]
fn the_folder_is_private_and_one_process_has_it() {
    let centre = start(QUIET);
    let witness = Witness::enrolled("court", &centre);
    let mode = |path: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = witness.data().join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode(""), mode("keys/witness.seed")), (0o700, 0o600));
    witness.visit(&centre).done();
    let _running = Running::start(&witness, &[]);
    witness.visit(&centre).refused("another amana works in");
    let key = witness.run(&["key", "--json"]).json();
    assert_eq!(
        key["vkey"],
        witness.vkey.to_string(),
        "a key is shown beside a running witness"
    );
    witness
        .run(&["key", "--name", "press.example/witness"])
        .refused("can't become press.example/witness");
}

#[test]
fn what_cannot_begin_says_why() {
    let witness = Witness::new("court");
    witness
        .run(&[])
        .refused("a first start needs the trust policy");
    let centre = start(QUIET);
    let url = format!("http://{}", centre.web);
    let fetched = witness.run(&["--once", "--centre", &url]);
    fetched.refused("WARNING: the policy came from the data centre itself");
    witness
        .run(&["--once", "--centre", &url])
        .refused("amana policy witness add");
    let none = run(&["witness", "--centre", "centre.example"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("begin with http"), "{}", none.err);
    witness
        .run(&["--listen", "0.0.0.0:0"])
        .refused("say --public");
}

/// A request to a witness that holds the national log of a quiet centre at one entry.
struct Table {
    key: SigningKey,
    genesis: Checkpoint,
}

impl Table {
    fn of(centre: &Centre) -> Self {
        let keys = Keys::load(&centre.data().join("keys"), "centre.test").unwrap();
        let (_, note) = centre.get("/national/checkpoint", None);
        let key = keys.national_key();
        let (genesis, _) = Checkpoint::open(note.as_bytes(), &key.verifier()).unwrap();
        assert_eq!(genesis.size, 1);
        Self { key, genesis }
    }

    fn request(&self, old_size: u64, size: u64, root: Hash) -> String {
        let checkpoint = Checkpoint {
            size,
            root,
            ..self.genesis.clone()
        };
        request(old_size, checkpoint.sign(&self.key).unwrap())
    }
}

fn request(old_size: u64, checkpoint: Note) -> String {
    let request = AddCheckpoint {
        old_size,
        proof: Vec::new(),
        checkpoint,
    };
    request.to_string()
}

#[test]
fn add_checkpoint_answers_as_tlog_witness_says() {
    let centre = start(QUIET);
    let witness = Witness::enrolled("court", &centre);
    witness.visit_until_cosigned(&centre).done();
    let table = Table::of(&centre);
    let (genesis, other) = (table.genesis.root, Hash::of(&[b"another history"]));
    let stranger = SigningKey::from_seed("stranger.test/log", [3; 32]).unwrap();
    let liar = SigningKey::from_seed("centre.test/national", [3; 32]).unwrap();
    let strange = Checkpoint {
        origin: "stranger.test/log".into(),
        ..table.genesis.clone()
    };

    let running = Running::start(&witness, &[]);
    let conflict = "text/x.tlog.size";
    for (what, body, status, kind) in [
        ("no request", "nonsense".to_owned(), 400, ""),
        ("an old size beyond", table.request(5, 2, other), 400, ""),
        (
            "an unknown log",
            request(0, strange.sign(&stranger).unwrap()),
            404,
            "",
        ),
        (
            "another key",
            request(1, table.genesis.sign(&liar).unwrap()),
            403,
            "",
        ),
        (
            "an old size that isn't held",
            table.request(0, 2, other),
            409,
            conflict,
        ),
        ("another root", table.request(1, 1, other), 409, conflict),
        ("no proof", table.request(1, 2, other), 422, ""),
        ("the same again", table.request(1, 1, genesis), 200, ""),
    ] {
        let (got, got_kind, answer) = running.ask("POST", "/add-checkpoint", &body);
        assert_eq!(got, status, "{what}: {answer}");
        if !kind.is_empty() {
            assert_eq!(
                (got_kind.as_str(), answer.as_str()),
                (kind, "1\n"),
                "{what}"
            );
        }
        if got == 200 {
            let lines = parse_cosignatures(answer.as_bytes()).unwrap();
            verify_cosignature(&table.genesis.body(), &lines[0], &witness.vkey).unwrap();
            assert_eq!(answer, encode_cosignatures(&lines));
        }
    }
    assert_eq!(
        witness.evidence().len(),
        1,
        "a second root under the log's own signature is kept"
    );
    let too_long = "x".repeat(1024 * 1024);
    assert_eq!(running.ask("POST", "/add-checkpoint", &too_long).0, 413);
    assert_eq!(running.ask("GET", "/healthz", "").2, "ok\n");
    let logs: Value = serde_json::from_str(&running.ask("GET", "/logs", "").2).unwrap();
    assert_eq!(logs[0]["origin"], "centre.test/national");
    assert_eq!(logs[0]["size"], 1);
    assert!(logs[0]["when"].is_string());
    assert_eq!(logs[0]["root"], genesis.to_string());
}

#[test]
fn a_dead_line_is_waited_out() {
    let centre = start(QUIET);
    let witness = Witness::enrolled("court", &centre);
    witness.visit(&centre).done();
    let (_, folder) = centre.stop();
    let mut running = Running::start(&witness, &["--centre", "http://127.0.0.1:1"]);
    assert_eq!(running.ask("GET", "/healthz", "").2, "ok\n");
    let pid = rustix::process::Pid::from_child(&running.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(running.child.wait().unwrap().success());
    let centre = Centre::start_in(folder, QUIET);
    witness.visit(&centre).done();
}
