//! The binary under test, a running centre, and the least of HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tempfile::TempDir;

/// The binary, in an environment without variables of ours.
pub(crate) fn amana() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_amana"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AMANA_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// What a command did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It must have been done.
    pub(crate) fn done(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// It must have been done, and printed JSON.
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.done()).unwrap()
    }

    /// It must have been refused, with a sentence that holds `words`.
    pub(crate) fn refused(self, words: &str) {
        assert_eq!(self.code, 1, "{}{}", self.out, self.err);
        assert!(self.err.contains(words), "{:?} lacks {words:?}", self.err);
    }
}

/// A command with those words, run to its end.
pub(crate) fn run(words: &[&str]) -> Ran {
    Ran::of(amana().args(words).output().unwrap())
}

/// A running centre in a folder of its own; killed when dropped.
pub(crate) struct Centre {
    child: Child,
    // Kept open, so that the server can write to it.
    _out: BufReader<ChildStdout>,
    pub(crate) web: String,
    pub(crate) s3: String,
    pub(crate) folder: TempDir,
}

impl Centre {
    pub(crate) fn start() -> Self {
        Self::start_in(TempDir::new().unwrap(), &[])
    }

    /// Starts in that folder, and waits until both listeners are told.
    pub(crate) fn start_in(folder: TempDir, environment: &[(&str, &str)]) -> Self {
        let mut child = amana()
            .args(["serve", "--json", "--data"])
            .arg(folder.path().join("data"))
            .env("AMANA_LISTEN_WEB", "127.0.0.1:0")
            .env("AMANA_LISTEN_S3", "127.0.0.1:0")
            .env("AMANA_LISTEN_SITES_HTTP", "127.0.0.1:0")
            .env("AMANA_LISTEN_SITES_HTTPS", "127.0.0.1:0")
            .env("AMANA_LOG", "warn")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut listener = |name: &str| {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            let told: Value = serde_json::from_str(&line).expect("a listener is told");
            assert_eq!(told["listener"], name);
            let url = told["url"].as_str().unwrap();
            url.split_once("://").unwrap().1.to_owned()
        };
        for of_sites in ["sites", "sites-tls"] {
            listener(of_sites);
        }
        let web = listener("web");
        let s3 = listener("s3");
        Self {
            child,
            _out: out,
            web,
            s3,
            folder,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command with those words on this centre.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        run_on(&self.data(), words)
    }

    /// An institution with a key: id and secret.
    pub(crate) fn institution(&self, name: &str) -> (String, String) {
        self.run(&["institution", "add", name]).done();
        let key = self
            .run(&["access-key", "create", "--institution", name, "--json"])
            .json();
        let field = |field: &str| key[field].as_str().unwrap().to_owned();
        (field("access_key_id"), field("secret_access_key"))
    }

    /// Status and body of a GET, with a key if one is given.
    pub(crate) fn get(&self, path: &str, key: Option<&(String, String)>) -> (u16, String) {
        let basic = key.map(|(id, secret)| {
            let pair = STANDARD.encode(format!("{id}:{secret}"));
            format!("Authorization: Basic {pair}\r\n")
        });
        self.ask("GET", path, &basic.unwrap_or_default(), "")
    }

    /// Status and body of a POST.
    pub(crate) fn post(&self, path: &str, body: &str) -> (u16, String) {
        self.ask("POST", path, "Content-Type: application/json\r\n", body)
    }

    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.web).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
            self.web,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, body.to_owned())
    }

    /// Stops it as an operator does; gives its exit code and its folder.
    pub(crate) fn stop(mut self) -> (i32, TempDir) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        let folder = std::mem::replace(&mut self.folder, TempDir::new().unwrap());
        (status.code().unwrap_or(-1), folder)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command with those words on the centre in `data`.
pub(crate) fn run_on(data: &Path, words: &[&str]) -> Ran {
    Ran::of(
        amana()
            .args(words)
            .arg("--data")
            .arg(data)
            .output()
            .unwrap(),
    )
}
