//! A witness beside a centre: its folder, one visit, or a process that stays.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Stdio};

use amana_ledger::{Checkpoint, Hash, Note, VerifierKey};
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Centre, Ran, amana, run_on};

/// Tries before a test gives up on something that only takes time.
pub(crate) const TRIES: usize = 500;

/// A witness's folder, with its key made.
pub(crate) struct Witness {
    folder: TempDir,
    name: String,
    pub(crate) vkey: VerifierKey,
}

impl Witness {
    pub(crate) fn new(name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let name = format!("{name}.example/witness");
        let key = run_on(
            &folder.path().join("w"),
            &["witness", "key", "--name", &name, "--json"],
        )
        .json();
        assert_eq!(key["name"], name);
        let vkey = key["vkey"].as_str().unwrap().parse().unwrap();
        Self { folder, name, vkey }
    }

    /// Listed by that centre.
    pub(crate) fn enrolled(name: &str, centre: &Centre) -> Self {
        let witness = Self::new(name);
        witness.enrol(name, centre);
        witness
    }

    pub(crate) fn enrol(&self, name: &str, centre: &Centre) {
        let vkey = self.vkey.to_string();
        centre
            .run(&["policy", "witness", "add", name, &vkey])
            .done();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("w")
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        run_on(&self.data(), &[&["witness"], words].concat())
    }

    /// One visit, with the policy taken from the centre's folder as if from a gazette.
    pub(crate) fn visit(&self, centre: &Centre) -> Ran {
        let policy = centre.data().join("policy");
        let centre = format!("http://{}", centre.web);
        let policy = policy.to_str().unwrap();
        self.run(&["--once", "--json", "--centre", &centre, "--policy", policy])
    }

    /// Visits until something is cosigned, or refused.
    pub(crate) fn visit_until_cosigned(&self, centre: &Centre) -> Ran {
        for _ in 0..TRIES {
            let ran = self.visit(centre);
            if ran.code != 0 || outcome(&ran)["cosigned"].as_u64() > Some(0) {
                return ran;
            }
        }
        panic!("nothing was ever asked of the witness");
    }

    /// Size of the checkpoint that it holds of a log.
    pub(crate) fn held(&self, origin: &str) -> Option<u64> {
        let name = hex::encode(Hash::of(&[origin.as_bytes()]).as_bytes());
        let file = fs::read(self.data().join(format!("logs/{name}.json"))).ok()?;
        let log: Value = serde_json::from_slice(&file).unwrap();
        let note = Note::parse(log["checkpoint"].as_str()?.as_bytes()).unwrap();
        Some(Checkpoint::parse(&note.text).unwrap().size)
    }

    pub(crate) fn evidence(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.data().join("evidence")) else {
            return Vec::new();
        };
        folder
            .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
            .collect()
    }
}

/// The last line that a visit printed.
pub(crate) fn outcome(ran: &Ran) -> Value {
    serde_json::from_str(ran.out.lines().last().unwrap()).unwrap()
}

pub(crate) fn codes(ran: &Ran) -> Vec<String> {
    let outcome = outcome(ran);
    let alarms = outcome["alarms"].as_array().unwrap().iter();
    alarms
        .map(|alarm| alarm["code"].as_str().unwrap().to_owned())
        .collect()
}

/// A witness that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) out: BufReader<ChildStdout>,
    url: String,
}

impl Running {
    pub(crate) fn start(witness: &Witness, words: &[&str]) -> Self {
        let mut child = amana()
            .args(["witness", "--json", "--listen", "127.0.0.1:0", "--data"])
            .arg(witness.data())
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            serde_json::from_str::<Value>(&line).expect("the witness tells what it does")
        };
        assert_eq!(line()["name"], witness.name);
        let url = line()["url"].as_str().unwrap().to_owned();
        Self {
            child,
            out,
            url: url.strip_prefix("http://").unwrap().to_owned(),
        }
    }

    /// Status, content type and body.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.url).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let kind = head
            .lines()
            .find_map(|line| line.strip_prefix("content-type: "))
            .unwrap_or_default();
        (status, kind.to_owned(), body.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
