//! A gateway between an institution's programs and a real data centre.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::binary::{Centre, amana};
use crate::enrolment::enrolled;
use crate::home::Home;
use crate::s3::S3;
use crate::witnesses::TRIES;

/// A gateway that runs until it is dropped.
pub(crate) struct Gateway {
    child: Child,
    // Kept open, so that it can write to it.
    _out: BufReader<ChildStdout>,
    pub(crate) web: String,
    pub(crate) s3: String,
}

impl Gateway {
    pub(crate) fn start(home: &Home) -> Self {
        let mut child = amana()
            .args(["gateway", "--json", "--data"])
            .arg(home.data())
            .env("AMANA_PASSPHRASE_FILE", home.path("passphrase"))
            .env("AMANA_LISTEN_WEB", "127.0.0.1:0")
            .env("AMANA_LISTEN_S3", "127.0.0.1:0")
            .env("AMANA_LOG", "error")
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
            url.strip_prefix("http://").unwrap().to_owned()
        };
        let web = listener("web");
        let s3 = listener("s3");
        Self {
            child,
            _out: out,
            web,
            s3,
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.web).unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.web
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (
            head.split(' ').nth(1).unwrap().parse().unwrap(),
            body.to_owned(),
        )
    }

    /// Waits until it says that it is ready.
    fn until_ready(&self) {
        let ready = (0..TRIES * 100).any(|_| self.get("/readyz").0 == 200);
        assert!(ready, "{}", self.get("/readyz").1);
    }

    /// A key for the institution's programs.
    fn client(&self, home: &Home) -> S3 {
        let key = home.run(&["access-key", "create", "--json"]).json();
        let field = |name: &str| key[name].as_str().unwrap().to_owned();
        S3::new(
            &self.s3,
            &field("access_key_id"),
            &field("secret_access_key"),
        )
    }

    fn stop(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every byte that the data centre has on its disk.
fn everything(centre: &Centre) -> Vec<u8> {
    let mut all = Vec::new();
    let mut folders = vec![centre.data()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                all.extend(fs::read(path).unwrap());
            }
        }
    }
    all
}

fn contains(all: &[u8], words: &[u8]) -> bool {
    all.windows(words.len()).any(|window| window == words)
}

#[test]
fn a_program_deposits_and_the_data_centre_sees_nothing() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let gateway = Gateway::start(&home);
    gateway.until_ready();
    let s3 = gateway.client(&home);
    assert_eq!(s3.put("/secrets", b"").0, 200);
    let small = b"the minister's own copy of the budget";
    let (status, receipt) = s3.put("/secrets/2026/budget.txt", small);
    assert_eq!(
        (status, receipt.starts_with("finances/vault/")),
        (200, true),
        "{receipt}"
    );
    let large: Vec<u8> = (0..700_000u32).flat_map(u32::to_le_bytes).collect();
    assert_eq!(s3.put("/secrets/2026/annex.bin", &large).0, 200);
    assert_eq!(s3.get("/secrets/2026/budget.txt"), (200, small.to_vec()));
    let (status, body) = s3.get("/secrets/2026/annex.bin");
    assert!(
        status == 200 && body == large,
        "{status} {} bytes",
        body.len()
    );

    let all = everything(&centre);
    for words in [&small[..], b"budget.txt", b"annex.bin", &large[4000..4040]] {
        assert!(!contains(&all, words), "{}", String::from_utf8_lossy(words));
    }
    let buckets = home.run(&["bucket", "list", "--json"]).json();
    assert_eq!(
        (&buckets[0]["name"], &buckets[0]["mode"]),
        (&"secrets".into(), &"sealed".into())
    );
    let text = home.run(&["receipt", "get", &receipt]).done();
    assert!(text.contains("\"kind\":\"sealed.act\""), "{text}");
    assert_eq!(gateway.stop(), 0);

    // Started again, from its own disk and the ledger.
    let gateway = Gateway::start(&home);
    gateway.until_ready();
    let s3 = gateway.client(&home);
    assert_eq!(s3.get("/secrets/2026/budget.txt"), (200, small.to_vec()));
}

#[test]
fn a_bucket_is_sealed_unless_a_reason_is_given() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let gateway = Gateway::start(&home);
    gateway.until_ready();
    let made = home.run(&["bucket", "create", "archives", "--json"]).json();
    assert_eq!(made["mode"], "sealed");
    let made = home
        .run(&[
            "bucket",
            "create",
            "gazette",
            "--open",
            "--reason",
            "what the law publishes",
            "--json",
        ])
        .json();
    assert_eq!(made["mode"], "open");
    let receipt = home
        .run(&["receipt", "get", made["receipt"].as_str().unwrap()])
        .done();
    assert!(receipt.contains("what the law publishes"), "{receipt}");
    assert!(receipt.contains("\"by\":\"member:"), "{receipt}");
    assert_eq!(home.run(&["bucket", "create", "gazette", "--open"]).code, 2);
}

#[test]
fn the_status_page_says_how_it_is_in_two_languages() {
    let centre = Centre::start();
    let home = enrolled(&centre, "finances");
    let gateway = Gateway::start(&home);
    gateway.until_ready();
    for (path, words) in [
        (
            "/",
            [
                "Passerelle de finances",
                "reliée au centre",
                "UNE SEULE PERSONNE",
            ],
        ),
        (
            "/?lang=en",
            [
                "Gateway of finances",
                "connected to the data centre",
                "ONE PERSON ALONE",
            ],
        ),
    ] {
        let (status, page) = gateway.get(path);
        assert_eq!(status, 200);
        for words in words.into_iter().chain(["finances-shares-1"]) {
            assert!(page.contains(words), "{words}");
        }
        let inline = page.matches("<script").count() - page.matches("<script src=").count();
        assert_eq!(inline, 0, "{page}");
    }
    assert_eq!(gateway.get("/healthz"), (200, "ok\n".to_owned()));
    assert!(
        gateway
            .get("/metrics")
            .1
            .contains("\namana_gateway_connected 1\n")
    );
    let text = home.run(&["gateway", "status"]).done();
    assert!(text.contains("custodians 1-of-1"), "{text}");
    let json = home.run(&["gateway", "status", "--json"]).json();
    assert_eq!(json["root_alone"], true);
    fs::remove_dir_all(home.path("finances-shares-1")).unwrap();
    assert!(!gateway.get("/").1.contains("finances-shares-1"));
}

#[test]
fn what_cannot_run_says_why() {
    let home = Home::new();
    home.run(&["gateway", "run"]).refused("holds no gateway");
    let home = Home::with_keys("2-of-3");
    home.run(&["gateway", "run"]).refused("isn't enrolled");
    home.run(&["gateway", "status"])
        .refused("amana gateway run --data");
    let ran = home.run(&["keys", "rotate"]);
    ran.refused("isn't enrolled yet");
    for (text, named) in [
        ("listen_wbe = \"127.0.0.1:0\"\n", "listen_wbe"),
        ("spool = [\"/disk1\"]\n", "accept_single_copy"),
        (
            "tls = \"always\"\nallow_plain_http = true\n",
            "allow_plain_http",
        ),
        ("tls_key = \"/key.pem\"\n", "tls_certificate"),
        ("witness_every_s = 0\n", "witness_every_s"),
    ] {
        fs::write(home.data().join("gateway.toml"), text).unwrap();
        home.run(&["gateway", "run"]).refused(named);
    }
}
