//! `amana policy`, and what it decides: whose cosignatures count, and whose polls are answered.

use amana_ledger::{CosigningKey, Note, SigningKey};
use amana_store::clock;
use amana_store::national::candidates::poll_texts;

use tempfile::TempDir;

use crate::binary::{Centre, run};

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
fn poll(centre: &Centre, seed: [u8; 32]) -> u16 {
    let (_, checkpoint) = centre.get("/national/checkpoint", None);
    let national = checkpoint.lines().next().unwrap();
    let texts = poll_texts(national, now_s(), []);
    let note = Note::sign(&texts[0], &SigningKey::from_seed(NAME, seed).unwrap()).unwrap();
    centre.post("/witness/v1/poll", &note.to_string()).0
}

#[test]
fn a_recorded_act_becomes_witnessed() {
    let centre = Centre::start_in(TempDir::new().unwrap(), &[("AMANA_EPOCH_BUSY_S", "0.05")]);
    let path = |name: &str| centre.folder.path().join(name).to_str().unwrap().to_owned();
    let (witness, receipt, policy) = (path("witness"), path("receipt"), path("data/policy"));
    let url = format!("http://{}", centre.web);

    let key = run(&[
        "witness", "key", "--data", &witness, "--name", NAME, "--json",
    ])
    .json();
    centre
        .run(&[
            "policy",
            "witness",
            "add",
            "court",
            key["vkey"].as_str().unwrap(),
        ])
        .done();
    centre.institution("finances");
    let verify = || run(&["receipt", "verify", &receipt, "--policy", &policy, "--json"]);
    let get = || {
        centre
            .run(&["receipt", "get", "finances/vault/0", "--out", &receipt])
            .done()
    };
    get();
    verify().refused("recorded, not witnessed");

    // Each visit cosigns what the last epoch committed; the receipt is complete once one held the ledger's head.
    for _ in 0..100 {
        let visit = [
            "witness",
            "--once",
            "--data",
            &witness,
            "--centre",
            &url,
            "--policy",
            &policy,
            "--listen",
            "127.0.0.1:0",
        ];
        run(&visit).done();
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
    centre.run(&["check"]).done();
}

#[test]
fn strangers_are_not_asked_to_witness() {
    let centre = Centre::start();
    assert_eq!(poll(&centre, SEED), 403);
    let key = cosigner().verifier().to_string();
    centre
        .run(&["policy", "witness", "add", "court", &key])
        .done();
    assert_eq!(poll(&centre, SEED), 200);
    assert_eq!(poll(&centre, [8; 32]), 403);
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
