//! A data centre that gives one name to two ledgers, played by a listener with one answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use amana_ledger::{AddCheckpoint, Checkpoint, Hash, LedgerQuorum};
use amana_ledger::{RegistryRow, SigningKey, Visibility};
use serde_json::json;

use crate::witnesses::{Witness, codes};

/// Answers one request with this body, and ends.
fn answer_once(body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = BufReader::new(stream.try_clone().unwrap());
        let mut left = 0;
        loop {
            let mut line = String::new();
            asked.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(length) = line.strip_prefix("content-length: ") {
                left = length.parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        asked.read_exact(&mut vec![0; left]).unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        write!(
            stream,
            "{head}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    });
    url
}

#[test]
fn a_ledger_under_another_one_s_name_is_refused_with_evidence() {
    let national = SigningKey::from_seed("centre.test/national", [1; 32]).unwrap();
    let origin = "centre.test/ledgers/finances/vault2";
    let second = SigningKey::from_seed(origin, [2; 32]).unwrap();
    let genesis = Hash::of(&[b"a second history"]);
    let row = RegistryRow {
        name: "finances/vault".into(),
        slot: 1,
        visibility: Visibility::Private,
        genesis,
        log: second.verifier(),
        quorum: LedgerQuorum::National,
    };
    let checkpoint = Checkpoint {
        origin: origin.into(),
        size: 1,
        root: genesis,
    };
    let request = AddCheckpoint {
        old_size: 1,
        proof: Vec::new(),
        checkpoint: checkpoint.sign(&second).unwrap(),
    };
    let row = row.sign(&national).unwrap().to_string();
    let asked = json!({ "row": row, "request": request.to_string() });
    let url = answer_once(json!({ "requests": [asked], "behind": [], "more": false }).to_string());

    let witness = Witness::new("court");
    let policy = witness.data().join("gazette");
    let text = format!(
        "# genesis {genesis}\nlog {}\nwitness court {}\nquorum court\n",
        national.verifier(),
        witness.vkey
    );
    std::fs::write(&policy, text).unwrap();
    let policy = policy.to_str().unwrap();
    let refused = witness.run(&["--once", "--json", "--centre", &url, "--policy", policy]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert_eq!(codes(&refused), ["name-mismatch"]);
    assert_eq!(witness.held(origin), None, "it is not pinned");
    assert!(witness.evidence()[0].contains("name finances/vault\n"));
}
