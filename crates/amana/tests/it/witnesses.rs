//! `amana policy`, and what a witness asks and hands in over HTTP.

use amana_ledger::{AddCheckpoint, Checkpoint, CosigningKey, Note, SigningKey};
use amana_store::clock;
use amana_store::national::candidates::poll_text;
use serde_json::{Value, json};

use crate::binary::{Centre, run};
use tempfile::TempDir;

const SEED: [u8; 32] = [9; 32];
const NAME: &str = "court.example/witness";

fn cosigner() -> CosigningKey {
    CosigningKey::from_seed(NAME, SEED).unwrap()
}

/// Seconds since 1970.
fn now_s() -> u64 {
    u64::try_from(clock::system_ms() / 1000).unwrap()
}

/// A poll of a witness that knows nothing yet, signed with its key.
fn poll(centre: &Centre, seed: [u8; 32]) -> (u16, String) {
    let (_, checkpoint) = centre.get("/national/checkpoint", None);
    let national = checkpoint.lines().next().unwrap();
    let text = poll_text(national, now_s(), []);
    let note = Note::sign(&text, &SigningKey::from_seed(NAME, seed).unwrap()).unwrap();
    centre.post("/witness/v1/poll", &note.to_string())
}

/// Cosigns what the centre asks for, until it has asked for the ledger's checkpoint; gives what was handed in last.
fn witness(centre: &Centre) {
    for _ in 0..100_000 {
        let (status, answer) = poll(centre, SEED);
        assert_eq!(status, 200, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let requests = answer["requests"].as_array().unwrap();
        let mut cosigned = Vec::new();
        for request in requests {
            let request =
                AddCheckpoint::parse(request["add_checkpoint"].as_str().unwrap().as_bytes())
                    .unwrap();
            let checkpoint = Checkpoint::parse(&request.checkpoint.text).unwrap();
            let signature = cosigner().cosign(&checkpoint, now_s());
            cosigned.push(json!({
                "origin": checkpoint.origin, "size": checkpoint.size, "signature": signature.to_string(),
            }));
        }
        let (status, kept) = centre.post(
            "/witness/v1/cosignatures",
            &Value::from(cosigned.clone()).to_string(),
        );
        assert_eq!(
            (status, kept),
            (200, format!("{{\"kept\":{}}}", cosigned.len()))
        );
        if requests.iter().any(|request| request["row"].is_string()) {
            return;
        }
    }
    panic!("the centre never asked for the ledger's checkpoint");
}

#[test]
fn a_recorded_act_becomes_witnessed() {
    let centre = Centre::start_in(TempDir::new().unwrap(), &[("AMANA_EPOCH_BUSY_S", "0.05")]);
    let key = cosigner().verifier().to_string();
    let policy = centre
        .run(&["policy", "witness", "add", "court", &key, "--json"])
        .json();
    assert_eq!(policy["witnesses"][0]["name"], "court");
    centre.institution("finances");
    let file = centre.folder.path().join("receipt");
    let (file, policy) = (file.to_str().unwrap(), centre.data().join("policy"));
    let verify = || {
        run(&[
            "receipt",
            "verify",
            file,
            "--policy",
            policy.to_str().unwrap(),
            "--json",
        ])
    };
    let get = || {
        centre
            .run(&["receipt", "get", "finances/vault/0", "--out", file])
            .done()
    };
    get();
    verify().refused("recorded, not witnessed");
    // Each round cosigns a newer national checkpoint, until one holds the epoch with the ledger's head.
    for _ in 0..1000 {
        witness(&centre);
        get();
        if verify().code == 0 {
            break;
        }
    }
    let verdict = verify().json();
    assert_eq!(verdict["state"], "witnessed");
    assert_eq!(verdict["ledger_cosigned_by"][0]["witness"], NAME);
    let ledger = centre
        .run(&["ledger", "verify", "finances/vault", "--json"])
        .json();
    assert!(ledger["witnessed_size"].as_u64().unwrap() >= 1);
    centre.run(&["check", "--rebuild"]).done();
}

#[test]
fn strangers_are_not_asked_to_witness() {
    let centre = Centre::start();
    assert_eq!(poll(&centre, SEED).0, 403);
    let key = cosigner().verifier().to_string();
    centre
        .run(&["policy", "witness", "add", "court", &key])
        .done();
    assert_eq!(poll(&centre, SEED).0, 200);
    assert_eq!(poll(&centre, [8; 32]).0, 403);
    assert_eq!(centre.post("/witness/v1/poll", "nonsense").0, 400);
}

#[test]
fn the_policy_is_edited_by_command() {
    let centre = Centre::start();
    let key = |seed: u8| {
        CosigningKey::from_seed(&format!("w{seed}.example"), [seed; 32])
            .unwrap()
            .verifier()
            .to_string()
    };
    for (name, seed) in [("court", 1), ("finances", 2), ("university", 3)] {
        centre
            .run(&["policy", "witness", "add", name, &key(seed)])
            .done();
    }
    let shown = centre.run(&["policy", "show"]).done();
    assert!(
        shown.contains("group witnesses 2 court finances university\nquorum witnesses\n"),
        "{shown}"
    );
    assert_eq!(
        centre.get("/policy", None).1,
        std::fs::read_to_string(centre.data().join("policy")).unwrap()
    );
    centre.run(&["policy", "quorum", "3"]).done();
    assert!(centre.get("/policy", None).1.contains("group witnesses 3 "));
    centre.run(&["policy", "quorum", "4"]).refused("threshold");
    centre
        .run(&["policy", "witness", "add", "again", &key(1)])
        .refused("twice");
    centre
        .run(&["policy", "witness", "add", "no name", &key(4)])
        .refused("letters");
    centre
        .run(&["policy", "witness", "add", "court2", "nonsense"])
        .refused("name+id+key");
    centre
        .run(&["policy", "witness", "remove", "absent"])
        .refused("no witness named absent");
    centre.run(&["policy", "witness", "remove", "court"]).done();
    assert!(!centre.get("/policy", None).1.contains("court"));
}

#[test]
fn a_checkpoint_that_we_never_had_stops_deposits() {
    let centre = Centre::start();
    centre.institution("finances");
    let (_, checkpoint) = centre.get("/national/checkpoint", None);
    let (status, answer) = centre.post("/witness/v1/evidence", &checkpoint);
    assert_eq!((status, answer.as_str()), (200, "{\"anomaly\":null}"));

    // The same folder, brought back from before the last act.
    let (_, folder) = centre.stop();
    let older = TempDir::new().unwrap();
    copy(&folder.path().join("data"), &older.path().join("data"));
    let centre = Centre::start_in(folder, &[]);
    centre.run(&["institution", "suspend", "finances"]).done();
    let newest = centre.run(&["receipt", "get", "finances/vault/2"]).done();
    drop(centre);

    let centre = Centre::start_in(older, &[]);
    let receipt = amana_ledger::Receipt::parse(newest.as_bytes()).unwrap();
    let (status, answer) = centre.post(
        "/witness/v1/evidence",
        &receipt.ledger.checkpoint.to_string(),
    );
    assert!(
        status == 200 && answer.contains("older than what was acknowledged"),
        "{answer}"
    );
    assert_eq!(centre.get("/readyz", None).0, 503);
    centre
        .run(&["institution", "add", "justice"])
        .refused("read-only");
}

/// Copies a folder of files and folders; sockets stay behind.
fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
