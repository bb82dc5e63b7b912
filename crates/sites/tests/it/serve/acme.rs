//! Certificates by ACME, from pebble, the test authority of Let's Encrypt.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use amana_sites::Host;
use amana_sites::certificates::{Acme, AcmeSettings, Proof, due_s};
use amana_sites::serve::{Addresses, Running, Settings};
use amana_tls::{Authority, Certificates, Trust};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use tokio::net::TcpStream;

use super::ground::Ground;
use super::tls::now_s;

const HOST: &str = "www.finances.gov";
const EXTERNAL_KEY: &str = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W";

/// Processes that end with the test.
struct Pebble {
    processes: Vec<Child>,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

impl Pebble {
    /// An authority that finds every name at this machine, on those ports.
    async fn start(http: u16, https: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let authority = Authority::generate(now_s()).unwrap();
        std::fs::write(at("authority.pem"), authority.certificate_pem()).unwrap();
        let leaf = authority
            .fresh_leaf(&["localhost".to_owned()], now_s())
            .unwrap();
        let pem = |label: &str, der: &[u8]| {
            format!(
                "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
                wrapped(der)
            )
        };
        std::fs::write(at("cert.pem"), pem("CERTIFICATE", &leaf.chain[0])).unwrap();
        std::fs::write(at("key.pem"), pem("PRIVATE KEY", leaf.key.secret_der())).unwrap();
        let (port, management, dns, control) = (free_port(), free_port(), free_port(), free_port());
        let config = format!(
            r#"{{"pebble":{{"listenAddress":"127.0.0.1:{port}","managementListenAddress":"127.0.0.1:{management}",
            "certificate":{:?},"privateKey":{:?},"httpPort":{http},"tlsPort":{https},"ocspResponderURL":"",
            "externalAccountBindingRequired":true,"externalAccountMACKeys":{{"kid-1":"{EXTERNAL_KEY}"}}}}}}"#,
            at("cert.pem"),
            at("key.pem")
        );
        std::fs::write(at("config.json"), config).unwrap();
        let mut names = Command::new("pebble-challtestsrv");
        names
            .args([
                "-defaultIPv4",
                "127.0.0.1",
                "-defaultIPv6",
                "",
                "-http01",
                "",
                "-https01",
                "",
            ])
            .args(["-tlsalpn01", "", "-dns01", &format!("127.0.0.1:{dns}")])
            .args(["-management", &format!("127.0.0.1:{control}")]);
        let mut pebble = Command::new("pebble");
        pebble
            .args([
                "-strict",
                "-dnsserver",
                &format!("127.0.0.1:{dns}"),
                "-config",
            ])
            .arg(at("config.json"))
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_WFE_NONCEREJECT", "0");
        let quiet = |command: &mut Command| {
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap()
        };
        let processes = vec![quiet(&mut names), quiet(&mut pebble)];
        let pebble = Self {
            processes,
            folder,
            port,
        };
        for port in [port, control] {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        }
        pebble
    }

    fn client(&self, folder: &Path, certificates: &Arc<Certificates>, proof: Proof) -> Acme {
        let key = URL_SAFE_NO_PAD.decode(EXTERNAL_KEY).unwrap();
        let settings = AcmeSettings {
            directory: format!("https://localhost:{}/dir", self.port),
            contacts: vec!["mailto:sites@finances.gov".to_owned()],
            trust: Trust::File(self.folder.path().join("authority.pem")),
            external_account: Some(("kid-1".to_owned(), key)),
            proof,
        };
        Acme::open(settings, folder, certificates.clone()).unwrap()
    }
}

fn wrapped(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    lines.join("\n")
}

fn listening(certificates: &Arc<Certificates>) -> Running {
    let ground = Arc::new(Ground::default());
    let server = ground.certified(certificates.clone(), Settings::default());
    server.put(ground.deploy_of(HOST, 1, &[("/index.html", b"signed")]));
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    server
        .listen(
            Addresses {
                http: free,
                https: Some(free),
            },
            1,
        )
        .unwrap()
}

#[tokio::test]
async fn certificates_are_fetched_by_both_proofs_and_are_there_after_a_restart() {
    let host: Host = HOST.parse().unwrap();
    let certificates = Certificates::new(None);
    let running = listening(&certificates);
    let ports = running.addresses();
    let pebble = Pebble::start(ports.http.port(), ports.https.unwrap().port()).await;
    for proof in [Proof::Http, Proof::Tls] {
        let folder = tempfile::tempdir().unwrap();
        certificates.let_go(i64::MAX / 2);
        assert!(!certificates.is_believed_for(HOST));
        let acme = pebble.client(folder.path(), &certificates, proof);
        assert!(acme.keep_up(&host, now_s()).await.unwrap(), "{proof:?}");
        let until_s = certificates.until_s(HOST).unwrap();
        assert!(!acme.keep_up(&host, now_s()).await.unwrap(), "it is fresh");

        // After a restart: the account and the certificate are kept, and nobody is asked.
        certificates.let_go(i64::MAX / 2);
        let acme = pebble.client(folder.path(), &certificates, proof);
        assert!(!acme.keep_up(&host, now_s()).await.unwrap());
        assert_eq!(certificates.until_s(HOST), Some(until_s));
        // When its time has come, the same account fetches another one.
        assert!(acme.keep_up(&host, due_s(&host, until_s)).await.unwrap());
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    tokio::task::spawn_blocking(|| running.stop())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_and_asked_for_ever_more_seldom() {
    let host: Host = HOST.parse().unwrap();
    let certificates = Certificates::new(None);
    // Nobody listens where the authority looks.
    let pebble = Pebble::start(free_port(), free_port()).await;
    let folder = tempfile::tempdir().unwrap();
    let acme = pebble.client(folder.path(), &certificates, Proof::Http);
    let refused = acme.keep_up(&host, 1000).await.unwrap_err();
    assert_eq!(refused.code(), "no-certificate");
    assert!(
        refused
            .to_string()
            .contains("could not see that the name is ours"),
        "{refused}"
    );
    assert!(!acme.keep_up(&host, 1299).await.unwrap(), "not yet");
    assert!(acme.keep_up(&host, 1300).await.is_err());
    assert!(!acme.keep_up(&host, 1899).await.unwrap(), "twice as long");
}

#[test]
fn no_two_names_are_due_at_once() {
    let due = |name: &str| due_s(&name.parse().unwrap(), 10_000_000);
    let all: std::collections::BTreeSet<i64> =
        (0..100).map(|n| due(&format!("site-{n}.gov"))).collect();
    assert!(all.len() > 90);
    let day = 24 * 60 * 60;
    assert!(
        all.iter()
            .all(|due| (10_000_000 - 35 * day..=10_000_000 - 30 * day).contains(due))
    );
    assert_eq!(due("site-1.gov"), due("site-1.gov"));
}
